"""A mail server's side of one conversation, below its commands: octets in, events out, replies back.

`dataReceived` feeds the conversation's core and does what each event asks for: a command goes to its ``do_``
method, a message's octets to who takes them.  A ``do_`` method answers by `sendCode` or `sendReply`, at once
or later: meanwhile nothing that the client has pipelined is looked at, and reading stops when that is enough.

The replies to a group of commands are written together (RFC 2920 section 3.2), before any of another kind is
looked at.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from zope.interface import implementer

from sennit.core.interfaces import IHalfCloseableProtocol
from sennit.framing.basic import LineOnlyReceiver
from sennit.framing.policies import TimeoutMixin
from sennit.smtp.envelope import DNSNAME
from sennit.smtp.errors import RemoteProtocolError
from sennit.smtp.events import (
    AuthenticationResponse,
    BodyEnd,
    BodyPart,
    ChunkEnd,
    Command,
    ConnectionClosed,
    Reply,
    Violation,
)
from sennit.smtp.limits import DEFAULT_LIMITS, Limits
from sennit.smtp.parser import Newlines
from sennit.smtp.serializer import serialize_reply
from sennit.smtp.server_connection import ServerConnection
from sennit.smtp.state import State

__all__ = ["Session"]

_READY = State.READY
# What is asked for in groups, and answered without a side effect on the connection.
_GROUPED = frozenset({b"MAIL", b"RCPT", b"DATA"})
_OF_BODY = frozenset({BodyPart, BodyEnd, ChunkEnd})
_METHODS: dict[bytes | str, str] = {verb: f"do_{verb.decode()}" for verb in _GROUPED}
_TAKERS: dict[type, str] = {
    Command: "_command",
    BodyPart: "_part",
    BodyEnd: "_end",
    ChunkEnd: "_chunk_end",
    Violation: "_violation",
    AuthenticationResponse: "_response",
    ConnectionClosed: "_closed",
}


@implementer(IHalfCloseableProtocol)
class Session(LineOnlyReceiver, TimeoutMixin):
    """A server's side of one conversation.

    A client may end its side with its last command, and is still answered all that it asked.  A delivery that
    closes the connection itself takes with it the replies to the same group that are not written yet.

    Attributes:
        timeout: Seconds to wait for the client to say something.
        limits: What the client may take up.
        newlines: What ends a line.
        hello_required: Whether the client has to say who it is first.
        lmtp: Whether the end of a message is answered once for each recipient (RFC 2033).
        noisy: Whether its comings and goings are logged.
    """

    transport: Any
    timeout: float | None = 600
    limits: Limits = DEFAULT_LIMITS
    newlines: Newlines = Newlines.STRICT
    hello_required: bool = False
    noisy: bool = True
    lmtp: ClassVar[bool] = False

    _host: bytes | None = None
    _watched = False

    def __init__(self) -> None:
        self._helo: tuple[bytes | None, bytes] = (None, b"")
        # Whether a taker has no room, whether reading is stopped, and whether `_advance` is at work.
        self._waits = False
        self._stopped = False
        self._advancing = False
        # Replies that are written with those to come, and whether the event at hand lets its reply wait.
        self._held: list[bytes] = []
        self._grouped = False
        self._errors = 0

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Who has a `lineReceived` of his own gets each line first, as if nothing else cut them.
        cls._watched = cls.lineReceived is not Session.lineReceived

    @property
    def host(self) -> bytes:
        """The server's name, as it gives it to clients."""
        return self._host or DNSNAME

    @host.setter
    def host(self, host: bytes | str) -> None:
        self._host = host.encode() if isinstance(host, str) else host

    # What comes in

    def connectionMade(self) -> None:
        """Greet the client."""
        peer = getattr(self.transport.getPeer(), "host", None)
        self._helo = (None, str(peer or "unknown").encode())
        self._conversation = ServerConnection(
            self.limits, lmtp=self.lmtp, newlines=self.newlines, hello_required=self.hello_required
        )
        self.setTimeout(self.timeout)
        self.sendCode(220, self.greeting())

    def greeting(self) -> bytes:
        """Return the text of the first reply."""
        return self.host + b" ready"

    def dataReceived(self, data: bytes) -> None:
        """Take what the client sent."""
        self.resetTimeout()
        if self._watched:
            super().dataReceived(data)
        else:
            self._receive(data)

    def lineReceived(self, line: bytes) -> Any:
        """Take a line that the client sent, without its end."""
        self._receive(line + b"\r\n")

    def state_COMMAND(self, line: bytes) -> None:
        """Take a line that is a command."""
        self._receive(line + b"\r\n")

    def state_DATA(self, line: bytes) -> None:
        """Take a line that is a message's."""
        self._receive(line + b"\r\n")

    def lineLengthExceeded(self, line: bytes) -> Any:
        """Refuse a line that is too long, and close: what follows can't be understood."""
        self.transport.write(serialize_reply(Reply(500, ("Line too long",), "5.5.6"), enhanced=False))
        return self.transport.loseConnection()

    def _receive(self, data: bytes) -> None:
        try:
            self._conversation.receive_data(data)
        except RemoteProtocolError as error:
            self._close_with(error.reply)
        else:
            self._advance()

    def _advance(self) -> None:
        """Do what there is to do, until it takes more octets or an answer."""
        if self._advancing:
            return
        self._advancing = True
        conversation = self._conversation
        try:
            while not self._waits and (event := conversation.next_event()) is not None:
                kind = type(event)
                grouped = event.verb in _GROUPED if isinstance(event, Command) else kind in _OF_BODY
                self._grouped = grouped
                if self._held and not grouped:
                    self._flush()
                getattr(self, _TAKERS[kind])(event)
        finally:
            self._advancing = self._grouped = False
            if self._held:
                self._flush()
        if self._stopped or self._waits or conversation.replies_due:
            self._pace()

    def _pace(self) -> None:
        """Stop reading while there is no room for more, and go on when there is."""
        stop = self._waits or not self._conversation.wants_data
        if stop and not self._stopped:
            self._stopped = True
            self.transport.pauseProducing()
        elif self._stopped and not stop:
            self._stopped = False
            self.transport.resumeProducing()

    def _flush(self) -> None:
        held, self._held = self._held, []
        self.transport.write(held[0] if len(held) == 1 else b"".join(held))

    def readConnectionLost(self) -> None:
        """Take note that the client sends no more; it may still wait for answers."""
        self._conversation.receive_eof()
        self._advance()

    def writeConnectionLost(self) -> None:
        """Take note that the client hears no more: there is nobody to talk to."""
        self.transport.loseConnection()

    def _command(self, command: Command) -> None:
        if not command.verb:
            self.sendSyntaxError()
            return
        method = self.lookupMethod(command.verb) or self.do_UNKNOWN
        method(command.argument)

    def lookupMethod(self, command: bytes | str) -> Callable[[bytes], object] | None:
        """Return the method for a command, or None."""
        name = _METHODS.get(command)
        if name is not None:
            return getattr(self, name, None)
        verb = (command.decode("ascii", "replace") if isinstance(command, bytes) else command).upper()
        return getattr(self, f"do_{verb}", None) or self._extended(verb)

    def _extended(self, verb: str) -> Callable[[bytes], object] | None:
        """Return the method for an extension's command, or None; there are extensions in `ESMTP` only."""
        return None

    def _violation(self, violation: Violation) -> None:
        if violation.fatal:
            self._close_with(violation.reply)
        else:
            while self._conversation.replies_due:
                self.sendReply(violation.reply)
            if self._conversation.state is _READY:
                self._forget()

    def _closed(self, _: ConnectionClosed) -> None:
        self.transport.loseConnection()

    # What goes out

    def sendCode(self, code: int, message: bytes | str = b"") -> None:
        """Answer.

        Args:
            code: The reply code.
            message: The text; a reply has a line for each of its lines.
        """
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
        self.sendReply(Reply(code, tuple(text.replace("\0", " ").splitlines()) or ("",)))

    def sendReply(self, reply: Reply) -> None:
        """Answer with a reply."""
        conversation = self._conversation
        if conversation.replies_due:
            data = conversation.send(reply)
        else:
            data = serialize_reply(reply, enhanced=conversation.enhanced)
        if self._grouped:
            self._held.append(data)
        else:
            self.transport.write(data)
        if reply.code >= 400:
            self._errors += 1
            if self._errors >= self.limits.errors:
                self._close_with(Reply(421, ("Too many errors.",), "4.7.0"))
                return
        if not self._advancing:
            self._advance()

    def sendSyntaxError(self) -> None:
        """Answer that a command is not written as it should be."""
        self.sendReply(Reply(500, ("Error: bad syntax",), "5.5.2"))

    def _close_with(self, reply: Reply) -> None:
        conversation = self._conversation
        if self._held:
            self._flush()
        data = serialize_reply(reply, enhanced=conversation.enhanced)
        if conversation.replies_due or reply.code == 421:
            data = conversation.send(reply)
        self.transport.write(data)
        self._abandon()
        self.transport.loseConnection()

    def timeoutConnection(self) -> None:
        """Close the connection of a client that says nothing."""
        self._close_with(
            Reply(421, (f"{self.host.decode()} Timeout. Nothing was said for too long.",), "4.4.2")
        )

    # What a server of commands has

    @abstractmethod
    def do_UNKNOWN(self, rest: bytes) -> None:
        """Answer a command that there is none of."""

    @abstractmethod
    def _part(self, part: BodyPart) -> None:
        """Take octets of a message."""

    @abstractmethod
    def _chunk_end(self, end: ChunkEnd) -> None:
        """Take note that a chunk is complete."""

    @abstractmethod
    def _end(self, end: BodyEnd) -> None:
        """Take note that a message is complete."""

    @abstractmethod
    def _forget(self) -> None:
        """Forget the message at hand, and its envelope."""

    @abstractmethod
    def _abandon(self) -> None:
        """Forget what has come of the message at hand."""

    def _response(self, response: AuthenticationResponse) -> None:
        """Take an answer to a challenge; there are challenges in `ESMTP` only."""
        self.sendSyntaxError()
