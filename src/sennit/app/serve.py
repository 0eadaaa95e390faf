"""A server in one piece: its listeners, and a shutdown that lets what is under way finish.

A shutdown has three steps.  It stops listening; it asks every connection to end when its work is done; and
when the grace is over, it aborts those that are left.  `Server.abort` ends the grace at once.

A factory that can end its connections itself has ``drain()``, which returns a Deferred that fires when
none is left, and ``abort()``.  A factory that cannot is wrapped: each connection is then closed once what
was written to it has gone out.

Where others go on accepting in this server's place, nobody needs to be sent away: such a shutdown lingers.
A factory with a ``linger`` decides what that means; connections of any other end by themselves, or with the
grace.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakSet

from sennit.core.combinators import DeferredList
from sennit.core.deferred import CancelledError, Deferred, maybeDeferred, succeed
from sennit.core.failure import Failure
from sennit.endpoint.interpose import interpose
from sennit.log import Logger
from sennit.protocol import Factory

__all__ = ["Server", "serve"]

_log = Logger()
_LAST_WAIT = 1.0
_ARRIVALS = 0.05


class _Tracked:
    """The hook on one connection's ``connectionLost``."""

    __slots__ = ("_factory", "protocol")

    def __init__(self, factory: _TrackingFactory) -> None:
        self._factory = factory
        self.protocol: Any = None

    def __call__(self, connection_lost: Callable[[Failure], None], reason: Failure) -> None:
        try:
            connection_lost(reason)
        finally:
            self._factory.gone(self.protocol)


class _TrackingFactory(Factory):
    """A factory around one that does not know its connections.

    Args:
        wrapped: The user's factory.
    """

    noisy = False
    linger: float = 0

    def __init__(self, wrapped: Any) -> None:
        self._wrappedFactory = wrapped
        # Weak, because a protocol that another has taken over from is never told of the end.
        self._open: WeakSet[Any] = WeakSet()
        self._empty: Deferred[None] | None = None

    def doStart(self) -> None:
        self._wrappedFactory.doStart()

    def doStop(self) -> None:
        self._wrappedFactory.doStop()

    def buildProtocol(self, addr: Any) -> Any:
        protocol = self._wrappedFactory.buildProtocol(addr)
        if protocol is None:
            return None
        hook = _Tracked(self)
        hook.protocol = protocol = interpose(protocol, "connectionLost", hook)
        self._open.add(protocol)
        return protocol

    def gone(self, protocol: Any) -> None:
        """One connection has ended."""
        self._open.discard(protocol)
        if not self._open and self._empty is not None:
            empty, self._empty = self._empty, None
            empty.callback(None)

    def drain(self) -> Deferred[None]:
        """Close every connection once what was written to it has gone out; if it lingers, wait."""
        if not self._open:
            return succeed(None)
        empty = self._empty = Deferred()
        if not self.linger:
            self._tell("loseConnection")
        return empty

    def abort(self) -> None:
        """End every connection now."""
        self._tell("abortConnection")

    def _tell(self, method: str) -> None:
        for protocol in list(self._open):
            if (transport := getattr(protocol, "transport", None)) is not None:
                getattr(transport, method)()


