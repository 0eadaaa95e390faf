"""Protocols and factories that write down what happens to them, and let a test wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IHalfCloseableProtocol
from sennit.protocol import ClientFactory, Factory, Protocol, connectionDone

__all__ = ["Broken", "Client", "HalfCloseable", "Producer", "Recorder", "Server"]


class Broken(Exception):
    """What the user's code raises in a check."""


class Recorder(Protocol):
    """Writes down what happens to it, and lets a test wait for it.

    Attributes:
        events: ``"made"``, ``"data"``, ``"lost"`` and what subclasses `note`, as they came.
        received: All the bytes.
        reason: Why the connection was lost; None before.
        address: What the factory was told of the other side.
    """

    address: Any = None
    transport: Any = None

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.received = b""
        self.reason: Failure | None = None
        self._waiting: list[tuple[Callable[[], Any], Deferred[None]]] = []

    def note(self, *event: Any) -> None:
        """Write down an event, and wake who waited for it."""
        self.events.append(event if len(event) > 1 else event[0])
        for waiting in self._waiting[:]:
            condition, deferred = waiting
            if condition():
                self._waiting.remove(waiting)
                deferred.callback(None)

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait for an event after which a condition holds."""
        if not condition():
            deferred: Deferred[None] = Deferred()
            self._waiting.append((condition, deferred))
            await deferred

    async def until_received(self, number: int) -> None:
        """Wait for so many bytes."""
        await self.until(lambda: len(self.received) >= number)

    async def until_lost(self) -> type[BaseException] | None:
        """Wait for the loss, and return the reason's class."""
        await self.until(lambda: self.reason is not None)
        return None if self.reason is None else self.reason.type

    def connectionMade(self) -> None:
        """Write it down."""
        self.note("made")

    def dataReceived(self, data: bytes) -> None:
        """Keep the data."""
        assert self.reason is None, "data after the loss"
        self.received += data
        self.note("data")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Keep the reason."""
        assert self.reason is None, "lost twice"
        self.reason = reason
        self.note("lost")

    @property
    def marks(self) -> list[Any]:
        """The events that are not data."""
        return [event for event in self.events if event != "data"]


@implementer(IHalfCloseableProtocol)
class HalfCloseable(Recorder):
    """A recorder that goes on when one direction is closed."""

    def readConnectionLost(self) -> None:
        """Write it down."""
        self.note("read lost")

    def writeConnectionLost(self) -> None:
        """Write it down."""
        self.note("write lost")


class Server(Factory):
    """Builds recorders, and keeps them.

    Args:
        protocol: What makes them.

    Attributes:
        built: They, in the order of their connections.
        started: How often the factory was started.
        stopped: How often it was stopped.
    """

    noisy = False
    protocol: Any

    def __init__(self, protocol: Any = Recorder) -> None:
        self.protocol = protocol
        self.built: list[Any] = []
        self.started = self.stopped = 0
        self._waiting: list[tuple[int, Deferred[None]]] = []

    def buildProtocol(self, addr: Any) -> Any:
        """Build a recorder."""
        protocol = self.protocol()
        protocol.factory = self
        protocol.address = addr
        self.built.append(protocol)
        for number, deferred in self._waiting[:]:
            if len(self.built) >= number:
                self._waiting.remove((number, deferred))
                deferred.callback(None)
        return protocol

    async def nth(self, number: int = 1) -> Any:
        """Wait for the protocol of the nth connection, and that it is connected."""
        if len(self.built) < number:
            deferred: Deferred[None] = Deferred()
            self._waiting.append((number, deferred))
            await deferred
        protocol = self.built[number - 1]
        await protocol.until(lambda: protocol.events)
        return protocol

    def startFactory(self) -> None:
        """Count it."""
        self.started += 1

    def stopFactory(self) -> None:
        """Count it."""
        self.stopped += 1


class Client(Server, ClientFactory):
    """As `Server`, for the other side.

    Attributes:
        events: ``"started"``, ``"failed"`` and ``"lost"``, as the connector told.
        failure: Why the last attempt failed.
    """

    def __init__(self, protocol: Any = Recorder) -> None:
        super().__init__(protocol)
        self.events: list[str] = []
        self.failure: Failure | None = None
        self._ends: list[Deferred[None]] = []

    def startedConnecting(self, connector: Any) -> None:
        """Write it down."""
        self.events.append("started")

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        """Keep why."""
        self.failure = reason
        self._end("failed")

    def clientConnectionLost(self, connector: Any, reason: Failure) -> None:
        """Write it down."""
        self._end("lost")

    def _end(self, event: str) -> None:
        self.events.append(event)
        ends, self._ends = self._ends, []
        for deferred in ends:
            deferred.callback(None)

    def ended(self) -> Deferred[None]:
        """Give a Deferred for the next failure or loss."""
        deferred: Deferred[None] = Deferred()
        self._ends.append(deferred)
        return deferred


class Producer:
    """A producer that writes down what it is told.

    Args:
        resume: What to call with it when it is to go on.

    Attributes:
        events: ``"pause"``, ``"resume"`` and ``"stop"``, as they came.
    """

    def __init__(self, resume: Callable[[Producer], Any] | None = None) -> None:
        self.events: list[str] = []
        self.resume = resume
        self._waiting: list[Deferred[None]] = []

    def _note(self, event: str) -> None:
        self.events.append(event)
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(None)

    async def until(self, event: str) -> None:
        """Wait until it has been told something."""
        while event not in self.events:
            deferred: Deferred[None] = Deferred()
            self._waiting.append(deferred)
            await deferred

    def pauseProducing(self) -> None:
        """Write it down."""
        self._note("pause")

    def resumeProducing(self) -> None:
        """Write it down, and go on."""
        self._note("resume")
        if self.resume is not None:
            self.resume(self)

    def stopProducing(self) -> None:
        """Write it down."""
        self._note("stop")
