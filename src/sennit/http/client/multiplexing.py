"""`MultiplexingPool`: a pool whose connections may be HTTP/2, one for all requests to a server.

What a server speaks is known when the TLS handshake is complete (ALPN, RFC 7301).  Until then all requests to
a server that was not met before wait for one connection: if it is HTTP/2 they share it, if not each gets its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from importlib.util import find_spec
from typing import Any

from zope.interface import implementer

from sennit.core.combinators import gatherResults
from sennit.core.deferred import Deferred, succeed
from sennit.core.failure import Failure
from sennit.core.interfaces import IHandshakeListener, IProtocolNegotiationFactory
from sennit.http.client.connection import HTTP11ClientProtocol
from sennit.http.client.limits import DEFAULT_CLIENT_LIMITS, ClientLimits, Timeouts
from sennit.http.client.pool import HTTPConnectionPool
from sennit.http.handing_over import hand_over
from sennit.protocol import Factory, Protocol, connectionDone

__all__ = ["MultiplexingPool", "speaks_http2"]

_MAX_KNOWN = 1000


def speaks_http2() -> bool:
    """Tell whether HTTP/2 is installed here."""
    return find_spec("h2") is not None


@implementer(IHandshakeListener)
class _Negotiating(Protocol):
    """Waits until it is known what the server speaks.

    Attributes:
        ready: Fires with the connection.
    """

    transport: Any = None

    def __init__(self, make: Callable[[bytes | None], Any]) -> None:
        self._make = make
        self._chosen = False
        self.ready: Deferred[Any] = Deferred(lambda _: self.transport.abortConnection())

    def connectionMade(self) -> None:
        """Choose at once if there is no handshake to wait for."""
        if not hasattr(self.transport, "negotiatedProtocol"):
            self._choose(None)

    def handshakeCompleted(self) -> None:
        """Choose what was agreed upon."""
        self._choose(self.transport.negotiatedProtocol)

    def _choose(self, agreed: bytes | None) -> None:
        if not self._chosen:
            self._chosen = True
            connection = self._make(agreed)
            hand_over(self.transport, self, connection)
            self.ready.callback(connection)

    def dataReceived(self, data: bytes) -> None:
        """Choose, if the server speaks before we have been told that the handshake is over."""
        self._choose(getattr(self.transport, "negotiatedProtocol", None))
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell why there is no connection."""
        if not self.ready.called:
            self.ready.errback(reason)


@implementer(IProtocolNegotiationFactory)
class _NegotiatingFactory(Factory):
    noisy = False

    def __init__(self, make: Callable[[bytes | None], Any], protocols: Sequence[bytes]) -> None:
        self._make = make
        self._protocols = protocols

    def acceptableProtocols(self) -> list[bytes]:
        """Return what to offer by ALPN."""
        return list(self._protocols)

    def buildProtocol(self, addr: Any) -> Any:
        """Make what waits for the handshake."""
        return _Negotiating(self._make)


class _Meeting:
    """Requests that wait to learn what a server speaks, each with its endpoint."""

    __slots__ = ("connecting", "waiting")

    def __init__(self) -> None:
        self.connecting: Deferred[Any] | None = None
        self.waiting: dict[Deferred[Any], Any] = {}


