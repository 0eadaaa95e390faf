"""Sending mail from coroutines: `send`, the one call, and `Mailer`, which keeps its connections for reuse.

The envelope goes in one write where the server takes groups (PIPELINING), the message in counted chunks where
it takes those (CHUNKING), and either way in blocks that are read when there is room to write them: a file of
any size takes a constant amount of memory.  What became of each recipient is told apart.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType, TracebackType
from typing import Any, Self

from sennit.core.current import current_reactor
from sennit.log import Logger
from sennit.smtp.addresses import Path, parse_path
from sennit.smtp.channel import Channel
from sennit.smtp.connecting import open_channel
from sennit.smtp.content import Content
from sennit.smtp.errors import SMTPClientError, SMTPConnectError, SMTPDeliveryError, TLSRequiredError
from sennit.smtp.events import Command, Reply
from sennit.smtp.routing import TLS, FindPolicy, FindServers, MailServer, no_policy, same_host
from sennit.smtp.state import State
from sennit.smtp.transaction import Progress, Wishes, limit_of, send_message

__all__ = ["Mailer", "Sent", "send"]

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
        **wishes: Any,
    ) -> Sent:
        """Send a message.

        Args:
            message: Text, octets, an `email.message.Message`, a path, or a file of octets, which is read from
                where it stands and is not closed.
            sender: Whom to tell if it can't be delivered; empty for nobody.
            recipients: Who shall have it.
            **wishes: How: the attributes of `Wishes`.

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
        how = Wishes(**wishes)
        with Content(message) as content:
            if self.server is not None:
                return _checked(await self._deliver([self.server], content, envelope, everybody, how))
            replies: dict[str, Reply] = {}
            for domain in dict.fromkeys(path.domain for path in everybody.values()):
                some = {text: path for text, path in everybody.items() if path.domain == domain}
                try:
                    servers = await self._servers_of(domain)
                    replies |= await self._deliver(servers, content, envelope, some, how)
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
        wishes: Wishes,
    ) -> dict[str, Reply]:
        failed: SMTPClientError | None = None
        for server in servers:
            try:
                channel = await self._channel(server)
            except SMTPClientError as error:
                failed = error
                continue
            return await self._deliver_over(server, channel, content, sender, recipients, wishes)
        raise failed or SMTPConnectError(-1, "There is no server to send to.")

    async def _deliver_over(
        self,
        server: MailServer,
        channel: Channel,
        content: Content,
        sender: Path,
        recipients: dict[str, Path],
        wishes: Wishes,
    ) -> dict[str, Reply]:
        """Send a message, as often as the server's limit of recipients asks for, and keep the connection."""
        replies: dict[str, Reply] = {}
        while True:
            # What can't be read twice goes to as many as the server takes.
            most = limit_of(channel.conversation.extensions, "RCPTMAX") if content.size is not None else None
            left = [recipient for recipient in recipients if recipient not in replies][:most]
            some = {recipient: recipients[recipient] for recipient in left}
            try:
                replies |= await send_message(channel, content, sender, some, wishes)
                self._keep(server, channel)
                if len(replies) == len(recipients):
                    return replies
                channel = await self._channel(server)
            except SMTPClientError as error:
                channel.abort()
                if not replies:
                    raise
                # The others have it: whoever tries again is to know that.
                reply = Reply(451, tuple(str(error).splitlines()) or ("",))
                return {recipient: replies.get(recipient, reply) for recipient in recipients}
            except BaseException:
                channel.abort()
                raise

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
        conversation = channel.conversation
        most = limit_of(conversation.extensions, "MAILMAX")
        spent = most is not None and channel.messages >= most
        if spent or not channel.idle or conversation.state is not State.READY or not self.keep:
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


async def send(
    message: Any,
    sender: str,
    recipients: str | Iterable[str],
    *,
    server: MailServer | str | None = None,
    require_tls: bool = False,
    progress: Progress = lambda _: None,
    wishes: Mapping[str, Any] = MappingProxyType({}),
    **settings: Any,
) -> Sent:
    """Send one message, over a connection of its own.

    Args:
        message: As of `Mailer.send`, and so on to `recipients`.
        sender: As above.
        recipients: As above.
        server: As of `Mailer`.
        require_tls: As of `Wishes`.
        progress: Likewise.
        wishes: The other attributes of `Wishes`.
        **settings: As of `Mailer`.

    Returns:
        What became of it.

    Raises:
        SMTPClientError: As of `Mailer.send`.
    """
    async with Mailer(server, **settings) as mailer:
        return await mailer.send(
            message, sender, recipients, require_tls=require_tls, progress=progress, **wishes
        )


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
