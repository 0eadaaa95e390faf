"""Sending mail from coroutines: `send`, the one call, and `Mailer`, which keeps its connections for reuse.

The envelope goes in one write where the server takes groups (PIPELINING), the message in counted chunks where
it takes those (CHUNKING), and either way in blocks that are read when there is room to write them: a file of
any size takes a constant amount of memory.  What became of each recipient is told apart.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from sennit.core.current import current_reactor
from sennit.log import Logger
from sennit.smtp.addresses import Path, parse_path
from sennit.smtp.channel import BLOCK, Channel
from sennit.smtp.commands import Mail, Parameters, Recipient
from sennit.smtp.connecting import open_channel
from sennit.smtp.content import Content
from sennit.smtp.errors import SMTPClientError, SMTPConnectError, SMTPDeliveryError, TLSRequiredError
from sennit.smtp.events import Command, Reply
from sennit.smtp.routing import TLS, FindPolicy, FindServers, MailServer, no_policy, same_host
from sennit.smtp.state import Move, State

__all__ = ["Mailer", "Sent", "send"]

Progress = Callable[[int], object]
_log = Logger()


class Sent:
    """What became of a message.

    Attributes:
        replies: For each recipient, the reply that decided about it.
    """

    __slots__ = ("replies",)

    def __init__(self, replies: dict[str, Reply]) -> None:
        self.replies = replies

    @property
    def accepted(self) -> list[str]:
        """The recipients that the message was taken for."""
        return [recipient for recipient, reply in self.replies.items() if reply.accepted]

    @property
    def refused(self) -> dict[str, Reply]:
        """The recipients that it was not taken for, each with the reply that says why."""
        return {recipient: reply for recipient, reply in self.replies.items() if not reply.accepted}

    def __repr__(self) -> str:
        return f"<Sent to {len(self.accepted)} of {len(self.replies)}>"


class Mailer:
    """Sends messages, and keeps connections for those to come.

    Use it as an asynchronous context manager, or call `close`.

    Args:
        server: Where all mail goes: a `MailServer`, or ``host`` or ``host:port``; None to send to each
            domain's own servers.
        identity: Who the client says it is; this machine's name if None.
        timeout: Seconds to wait for each answer, and for room to write; None for ever.
        connect_timeout: Seconds to wait for a connection.
        keep: Seconds that an idle connection is kept.
        find_servers: Gives a domain's servers; by default the host of its name.
        find_policy: Gives a domain's policy, as a `StrictTransport` does; by default none.
        tls: How connections to the domains' own servers are secured, where no policy asks for more.
        trust_root: The authorities that these are verified by; None for the platform's.
        reactor: What connects; None for the current one.
    """

    def __init__(
        self,
        server: MailServer | str | None = None,
        *,
        identity: str | None = None,
        timeout: float | None = 300,
        connect_timeout: float = 30,
        keep: float = 30,
        find_servers: FindServers = same_host,
        find_policy: FindPolicy = no_policy,
        tls: TLS | None = None,
        trust_root: Any = None,
        reactor: Any = None,
    ) -> None:
        self.server = (
            MailServer.parse(server, tls=tls, trust_root=trust_root) if isinstance(server, str) else server
        )
        self.identity = identity or socket.gethostname() or "localhost"
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self.keep = keep
        self.find_servers = find_servers
        self.find_policy = find_policy
        self.tls = tls
        self.trust_root = trust_root
        self._reactor = reactor
        self._idle: dict[MailServer, list[tuple[Channel, Any]]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections."""
        for kept in self._idle.values():
            for channel, timer in kept:
                timer.cancel()
                channel.quit()
        self._idle.clear()

    async def send(
        self,
        message: Any,
        sender: str,
        recipients: str | Iterable[str],
        *,
        require_tls: bool = False,
        progress: Progress = lambda _: None,
    ) -> Sent:
        """Send a message.

        Args:
            message: Text, octets, an `email.message.Message`, a path, or a file of octets, which is read from
                where it stands and is not closed.
            sender: Whom to tell if it can't be delivered; empty for nobody.
            recipients: Who shall have it.
            require_tls: Whether every server on its way has to be reached under verified TLS (RFC 8689).
            progress: Is called with how many octets more were written.

        Returns:
            What became of it; one recipient at least was accepted.

        Raises:
            SMTPClientError: If it was taken for nobody: an `SMTPDeliveryError` that has the replies in its
                ``addresses`` if a server said so; else what went wrong.
            AddressSyntaxError: If an address is none.
        """
        everybody = {text: _path(text) for text in _listed(recipients)}
        if not everybody:
            raise SMTPDeliveryError(-1, "There is no recipient.")
        envelope = _path(sender)
        with Content(message) as content:
            if self.server is not None:
                return _checked(
                    await self._deliver([self.server], content, envelope, everybody, require_tls, progress)
                )
            replies: dict[str, Reply] = {}
            for domain in dict.fromkeys(path.domain for path in everybody.values()):
                some = {text: path for text, path in everybody.items() if path.domain == domain}
                try:
                    servers = await self._servers_of(domain)
                    replies |= await self._deliver(servers, content, envelope, some, require_tls, progress)
                except SMTPClientError as error:
                    # One domain's trouble is not another's.
                    code = error.code if error.code > 0 else 451
                    reply = Reply(code, tuple(str(error).splitlines()) or ("",))
                    replies |= dict.fromkeys(some, reply)
            return _checked(replies)

    async def _servers_of(self, domain: str) -> list[MailServer]:
        policy = await self.find_policy(domain)
        servers = [
            found
            if isinstance(found, MailServer)
            else MailServer(found, tls=self.tls, trust_root=self.trust_root)
            for found in await self.find_servers(domain)
        ]
        if policy is None or not (policy.enforced or policy.servers):
            return servers
        others = [server.host for server in servers if not policy.names(server.host)]
        if others and not policy.enforced:
            _log.warn("The policy of {domain} does not name {hosts}.", domain=domain, hosts=", ".join(others))
        if not policy.enforced:
            return servers
        allowed = [server for server in servers if server.host not in others]
        if not allowed:
            raise TLSRequiredError(-1, f"No server of {domain} is one that its policy allows.", retry=True)
        return [
            server if server.security is TLS.IMPLICIT else replace(server, tls=TLS.REQUIRED)
            for server in allowed
        ]

    async def _deliver(
        self,
        servers: list[MailServer],
        content: Content,
        sender: Path,
        recipients: dict[str, Path],
        require_tls: bool,
        progress: Progress,
    ) -> dict[str, Reply]:
        failed: SMTPClientError | None = None
        for server in servers:
            try:
                channel = await self._channel(server)
            except SMTPClientError as error:
                failed = error
                continue
            try:
                replies = await self._converse(channel, content, sender, recipients, require_tls, progress)
            except BaseException:
                channel.abort()
                raise
            self._keep(server, channel)
            return replies
        raise failed or SMTPConnectError(-1, "There is no server to send to.")

    async def _channel(self, server: MailServer) -> Channel:
        """Give a connection on which a message may begin: one that was kept and still lives, or a new one."""
        while kept := self._idle.get(server):
            channel, timer = kept.pop()
            timer.cancel()
            try:
                if channel.idle and (await channel.ask(Command(b"RSET"))).reply.accepted:
                    return channel
            except SMTPClientError:
                pass
            channel.abort()
        reactor = self._reactor or current_reactor()
        return await open_channel(reactor, server, self.identity, self.timeout, self.connect_timeout)

    def _keep(self, server: MailServer, channel: Channel) -> None:
        if not channel.idle or channel.conversation.state is not State.READY or not self.keep:
            channel.quit()
            return
        kept = self._idle.setdefault(server, [])
        reactor = self._reactor or current_reactor()
        entry: tuple[Channel, Any]

        def drop() -> None:
            kept.remove(entry)
            channel.quit()

        entry = (channel, reactor.callLater(self.keep, drop))
        kept.append(entry)

    async def _converse(
        self,
        channel: Channel,
        content: Content,
        sender: Path,
        recipients: dict[str, Path],
        require_tls: bool,
        progress: Progress,
    ) -> dict[str, Reply]:
        """Send one message over a connection that is ready, and leave it ready."""
        conversation = channel.conversation
        everybody = [sender, *recipients.values()]
        parameters = _parameters(conversation.extensions, content, everybody, require_tls, channel.verified)
        envelope = [Mail(sender, parameters).command]
        envelope += [Recipient(path).command for path in recipients.values()]
        answers: list[Reply] = []
        if conversation.can_pipeline:
            channel.send(*envelope)
            answers.extend([(await channel.answer()).reply for _ in envelope])
        else:
            answers.append((await channel.ask(envelope[0])).reply)
            if answers[0].accepted:
                answers.extend([(await channel.ask(command)).reply for command in envelope[1:]])
        if not answers[0].accepted:
            # Of a sender who is refused, so is every recipient.
            await _reset(channel)
            return dict.fromkeys(recipients, answers[0])
        replies = dict(zip(recipients, answers[1:], strict=True))
        if not conversation.recipients:
            await _reset(channel)
            return replies
        endings = await _send_content(channel, content, progress)
        taken = [recipient for recipient, reply in replies.items() if reply.accepted]
        if len(endings) != len(taken):
            # But for LMTP, one reply is for all.
            endings = endings[-1:] * len(taken)
        return replies | dict(zip(taken, endings, strict=True))


