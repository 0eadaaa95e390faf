"""A server's side of a SOCKS conversation, without I/O.

`receive_data` takes what came, `next_event` gives what it says, `send` makes the octets of an answer.  When
the way is open the conversation is over, and `take_rest` gives what has come for the other side already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from sennit.framing.buffer import BoundedBuffer
from sennit.socks.errors import LocalProtocolError, RemoteProtocolError
from sennit.socks.events import Choice, Command, Greeting, Login, Method, Reply, ReplyCode, Request, Verdict
from sennit.socks.parser import REJECTED_4, parse_greeting, parse_login, parse_request, parse_request_4
from sennit.socks.serializer import serialize_choice, serialize_reply, serialize_reply_4, serialize_verdict
from sennit.socks.state import TRANSITIONS, Move, State

__all__ = ["ServerConnection"]

_LONGEST_MESSAGE: Final = 520
_CHOICES: Final = {Method.NONE: Move.CHOICE_OF_NONE, Method.PASSWORD: Move.CHOICE_OF_PASSWORD}
_CLIENTS_TURN: Final = {State.START, State.LOGIN, State.REQUEST}
Event = Greeting | Login | Request


class ServerConnection:
    """A conversation with one client.

    Args:
        versions: The versions that are spoken, of 4 and 5.
        early: How many octets may wait that come before their way is open.

    Attributes:
        state: Where it is.
    """

    def __init__(self, versions: Collection[int] = (4, 5), early: int = 1 << 16) -> None:
        self._versions = versions
        self._buffer = BoundedBuffer(max(early, _LONGEST_MESSAGE))
        self._request: Request | None = None
        self._error: RemoteProtocolError | None = None
        self.state = State.START

    @property
    def is_full(self) -> bool:
        """Whether more should not be read until the way is open."""
        return len(self._buffer) > self._buffer.limit

    @property
    def is_waiting(self) -> bool:
        """Whether it is the client's turn."""
        return self.state in _CLIENTS_TURN

    def receive_data(self, data: bytes) -> None:
        """Take octets from the client; after an error they are dropped.

        Raises:
            LimitExceededError: If it `is_full`.
        """
        if self.state is not State.CLOSED:
            self._buffer.append(data)

    def next_event(self) -> Event | None:
        """Return what the client says next; None until it has said it, or while it is the server's turn.

        Raises:
            RemoteProtocolError: If it breaks the protocol; the conversation is over.
        """
        try:
            parse = self._parser()
            event = None if parse is None else parse(self._buffer)
        except RemoteProtocolError as error:
            self._error = error
            self.state = State.CLOSED
            self._buffer.clear()
            raise
        if event is None:
            return None
        if isinstance(event, Request):
            self._request = event
            self._move(Move.REQUEST)
        else:
            self._move(Move.GREETING if isinstance(event, Greeting) else Move.LOGIN)
        return event

    def send(self, event: Choice | Verdict | Reply) -> bytes:
        """Return an answer's octets.

        Raises:
            LocalProtocolError: If it is out of order.
        """
        if isinstance(event, Choice):
            data = serialize_choice(event)
            self._move(_CHOICES.get(event.method, Move.REFUSED))
        elif isinstance(event, Verdict):
            data = serialize_verdict(event)
            self._move(Move.ACCEPTED if event.accepted else Move.REFUSED)
        else:
            request = self._request
            if request is None:
                raise LocalProtocolError("There is no request to reply to.")
            data = serialize_reply_4(event) if request.version == 4 else serialize_reply(event)
            self.replied(event.code == ReplyCode.SUCCEEDED)
        return data

    def replied(self, granted: bool) -> None:
        """Take note of a reply.

        Raises:
            LocalProtocolError: If it is out of order.
        """
        request = self._request
        listens = request is not None and request.command == Command.BIND and self.state is State.DECIDING
        self._move((Move.LISTENING if listens else Move.OPEN) if granted else Move.REFUSED)

    def take_rest(self) -> bytes:
        """Return what has come for the other side, once the way is open."""
        return self._buffer.take_all()

    def _parser(self) -> Callable[[BoundedBuffer], Event | None] | None:
        if self.state is State.START:
            return self._first()
        if self.state is State.LOGIN:
            return parse_login
        return parse_request if self.state is State.REQUEST else None

    def _first(self) -> Callable[[BoundedBuffer], Event | None] | None:
        first = self._buffer.peek(1)
        if not first:
            return None
        version = first[0]
        if version not in self._versions:
            answer = {4: REJECTED_4, 5: serialize_choice(Choice(Method.UNACCEPTABLE))}.get(version, b"")
            raise RemoteProtocolError(f"SOCKS of version {version} is not spoken here.", answer)
        return parse_request_4 if version == 4 else parse_greeting

    def _move(self, move: Move) -> None:
        following = TRANSITIONS.get(self.state, {}).get(move)
        if following is None:
            raise LocalProtocolError(f"{move.name} is out of order: the conversation is {self.state.name}.")
        self.state = following
        if following is State.CLOSED:
            self._buffer.clear()
