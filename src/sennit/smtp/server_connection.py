"""The server's side of a mail conversation: octets in, events out, replies in, octets out.

The verbs: `receive_data` and `receive_eof` take what the client sent, `next_event` gives what it means,
`send` makes the octets of a reply and moves the conversation on.  While a reply is due, `next_event` gives
nothing: however many commands a client pipelines, each is answered before the next is looked at, and in
their order.

Octets are read in one of three ways: as lines, as a body that a dot ends, and as counted octets.  Which one
follows from the state, but for a chunk: its octets follow its command whether or not it was in order, and
are swallowed if it was not (RFC 3030 section 2), since they are no commands.
"""

from __future__ import annotations

from math import inf

from sennit.framing.buffer import BoundedBuffer, LimitExceededError
from sennit.smtp.commands import Chunk
from sennit.smtp.errors import LocalProtocolError, RemoteProtocolError
from sennit.smtp.events import (
    AuthenticationResponse,
    BodyEnd,
    BodyPart,
    ChunkEnd,
    Command,
    ConnectionClosed,
    Reply,
    ServerEvent,
    Violation,
)
from sennit.smtp.limits import DEFAULT_LIMITS, Limits
from sennit.smtp.parser import BodyParser, Newlines, take_command_line
from sennit.smtp.serializer import serialize_reply
from sennit.smtp.state import MOVES, TRANSITIONS, Move, State, Step

__all__ = ["ServerConnection"]

# Members of an Enum are found by a call; these are asked for at each command.
_BODY, _READY, _GREETED, _CLOSING = State.BODY, State.READY, State.GREETED, State.CLOSING
_AUTHENTICATING, _SECURING = State.AUTHENTICATING, State.SECURING
_BDAT, _RCPT, _OTHER, _LAST = Move.BDAT, Move.RCPT, Move.OTHER, Move.LAST
# What is answered without an enhanced status code (RFC 2034 section 4).
_PLAIN = frozenset({Move.GREETING, Move.HELLO})

_OUT_OF_ORDER = {
    Move.MAIL: "Say EHLO first, and end the message that is begun.",
    Move.RCPT: "Say MAIL first.",
    Move.DATA: "Say MAIL and RCPT first.",
    Move.BDAT: "Say MAIL and RCPT first.",
    Move.LAST: "Say MAIL and RCPT first.",
}


