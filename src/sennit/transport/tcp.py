"""TCP: ports, and the connections that they accept; what connects is loaded when it is first wanted."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any, cast

from zope.interface import implementer

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.errors import (
    CannotListenError,
    ConnectionAborted,
    NotListeningError,
    UnsupportedAddressFamily,
    UnsupportedSocketType,
)
from sennit.core.failure import Failure
from sennit.core.interfaces import Binding, IClientFactory, IProtocolFactory, ITLSTransport
from sennit.lazy import loaded_when_asked
from sennit.transport.accepting import Acceptor, accept, carry
from sennit.transport.names import is_ipv6, socket_address, tcp_address
from sennit.transport.port import StreamPort
from sennit.transport.registry import open_things
from sennit.transport.shared import socket_source
from sennit.transport.sockets import new_socket
from sennit.transport.stream import Owner, StreamConnection

if TYPE_CHECKING:
    from sennit.transport.tcp_client import TCPClient, TCPConnector

__all__ = [
    "TCPClient",
    "TCPConnection",
    "TCPConnector",
    "TCPPort",
    "TCPServer",
    "adopt_stream_connection",
    "adopt_stream_port",
    "connect_tcp",
    "listen_tcp",
    "makeBinding",
]

__getattr__, __dir__ = loaded_when_asked(
    __name__, dict.fromkeys(("TCPClient", "TCPConnector"), "sennit.transport.tcp_client"), __all__
)


def makeBinding(
    interface: str = "", port: int = 0, reuseAddress: bool = False, reusePort: bool = False
) -> Binding:
    """Give a local end, for ``listenTCP`` in the port's place and for ``connectTCP`` as ``bindAddress``.

    Args:
        interface: The local address; empty for any.
        port: The port number; 0 for any that is free.
        reuseAddress: Set ``SO_REUSEADDR``, so that a port in TIME_WAIT can be had again.
        reusePort: Set ``SO_REUSEPORT``, so that others may be bound to the same port.
    """
    return Binding(interface, port, reuseAddress, reusePort)


def listen_tcp(
    reactor: Any,
    port: int | Binding,
    factory: IProtocolFactory,
    backlog: int = 50,
    interface: str = "",
    *,
    reuse_port: bool = False,
) -> TCPPort:
    """Accept TCP connections.

    Args:
        reactor: The reactor.
        port: The port number; 0 for any that is free.  Or the whole local end (`makeBinding`).
        factory: Builds a protocol for each connection.
        backlog: How many connections may wait to be accepted.
        interface: The local IPv4 or IPv6 address, or a name for one; empty for every IPv4 address.
            ``"::"`` is every address of both families where the system allows it.
        reuse_port: Share the port with other sockets that say the same (``SO_REUSEPORT``); the
            system then spreads the connections.

    Returns:
        The port, which listens.

    Raises:
        CannotListenError: If the address cannot be had.
        ValueError: If `port` is a whole local end, and `interface` is another.
    """
    listening = TCPPort(port, factory, backlog, interface, reactor, reuse_port=reuse_port)
    listening.startListening()
    return listening


def connect_tcp(
    reactor: Any,
    host: str,
    port: int | str,
    factory: IClientFactory,
    timeout: float | None = 30,
    bindAddress: tuple[str, int] | str | Binding | None = None,
) -> TCPConnector:
    """Make a TCP connection.

    Args:
        reactor: The reactor.
        host: A name, or an IPv4 or IPv6 address, the latter perhaps with a scope (``"fe80::1%eth0"``).
        port: The port number, or the name of a service.
        factory: Builds the protocol, and hears of failure and loss.
        timeout: Seconds until the attempt fails with `TimeoutError`; None or 0 for no limit.
        bindAddress: The local ``(host, port)`` or host, or a `Binding`, or None for any.

    Returns:
        The connector, which is connecting.

    Raises:
        ServiceNameUnknownError: If the system does not know the service.
    """
    from sennit.transport.tcp_client import TCPConnector

    connector = TCPConnector(host, port, factory, timeout, bindAddress, reactor)
    connector.connect()
    return connector


def adopt_stream_port(
    reactor: Any, fileDescriptor: int, addressFamily: int, factory: IProtocolFactory
) -> StreamPort:
    """Accept connections on a copy of a socket that listens already.

    Args:
        reactor: The reactor.
        fileDescriptor: The socket's descriptor; it stays the caller's.
        addressFamily: ``AF_INET``, ``AF_INET6`` or ``AF_UNIX``.
        factory: Builds a protocol for each connection.

    Raises:
        UnsupportedAddressFamily: For any other family.
        UnsupportedSocketType: If it is no stream socket.
    """
    adopted = _duplicate(fileDescriptor, addressFamily)
    if addressFamily == socket.AF_UNIX:
        from sennit.transport.unix import UNIXPort

        port: StreamPort = UNIXPort(None, factory, reactor=reactor, adopted=adopted)
    else:
        port = TCPPort(None, factory, reactor=reactor, adopted=adopted)
    port.startListening()
    return port


def adopt_stream_connection(
    reactor: Any, fileDescriptor: int, addressFamily: int, factory: IProtocolFactory
) -> StreamConnection | None:
    """Run a protocol on a copy of a socket that is connected already.

    Args:
        reactor: The reactor.
        fileDescriptor: The socket's descriptor; it stays the caller's.
        addressFamily: ``AF_INET``, ``AF_INET6`` or ``AF_UNIX``.
        factory: Builds the protocol, in the loop's next turn.

    Returns:
        The connection.

    Raises:
        UnsupportedAddressFamily: For any other family.
        UnsupportedSocketType: If it is no stream socket.
    """
    adopted = _duplicate(fileDescriptor, addressFamily)
    owner = _Adopted(factory)
    connection: StreamConnection
    if addressFamily == socket.AF_UNIX:
        from sennit.transport.unix import UNIXServer

        connection = UNIXServer(reactor, owner, open_things(reactor))
    else:
        connection = TCPServer(reactor, owner, open_things(reactor))
    carry(reactor.loop, adopted, connection, lambda _error: None)
    return connection


def _duplicate(descriptor: int, family: int) -> socket.socket:
    if family not in {socket.AF_INET, socket.AF_INET6, socket.AF_UNIX}:
        raise UnsupportedAddressFamily(family)
    duplicate = socket.socket(fileno=os.dup(descriptor))
    if duplicate.type != socket.SOCK_STREAM:
        kind = duplicate.type
        duplicate.close()
        raise UnsupportedSocketType(kind)
    duplicate.setblocking(False)
    return duplicate


class _Adopted(Owner):
    """Owns one connection that was made elsewhere."""

    def __init__(self, factory: Any) -> None:
        self.factory = factory

    def protocol_for(self, connection: StreamConnection, peer: Any) -> Any:
        return self.factory.buildProtocol(peer)

    def connection_ended(self, connection: StreamConnection, reason: Failure) -> None:
        # The one who made the socket still holds it open.
        if not reason.check(ConnectionAborted):
            connection.shut_down()


@implementer(ITLSTransport)
class TCPConnection(StreamConnection):
    """A TCP connection."""

    __slots__ = ("__dict__",)

    def getTcpNoDelay(self) -> bool:
        """Tell whether small segments are sent without delay; they are unless told otherwise."""
        return bool(self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Send small segments at once, or let them wait for an acknowledgement (RFC 896)."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(bool(enabled)))

    def getTcpKeepAlive(self) -> bool:
        """Tell whether the system probes the connection when it is idle."""
        return bool(self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Have the system probe the connection when it is idle (RFC 1122, section 4.2.3.6), or not."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(bool(enabled)))

    def _address(self, which: str) -> IPv4Address | IPv6Address:
        return tcp_address(self._carrier.get_extra_info(which))


class TCPServer(TCPConnection):
    """A TCP connection that a port accepted."""

    __slots__ = ()

    @property
    def server(self) -> Any:
        """The port."""
        return self._owner

    @property
    def client(self) -> Any:
        """The other side's address as the socket gives it."""
        return self._carrier.get_extra_info("peername")

    @property
    def hostname(self) -> str:
        """The other side's host, as text."""
        host: str = self.getPeer().host
        return host

    def _log_suffix(self) -> str:
        return f"{self.sessionno},{self.getPeer().host}"

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]} on {self.getHost().port}>"


