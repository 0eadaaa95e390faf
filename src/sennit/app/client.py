"""A service that keeps one client connection: it connects, and connects again when the connection is lost.

`sennit.app.client_state` has the states and the events.  Each connection has a `_Watch`, and events of a
connection that is no longer the current one are ignored.  Between the connection and the user's protocol
nothing is left but the hook on ``connectionLost``, which runs once.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sennit.app.client_state import Event, State, next_state
from sennit.app.service import Service
from sennit.core.current import current_reactor
from sennit.core.deferred import CancelledError, Deferred, fail, maybeDeferred, succeed
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.endpoint.interpose import Forwarder, interpose
from sennit.log import Logger
from sennit.protocol import Factory

__all__ = ["ClientService", "backoffPolicy"]

_CLOSING = (State.DISCONNECTING, State.RESTARTING)


def backoffPolicy(
    initialDelay: float = 1.0,
    maxDelay: float = 60.0,
    factor: float = 1.5,
    jitter: Callable[[], float] = random.random,
) -> Callable[[int], float]:
    """Return a policy for the delays between attempts: they grow up to a limit, with chance added.

    Args:
        initialDelay: Seconds that the first delay is counted from.
        maxDelay: The most seconds, before `jitter`.
        factor: What each failure multiplies the delay with.
        jitter: Called for the seconds to add to each delay, so that many clients do not come at once.

    Returns:
        A function from the number of failures to seconds.
    """

    def policy(attempt: int) -> float:
        try:
            delay = min(initialDelay * factor**attempt, maxDelay)
        except OverflowError:
            delay = maxDelay
        return delay + jitter()

    return policy


class _Watch:
    """What becomes of one protocol's connection."""

    __slots__ = ("lost", "notify", "protocol")

    def __init__(self, protocol: Any, notify: Callable[[_Watch, Failure], None]) -> None:
        self.protocol = protocol
        self.notify = notify
        self.lost = False

    def __call__(self, connection_lost: Callable[[Failure], None], reason: Failure) -> None:
        self.lost = True
        try:
            connection_lost(reason)
        finally:
            self.notify(self, reason)


class _WatchingFactory(Factory):
    """The user's factory, with a watch on each protocol it builds for one attempt."""

    noisy = False

    def __init__(self, wrapped: Any, notify: Callable[[_Watch, Failure], None]) -> None:
        self._wrappedFactory = wrapped
        self._notify = notify
        self._watches: list[_Watch] = []

    def __repr__(self) -> str:
        return f"<watching {self._wrappedFactory!r}>"

    def doStart(self) -> None:
        self._wrappedFactory.doStart()

    def doStop(self) -> None:
        self._wrappedFactory.doStop()

    def buildProtocol(self, addr: Any) -> Any:
        protocol = self._wrappedFactory.buildProtocol(addr)
        if protocol is None:
            return None
        watch = _Watch(protocol, self._notify)
        self._watches.append(watch)
        return interpose(protocol, "connectionLost", watch)

    def watch_for(self, connected: Any) -> _Watch:
        """Return the watch of the protocol that an endpoint's Deferred fired with."""
        protocol = connected._wrappedProtocol if isinstance(connected, Forwarder) else connected
        for watch in reversed(self._watches):
            if watch.protocol is protocol:
                return watch
        return self._watches[-1] if self._watches else _Watch(protocol, self._notify)


