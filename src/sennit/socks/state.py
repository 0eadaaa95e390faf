"""The states of a SOCKS conversation as its server sees it, and the only table of how they follow.

Version 4 is one request and its reply.  Version 5 (RFC 1928) begins with a greeting, in which the way to log
in is chosen, and has the log-in (RFC 1929) before the request.  BIND has two replies, in both.
What is not in the table is out of order.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

__all__ = ["TRANSITIONS", "Move", "State"]


class State(Enum):
    """Where the conversation is."""

    START = auto()
    """The client has not said which version it speaks."""
    CHOOSING = auto()
    """It has greeted, and the server chooses."""
    LOGIN = auto()
    """It is to say who it is."""
    JUDGING = auto()
    """It has, and the server finds out whether that is so."""
    REQUEST = auto()
    """It is to say what it wants."""
    DECIDING = auto()
    """It has, and the server tries."""
    LISTENING = auto()
    """The server waits for a connection on the client's behalf."""
    OPEN = auto()
    """What follows is for the other side."""
    CLOSED = auto()
    """The server has refused, or the client has broken the protocol."""

    __hash__ = object.__hash__


class Move(Enum):
    """What is said."""

    GREETING = auto()
    CHOICE_OF_NONE = auto()
    CHOICE_OF_PASSWORD = auto()
    LOGIN = auto()
    ACCEPTED = auto()
    REQUEST = auto()
    LISTENING = auto()
    OPEN = auto()
    REFUSED = auto()

    __hash__ = object.__hash__


_S, _M = State, Move
TRANSITIONS: Final[dict[State, dict[Move, State]]] = {
    _S.START: {_M.GREETING: _S.CHOOSING, _M.REQUEST: _S.DECIDING},
    _S.CHOOSING: {
        _M.CHOICE_OF_NONE: _S.REQUEST,
        _M.CHOICE_OF_PASSWORD: _S.LOGIN,
        _M.REFUSED: _S.CLOSED,
    },
    _S.LOGIN: {_M.LOGIN: _S.JUDGING},
    _S.JUDGING: {_M.ACCEPTED: _S.REQUEST, _M.REFUSED: _S.CLOSED},
    _S.REQUEST: {_M.REQUEST: _S.DECIDING},
    _S.DECIDING: {_M.LISTENING: _S.LISTENING, _M.OPEN: _S.OPEN, _M.REFUSED: _S.CLOSED},
    _S.LISTENING: {_M.OPEN: _S.OPEN, _M.REFUSED: _S.CLOSED},
}
