"""The states of a client that keeps one connection, and what moves it from one to the next.

`TABLE` is the whole of it: state, then event, then the next state.  An event that a state has no entry
for cannot happen there, and is an error of ours.  What is done on the way is in `sennit.app.client`.
"""

from __future__ import annotations

import enum
from types import MappingProxyType

__all__ = ["TABLE", "Event", "State", "next_state"]


class State(enum.Enum):
    """Where the client is."""

    NEW = "not started yet"
    STOPPED = "stopped"
    CONNECTING = "an attempt is under way"
    PREPARING = "connected, and the preparation runs"
    CONNECTED = "connected and handed out"
    WAITING = "waiting for the next attempt"
    DISCONNECTING = "stopped, and the connection closes"
    RESTARTING = "started again while the connection closes"


class Event(enum.Enum):
    """What happens to it."""

    START = "startService"
    STOP = "stopService"
    MADE = "the attempt succeeded, and there is a preparation"
    READY = "the connection may be handed out"
    FAILED = "the attempt or the preparation failed"
    LOST = "the connection was lost"
    RETRY = "the waiting is over"


_S, _E = State, Event

TABLE = MappingProxyType(
    {
        _S.NEW: {_E.START: _S.CONNECTING, _E.STOP: _S.STOPPED},
        _S.STOPPED: {_E.START: _S.CONNECTING, _E.STOP: _S.STOPPED},
        _S.CONNECTING: {
            _E.START: _S.CONNECTING,
            _E.STOP: _S.STOPPED,
            _E.MADE: _S.PREPARING,
            _E.READY: _S.CONNECTED,
            _E.FAILED: _S.WAITING,
        },
        _S.PREPARING: {
            _E.START: _S.PREPARING,
            _E.STOP: _S.DISCONNECTING,
            _E.READY: _S.CONNECTED,
            _E.FAILED: _S.WAITING,
            _E.LOST: _S.WAITING,
        },
        _S.CONNECTED: {_E.START: _S.CONNECTED, _E.STOP: _S.DISCONNECTING, _E.LOST: _S.WAITING},
        _S.WAITING: {_E.START: _S.WAITING, _E.STOP: _S.STOPPED, _E.RETRY: _S.CONNECTING},
        _S.DISCONNECTING: {
            _E.START: _S.RESTARTING,
            _E.STOP: _S.DISCONNECTING,
            _E.LOST: _S.STOPPED,
        },
        _S.RESTARTING: {
            _E.START: _S.RESTARTING,
            _E.STOP: _S.DISCONNECTING,
            _E.LOST: _S.CONNECTING,
        },
    }
)


def next_state(state: State, event: Event) -> State:
    """Return where `event` leads from `state`.

    Raises:
        RuntimeError: If it cannot happen there.
    """
    try:
        return TABLE[state][event]
    except KeyError:
        raise RuntimeError(f"{event.name} cannot happen to a client service in {state.name}.") from None