class ServerConnection:
    """The server's side of one conversation.

    Args:
        limits: What the client may take up.
        lmtp: Whether the end of a message is answered once for each recipient (RFC 2033).
        newlines: What ends a line.
        hello_required: Whether the client has to say who it is before it sends mail (RFC 5321 section 4.1.4).

    Attributes:
        state: Where the conversation is.
        enhanced: Whether replies carry enhanced status codes.
        recipients: How many recipients of the message at hand have been accepted.
        replies_due: How many replies `send` is to be given before the next event.
    """

    def __init__(
        self,
        limits: Limits = DEFAULT_LIMITS,
        *,
        lmtp: bool = False,
        newlines: Newlines = Newlines.STRICT,
        hello_required: bool = True,
    ) -> None:
        self.limits = limits
        self.lmtp = lmtp
        self.newlines = newlines
        self.hello_required = hello_required
        self.state = State.CONNECTED
        self.enhanced = False
        self.recipients = 0
        self.replies_due = 1
        # What is to be answered, and where that leads.
        self._move = Move.GREETING
        self._step: Step | None = TRANSITIONS[self.state][self._move]
        self._buffer = BoundedBuffer(limits.buffered)
        self._ended = False
        self._body: BodyParser | None = None
        self._size = 0
        self._most = inf if limits.message_size is None else limits.message_size
        # Octets of a chunk that are still to come, and how it ends: None if it was out of order.
        self._octets = 0
        self._chunk: Chunk | None = None
        self._in_chunk = False
        self._at_end = False

    @property
    def wants_data(self) -> bool:
        """Whether there is use for more octets now: stop reading while there is not."""
        return not self.replies_due or len(self._buffer) < self.limits.buffered

    @property
    def unread(self) -> int:
        """How many octets have come that are not understood yet."""
        return len(self._buffer)

    def receive_data(self, data: bytes) -> None:
        """Take what the client sent.

        Raises:
            RemoteProtocolError: If it goes on sending, while a reply is due, past the limit.
        """
        if self.state is _CLOSING or self.state is _SECURING:
            # What comes in plain text after STARTTLS is never looked at (RFC 3207 section 6).
            return
        try:
            self._buffer.append(data)
        except LimitExceededError:
            self.state = State.CLOSING
            reply = Reply(421, ("Too much was sent without waiting for an answer.",), "4.7.0")
            raise RemoteProtocolError(reply) from None

    def receive_eof(self) -> None:
        """Take note that the client will send no more."""
        self._ended = True

    def next_event(self) -> ServerEvent | None:
        """Give what happens next.

        Returns:
            It, or None if that takes more octets, or a reply.
        """
        if self.replies_due:
            return None
        state = self.state
        if state is not _CLOSING:
            if self._in_chunk:
                event = self._read_chunk()
            elif state is _BODY:
                event = self._read_body()
            else:
                event = self._read_line() if self._buffer else None
            if event is not None:
                return event
        if self._ended:
            self._ended = False
            self.state = State.CLOSING
            return ConnectionClosed()
        return None

    def _read_line(self) -> ServerEvent | None:
        try:
            line = take_command_line(self._buffer, self.limits.command_line, self.newlines)
        except LimitExceededError:
            return self._violation(Reply(500, ("The line is too long.",), "5.5.6"), fatal=True)
        except RemoteProtocolError as error:
            return self._violation(error.reply, fatal=True)
        if line is None:
            return None
        state = self.state
        if state is _AUTHENTICATING:
            self._due(Move.RESPONSE)
            return AuthenticationResponse(line)
        verb, _, argument = line.partition(b" ")
        command = Command(verb.upper(), argument.strip(b" "))
        move = MOVES.get(command.verb, _OTHER)
        if move is _BDAT:
            return self._begin_chunk(command)
        step = TRANSITIONS[state].get(move)
        if step is None:
            return self._out_of_order(move)
        self._move = move
        self._step = step
        self.replies_due = 1
        return command

    def _out_of_order(self, move: Move) -> Violation:
        text = _OUT_OF_ORDER.get(move, "This command does not belong here.")
        return self._violation(Reply(503, (text,), "5.5.1"))

    def _violation(self, reply: Reply, *, fatal: bool = False) -> Violation:
        self._due(Move.OTHER)
        if fatal:
            self.state = State.CLOSING
            self._buffer.clear()
        return Violation(reply, fatal)

    def _due(self, move: Move) -> None:
        self._move = move
        self._step = TRANSITIONS[self.state].get(move)
        self.replies_due = 1

    def _read_body(self) -> ServerEvent | None:
        body = self._body
        if body is None:
            body = self._body = BodyParser(self.newlines)
        if not self._at_end:
            if not self._buffer:
                return None
            data, self._at_end = body.receive_data(self._buffer.take_all())
            self._size += len(data)
            if body.rest:
                self._buffer.append(body.rest)
            if data and not body.broken and self._size <= self._most:
                # The end is an event of its own, which the next call finds.
                return BodyPart(data)
            if not self._at_end:
                return None
        self._at_end = False
        self._body = None
        return self._end_message(Move.END, broken=body.broken)

    def _end_message(self, move: Move, *, broken: bool = False) -> ServerEvent:
        self._due(move)
        if self.lmtp:
            self.replies_due = self.recipients
        if broken:
            text = "A line of the message ends in a CR or an LF alone; it is not taken."
            return Violation(Reply(550, (text,), "5.6.0"))
        if self._size > self._most:
            return Violation(Reply(552, ("The message is larger than is taken here.",), "5.3.4"))
        return BodyEnd(self._size)

    def _begin_chunk(self, command: Command) -> ServerEvent | None:
        try:
            chunk = Chunk.parse(command.argument)
        except RemoteProtocolError as error:
            # How much to swallow is not known.
            return self._violation(error.reply, fatal=True)
        move = Move.LAST if chunk.last else Move.BDAT
        self._in_chunk = True
        self._octets = chunk.size
        self._chunk = chunk if move in TRANSITIONS[self.state] else None
        return self._read_chunk()

    def _read_chunk(self) -> ServerEvent | None:
        chunk = self._chunk
        if self._octets:
            data = self._buffer.take_up_to(self._octets)
            self._octets -= len(data)
            if chunk is not None:
                self._size += len(data)
                if data and self._size <= self._most:
                    return BodyPart(data)
            if self._octets:
                return None
        self._in_chunk = False
        self._chunk = None
        if chunk is None:
            return self._out_of_order(Move.BDAT)
        if chunk.last:
            return self._end_message(Move.LAST)
        self._due(Move.BDAT)
        return ChunkEnd()

    def send(self, reply: Reply) -> bytes:
        """Answer what is to be answered, and move on.

        Returns:
            What to write.

        Raises:
            LocalProtocolError: If no reply is due, or it is one that can't be given to what was asked.
        """
        code = reply.code
        if self.enhanced and reply.enhanced is None and not reply.challenging and self._move not in _PLAIN:
            # Where they are offered, every reply has one (RFC 2034 section 4).
            reply = Reply(code, reply.lines, f"{code // 100}.0.0")
        data = serialize_reply(reply, enhanced=self.enhanced)
        if code == 421:
            # A server may say this at any time (RFC 5321 section 3.8).
            self.replies_due = 0
            self.state = State.CLOSING
            return data
        if not self.replies_due:
            raise LocalProtocolError("Nothing was asked, so there is nothing to answer.")
        step = self._step
        if step is not None and self.state is not _CLOSING:
            state = step.after(code)
            if state is None and code < 400:
                raise LocalProtocolError(f"The reply {code} can't be given to {self._move.name}.")
            if code < 300 and self._move is _RCPT:
                self.recipients += 1
            if state is not None and self.replies_due == 1 and state is not self.state:
                self._go_to(state)
        self.replies_due -= 1
        return data

    def _go_to(self, state: State) -> None:
        if state is _READY or state is _GREETED:
            self.recipients = self._size = 0
            if state is _GREETED and not self.hello_required:
                state = _READY
        elif state is _SECURING:
            self._buffer.clear()
        self.state = state

    def tls_started(self) -> None:
        """Take note that TLS is set up: the client begins anew (RFC 3207 section 4.2)."""
        if self.state is not State.SECURING:
            raise LocalProtocolError("TLS begins after STARTTLS was answered.")
        self.state = State.GREETED if self.hello_required else State.READY
        self.enhanced = False
        self._buffer.clear()