class MultiplexingPool(HTTPConnectionPool):
    """Keeps connections that speak HTTP/1.1 or HTTP/2.

    Args:
        reactor: The `IReactorTime` that measures how long.
        persistent: Whether any are kept at all.
        limit_per_host: How many connections there may be to one server at a time; None for no limit.
        http2: Whether to offer HTTP/2.
        prior_knowledge: Whether to speak HTTP/2 to servers of http URIs without asking.
        limits: What one response may take up.
        timeouts: How long the phases of a response may take.
    """

    maxPersistentPerHost = 16

    def __init__(
        self,
        reactor: Any,
        persistent: bool = True,
        *,
        limit_per_host: int | None = None,
        http2: bool = True,
        prior_knowledge: bool = False,
        limits: ClientLimits = DEFAULT_CLIENT_LIMITS,
        timeouts: Timeouts | None = None,
    ) -> None:
        super().__init__(reactor, persistent, limit_per_host=limit_per_host)
        self._http2 = http2 and persistent
        self._prior_knowledge = prior_knowledge
        self._limits = limits
        self._phases = timeouts
        self._shared: dict[Hashable, Any] = {}
        self._shared_timers: dict[Any, Any] = {}
        self._meeting: dict[Hashable, _Meeting] = {}
        self._known: set[Hashable] = set()
        self._alive: set[Any] = set()

    def take_idle(self, key: Hashable) -> Any:
        """Return a kept connection, be it shared or for this request alone; None if there is none."""
        shared = self._shared.get(key)
        if shared is None:
            return super().take_idle(key)
        if not shared.usable:
            del self._shared[key]
            return super().take_idle(key)
        timer = self._shared_timers.pop(shared, None)
        if timer is not None:
            timer.cancel()
        return shared

    def _newConnection(self, key: Hashable, endpoint: Any) -> Deferred[Any]:
        shared = self._shared.get(key)
        if shared is not None and shared.usable:
            return succeed(self.take_idle(key))
        if not self._may_be_http2(key) or key in self._known:
            return super()._newConnection(key, endpoint)
        meeting = self._meeting.get(key)
        begins = meeting is None
        if meeting is None:
            meeting = self._meeting[key] = _Meeting()
        waiter: Deferred[Any] = Deferred(lambda waiter: self._give_up(key, waiter))
        meeting.waiting[waiter] = endpoint
        if begins:
            meeting.connecting = super()._newConnection(key, endpoint)
            meeting.connecting.addBoth(self._met, key)
        return waiter

    def _give_up(self, key: Hashable, waiter: Deferred[Any]) -> None:
        """Forget one who does not wait any more; nobody needs the connection if that was the last."""
        meeting = self._meeting.get(key)
        if meeting is not None and meeting.waiting.pop(waiter, None) is not None and not meeting.waiting:
            del self._meeting[key]
            if meeting.connecting is not None:
                meeting.connecting.cancel()

    def _met(self, outcome: Any, key: Hashable) -> None:
        """Give those who wait what they need, now that it is known what the server speaks."""
        meeting = self._meeting.pop(key, None)
        waiting = {} if meeting is None else meeting.waiting
        if isinstance(outcome, Failure):
            for waiter in waiting:
                waiter.errback(outcome)
            return
        if self._shared.get(key) is outcome:
            for waiter in waiting:
                waiter.callback(outcome)
            return
        if len(self._known) < _MAX_KNOWN:
            self._known.add(key)
        if not waiting:
            self._putConnection(key, outcome)
            return
        first, *others = waiting.items()
        for waiter, endpoint in others:
            super()._newConnection(key, endpoint).addCallbacks(waiter.callback, waiter.errback)
        first[0].callback(outcome)

    def _may_be_http2(self, key: Any) -> bool:
        scheme = key[0] if isinstance(key, tuple) else b""
        return self._http2 and (scheme == b"https" or (self._prior_knowledge and scheme == b"http"))

    def _connect(self, key: Hashable, endpoint: Any) -> Deferred[Any]:
        may_be = self._may_be_http2(key)
        offered = [b"h2", b"http/1.1"] if may_be else [b"http/1.1"]

        def make(agreed: bytes | None) -> Any:
            if agreed == b"h2" or (may_be and agreed is None and self._prior_knowledge):
                return self._make_shared(key)
            connection = HTTP11ClientProtocol(lambda connection: self._putConnection(key, connection))
            self._take_in(connection)
            return connection

        connected: Deferred[Any] = endpoint.connect(_NegotiatingFactory(make, offered))
        return connected.addCallback(lambda negotiating: negotiating.ready)

    def _take_in(self, connection: Any) -> None:
        connection.limits = self._limits
        connection.timeouts = self._phases
        connection.clock = self._reactor
        connection.lost_callback = self._alive.discard
        self._alive.add(connection)

    def _make_shared(self, key: Any) -> Any:
        from sennit.http.client.http2 import HTTP2ClientConnection

        connection = HTTP2ClientConnection(
            self._reactor, lambda connection: self._idle(key, connection), scheme=key[0]
        )
        self._take_in(connection)

        def lost(connection: Any) -> None:
            self._alive.discard(connection)
            if self._shared.get(key) is connection:
                del self._shared[key]
            timer = self._shared_timers.pop(connection, None)
            if timer is not None:
                timer.cancel()

        connection.lost_callback = lost
        self._shared[key] = connection
        return connection

    def _idle(self, key: Hashable, connection: Any) -> None:
        """Keep a shared connection for a while after its last request."""
        if self._shared.get(key) is not connection:
            connection.transport.loseConnection()
        elif connection not in self._shared_timers:
            self._shared_timers[connection] = self._reactor.callLater(
                self.cachedConnectionTimeout, self._close_shared, key, connection
            )

    def _close_shared(self, key: Hashable, connection: Any) -> None:
        del self._shared_timers[connection]
        if self._shared.get(key) is connection:
            del self._shared[key]
        connection.abort()

    def closeCachedConnections(self) -> Deferred[None]:
        """Close all that are idle.

        Returns:
            A Deferred that fires when they are closed.
        """
        idle = [connection for connection in self._shared.values() if connection.idle]
        closing = [connection.abort() for connection in idle]
        return gatherResults([super().closeCachedConnections(), *closing]).addCallback(lambda _: None)

    def close(self) -> Deferred[None]:
        """Close all of them, whatever is under way.

        Returns:
            A Deferred that fires when they are closed.
        """
        kept = super().closeCachedConnections()
        closing = [connection.abort() for connection in list(self._alive)]
        return gatherResults([kept, *closing]).addCallback(lambda _: None)
