"""Stream ports and connections: the reactor's way to the transports."""

from __future__ import annotations

import socket
from typing import Any

from sennit.core.interfaces import (
    Binding,
    IClientFactory,
    IConnector,
    IListeningPort,
    IProtocolFactory,
    IReadDescriptor,
)
from sennit.reactor.lifecycle import LifeCycle
from sennit.transport.registry import close_all, open_things
from sennit.transport.stream import StreamConnection
from sennit.transport.tcp import adopt_stream_connection, adopt_stream_port, connect_tcp, listen_tcp
from sennit.transport.unix import connect_unix, listen_unix

__all__ = ["Streams"]


class Streams(LifeCycle):
    """IReactorTCP, IReactorUNIX, and adoption of stream sockets made elsewhere."""

    def listenTCP(
        self, port: int | Binding, factory: IProtocolFactory, backlog: int = 50, interface: str = ""
    ) -> IListeningPort:
        """Accept TCP connections (`sennit.transport.tcp.listen_tcp`)."""
        return listen_tcp(self, port, factory, backlog, interface)

    def connectTCP(
        self,
        host: str,
        port: int | str,
        factory: IClientFactory,
        timeout: float | None = 30.0,
        bindAddress: tuple[str, int] | str | Binding | None = None,
    ) -> IConnector:
        """Make a TCP connection (`sennit.transport.tcp.connect_tcp`)."""
        return connect_tcp(self, host, port, factory, timeout, bindAddress)

    def listenUNIX(
        self,
        address: str | bytes,
        factory: IProtocolFactory,
        backlog: int = 50,
        mode: int = 0o666,
        wantPID: bool = False,
    ) -> IListeningPort:
        """Accept connections on a UNIX socket (`sennit.transport.unix.listen_unix`)."""
        return listen_unix(self, address, factory, backlog, mode, wantPID)

    def connectUNIX(
        self,
        address: str | bytes,
        factory: IClientFactory,
        timeout: float | None = 30,
        checkPID: bool = False,
    ) -> IConnector:
        """Connect to a UNIX socket (`sennit.transport.unix.connect_unix`)."""
        return connect_unix(self, address, factory, timeout, checkPID)

    def adoptStreamPort(
        self, fileDescriptor: int, addressFamily: socket.AddressFamily, factory: IProtocolFactory
    ) -> IListeningPort:
        """Accept connections on a copy of a socket that listens already."""
        return adopt_stream_port(self, fileDescriptor, addressFamily, factory)

    def adoptStreamConnection(
        self, fileDescriptor: int, addressFamily: socket.AddressFamily, factory: IProtocolFactory
    ) -> None:
        """Run a protocol on a copy of a socket that is connected already."""
        adopt_stream_connection(self, fileDescriptor, addressFamily, factory)

    # Programs that hand a connection to somebody else take it from the reactor first.

    def addReader(self, reader: IReadDescriptor) -> None:
        """Watch a descriptor, as `Descriptors.addReader`; a connection of ours is read again."""
        if isinstance(reader, StreamConnection):
            reader.resumeProducing()
        else:
            super().addReader(reader)

    def removeReader(self, reader: IReadDescriptor) -> None:
        """Watch a descriptor no more, as `Descriptors.removeReader`; a connection of ours is read no more."""
        if isinstance(reader, StreamConnection):
            reader.pauseProducing()
        else:
            super().removeReader(reader)

    def getReaders(self) -> list[Any]:
        """Give the descriptors that are watched for reading, and the connections and ports that are read."""
        ours = [each for each in open_things(self) if getattr(each, "is_reading", False)]
        return [*super().getReaders(), *ours]

    def close(self) -> None:
        """Give back what the reactor holds, as `LifeCycle.close`; ports and connections are closed."""
        self._must_not_run()
        close_all(self)
        super().close()

    def disconnectAll(self) -> None:
        """End everything that is watched, connected or listening, as shutdown does."""
        super().disconnectAll()
        close_all(self)
