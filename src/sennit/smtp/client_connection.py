"""The client's side of a mail conversation: commands in, octets out, octets in, replies out.

The verbs: `send` makes the octets of a command, `send_body` and `end_body` those of a message;
`receive_data` and `receive_eof` take what the server sent, `next_event` gives each reply together with what
it answers.

Commands that RFC 2920 allows in the middle of a group may be sent before what went before them is answered,
where the server offers PIPELINING.  So there are two states: `state` is where the answered commands have
led, and what may be sent next is judged from where all that was sent would lead if it were accepted.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sennit.smtp.commands import Chunk
from sennit.smtp.errors import LocalProtocolError, RemoteProtocolError
from sennit.smtp.events import Command, ConnectionClosed, Reply
from sennit.smtp.limits import DEFAULT_LIMITS, Limits
from sennit.smtp.parser import ReplyParser
from sennit.smtp.serializer import BodySerializer, serialize_command
from sennit.smtp.state import MOVES, TRANSITIONS, Move, State

__all__ = ["Answer", "ClientConnection"]

# What must be the last of a group (RFC 2920 section 3.1), or stands alone.
_ENDS_GROUP = {Move.HELLO, Move.DATA, Move.AUTH, Move.RESPONSE, Move.STARTTLS, Move.QUIT, Move.OTHER}


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, and what it answers.

    Attributes:
        reply: The reply.
        move: What was asked for.
        command: The command; None for the greeting, a response, and the end of a body.
        recipient: Of LMTP, which accepted recipient the reply to a message is for, counted from 0.
    """

    reply: Reply
    move: Move
    command: Command | None = None
    recipient: int = 0


@dataclass(slots=True)
class _Asked:
    move: Move
    command: Command | None
    replies: int = 1
    answered: int = 0