class TCPPort(StreamPort):
    """A TCP port; it listens once `startListening` is called.

    Args:
        port: The port number; 0 for any that is free; a `Binding`; None for a socket that was adopted.
        factory: Builds a protocol for each connection.
        backlog: How many connections may wait to be accepted.
        interface: The local address.
        reactor: The reactor; by default the current one.
        reuse_port: Set ``SO_REUSEPORT``.
        adopted: A socket that listens already.

    Raises:
        ValueError: If `port` is a whole local end, and `interface` is another.

    Attributes:
        transport: The class of the connections.
    """

    kind = "TCP"
    addressFamily: int = socket.AF_INET
    socketType = socket.SOCK_STREAM
    transport: type[TCPServer] = TCPServer
    port: int | None = None
    interface = ""

    def __init__(
        self,
        port: int | Binding | None,
        factory: IProtocolFactory,
        backlog: int = 50,
        interface: str = "",
        reactor: Any = None,
        *,
        reuse_port: bool = False,
        adopted: socket.socket | None = None,
    ) -> None:
        super().__init__(factory, backlog, reactor)
        # A port in TIME_WAIT can be had again; where SO_REUSEADDR takes it from its owner, it is not set.
        self._reuse_address = os.name == "posix"
        if isinstance(port, Binding):
            if interface not in ("", port.address):
                raise ValueError(f"{port} and the interface {interface!r} are two local ends.")
            self._reuse_address = port.reuseAddress
            reuse_port, interface, port = port.reusePort, port.address, port.port
        self.port = port
        self.interface = interface
        if is_ipv6(interface):
            self.addressFamily = socket.AF_INET6
        self._reuse_port = reuse_port
        self._adopted = adopted
        if adopted is not None:
            self.addressFamily = adopted.family
            self.interface = adopted.getsockname()[0]

    def getHost(self) -> IPv4Address | IPv6Address:
        """Give the address it listens on."""
        if self.socket is None:
            raise NotListeningError("This port does not listen, so it has no address.")
        return tcp_address(self.socket.getsockname())

    def createInternetSocket(self) -> socket.socket:
        """Make the socket that is bound next; a subclass may set options on it.

        Raises:
            OSError: If the system gives none.
        """
        made = new_socket(self.reactor.loop, self.addressFamily, self.socketType, socket.IPPROTO_TCP)
        try:
            made.setblocking(False)
            if self._reuse_address:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if self._reuse_port:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        except BaseException:
            made.close()
            raise
        return made

    def _listening_socket(self) -> socket.socket:
        if self._adopted is not None:
            adopted, self._adopted = self._adopted, None
            return adopted
        source = None if self._reuse_port else socket_source()
        if source is None:
            return self.make_listening_socket()
        try:
            return source.tcp(self.interface, self.port, self.backlog)
        except OSError as error:
            raise CannotListenError(self.interface, self.port, error) from None

    def make_listening_socket(self) -> socket.socket:
        """Make the socket, whoever else may have one for this place.

        Raises:
            CannotListenError: If the address cannot be had.
        """
        listening = None
        try:
            listening = self.createInternetSocket()
            where: Any = (self.interface, self.port)
            if is_ipv6(self.interface):
                where = socket_address(self.interface, cast("int", self.port))[1]
            listening.bind(where)
            listening.listen(self.backlog)
        except OSError as error:
            if listening is not None:
                listening.close()
            raise CannotListenError(self.interface, self.port, error) from None
        except BaseException:
            if listening is not None:
                listening.close()
            raise
        return listening

    def _accept(self, listening: socket.socket) -> Acceptor:
        return accept(self.reactor.loop, listening, self._connection, max(1, self.backlog))

    def _connection(self) -> TCPServer:
        return self.transport(self.reactor, self, self._open, self.next_session())

    def _address_text(self) -> str:
        return str(self.getHost().port)
