"""Reactors that note what they are asked, and do no input or output."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zope.interface import implementer

from sennit.core.addresses import IPv4Address, IPv6Address, UNIXAddress
from sennit.core.deferred import Deferred, succeed
from sennit.core.errors import UnsupportedAddressFamily
from sennit.core.interfaces import (
    Binding,
    IAddress,
    IConnector,
    IHostnameResolver,
    IHostResolution,
    IListeningPort,
    IReactorCore,
    IReactorFDSet,
    IReactorPluggableNameResolver,
    IReactorProcess,
    IReactorSocket,
    IReactorSSL,
    IReactorTCP,
    IReactorUNIX,
    IReadDescriptor,
    IResolutionReceiver,
    IWriteDescriptor,
)
from sennit.task import Clock
from sennit.testing.processes import MemoryProcess

__all__ = [
    "MemoryReactor",
    "MemoryReactorClock",
    "RaisingMemoryReactor",
    "SynchronousResolver",
    "_FakeConnector",
    "_FakePort",
]


@implementer(IListeningPort)
class _FakePort:
    """A port that does not listen.

    Args:
        hostAddress: What `getHost` gives.
    """

    def __init__(self, hostAddress: Any) -> None:
        self._hostAddress = hostAddress

    def startListening(self) -> None:
        """Do nothing."""

    def stopListening(self) -> None:
        """Do nothing."""

    def getHost(self) -> Any:
        """Give the address."""
        return self._hostAddress


@implementer(IConnector)
class _FakeConnector:
    """A connector that does not connect.

    Args:
        address: What `getDestination` gives.

    Attributes:
        stoppedConnecting: Whether `stopConnecting` was called.
    """

    _disconnected: bool = False
    stoppedConnecting: bool = False

    def __init__(self, address: Any) -> None:
        self._address = address

    def stopConnecting(self) -> None:
        """Note it."""
        self.stoppedConnecting = True

    def disconnect(self) -> None:
        """Note it."""
        self._disconnected = True

    def connect(self) -> None:
        """Do nothing."""

    def getDestination(self) -> Any:
        """Give the address."""
        return self._address


@implementer(IHostResolution)
@dataclass
class _SynchronousResolution:
    """A resolution that is over as soon as it has begun.

    Args:
        name: The name resolved.
    """

    name: str

    def cancel(self) -> None:
        """Do nothing."""


@implementer(IHostnameResolver)
class SynchronousResolver:
    """Resolves every name to 127.0.0.1 at once."""

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """Report 127.0.0.1."""
        resolution = _SynchronousResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        if addressTypes is None or IPv4Address in addressTypes:
            kind: Any = transportSemantics
            resolutionReceiver.addressResolved(IPv4Address(kind, "127.0.0.1", portNumber))
        resolutionReceiver.resolutionComplete()
        return resolution


_ANY = "0.0.0.0"  # noqa: S104 -- said, not bound


def _tcp_address(host: str, port: int) -> IPv4Address | IPv6Address:
    return IPv6Address("TCP", host, port) if ":" in host else IPv4Address("TCP", host, port)


def _listening_address(interface: str, port: int) -> IPv4Address | IPv6Address:
    return IPv6Address("TCP", interface, port) if ":" in interface else IPv4Address("TCP", _ANY, port)


def _adopted_address(family: int) -> IPv4Address | IPv6Address:
    if family == socket.AF_INET:
        return IPv4Address("TCP", _ANY, 1234)
    if family == socket.AF_INET6:
        return IPv6Address("TCP", "::", 1234)
    raise UnsupportedAddressFamily(family)


@implementer(
    IReactorCore,
    IReactorTCP,
    IReactorSSL,
    IReactorUNIX,
    IReactorSocket,
    IReactorFDSet,
    IReactorPluggableNameResolver,
    IReactorProcess,
)
class MemoryReactor:
    """Notes what it is asked to connect, to listen on and to watch.

    Attributes:
        tcpClients: The arguments of each `connectTCP`, as a tuple; `sslClients` and `unixClients` likewise.
        tcpServers: The arguments of each `listenTCP`, as a tuple; `sslServers` and `unixServers` likewise.
        adoptedPorts: The arguments of each `adoptStreamPort`, as a tuple.
        adoptedStreamConnections: The arguments of each `adoptStreamConnection`, as a tuple.
        connectors: The connectors made.
        processes: The child processes started, each a `MemoryProcess`.
        readers: What is watched for reading; `writers` for writing.
        triggers: The system event triggers, by phase, then event, as tuples ``(callable, args, kwargs)``.
        whenRunningHooks: What waits for `run`, as tuples ``(callable, args, kwargs)``.
        running: Whether it is between `run` and `stop`.
    """

    def __init__(self) -> None:
        self.hasInstalled = False
        self.running = False
        self.hasRun = False
        self.hasStopped = False
        self.hasCrashed = False
        self.whenRunningHooks: list[tuple[Callable[..., Any], Any, Any]] = []
        self.triggers: dict[str, dict[str, list[tuple[Callable[..., Any], Any, Any]]]] = {}
        self.tcpClients: list[tuple[Any, ...]] = []
        self.tcpServers: list[tuple[Any, ...]] = []
        self.sslClients: list[tuple[Any, ...]] = []
        self.sslServers: list[tuple[Any, ...]] = []
        self.unixClients: list[tuple[Any, ...]] = []
        self.unixServers: list[tuple[Any, ...]] = []
        self.adoptedPorts: list[tuple[Any, ...]] = []
        self.adoptedStreamConnections: list[tuple[Any, ...]] = []
        self.connectors: list[_FakeConnector] = []
        self.processes: list[MemoryProcess] = []
        self.readers: set[Any] = set()
        self.writers: set[Any] = set()
        self.nameResolver: IHostnameResolver = SynchronousResolver()

    def install(self) -> None:
        """Note it."""
        self.hasInstalled = True

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        """Replace the resolver, and give the one before."""
        before, self.nameResolver = self.nameResolver, resolver
        return before

    def resolve(self, name: str, timeout: Any = 10) -> Deferred[str]:
        """Resolve every name to 127.0.0.1."""
        return succeed("127.0.0.1")

    def run(self) -> None:
        """Call what waits for it, and stop."""
        assert not self.running, "The reactor is running."
        self.running = True
        self.hasRun = True
        for callable, args, kwargs in self.whenRunningHooks:
            callable(*args, **kwargs)
        self.stop()

    def stop(self) -> None:
        """Note it."""
        self.running = False
        self.hasStopped = True

    def crash(self) -> None:
        """Note it."""
        self.running = False
        self.hasCrashed = True

    def iterate(self, delay: float = 0) -> None:
        """Do nothing: nothing happens by itself here."""

    def fireSystemEvent(self, eventType: str) -> None:
        """Call the event's triggers, phase by phase; none of them is waited for."""
        for phase in ("before", "during", "after"):
            for callable, args, kwargs in list(self.triggers.get(phase, {}).get(eventType, ())):
                callable(*args, **kwargs)

    def addSystemEventTrigger(
        self, phase: str, eventType: str, callable: Callable[..., Any], *args: object, **kw: object
    ) -> Any:
        """Note a trigger in `triggers`."""
        trigger = (callable, args, kw)
        self.triggers.setdefault(phase, {}).setdefault(eventType, []).append(trigger)
        return phase, eventType, trigger

    def removeSystemEventTrigger(self, triggerID: Any) -> None:
        """Take a trigger out of `triggers`."""
        phase, event, trigger = triggerID
        self.triggers[phase][event].remove(trigger)

    def callWhenRunning(self, callable: Callable[..., Any], *args: object, **kw: object) -> None:
        """Call now if `run` was called, else when it is."""
        if self.hasRun:
            callable(*args, **kw)
        else:
            self.whenRunningHooks.append((callable, args, kw))

    def adoptStreamPort(self, fileno: int, addressFamily: Any, factory: Any) -> IListeningPort:
        """Note it in `adoptedPorts`."""
        address = _adopted_address(addressFamily)
        self.adoptedPorts.append((fileno, addressFamily, factory))
        return _FakePort(address)

    def adoptStreamConnection(self, fileDescriptor: int, addressFamily: Any, factory: Any) -> None:
        """Note it in `adoptedStreamConnections`."""
        self.adoptedStreamConnections.append((fileDescriptor, addressFamily, factory))

    def adoptDatagramPort(
        self, fileno: int, addressFamily: Any, protocol: Any, maxPacketSize: int = 8192
    ) -> IListeningPort:
        """Note it in `adoptedPorts`."""
        address = _adopted_address(addressFamily)
        self.adoptedPorts.append((fileno, addressFamily, protocol))
        return _FakePort(address)

    def listenTCP(
        self, port: int | Binding, factory: Any, backlog: int = 50, interface: str | None = ""
    ) -> IListeningPort:
        """Note it in `tcpServers`, as it was asked for."""
        self.tcpServers.append((port, factory, backlog, interface))
        if isinstance(port, Binding):
            return _FakePort(_listening_address(port.address, port.port))
        return _FakePort(_listening_address(interface or "", port))

    def connectTCP(
        self, host: str, port: int, factory: Any, timeout: float = 30, bindAddress: Any = None
    ) -> IConnector:
        """Note it in `tcpClients`."""
        self.tcpClients.append((host, port, factory, timeout, bindAddress))
        return self._connector(_tcp_address(host, port), factory)

    def listenSSL(
        self, port: int, factory: Any, contextFactory: Any, backlog: int = 50, interface: str = ""
    ) -> IListeningPort:
        """Note it in `sslServers`."""
        self.sslServers.append((port, factory, contextFactory, backlog, interface))
        return _FakePort(_listening_address(interface, port))

    def connectSSL(
        self,
        host: str,
        port: int,
        factory: Any,
        contextFactory: Any,
        timeout: float = 30,
        bindAddress: Any = None,
    ) -> IConnector:
        """Note it in `sslClients`."""
        self.sslClients.append((host, port, factory, contextFactory, timeout, bindAddress))
        return self._connector(_tcp_address(host, port), factory)

    def listenUNIX(
        self, address: Any, factory: Any, backlog: int = 50, mode: int = 0o666, wantPID: int = 0
    ) -> IListeningPort:
        """Note it in `unixServers`."""
        self.unixServers.append((address, factory, backlog, mode, wantPID))
        return _FakePort(UNIXAddress(address))

    def connectUNIX(self, address: Any, factory: Any, timeout: float = 30, checkPID: int = 0) -> IConnector:
        """Note it in `unixClients`."""
        self.unixClients.append((address, factory, timeout, checkPID))
        return self._connector(UNIXAddress(address), factory)

    def _connector(self, address: IAddress, factory: Any) -> _FakeConnector:
        connector = _FakeConnector(address)
        factory.startedConnecting(connector)
        self.connectors.append(connector)
        return connector

    def spawnProcess(
        self,
        processProtocol: Any,
        executable: Any,
        args: Sequence[Any] = (),
        env: Mapping[Any, Any] | None = {},
        path: Any = None,
        uid: int | None = None,
        gid: int | None = None,
        usePTY: Any = False,
        childFDs: Mapping[int, Any] | None = None,
    ) -> MemoryProcess:
        """Start a child that exists in memory only; see `processes`."""
        process = MemoryProcess(
            processProtocol, executable, args, env, path, uid, gid, usePTY=usePTY, childFDs=childFDs
        )
        self.processes.append(process)
        return process

    def addReader(self, reader: IReadDescriptor) -> None:
        """Note it in `readers`."""
        self.readers.add(reader)

    def removeReader(self, reader: IReadDescriptor) -> None:
        """Take it out of `readers`."""
        self.readers.discard(reader)

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """Note it in `writers`."""
        self.writers.add(writer)

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """Take it out of `writers`."""
        self.writers.discard(writer)

    def getReaders(self) -> list[IReadDescriptor]:
        """List `readers`."""
        return list(self.readers)

    def getWriters(self) -> list[IWriteDescriptor]:
        """List `writers`."""
        return list(self.writers)

    def removeAll(self) -> list[IReadDescriptor | IWriteDescriptor]:
        """Empty `readers` and `writers`, and list what was in them."""
        removed = list(self.readers | self.writers)
        self.readers.clear()
        self.writers.clear()
        return removed


