"""One message over a connection that is ready: its envelope, with what is wished of it, and its content.

What a server offers (the reply to EHLO) decides how: in groups (PIPELINING), in chunks (CHUNKING), to how
many recipients at once (LIMITS), with which parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from sennit.framing.numbers import NumberError, parse_decimal
from sennit.smtp.addresses import Path
from sennit.smtp.channel import BLOCK, Channel
from sennit.smtp.commands import Mail, Parameters, Recipient
from sennit.smtp.content import Content
from sennit.smtp.errors import SMTPClientError, SMTPDeliveryError, TLSRequiredError
from sennit.smtp.events import Command, Reply
from sennit.smtp.state import Move, State
from sennit.smtp.xtext import xtext_encode

__all__ = ["Progress", "Wishes", "limit_of", "send_message"]

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a message is to be sent.

    Attributes:
        require_tls: Whether every server on its way has to be reached under verified TLS (RFC 8689).
        binary: Whether it is sent as it is, of whatever octets and lines (RFC 3030); else each line's end is
            made CR LF.
        notify: Of what the sender is to be told (RFC 3461): some of ``SUCCESS``, ``FAILURE`` and ``DELAY``,
            or ``NEVER`` alone; by default what is usual at the servers.  A server that does not know of it
            does what is usual too.
        returned: What of the message comes back with that: ``FULL`` or ``HDRS``, its header.
        envelope_id: What comes back with it too, to know the message by.
        progress: Is called with how many octets more were written.
    """

    require_tls: bool = False
    binary: bool = False
    notify: tuple[str, ...] = ()
    returned: str | None = None
    envelope_id: str | None = None
    progress: Progress = lambda _: None


def limit_of(offered: dict[str, str], name: str) -> int | None:
    """Tell a limit that a server has (LIMITS, RFC 9422); None if it tells none that is above zero.

    Args:
        offered: What it offers.
        name: The limit, such as ``RCPTMAX``.
    """
    for word in offered.get("LIMITS", "").split():
        key, _, value = word.partition("=")
        if key.upper() == name:
            with suppress(NumberError):
                # The RFC has them in six digits.
                return parse_decimal(value, 999_999) or None
    return None


async def send_message(
    channel: Channel, content: Content, sender: Path, recipients: dict[str, Path], wishes: Wishes
) -> dict[str, Reply]:
    """Send one message over a connection that is ready, and leave it ready.

    Returns:
        For each recipient the reply that decided about it.

    Raises:
        SMTPClientError: If it can't go this way, or the connection fails.
    """
    conversation = channel.conversation
    everybody = [sender, *recipients.values()]
    offered = conversation.extensions
    parameters = _parameters(offered, content, everybody, wishes, channel.verified)
    notify: Parameters = {"NOTIFY": ",".join(wishes.notify)} if wishes.notify and "DSN" in offered else {}
    envelope = [Mail(sender, parameters).command]
    envelope += [Recipient(path, notify).command for path in recipients.values()]
    channel.messages += 1
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
    endings = await _send_content(channel, content, wishes)
    taken = [recipient for recipient, reply in replies.items() if reply.accepted]
    if len(endings) != len(taken):
        # But for LMTP, one reply is for all.
        endings = endings[-1:] * len(taken)
    return replies | dict(zip(taken, endings, strict=True))


def _parameters(
    offered: dict[str, str], content: Content, paths: Iterable[Path], wishes: Wishes, verified: bool
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
    if wishes.binary:
        if "BINARYMIME" not in offered or "CHUNKING" not in offered:
            raise SMTPDeliveryError(554, "The server takes no octets that are not in lines.")
        parameters["BODY"] = "BINARYMIME"
    elif "8BITMIME" in offered:
        parameters["BODY"] = "8BITMIME"
    if any(path.international for path in paths):
        if "SMTPUTF8" not in offered:
            raise SMTPDeliveryError(553, "The server takes no addresses outside of ASCII.")
        parameters["SMTPUTF8"] = None
    if wishes.require_tls:
        if "REQUIRETLS" not in offered or not verified:
            raise TLSRequiredError(530, "The server does not promise verified TLS on all of the way.")
        parameters["REQUIRETLS"] = None
    if "DSN" in offered:
        if wishes.returned is not None:
            parameters["RET"] = wishes.returned
        if wishes.envelope_id is not None:
            parameters["ENVID"] = xtext_encode(wishes.envelope_id)[0].decode("ascii")
    return parameters


async def _send_content(channel: Channel, content: Content, wishes: Wishes) -> list[Reply]:
    """Send the message itself, and return the replies to its end."""
    conversation = channel.conversation
    endings: list[Reply] = []
    blocks: Iterator[bytes] = content.blocks(BLOCK, binary=wishes.binary)
    if "CHUNKING" in conversation.extensions:
        async for answer in channel.send_chunks(blocks, wishes.progress):
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
    await channel.send_body(blocks, wishes.progress)
    while not endings or channel.expects:
        endings.append((await channel.answer()).reply)
    return endings


async def _reset(channel: Channel) -> None:
    """Make a connection ready for another message; if that fails, it is not kept."""
    if channel.conversation.state is not State.CLOSING:
        with suppress(SMTPClientError):
            await channel.ask(Command(b"RSET"))
