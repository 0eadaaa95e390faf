"""The states of a mail conversation, and the only table of how they follow.

There is one table for both sides, since both watch the same conversation: the client moves on when it reads a
reply, the server when it writes it.  The rules behind it (RFC 5321 section 4.1.4, RFC 3030, 3207, 4954):

- A command says what is wanted, and its reply what becomes of it; so a step has an end for each kind of
reply.
- Who was refused is where he was; but a body or a chunk that was refused takes its message with it.
- A greeting (EHLO), RSET and the end of a message all lead to READY, where nothing is known of a message.
- After STARTTLS all is forgotten, and the client greets anew.

What is not in the table is out of order: a server answers it with 503, and a client that tries it has an
error.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

__all__ = ["MOVES", "TRANSITIONS", "Move", "State", "Step", "diagram"]


class State(Enum):
    """Where a conversation is."""

    CONNECTED = auto()
    """The server has not said anything yet, and it speaks first."""
    REFUSED = auto()
    """The server has no service to give (554); the client may only quit."""
    GREETED = auto()
    """The client has not said who it is."""
    READY = auto()
    """There is no message."""
    SENDER = auto()
    """A message has a sender."""
    RECIPIENTS = auto()
    """And one recipient at least."""
    BODY = auto()
    """Its body is on its way, ended by a dot."""
    CHUNKING = auto()
    """Its body is on its way in counted chunks (RFC 3030)."""
    AUTHENTICATING = auto()
    """The server has asked something, and the client answers."""
    SECURING = auto()
    """TLS is being set up."""
    CLOSING = auto()
    """No command follows."""

    __hash__ = object.__hash__


class Move(Enum):
    """What is asked for."""

    GREETING = auto()
    """The server's first words."""
    HELLO = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    END = auto()
    """The dot that ends a body."""
    BDAT = auto()
    LAST = auto()
    """A BDAT that says it is the last."""
    RSET = auto()
    AUTH = auto()
    RESPONSE = auto()
    """An answer to a challenge."""
    STARTTLS = auto()
    SECURED = auto()
    """TLS has been set up."""
    QUIT = auto()
    OTHER = auto()
    """NOOP, HELP, VRFY, EXPN, and every verb that only an extension knows: it moves nothing."""

    __hash__ = object.__hash__


MOVES: dict[bytes, Move] = {
    b"HELO": Move.HELLO,
    b"EHLO": Move.HELLO,
    b"LHLO": Move.HELLO,
    b"MAIL": Move.MAIL,
    b"RCPT": Move.RCPT,
    b"DATA": Move.DATA,
    b"BDAT": Move.BDAT,
    b"RSET": Move.RSET,
    b"AUTH": Move.AUTH,
    b"STARTTLS": Move.STARTTLS,
    b"QUIT": Move.QUIT,
}
"""Which move a verb is; any other is OTHER."""


class Step(NamedTuple):
    """Where a move leads, by the reply to it.

    Attributes:
        accepted: After a 2yz.
        challenged: After a 3yz; None if there is none to give.
        refused: After a 4yz or 5yz; None if that leads nowhere.
    """

    accepted: State | None
    challenged: State | None = None
    refused: State | None = None

    def after(self, code: int) -> State | None:
        """Return where a reply of this code leads; None if nowhere, or if it cannot be given."""
        if 200 <= code < 300:
            return self.accepted
        return self.challenged if 300 <= code < 400 else self.refused


_S, _M = State, Move
_IDLE = {_M.RSET: Step(_S.READY), _M.HELLO: Step(_S.READY), _M.QUIT: Step(_S.CLOSING, refused=_S.CLOSING)}
_BODY = {
    _M.DATA: Step(None, _S.BODY),
    _M.BDAT: Step(_S.CHUNKING, refused=_S.READY),
    _M.LAST: Step(_S.READY, refused=_S.READY),
}


def _row(state: State, *rows: dict[Move, Step]) -> dict[Move, Step]:
    row = {_M.OTHER: Step(state)}
    for more in rows:
        row |= more
    return row


TRANSITIONS: dict[State, dict[Move, Step]] = {
    _S.CONNECTED: {_M.GREETING: Step(_S.GREETED, refused=_S.REFUSED)},
    _S.REFUSED: {_M.QUIT: _IDLE[_M.QUIT]},
    _S.GREETED: _row(_S.GREETED, _IDLE, {_M.RSET: Step(_S.GREETED)}),
    _S.READY: _row(
        _S.READY,
        _IDLE,
        {
            _M.MAIL: Step(_S.SENDER),
            _M.AUTH: Step(_S.READY, _S.AUTHENTICATING),
            _M.STARTTLS: Step(_S.SECURING),
        },
    ),
    _S.AUTHENTICATING: {_M.RESPONSE: Step(_S.READY, _S.AUTHENTICATING, _S.READY)},
    _S.SECURING: {_M.SECURED: Step(_S.GREETED, refused=_S.CLOSING)},
    _S.SENDER: _row(_S.SENDER, _IDLE, {_M.RCPT: Step(_S.RECIPIENTS)}),
    _S.RECIPIENTS: _row(_S.RECIPIENTS, _IDLE, {_M.RCPT: Step(_S.RECIPIENTS)}, _BODY),
    _S.BODY: {_M.END: Step(_S.READY, refused=_S.READY)},
    _S.CHUNKING: _row(_S.CHUNKING, _IDLE, {move: _BODY[move] for move in (_M.BDAT, _M.LAST)}),
    _S.CLOSING: {},
}


def diagram() -> str:
    """Draw the table in Mermaid's language, which the documentation shows."""
    lines = ["stateDiagram-v2", "    [*] --> CONNECTED"]
    for state, row in TRANSITIONS.items():
        for move, step in row.items():
            for end, kind in zip(step, ("", " 3yz", " refused"), strict=True):
                if end is not None and not (end is state and move is not _M.RCPT):
                    lines.append(f"    {state.name} --> {end.name}: {move.name}{kind}")
    return "\n".join([*lines, "    CLOSING --> [*]", ""])
