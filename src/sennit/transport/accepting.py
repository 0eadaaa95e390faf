"""Accepting connections: by the loop where it does that itself, else by us.

uvloop accepts in C: `accept` gives it the listening socket and a function that makes our side of each
connection.  When descriptors run out, libuv frees one it holds in reserve, and closes what waits.

asyncio's selector loops accept in Python, and stumble when descriptors run out: they try again as often as
the backlog is long, and again a second later even if the server has been closed meanwhile.  For them the
socket is accepted from here, and each connection is given to ``loop.connect_accepted_socket``.  Here, too,
a descriptor is held in reserve for those that knock in vain; where there is none, they wait.

The native loop has ``accept_connections``, which accepts what there is and makes its side of each; what
becomes of errors is the same.  Its ``set_nodelay`` says to the listening socket what all of them inherit.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from sennit.core.failure import Failure
from sennit.log import Logger

__all__ = ["Acceptor", "accept", "carry", "finish_now"]

_T = TypeVar("_T")
_log = Logger()

ACCEPTS_PER_TURN = 64
"""How many connections are accepted before others have their turn."""

RETRY_DELAY = 0.1
"""Seconds without accepting after descriptors or memory ran out."""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
# The connection went away before it was accepted, or is refused by a firewall (accept(2)).
_GONE = frozenset(
    {
        errno.ECONNABORTED,
        errno.EPERM,
        errno.EPROTO,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENOPROTOOPT,
        errno.EOPNOTSUPP,
    }
)


class Acceptor(Protocol):
    """What accepts on a listening socket until it is closed."""

    def close(self) -> None:
        """Accept no more, and close the listening socket."""


def finish_now(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine that does its work without waiting, where none can be awaited.

    Raises:
        RuntimeError: If it waits nevertheless.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: _T = stop.value
        return result
    coroutine.close()
    raise RuntimeError(f"{coroutine!r} waits, but was needed at once.")


def accept(
    loop: asyncio.AbstractEventLoop,
    listening: socket.socket,
    connection: Callable[[], Any],
    backlog: int,
) -> Acceptor:
    """Accept connections on a listening socket, from the loop's next turn on.

    Args:
        loop: The loop.
        listening: The socket; the acceptor owns it from here on.
        connection: Makes the protocol, in asyncio's sense, of each connection.
        backlog: How many connections may wait to be accepted.
    """
    if hasattr(loop, "accept_connections"):
        return _AcceptingByLoop(loop, listening, connection)
    if isinstance(loop, BaseSelectorEventLoop):
        return _Accepting(loop, listening, connection)
    # With start_serving=False there is nothing to wait for, so both work before the loop runs.
    server = finish_now(loop.create_server(connection, sock=listening, backlog=backlog, start_serving=False))
    starting = server.start_serving()
    # Serving begins in the first step; some loops then wait a turn, and need not be waited for.
    with suppress(StopIteration):
        starting.send(None)
    starting.close()
    return server


def carry(
    loop: asyncio.AbstractEventLoop,
    connected: socket.socket,
    connection: Any,
    failed: Callable[[BaseException], None],
) -> None:
    """Give a connected socket to the loop.

    Args:
        loop: The loop.
        connected: The socket; not the caller's any more.
        connection: The protocol, in asyncio's sense.
        failed: Called if the loop cannot take it.  The socket is closed then.
    """
    if hasattr(loop, "carry"):
        loop.carry(connected, connection)
        return
    task = loop.create_task(loop.connect_accepted_socket(lambda: connection, connected))
    _carrying.add(task)

    def done(task: asyncio.Task[Any]) -> None:
        _carrying.discard(task)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            connected.close()
            failed(error)

    task.add_done_callback(done)


# A loop holds its tasks weakly.
_carrying: set[asyncio.Task[Any]] = set()


class _Accepting:
    """An `Acceptor` of our own."""

    __slots__ = ("_connection", "_listening", "_loop", "_reserve", "_retry", "_starved")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        listening: socket.socket,
        connection: Callable[[], Any],
    ) -> None:
        self._loop = loop
        self._listening = listening
        self._connection = connection
        self._retry: asyncio.TimerHandle | None = None
        self._starved = False
        # Given up when descriptors run out, to take those that knock and turn them away.
        self._reserve = -1
        self._keep_reserve()
        loop.add_reader(listening.fileno(), self._ready)

    def close(self) -> None:
        if self._listening.fileno() == -1:
            return
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        elif not self._loop.is_closed():
            self._loop.remove_reader(self._listening.fileno())
        self._listening.close()
        self._give_up_reserve()

    def _ready(self) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                connected, _peer = self._listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if not self._bears(error):
                    return
                continue
            self._starved = False
            connected.setblocking(False)
            self._take(connected)
            if self._listening.fileno() == -1:
                return

    def _bears(self, error: OSError) -> bool:
        """Tell whether others may be accepted after an error.

        Raises:
            OSError: If it is one that nobody can help.
        """
        if error.errno in _EXHAUSTED:
            self._tell(error)
            if not self._turn_away():
                self._rest()
                return False
        elif error.errno not in _GONE:
            raise error
        return True

    def _take(self, connected: socket.socket) -> None:
        try:
            connection = self._connection()
        except BaseException:
            _log.failure("Error while accepting a connection", Failure())
            connected.close()
            return
        carry(self._loop, connected, connection, _ignore)

    def _tell(self, error: OSError) -> None:
        if not self._starved:
            self._starved = True
            _log.error("Cannot accept connections for now: {error}", error=error)

    def _turn_away(self) -> bool:
        """Close a connection that knocks, with the descriptor held in reserve; tell whether that worked."""
        if self._reserve < 0:
            self._keep_reserve()
            return False
        self._give_up_reserve()
        try:
            self._listening.accept()[0].close()
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        finally:
            self._keep_reserve()
        return True

    def _keep_reserve(self) -> None:
        with suppress(OSError):
            self._reserve = os.open(os.devnull, os.O_RDONLY)

    def _give_up_reserve(self) -> None:
        if self._reserve >= 0:
            os.close(self._reserve)
            self._reserve = -1

    def _rest(self) -> None:
        # The socket stays readable, so the loop would spin.
        self._loop.remove_reader(self._listening.fileno())
        self._retry = self._loop.call_later(RETRY_DELAY, self._again)

    def _again(self) -> None:
        self._retry = None
        self._loop.add_reader(self._listening.fileno(), self._ready)


class _AcceptingByLoop(_Accepting):
    """Where the loop makes its side of a connection from what the system gives."""

    __slots__ = ()

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listening: socket.socket, connection: Callable[[], Any]
    ) -> None:
        super().__init__(loop, listening, connection)
        loop.set_nodelay(listening)  # type: ignore[attr-defined]

    def _ready(self) -> None:
        try:
            self._loop.accept_connections(self._listening, self._connection, self._failed, ACCEPTS_PER_TURN)  # type: ignore[attr-defined]
        except OSError as error:
            # The loop comes back for the others.
            self._bears(error)
        else:
            self._starved = False

    def _failed(self) -> None:
        _log.failure("Error while accepting a connection", Failure())


def _ignore(_error: BaseException) -> None:
    """Do nothing: the connection died before anyone knew of it."""
