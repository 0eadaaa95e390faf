"""The client's side of a control connection: commands in, octets out, octets in, replies out.

The verbs: `send` makes the octets of a command; `receive_data` and `receive_eof` take what the server
sent, and `next_event` gives each reply together with what it answers.  A preliminary reply has another
behind it that answers the same command (RFC 959 section 4.2); the greeting answers no command, and is
waited for first.

What was received behind the reply that begins TLS came in plain text, so anybody may have said it: it is
dropped (RFC 4217 section 12.1).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sennit.framing.buffer import BoundedBuffer, LimitExceededError
from sennit.ftp.errors import RemoteProtocolError
from sennit.ftp.events import Command, ConnectionClosed, Reply
from sennit.ftp.limits import DEFAULT_LIMITS, Limits
from sennit.ftp.parser import ReplyParser, take_reply_line
from sennit.ftp.serializer import serialize_command

__all__ = ["Answer", "ClientConnection"]

_SERVICE_ENDS = 421
_TLS_BEGINS = 234


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, and what it answers.

    Attributes:
        reply: The reply.
        command: The command; None for the greeting, and if it answers nothing.
        asked: Whether it answers anything; if not, it says that the server closes the connection, or it is a
            preliminary reply that came early.
    """

    reply: Reply
    command: Command | None = None
    asked: bool = True


class ClientConnection:
    """The client's side of one conversation.

    Args:
        limits: What the server may take up.
        encoding: How names are written.
    """

    __slots__ = ("_asked", "_buffer", "_ended", "_parser", "_said", "encoding", "limits")

    def __init__(self, limits: Limits = DEFAULT_LIMITS, encoding: str = "utf-8") -> None:
        self.limits = limits
        self.encoding = encoding
        self._asked: deque[Command | None] = deque([None])
        self._buffer = BoundedBuffer(limits.reply_line + 2)
        self._parser = ReplyParser(limits)
        self._ended = False
        # Lines of preliminary replies that no last one has ended.
        self._said = 0

    @property
    def outstanding(self) -> int:
        """How many commands wait for their answer, the greeting counted as one."""
        return len(self._asked)

    def send(self, command: Command) -> bytes:
        """Write a command.

        Raises:
            LocalProtocolError: If it has a CR or LF inside, or a character that the encoding has not.
        """
        data = serialize_command(command, self.encoding)
        self._asked.append(command)
        return data

    def receive_data(self, data: bytes) -> None:
        """Take what the server sent.

        Raises:
            RemoteProtocolError: If a line is too long.
        """
        try:
            self._buffer.append(data)
        except LimitExceededError:
            raise RemoteProtocolError(_TOO_LONG) from None

    def receive_eof(self) -> None:
        """Take note that the server will send no more."""
        self._ended = True

    def next_event(self) -> Answer | ConnectionClosed | None:
        """Give the next answer.

        Returns:
            It, or None if that takes more octets.

        Raises:
            RemoteProtocolError: If a reply is too long, or answers nothing.
        """
        reply = self._next_reply()
        if reply is not None:
            return self._answer(reply)
        if self._ended:
            self._ended = False
            return ConnectionClosed()
        return None

    def _next_reply(self) -> Reply | None:
        limit = self.limits.reply_line
        while self._buffer:
            try:
                line = take_reply_line(self._buffer, limit)
            except LimitExceededError:
                raise RemoteProtocolError(_TOO_LONG) from None
            if line is None:
                return None
            reply = self._parser.receive_line(line.decode(self.encoding, "surrogateescape"))
            if reply is not None:
                return reply
        return None

    def _answer(self, reply: Reply) -> Answer:
        asked = bool(self._asked)
        command = self._asked[0] if asked else None
        if reply.preliminary:
            self._said += len(reply.wire)
            if self._said > self.limits.reply_lines:
                raise RemoteProtocolError(Reply(500, ("A reply has too many lines.",)))
        elif asked:
            self._said = 0
            self._asked.popleft()
        elif reply.code != _SERVICE_ENDS:
            said = f"The server answers what was not asked: {reply.code}."
            raise RemoteProtocolError(Reply(500, (said,)))
        if command is not None and command.verb == "AUTH" and reply.code == _TLS_BEGINS:
            self._buffer.clear()
        return Answer(reply, command, asked)


_TOO_LONG = Reply(500, ("A line of a reply is too long.",))