class Server:
    """Listeners that share a factory, and start and stop as one.

    Args:
        reactor: The `IReactorTime` that times the grace.
        factory: The `IProtocolFactory` for all connections.
        endpoints: Where to listen: one or more `IStreamServerEndpoint`.
        grace: How many seconds a shutdown waits for connections to end.
    """

    def __init__(self, reactor: Any, factory: Any, endpoints: Sequence[Any], *, grace: float = 30.0) -> None:
        self._reactor = reactor
        self._endpoints = endpoints
        self._grace = grace
        ends_itself = hasattr(factory, "drain") and hasattr(factory, "abort")
        self._factory = factory if ends_itself else _TrackingFactory(factory)
        self._ports: list[Any] = []
        self._timer: Any = None
        self._stopped: Deferred[bool] | None = None
        self._aborted = False

    async def start(self) -> list[Any]:
        """Listen on every endpoint.

        Returns:
            The ports, in the order of the endpoints.

        Raises:
            CannotListenError: If one of them cannot be listened on; then none is.
        """
        for endpoint in self._endpoints:
            try:
                self._ports.append(await endpoint.listen(self._factory))
            except BaseException:
                await self._stop_listening()
                raise
        return list(self._ports)

    def shutdown(self, linger: float = 0) -> Deferred[bool]:
        """Stop accepting, let connections finish, and abort those that outlast the grace.

        Args:
            linger: Seconds that idle connections are left open for one more request.

        Returns:
            A Deferred that fires once no port and no connection is left: with True if all of them ended
            on their own.  A second call waits for the same end.
        """
        if self._stopped is None:
            self._stopped = Deferred()
            stopping = self._stop_listening()
            if linger > 0:
                if hasattr(self._factory, "linger"):
                    self._factory.linger = linger
                stopping.addBoth(lambda _: self._last_arrivals())
            stopping.addBoth(lambda _: self._drain())
        done: Deferred[bool] = Deferred()

        def tell(result: bool) -> bool:
            done.callback(result)
            return result

        self._stopped.addCallback(tell)
        return done

    def abort(self) -> None:
        """End every connection now, in or before a shutdown."""
        self._aborted = True
        self._factory.abort()
        if self._stopped is not None:
            # A connection that nobody can reach any more must not hold the end up.
            self._set_timer(_LAST_WAIT, self._drained, None)

    def _stop_listening(self) -> Deferred[Any]:
        ports, self._ports = self._ports, []
        # Standard input and output are an endpoint without a port.
        closable = [port for port in ports if hasattr(port, "stopListening")]
        return DeferredList([maybeDeferred(port.stopListening) for port in closable])

    def _last_arrivals(self) -> Deferred[None]:
        """Wait until what the loop had accepted already has been introduced."""
        arrived: Deferred[None] = Deferred()
        self._reactor.callLater(_ARRIVALS, arrived.callback, None)
        return arrived

    def _drain(self) -> None:
        if self._aborted:
            self.abort()
        elif self._grace != float("inf"):
            self._set_timer(self._grace, self._out_of_grace)
        maybeDeferred(self._factory.drain).addBoth(self._drained)

    def _out_of_grace(self) -> None:
        _log.warn("Connections outlasted the {grace} s of grace and are cut off.", grace=self._grace)
        self.abort()

    def _drained(self, result: Any) -> None:
        if isinstance(result, Failure):
            _log.failure("A factory failed to end its connections.", failure=result)
        self._set_timer(None)
        if self._stopped is not None and not self._stopped.called:
            self._stopped.callback(not self._aborted)

    def _set_timer(self, delay: float | None, *call: Any) -> None:
        """Replace the one timer of the shutdown; None for no other."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None if delay is None else self._reactor.callLater(delay, *call)


async def serve(
    reactor: Any,
    factory: Any,
    endpoints: Sequence[Any],
    *,
    grace: float = 30.0,
    started: Callable[[Server, list[Any]], object] | None = None,
    stopping: Callable[[], object] | None = None,
    linger: Callable[[], float] | None = None,
) -> bool:
    """Serve until cancelled, then shut down with grace.

    Made for `sennit.run`, which cancels its coroutine at SIGINT and SIGTERM.

    Args:
        reactor: The reactor.
        factory: The `IProtocolFactory` for all connections.
        endpoints: Where to listen.
        grace: How many seconds the shutdown waits for connections to end.
        started: Called with the server and its ports once all of them listen.
        stopping: Called when the shutdown begins.
        linger: Called then; returns how many seconds idle connections are left open for one more request.

    Returns:
        True if all connections ended on their own.

    Raises:
        CannotListenError: If an endpoint cannot be listened on.
    """
    import asyncio

    server = Server(reactor, factory, endpoints, grace=grace)
    ports = await server.start()
    if started is not None:
        started(server, ports)
    forever: Deferred[None] = Deferred()
    with contextlib.suppress(asyncio.CancelledError, CancelledError):
        await forever
    if stopping is not None:
        stopping()
    return await server.shutdown(0 if linger is None else linger())