async def send(
    message: Any,
    sender: str,
    recipients: str | Iterable[str],
    *,
    server: MailServer | str | None = None,
    require_tls: bool = False,
    progress: Progress = lambda _: None,
    **settings: Any,
) -> Sent:
    """Send one message, over a connection of its own.

    Args:
        message: As of `Mailer.send`, and so on to `recipients`.
        sender: As above.
        recipients: As above.
        server: As of `Mailer`.
        require_tls: As of `Mailer.send`.
        progress: Likewise.
        **settings: As of `Mailer`.

    Returns:
        What became of it.

    Raises:
        SMTPClientError: As of `Mailer.send`.
    """
    async with Mailer(server, **settings) as mailer:
        return await mailer.send(message, sender, recipients, require_tls=require_tls, progress=progress)


def _listed(recipients: str | Iterable[str]) -> list[str]:
    return [recipients] if isinstance(recipients, str) else list(recipients)


def _path(address: str) -> Path:
    return parse_path(f"<{address.strip().removeprefix('<').removesuffix('>')}>")[0]


def _checked(replies: dict[str, Reply]) -> Sent:
    sent = Sent(replies)
    if not sent.accepted:
        addresses = [(name, reply.code, reply.text) for name, reply in replies.items()]
        last = next(reversed(replies.values()))
        retry = any(reply.transient for reply in replies.values())
        raise SMTPDeliveryError(last.code, last.text, addresses=addresses, retry=retry)
    return sent