class ClientConnection:
    """The client's side of one conversation.

    Args:
        limits: What the server may take up.
        lmtp: Whether the end of a message is answered once for each recipient (RFC 2033).

    Attributes:
        state: Where the answered commands have led.
        extensions: What the server offers: keywords in upper case, each with the rest of its line; empty
            before EHLO was answered, and after HELO.
        recipients: How many recipients of the message at hand have been accepted.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, lmtp: bool = False) -> None:
        self.lmtp = lmtp
        self.state = State.CONNECTED
        self.extensions: dict[str, str] = {}
        self.recipients = 0
        self._asked: deque[_Asked] = deque([_Asked(Move.GREETING, None)])
        self._replies = ReplyParser(limits)
        self._body: BodySerializer | None = None
        self._octets = 0
        self._ended = False

    @property
    def outstanding(self) -> int:
        """How many commands wait for their reply."""
        return len(self._asked)

    @property
    def can_pipeline(self) -> bool:
        """Whether a command may be sent before the last one is answered."""
        return "PIPELINING" in self.extensions

    def _expected(self) -> State:
        """Tell where all that was sent leads, if it is accepted."""
        state = self.state
        for asked in self._asked:
            step = TRANSITIONS[state].get(asked.move)
            if step is not None:
                state = step.accepted or step.challenged or state
        return state

    def send(self, command: Command) -> bytes:
        """Write a command; of BDAT, its octets are given to `send_body` after it.

        Raises:
            LocalProtocolError: If it does not belong here, or has to wait for a reply.
        """
        move = MOVES.get(command.verb, Move.OTHER)
        if move is Move.BDAT:
            chunk = Chunk.parse(command.argument)
            move = Move.LAST if chunk.last else Move.BDAT
        self._check(move)
        data = serialize_command(command)
        if move in {Move.BDAT, Move.LAST}:
            self._octets = chunk.size
        self._ask(move, command)
        return data

    def respond(self, line: bytes) -> bytes:
        """Write the answer to a challenge, in base64, or ``*`` to give up (RFC 4954 section 4)."""
        self._check(Move.RESPONSE)
        data = serialize_command(Command(line))
        self._asked.append(_Asked(Move.RESPONSE, None))
        return data

    def _check(self, move: Move) -> None:
        if self._octets:
            raise LocalProtocolError(f"{self._octets} octets of the chunk are still to be sent.")
        if self._asked and not (self.can_pipeline and self._asked[-1].move not in _ENDS_GROUP):
            raise LocalProtocolError("The server has not answered what was sent before.")
        if move not in TRANSITIONS[self._expected()]:
            raise LocalProtocolError(f"{move.name} can't be sent now.")

    def _ask(self, move: Move, command: Command | None) -> None:
        self._asked.append(_Asked(move, command))

    def send_body(self, data: bytes) -> bytes:
        """Write the next octets of a message: with dots stuffed after DATA, as they are in a chunk.

        Raises:
            LocalProtocolError: If no body is due, or these are more than the chunk was said to have.
        """
        if self._octets:
            if len(data) > self._octets:
                raise LocalProtocolError("These are more octets than the chunk was said to have.")
            self._octets -= len(data)
            return data
        if self.state is not State.BODY or self._asked:
            raise LocalProtocolError("A message's octets are sent when DATA was answered.")
        if self._body is None:
            self._body = BodySerializer()
        return self._body.send(data)

    def end_body(self) -> bytes:
        """Write the end of a message that was begun by DATA.

        Raises:
            LocalProtocolError: If there is none.
        """
        if self.state is not State.BODY or self._asked:
            raise LocalProtocolError("A message ends when DATA was answered.")
        body = self._body or BodySerializer()
        self._body = None
        self._ask(Move.END, None)
        return body.end()

    def receive_data(self, data: bytes) -> None:
        """Take what the server sent.

        Raises:
            RemoteProtocolError: If it says more than anybody asked for.
        """
        self._replies.receive_data(data)

    def receive_eof(self) -> None:
        """Take note that the server will send no more."""
        self._ended = True

    def next_event(self) -> Answer | ConnectionClosed | None:
        """Give the next answer.

        Returns:
            It, or None if that takes more octets.

        Raises:
            RemoteProtocolError: If what the server says is no reply, or answers nothing.
        """
        if self.state is State.SECURING and not self._asked:
            # What comes in plain text behind the reply to STARTTLS is never looked at (RFC 3207 section 6).
            self._replies.clear()
            return None
        reply = self._replies.next_reply()
        if reply is None:
            if not self._ended:
                return None
            self._ended = False
            self.state = State.CLOSING
            return ConnectionClosed()
        if not self._asked:
            if reply.code == 421:
                self.state = State.CLOSING
                return Answer(reply, Move.QUIT)
            raise RemoteProtocolError(Reply(500, ("The server answers what was not asked.",)))
        return self._answered(reply)

    def _answered(self, reply: Reply) -> Answer:
        asked = self._asked[0]
        if not asked.answered and self.lmtp and asked.move in {Move.END, Move.LAST}:
            asked.replies = max(1, self.recipients)
        answer = Answer(reply, asked.move, asked.command, asked.answered)
        asked.answered += 1
        if asked.answered == asked.replies or reply.code == 421:
            self._asked.popleft()
            self._step(asked, reply)
        return answer

    def _step(self, asked: _Asked, reply: Reply) -> None:
        if reply.code == 421:
            self._asked.clear()
            self.state = State.CLOSING
            return
        move = asked.move
        step = TRANSITIONS[self.state].get(move)
        if step is None:
            return
        state = step.after(reply.code)
        if state is None and reply.code < 400:
            raise RemoteProtocolError(Reply(500, (f"The server answers {move.name} with {reply.code}.",)))
        if move is Move.RCPT:
            self.recipients += reply.accepted
        if state is None:
            return
        if move is Move.HELLO:
            self._greeted(asked, reply)
        if state in {State.READY, State.GREETED}:
            self.recipients = 0
        self.state = state

    def _greeted(self, asked: _Asked, reply: Reply) -> None:
        self.extensions = {}
        if asked.command is None or asked.command.verb == b"HELO":
            return
        for line in reply.lines[1:]:
            first, _, rest = line.strip().partition(" ")
            # Some servers write AUTH=LOGIN for clients that are older than the RFC.
            keyword, _, word = first.upper().partition("=")
            if keyword:
                said = (self.extensions.get(keyword), word, rest.strip())
                self.extensions[keyword] = " ".join(filter(None, said))

    def tls_started(self) -> None:
        """Take note that TLS is set up: all that the server has said is forgotten (RFC 3207 section 4.2)."""
        if self.state is not State.SECURING:
            raise LocalProtocolError("TLS begins after STARTTLS was answered.")
        self.state = State.GREETED
        self.extensions = {}
        self._replies.clear()