class MemoryReactorClock(MemoryReactor, Clock):
    """A `MemoryReactor` that is a `Clock` too."""

    def __init__(self) -> None:
        MemoryReactor.__init__(self)
        Clock.__init__(self)


@implementer(IReactorTCP, IReactorSSL, IReactorUNIX, IReactorSocket, IReactorPluggableNameResolver)
class RaisingMemoryReactor:
    """Raises whenever it is asked to listen or to connect.

    Args:
        listenException: What to raise when asked to listen.
        connectException: What to raise when asked to connect.
    """

    def __init__(
        self, listenException: Exception | None = None, connectException: Exception | None = None
    ) -> None:
        self._listenException = listenException
        self._connectException = connectException
        self.nameResolver: IHostnameResolver = SynchronousResolver()

    def _refuse_to_listen(self) -> Exception:
        return self._listenException or RuntimeError("No listenException was given.")

    def _refuse_to_connect(self) -> Exception:
        return self._connectException or RuntimeError("No connectException was given.")

    def installNameResolver(self, nameResolver: IHostnameResolver) -> IHostnameResolver:
        """Replace the resolver, and give the one before."""
        before, self.nameResolver = self.nameResolver, nameResolver
        return before

    def adoptStreamPort(self, fileno: int, addressFamily: Any, factory: Any) -> IListeningPort:
        """Raise the listenException."""
        raise self._refuse_to_listen()

    def listenTCP(
        self, port: int | Binding, factory: Any, backlog: int = 50, interface: str | None = ""
    ) -> IListeningPort:
        """Raise the listenException."""
        raise self._refuse_to_listen()

    def connectTCP(
        self, host: str, port: int, factory: Any, timeout: float = 30, bindAddress: Any = None
    ) -> IConnector:
        """Raise the connectException."""
        raise self._refuse_to_connect()

    def listenSSL(
        self, port: int, factory: Any, contextFactory: Any, backlog: int = 50, interface: str = ""
    ) -> IListeningPort:
        """Raise the listenException."""
        raise self._refuse_to_listen()

    def connectSSL(
        self,
        host: str,
        port: int,
        factory: Any,
        contextFactory: Any,
        timeout: float = 30,
        bindAddress: Any = None,
    ) -> IConnector:
        """Raise the connectException."""
        raise self._refuse_to_connect()

    def listenUNIX(
        self, address: Any, factory: Any, backlog: int = 50, mode: int = 0o666, wantPID: int = 0
    ) -> IListeningPort:
        """Raise the listenException."""
        raise self._refuse_to_listen()

    def connectUNIX(self, address: Any, factory: Any, timeout: float = 30, checkPID: int = 0) -> IConnector:
        """Raise the connectException."""
        raise self._refuse_to_connect()

    def adoptDatagramPort(
        self, fileDescriptor: int, addressFamily: Any, protocol: Any, maxPacketSize: int
    ) -> IListeningPort:
        """Raise the connectException."""
        raise self._refuse_to_connect()

    def adoptStreamConnection(self, fileDescriptor: int, addressFamily: Any, factory: Any) -> None:
        """Raise the connectException."""
        raise self._refuse_to_connect()
