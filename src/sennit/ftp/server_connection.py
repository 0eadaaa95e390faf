"""The server's side of a control connection: octets in, events out, replies in, octets out.

The verbs: `receive_data` and `receive_eof` take what the client sent, `next_event` gives what it means,
`send` makes the octets of a reply and moves the conversation on.  While a reply is due, `next_event` gives
nothing: each command is answered before the next is looked at.  There is one exception: while data is on its
way, ABOR is given at once, if no other command waits before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container

from sennit.framing.buffer import BoundedBuffer, LimitExceededError
from sennit.ftp.errors import LocalProtocolError, RemoteProtocolError
from sennit.ftp.events import Command, ConnectionClosed, Reply, ServerEvent, Violation
from sennit.ftp.limits import DEFAULT_LIMITS, Limits
from sennit.ftp.parser import parse_command, take_command_line
from sennit.ftp.serializer import serialize_reply
from sennit.ftp.state import MOVES, TRANSITIONS, Move, State

__all__ = ["ServerConnection"]

_NOT_LOGGED_IN = Reply(530, ("Please login with USER and PASS.",))
_ORDER = "Incorrect sequence of commands: "


class ServerConnection:
    """The server's side of one conversation.

    Args:
        limits: What the client may take up.
        public: Verbs that may be said without a log-in, besides those that `MOVES` has so.

    Attributes:
        state: Where the conversation is.
        answered: How many times something that was asked has been answered for good, the greeting included.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS, public: Container[str] = ()) -> None:
        self.limits = limits
        self.public = public
        self.state = State.CONNECTED
        self.answered = 0
        self._due: deque[Move] = deque([Move.GREETING])
        self._buffer = BoundedBuffer(limits.buffered)
        self._waiting: Command | None = None
        self._ended = False

    @property
    def replies_due(self) -> int:
        """How many commands are not answered yet."""
        return len(self._due)

    @property
    def wants_data(self) -> bool:
        """Whether there is use for more octets now: stop reading while there is not."""
        return not self._due or len(self._buffer) < self.limits.buffered

    def receive_data(self, data: bytes) -> None:
        """Take what the client sent.

        Raises:
            RemoteProtocolError: If it goes on sending, while a reply is due, past the limit.
        """
        if self.state is State.CLOSING or self.state is State.SECURING:
            # What comes in plain text after AUTH is never looked at (RFC 4217 section 12.1).
            return
        try:
            self._buffer.append(data)
        except LimitExceededError:
            self.state = State.CLOSING
            reply = Reply(421, ("Too much was sent without waiting for an answer.",))
            raise RemoteProtocolError(reply) from None

    def receive_eof(self) -> None:
        """Take note that the client will send no more."""
        self._ended = True

    def next_event(self) -> ServerEvent | None:
        """Give what happens next.

        Returns:
            It, or None if that takes more octets, or a reply.
        """
        if self.state is not State.CLOSING and self.state is not State.SECURING:
            if not self._due:
                event = self._next_command()
                if event is not None:
                    return event
            elif self._due[0] is Move.TRANSFER and self._waiting is None and len(self._due) == 1:
                return self._look_for_abort()
        if self._ended and not self._due:
            self._ended = False
            self.state = State.CLOSING
            return ConnectionClosed()
        return None

    def _next_command(self) -> ServerEvent | None:
        waiting, self._waiting = self._waiting, None
        command = waiting or self._read()
        if isinstance(command, Command):
            return self._in_order(command)
        return command

    def _look_for_abort(self) -> ServerEvent | None:
        command = self._read()
        if isinstance(command, Command):
            if command.verb == "ABOR":
                self._due.append(Move.ABOR)
                return command
            self._waiting = command
            return None
        return command

    def _read(self) -> Command | Violation | None:
        if not self._buffer:
            return None
        try:
            line = take_command_line(self._buffer, self.limits.command_line)
        except LimitExceededError:
            return self._fatal(Reply(500, ("The line is too long.",)))
        except RemoteProtocolError as error:
            return self._fatal(error.reply)
        return None if line is None else parse_command(line)

    def _fatal(self, reply: Reply) -> Violation:
        self._due.append(Move.OTHER)
        self.state = State.CLOSING
        self._buffer.clear()
        return Violation(reply, fatal=True)

    def _in_order(self, command: Command) -> ServerEvent:
        move = MOVES.get(command.verb, Move.OTHER)
        if move is Move.OTHER and command.verb in self.public:
            move = Move.PUBLIC
        self._due.append(move)
        if move in TRANSITIONS[self.state]:
            return command
        if self.state is State.PASSWORD_DUE:
            return Violation(Reply(503, (f"{_ORDER}PASS required after USER",)))
        if self.state is State.RENAMING:
            return Violation(Reply(503, (f"{_ORDER}RNTO required after RNFR",)))
        if move is Move.PASS:
            return Violation(Reply(503, (f"{_ORDER}USER required before PASS",)))
        if move is Move.RNTO and self.state is State.READY:
            return Violation(Reply(503, (f"{_ORDER}RNFR required before RNTO",)))
        return Violation(_NOT_LOGGED_IN)

    def send(self, reply: Reply) -> bytes:
        """Answer what is to be answered first, and move on.

        Returns:
            What to write.

        Raises:
            LocalProtocolError: If no reply is due, or it is one that can't be given to what was asked.
        """
        data = serialize_reply(reply)
        if reply.code == 421:
            # A server may say this at any time (RFC 959 section 5.4).
            self._due.clear()
            self.state = State.CLOSING
            return data
        if not self._due:
            raise LocalProtocolError("Nothing was asked, so there is nothing to answer.")
        step = TRANSITIONS[self.state].get(self._due[0])
        if step is not None:
            state = step.after(reply.code)
            if state is None and reply.code < 400:
                raise LocalProtocolError(f"The reply {reply.code} can't be given to {self._due[0].name}.")
            if state is not None:
                self.state = state
            if state is State.SECURING:
                self._buffer.clear()
        if not reply.preliminary:
            self._due.popleft()
            self.answered += 1
        return data

    def settle(self) -> None:
        """Take note that what was asked gets no other reply than was sent: go on."""
        if self._due:
            self._due.popleft()
            self.answered += 1
        if self.state is State.TRANSFERRING:
            self.state = State.READY

    def tls_started(self) -> None:
        """Take note that TLS is set up: the client begins anew (RFC 4217 section 4.3)."""
        if self.state is not State.SECURING:
            raise LocalProtocolError("TLS begins after AUTH was answered.")
        self.state = State.UNAUTHENTICATED
        self._buffer.clear()