class ClientService(Service):
    """Keeps a connection to an endpoint, for as long as the service runs.

    Args:
        endpoint: The `IStreamClientEndpoint` to connect with.
        factory: The `IProtocolFactory` that builds the protocol for each connection.
        retryPolicy: Called with the number of failures since the last connection; returns seconds to
            wait.  None for `backoffPolicy` as it comes.
        clock: The `IReactorTime` for the waiting; None for the current reactor.
        prepareConnection: Called with each new protocol before anyone is given it, to log in for example.
            It may return a Deferred.  If it fails, the connection is closed and counts as failed.
    """

    def __init__(
        self,
        endpoint: Any,
        factory: Any,
        retryPolicy: Callable[[int], float] | None = None,
        clock: Any | None = None,
        prepareConnection: Callable[[Any], object] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._factory = factory
        self._policy = backoffPolicy() if retryPolicy is None else retryPolicy
        self._clock = clock
        self._prepare = prepareConnection
        self._log = Logger()
        self._state = State.NEW
        self._failures = 0
        self._attempt: Deferred[Any] | None = None
        self._preparing: Deferred[Any] | None = None
        self._timer: Any = None
        self._current: _Watch | None = None
        self._stopping: list[Deferred[None]] = []
        self._waiting: list[tuple[Deferred[Any], int | None]] = []

    def whenConnected(self, failAfterFailures: int | None = None) -> Deferred[Any]:
        """Wait for the connection.

        Args:
            failAfterFailures: After how many failed attempts to stop waiting; None for never.

        Returns:
            A Deferred that fires with the protocol: at once if there is a connection.  It fails with the
            last attempt's error after `failAfterFailures`, and with `CancelledError` when the service
            has stopped, unless it is started again before the old connection is closed.
        """
        if self._state is State.CONNECTED and self._current is not None:
            return succeed(self._current.protocol)
        if self._state is State.STOPPED:
            return fail(CancelledError())
        waiter: Deferred[Any] = Deferred(self._forget)
        self._waiting.append((waiter, failAfterFailures))
        return waiter

    def startService(self) -> None:
        """Start connecting; no effect on a service that runs, but a warning."""
        if self.running:
            self._log.warn("Duplicate ClientService.startService {log_source}")
            return
        super().startService()
        before = self._move(Event.START)
        if self._state is State.CONNECTING and before is not State.CONNECTING:
            self._failures = 0
            self._connect()

    def stopService(self) -> Deferred[None]:
        """Stop connecting, and close the connection if there is one.

        Returns:
            A Deferred that fires once there is neither connection nor attempt.
        """
        super().stopService()
        before = self._move(Event.STOP)
        self._fail_waiters(Failure(CancelledError()))
        if self._state is State.STOPPED:
            if before is State.CONNECTING and self._attempt is not None:
                attempt, self._attempt = self._attempt, None
                attempt.cancel()
            if before is State.WAITING:
                self._timer.cancel()
                self._timer = None
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._stopping.append(stopped)
        if before not in _CLOSING:
            if self._preparing is not None:
                preparing, self._preparing = self._preparing, None
                preparing.cancel()
            self._close(self._current)
        return stopped

    def _move(self, event: Event) -> State:
        """Go where `event` leads; return the state before."""
        before = self._state
        self._state = next_state(before, event)
        return before

    def _connect(self) -> None:
        factory = _WatchingFactory(self._factory, self._lost)
        attempt: Deferred[Any] = maybeDeferred(self._endpoint.connect, factory)
        self._attempt = attempt
        attempt.addCallbacks(self._made, self._attempt_failed, (factory, attempt), None, (attempt,))

    def _made(self, connected: Any, factory: _WatchingFactory, attempt: Deferred[Any]) -> None:
        watch = factory.watch_for(connected)
        if self._attempt is not attempt:
            # Stopped meanwhile, by an endpoint that cannot be cancelled any more.
            self._close(watch)
            return
        self._attempt = None
        if watch.lost:
            self._fell(Failure(ConnectionDone()), Event.FAILED)
            return
        self._current = watch
        if self._prepare is None:
            self._ready()
            return
        self._move(Event.MADE)
        preparing: Deferred[Any] = maybeDeferred(self._prepare, watch.protocol)
        self._preparing = preparing
        preparing.addCallbacks(self._prepared, self._unprepared, (preparing,), None, (preparing, watch))

    def _attempt_failed(self, reason: Failure, attempt: Deferred[Any]) -> None:
        if self._attempt is attempt:
            self._attempt = None
            self._fell(reason, Event.FAILED)

    def _prepared(self, _: object, preparing: Deferred[Any]) -> None:
        if self._preparing is preparing:
            self._preparing = None
            self._ready()

    def _unprepared(self, reason: Failure, preparing: Deferred[Any], watch: _Watch) -> None:
        if self._preparing is preparing:
            self._preparing = None
            self._current = None
            self._close(watch)
            self._fell(reason, Event.FAILED)

    def _ready(self) -> None:
        self._move(Event.READY)
        self._failures = 0
        protocol = self._current.protocol if self._current is not None else None
        waiting, self._waiting = self._waiting, []
        for waiter, _ in waiting:
            waiter.callback(protocol)

    def _lost(self, watch: _Watch, reason: Failure) -> None:
        """The connection of `watch` is gone."""
        if watch is not self._current:
            return
        self._current = None
        if self._state in _CLOSING:
            self._move(Event.LOST)
            if self._state is State.CONNECTING:
                self._failures = 0
                self._connect()
            else:
                self._fail_waiters(Failure(CancelledError()))
            stopping, self._stopping = self._stopping, []
            for stopped in stopping:
                stopped.callback(None)
            return
        preparing, self._preparing = self._preparing, None
        if preparing is not None:
            preparing.cancel()
        self._fell(reason, Event.LOST)

    def _fell(self, reason: Failure, event: Event) -> None:
        """An attempt failed or the connection was lost: wait, then try again."""
        connected_before = self._state is State.CONNECTED
        self._move(event)
        self._failures += 1
        delay = self._policy(self._failures)
        self._log.info(
            "Attempt {attempt} to connect {endpoint} follows in {delay} seconds: {reason}",
            attempt=self._failures,
            endpoint=self._endpoint,
            delay=delay,
            reason=reason.value,
        )
        clock = current_reactor() if self._clock is None else self._clock
        self._timer = clock.callLater(delay, self._retry)
        if not connected_before:
            self._fail_waiters(reason, counted=True)

    def _retry(self) -> None:
        self._timer = None
        self._move(Event.RETRY)
        self._connect()

    def _close(self, watch: _Watch | None) -> None:
        if watch is not None and not watch.lost and (transport := watch.protocol.transport) is not None:
            transport.loseConnection()

    def _forget(self, waiter: Deferred[Any]) -> None:
        self._waiting = [entry for entry in self._waiting if entry[0] is not waiter]

    def _fail_waiters(self, reason: Failure, *, counted: bool = False) -> None:
        """Fail all who wait; with `counted`, those alone whose last allowed failure this was."""
        failing, keeping = [], []
        for waiter, left in self._waiting:
            if not counted or left == 1:
                failing.append(waiter)
            else:
                keeping.append((waiter, None if left is None else left - 1))
        self._waiting = keeping
        for waiter in failing:
            waiter.errback(reason)