def _parameters(
    offered: dict[str, str], content: Content, paths: Iterable[Path], require_tls: bool, verified: bool
) -> Parameters:
    """Give the parameters of MAIL, as far as the server knows them.

    Raises:
        SMTPClientError: If it knows not what the message can't go without.
    """
    parameters: Parameters = {}
    if "SIZE" in offered and content.size is not None:
        limit = offered["SIZE"]
        if limit.isdecimal() and 0 < int(limit[:20]) < content.size:
            raise SMTPDeliveryError(
                552, f"The message has {content.size} octets, and the server takes {limit}."
            )
        parameters["SIZE"] = str(content.size)
    if "8BITMIME" in offered:
        parameters["BODY"] = "8BITMIME"
    if any(path.international for path in paths):
        if "SMTPUTF8" not in offered:
            raise SMTPDeliveryError(553, "The server takes no addresses outside of ASCII.")
        parameters["SMTPUTF8"] = None
    if require_tls:
        if "REQUIRETLS" not in offered or not verified:
            raise TLSRequiredError(530, "The server does not promise verified TLS on all of the way.")
        parameters["REQUIRETLS"] = None
    return parameters


async def _send_content(channel: Channel, content: Content, progress: Progress) -> list[Reply]:
    """Send the message itself, and return the replies to its end."""
    conversation = channel.conversation
    endings: list[Reply] = []
    blocks: Iterator[bytes] = content.blocks(BLOCK)
    if "CHUNKING" in conversation.extensions:
        async for answer in channel.send_chunks(blocks, progress):
            if answer.move is Move.LAST:
                endings.append(answer.reply)
            elif not answer.reply.accepted:
                endings = [answer.reply]
                break
        while channel.expects:
            await channel.answer()
        if conversation.state is State.CHUNKING:
            await _reset(channel)
        return endings
    answer = await channel.ask(Command(b"DATA"))
    if not answer.reply.challenging:
        await _reset(channel)
        return [answer.reply]
    await channel.send_body(blocks, progress)
    while not endings or channel.expects:
        endings.append((await channel.answer()).reply)
    return endings


async def _reset(channel: Channel) -> None:
    """Make a connection ready for another message; if that fails, it is not kept."""
    if channel.conversation.state is not State.CLOSING:
        with suppress(SMTPClientError):
            await channel.ask(Command(b"RSET"))
