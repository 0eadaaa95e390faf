"""The states of one server connection (RFC 9112 section 9), and the only table of how they follow.

The rules behind the table:

- A request is answered when it has been received whole, and before the next one is begun: however many a
  client pipelines, one is answered at a time, in the order they came.
- A request whose body is streamed is answered while it is received. If the answer ends first, the rest of the
  body is received and thrown away, or the connection closes.
- When an answer ends, the connection is idle again, or closes if either side has said so.
- What comes in while it closes is thrown away; so is what comes after an error, which is sticky.
- A connection given to another protocol (RFC 9110 section 7.8) never comes back.

What is not in the table cannot happen, and trying it is an error of this program.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NoReturn

from sennit.http.errors import LocalProtocolError

__all__ = ["TRANSITIONS", "Happening", "State"]


class State(Enum):
    """Where a connection is.

    Attributes:
        on: What may happen here, and where it leads: this state's row of `TRANSITIONS`.
    """

    IDLE = auto()
    RECEIVING = auto()
    STREAMING = auto()
    ANSWERING = auto()
    CLOSING = auto()
    SWITCHED = auto()
    CLOSED = auto()

    on: dict[Happening, State]

    __hash__ = object.__hash__


class Happening(Enum):
    """What moves a connection on."""

    HEAD = auto()
    """A request's head is complete."""
    REQUEST = auto()
    """A request is complete; it is now being answered."""
    STREAM = auto()
    """A request is answered from now on, before its body is complete."""
    ANSWERED = auto()
    """Its answer is complete, and the connection goes on."""
    CLOSE = auto()
    """We close: the last answer is written, or the client broke a rule or a limit, or is late."""
    SWITCH = auto()
    """Another protocol takes the connection over."""
    LOST = auto()
    """The connection is gone."""

    __hash__ = object.__hash__


class _Row(dict[Happening, State]):
    """What may happen in one state."""

    def __missing__(self, happening: Happening) -> NoReturn:
        raise LocalProtocolError(f"{happening.name} cannot happen in this state of an HTTP connection.")


_H = Happening
TRANSITIONS: dict[State, _Row] = {
    State.IDLE: _Row({_H.HEAD: State.RECEIVING, _H.CLOSE: State.CLOSING, _H.LOST: State.CLOSED}),
    State.RECEIVING: _Row(
        {
            _H.REQUEST: State.ANSWERING,
            _H.STREAM: State.STREAMING,
            _H.CLOSE: State.CLOSING,
            _H.LOST: State.CLOSED,
        }
    ),
    State.STREAMING: _Row(
        {
            _H.REQUEST: State.ANSWERING,
            _H.ANSWERED: State.RECEIVING,
            _H.CLOSE: State.CLOSING,
            _H.LOST: State.CLOSED,
        }
    ),
    State.ANSWERING: _Row(
        {
            _H.ANSWERED: State.IDLE,
            _H.CLOSE: State.CLOSING,
            _H.SWITCH: State.SWITCHED,
            _H.LOST: State.CLOSED,
        }
    ),
    State.CLOSING: _Row({_H.CLOSE: State.CLOSING, _H.LOST: State.CLOSED}),
    State.SWITCHED: _Row({_H.CLOSE: State.CLOSED, _H.LOST: State.CLOSED}),
    State.CLOSED: _Row({_H.CLOSE: State.CLOSED, _H.LOST: State.CLOSED}),
}

for _state, _row in TRANSITIONS.items():
    _state.on = _row
