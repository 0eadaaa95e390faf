"""`HTTPConnectionPool`: connections that are kept for the next request to the same server.

An idle connection may be closed by the server at any time, and the client learns of it only when its next
request is lost (RFC 9112 section 9.3.1).  Two things help: a connection that was idle for a moment is looked
at before it is used, and a request that may be repeated is sent once more on a new connection.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

from sennit.core.combinators import gatherResults
from sennit.core.deferred import CancelledError, Deferred, succeed
from sennit.core.failure import Failure
from sennit.http.client.connection import HTTP11ClientProtocol
from sennit.http.client.errors import RequestNotSent, RequestTransmissionFailed, ResponseNeverReceived
from sennit.http.client.stale import is_stale
from sennit.log import Logger
from sennit.protocol import Factory

__all__ = ["HTTP11ClientFactory", "HTTPConnectionPool", "RetryingConnection"]

_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"TRACE"))
_LOOKED_AT_AFTER = 0.5
"""Seconds of idleness after which a connection is looked at before it is used."""


class HTTP11ClientFactory(Factory):
    """Makes connections that come back to their pool.

    Args:
        quiescentCallback: Called with a connection that can take another request.
        metadata: What the connections are for, for the log.
    """

    noisy = True

    def __init__(self, quiescentCallback: Callable[[Any], object], metadata: object) -> None:
        self._quiescentCallback = quiescentCallback
        self._metadata = metadata

    def __repr__(self) -> str:
        return f"<{type(self).__name__} for {self._metadata}>"

    def buildProtocol(self, addr: Any) -> Any:
        """Make a connection's protocol."""
        return HTTP11ClientProtocol(self._quiescentCallback)


class RetryingConnection:
    """A connection from the pool: a request that it loses may be sent again, on a new one.

    Args:
        clientProtocol: The connection.
        newConnection: Returns a Deferred of a new one.
    """

    def __init__(self, clientProtocol: Any, newConnection: Callable[[], Deferred[Any]]) -> None:
        self._clientProtocol = clientProtocol
        self._newConnection = newConnection

    def _shouldRetry(self, method: bytes, exception: BaseException, bodyProducer: Any) -> bool:
        """Tell whether a request may be sent again (RFC 9110 section 9.2.2).

        Args:
            method: Its method.
            exception: Why it failed.
            bodyProducer: Its body, which could not be produced twice.
        """
        if method not in _IDEMPOTENT or bodyProducer is not None:
            return False
        if not isinstance(exception, RequestNotSent | RequestTransmissionFailed | ResponseNeverReceived):
            return False
        # Whoever gave the request up does not want it sent again.
        reasons = getattr(exception, "reasons", ())
        return not any(reason.check(CancelledError, TimeoutError) for reason in reasons)

    def request(self, request: Any) -> Deferred[Any]:
        """Send a request, again if need be."""
        result: Deferred[Any] = self._clientProtocol.request(request)
        return result.addErrback(self._again, request)

    def _again(self, reason: Failure, request: Any) -> Any:
        if not self._shouldRetry(request.method, reason.value, request.bodyProducer):
            return reason
        return self._newConnection().addCallback(lambda connection: connection.request(request))


