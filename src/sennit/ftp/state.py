"""The states of a control connection, and the only table of how they follow.

The rules behind it (RFC 959 section 5.4, RFC 4217 section 4):

- USER may be said at any time and begins a log-in; only PASS ends one.
- What is refused leaves the connection where it was; but a log-in that is refused is over.
- Behind a RNFR that was answered with 350 nothing but its RNTO is in order.
- A transfer has a preliminary reply when its data begins and another when it ends; between them, only ABOR is
  heard.
- After AUTH TLS all is forgotten, and the client logs in anew.

What is not in the table is out of order.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

__all__ = ["MOVES", "TRANSITIONS", "Move", "State", "Step", "diagram"]


class State(Enum):
    """Where a conversation is."""

    CONNECTED = auto()
    """The server has not said anything yet, and it speaks first."""
    UNAUTHENTICATED = auto()
    """Nobody has logged in."""
    PASSWORD_DUE = auto()
    """A user was named, and his password is asked for."""
    READY = auto()
    """Somebody is logged in."""
    RENAMING = auto()
    """A file was named, and its new name is asked for."""
    TRANSFERRING = auto()
    """Data is on its way over the other connection."""
    SECURING = auto()
    """TLS is being set up."""
    CLOSING = auto()
    """No command follows."""

    __hash__ = object.__hash__


class Move(Enum):
    """What is asked for."""

    GREETING = auto()
    """The server's first words."""
    USER = auto()
    PASS = auto()
    RNFR = auto()
    RNTO = auto()
    TRANSFER = auto()
    """What needs a data connection: RETR, STOR, APPE, STOU, LIST, NLST, MLSD."""
    ABOR = auto()
    AUTH = auto()
    SECURED = auto()
    """TLS has been set up."""
    QUIT = auto()
    PUBLIC = auto()
    """What may be asked without a log-in, and moves nothing."""
    OTHER = auto()
    """Every other command: it needs a log-in, and moves nothing."""

    __hash__ = object.__hash__


MOVES: dict[str, Move] = {
    "USER": Move.USER,
    "PASS": Move.PASS,
    "RNFR": Move.RNFR,
    "RNTO": Move.RNTO,
    "RETR": Move.TRANSFER,
    "STOR": Move.TRANSFER,
    "STOU": Move.TRANSFER,
    "APPE": Move.TRANSFER,
    "LIST": Move.TRANSFER,
    "NLST": Move.TRANSFER,
    "MLSD": Move.TRANSFER,
    "ABOR": Move.ABOR,
    "AUTH": Move.AUTH,
    "QUIT": Move.QUIT,
    "FEAT": Move.PUBLIC,
    "PBSZ": Move.PUBLIC,
    "PROT": Move.PUBLIC,
}
"""Which move a verb is; any other is OTHER."""


class Step(NamedTuple):
    """Where a move leads, by the reply to it.

    Attributes:
        accepted: After a 2yz.
        begun: After a 1yz or a 3yz; None if there is none to give.
        refused: After a 4yz or 5yz; None if that leads nowhere.
    """

    accepted: State | None
    begun: State | None = None
    refused: State | None = None

    def after(self, code: int) -> State | None:
        """Return where a reply of this code leads; None if nowhere, or if it cannot be given."""
        if 200 <= code < 300:
            return self.accepted
        return self.begun if code < 400 else self.refused


_S, _M = State, Move
_LOGIN = {
    _M.USER: Step(_S.READY, _S.PASSWORD_DUE, _S.UNAUTHENTICATED),
    _M.AUTH: Step(_S.SECURING),
    _M.QUIT: Step(_S.CLOSING, refused=_S.CLOSING),
}


def _row(state: State, *more: Move) -> dict[Move, Step]:
    return _LOGIN | {move: Step(state, state) for move in (_M.PUBLIC, *more)}


TRANSITIONS: dict[State, dict[Move, Step]] = {
    _S.CONNECTED: {_M.GREETING: Step(_S.UNAUTHENTICATED, _S.CONNECTED, _S.CLOSING)},
    _S.UNAUTHENTICATED: _row(_S.UNAUTHENTICATED),
    _S.PASSWORD_DUE: _LOGIN | {_M.PASS: Step(_S.READY, _S.PASSWORD_DUE, _S.UNAUTHENTICATED)},
    _S.READY: _row(_S.READY, _M.OTHER, _M.ABOR)
    | {_M.RNFR: Step(_S.READY, _S.RENAMING), _M.TRANSFER: Step(_S.READY, _S.TRANSFERRING)},
    _S.RENAMING: {_M.RNTO: Step(_S.READY, refused=_S.READY), _M.QUIT: _LOGIN[_M.QUIT]},
    _S.TRANSFERRING: {
        _M.TRANSFER: Step(_S.READY, _S.TRANSFERRING, _S.READY),
        _M.ABOR: Step(_S.TRANSFERRING, _S.TRANSFERRING),
    },
    _S.SECURING: {_M.SECURED: Step(_S.UNAUTHENTICATED, refused=_S.CLOSING)},
    _S.CLOSING: {},
}


def diagram() -> str:
    """Draw the table in Mermaid's language, which the documentation shows."""
    lines = ["stateDiagram-v2", "    [*] --> CONNECTED"]
    for state, row in TRANSITIONS.items():
        for move, step in row.items():
            for end, kind in zip(step, ("", " begun", " refused"), strict=True):
                if end is not None and end is not state:
                    lines.append(f"    {state.name} --> {end.name}: {move.name}{kind}")
    return "\n".join([*lines, "    CLOSING --> [*]", ""])