class HTTPConnectionPool:
    """Keeps connections, by scheme, host and port.

    Args:
        reactor: The `IReactorTime` that measures how long.
        persistent: Whether any are kept at all.
        limit_per_host: How many connections there may be to one server at a time, idle ones included;
            requests beyond wait for their turn.  None for no limit.

    Attributes:
        maxPersistentPerHost: How many idle connections to one server are kept.
        cachedConnectionTimeout: How many seconds one is kept.
        retryAutomatically: Whether a request that a kept connection loses is sent again, where this does no
            harm.
    """

    maxPersistentPerHost = 2
    cachedConnectionTimeout: float = 240
    retryAutomatically = True
    _factory: Any = HTTP11ClientFactory
    _log = Logger(namespace="sennit.http.client")

    def __init__(self, reactor: Any, persistent: bool = True, *, limit_per_host: int | None = None) -> None:
        self._reactor = reactor
        self.persistent = persistent
        self.limit_per_host = limit_per_host
        self._connections: defaultdict[Hashable, list[Any]] = defaultdict(list)
        self._timeouts: dict[Any, Any] = {}
        self._idle_since: dict[Any, float] = {}
        self._open: dict[Hashable, int] = {}
        self._waiting: dict[Hashable, deque[tuple[Deferred[Any], Any]]] = {}

    def getConnection(self, key: Hashable, endpoint: Any) -> Deferred[Any]:
        """Return a connection, a kept one if there is one.

        Args:
            key: What it is for: connections of one key are alike.
            endpoint: Where to connect if there is none.

        Returns:
            A Deferred that fires with an object whose ``request`` sends a `Request`.
        """
        connection = self.take_idle(key)
        if connection is not None:
            return succeed(self.retrying(connection, key, endpoint))
        return self._newConnection(key, endpoint)

    def retrying(self, connection: Any, key: Hashable, endpoint: Any) -> Any:
        """Return what sends on a kept connection, and on a new one if that was lost."""
        if not self.retryAutomatically:
            return connection
        return RetryingConnection(connection, partial(self._newConnection, key, endpoint))

    def take_idle(self, key: Hashable) -> Any:
        """Return a kept connection that can be used, None if there is none."""
        connections = self._connections.get(key)
        while connections:
            # The one used last is the least likely to be closed by its server; those that are gone go first.
            connection = connections.pop(0 if connections[0].state != "QUIESCENT" else -1)
            if not connections:
                del self._connections[key]
            self._timeouts.pop(connection).cancel()
            since = self._idle_since.pop(connection, None)
            if connection.state != "QUIESCENT":
                continue
            if (
                since is not None
                and self._reactor.seconds() - since > _LOOKED_AT_AFTER
                and is_stale(connection.transport)
            ):
                connection.transport.loseConnection()
                continue
            return connection
        return None

    def _newConnection(self, key: Hashable, endpoint: Any) -> Deferred[Any]:
        if self.limit_per_host is None:
            return self._connect(key, endpoint)
        if self._open.get(key, 0) >= self.limit_per_host:
            waiting = self._waiting.setdefault(key, deque())
            turn: Deferred[Any] = Deferred()
            waiting.append((turn, endpoint))
            return turn
        return self._connect_counted(key, endpoint)

    def _connect(self, key: Hashable, endpoint: Any) -> Deferred[Any]:
        def quiescent(connection: Any) -> None:
            self._putConnection(key, connection)

        connected: Deferred[Any] = endpoint.connect(self._factory(quiescent, repr(endpoint)))
        return connected

    def _connect_counted(self, key: Hashable, endpoint: Any) -> Deferred[Any]:
        self._open[key] = self._open.get(key, 0) + 1

        def connected(connection: Any) -> Any:
            before = connection.lost_callback

            def lost(connection: Any) -> None:
                if before is not None:
                    before(connection)
                self._closed(key)

            connection.lost_callback = lost
            return connection

        def failed(reason: Failure) -> Failure:
            self._closed(key)
            return reason

        return self._connect(key, endpoint).addCallbacks(connected, failed)

    def _closed(self, key: Hashable) -> None:
        """Note that a connection is gone; open one for whoever waits."""
        left = self._open[key] = self._open[key] - 1
        waiter = self._next_waiter(key)
        if waiter is not None:
            turn, endpoint = waiter
            self._connect_counted(key, endpoint).addBoth(_pass_on, turn)
        elif not left:
            del self._open[key]

    def _next_waiter(self, key: Hashable) -> tuple[Deferred[Any], Any] | None:
        waiting = self._waiting.get(key)
        while waiting:
            turn, endpoint = waiting.popleft()
            if not waiting:
                del self._waiting[key]
            if not turn.called:
                return turn, endpoint
        return None

    def _removeConnection(self, key: Hashable, connection: Any) -> None:
        """Close a connection that was kept long enough."""
        connection.transport.loseConnection()
        self._connections[key].remove(connection)
        if not self._connections[key]:
            del self._connections[key]
        del self._timeouts[connection]
        self._idle_since.pop(connection, None)

    def _putConnection(self, key: Hashable, connection: Any) -> None:
        """Keep a connection."""
        if connection.state != "QUIESCENT":
            # It would be a fault of this room, not of the program.
            self._log.failure(
                "BUG: Non-quiescent protocol added to connection pool.",
                Failure(RuntimeError("BUG: Non-quiescent protocol added to connection pool.")),
            )
            return
        if self._waiting:
            waiter = self._next_waiter(key)
            if waiter is not None:
                waiter[0].callback(connection)
                return
        connections = self._connections[key]
        if len(connections) >= self.maxPersistentPerHost:
            oldest = connections.pop(0)
            oldest.transport.loseConnection()
            self._timeouts.pop(oldest).cancel()
            self._idle_since.pop(oldest, None)
        connections.append(connection)
        self._idle_since[connection] = self._reactor.seconds()
        self._timeouts[connection] = self._reactor.callLater(
            self.cachedConnectionTimeout, self._removeConnection, key, connection
        )

    def closeCachedConnections(self) -> Deferred[None]:
        """Close all that are idle.

        Returns:
            A Deferred that fires when they are closed.
        """
        closing = [
            connection.abort() for connections in self._connections.values() for connection in connections
        ]
        self._connections = defaultdict(list)
        for timer in self._timeouts.values():
            timer.cancel()
        self._timeouts = {}
        self._idle_since = {}
        return gatherResults(closing).addCallback(lambda _: None)


def _pass_on(outcome: Any, turn: Deferred[Any]) -> None:
    if turn.called:
        if not isinstance(outcome, Failure):
            outcome.transport.loseConnection()
    elif isinstance(outcome, Failure):
        turn.errback(outcome)
    else:
        turn.callback(outcome)
