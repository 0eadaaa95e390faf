r"""Datagram endpoints: where datagrams are taken, apart from the protocol that takes them.

As a server endpoint listens for streams with a factory, a datagram endpoint listens with one protocol.  They
are made from text too: ``udp:5353``, ``udp:0:peer=192.0.2.1:peerPort=53``,
``multicast:5353:group=224.0.0.251``, ``unix-datagram:/run/log.sock:mode=660``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from zope.interface import Interface, implementer

from sennit.core.deferred import Deferred, maybeDeferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IListeningPort
from sennit.endpoint.strings import flag, make_endpoint, permissions, port_number, whole_number

__all__ = [
    "IDatagramEndpoint",
    "MulticastEndpoint",
    "UDPEndpoint",
    "UNIXDatagramEndpoint",
    "datagram_from_string",
]

_LONGEST = 65535
_USUAL = 8192


class IDatagramEndpoint(Interface):
    """A place where datagrams are taken."""

    def listen(protocol: Any) -> Deferred[IListeningPort]:  # noqa: N805  # interfaces have no self
        """Take datagrams there.

        Args:
            protocol: A `sennit.protocol.DatagramProtocol`.

        Returns:
            A Deferred that fires with the port, which is the protocol's transport; or fails, with
            `CannotListenError` if the address cannot be had.
        """


@implementer(IDatagramEndpoint)
class _DatagramEndpoint(ABC):
    """Opens a port, gets it ready, and closes it again if that fails."""

    def listen(self, protocol: Any) -> Deferred[IListeningPort]:
        """Take datagrams there, as `IDatagramEndpoint` says."""
        opened: Deferred[IListeningPort] = maybeDeferred(self._open, protocol)
        return opened.addCallback(self._made_ready)

    def _made_ready(self, port: Any) -> Deferred[IListeningPort]:
        def done(_result: Any) -> Any:
            return port

        def failed(reason: Failure) -> Any:
            return maybeDeferred(port.stopListening).addBoth(lambda _result: reason)

        return maybeDeferred(self._get_ready, port).addCallbacks(done, failed)

    @abstractmethod
    def _open(self, protocol: Any) -> IListeningPort:
        """Open the port."""

    @abstractmethod
    def _get_ready(self, port: Any) -> Any:
        """Do what is to be done with the open port."""


class UDPEndpoint(_DatagramEndpoint):
    """Takes datagrams on a UDP port.

    Args:
        reactor: An `IReactorUDP`.
        port: The port's number; 0 for any that is free.
        interface: The local IPv4 or IPv6 address; empty for every IPv4 address, ``"::"`` for every address.
        max_packet_size: The longest datagram taken, in bytes.
        peer: The address and port of the one peer to hear and to write to; None for everybody.
        broadcast: Whether it may send to broadcast addresses.
    """

    def __init__(
        self,
        reactor: Any,
        port: int,
        interface: str = "",
        max_packet_size: int = _USUAL,
        *,
        peer: tuple[str, int] | None = None,
        broadcast: bool = False,
    ) -> None:
        self._reactor = reactor
        self._port = port
        self._interface = interface
        self._max_packet_size = max_packet_size
        self._peer = peer
        self._broadcast = broadcast

    def _open(self, protocol: Any) -> IListeningPort:
        port: IListeningPort = self._reactor.listenUDP(
            self._port, protocol, self._interface, self._max_packet_size
        )
        return port

    def _get_ready(self, port: Any) -> None:
        if self._broadcast:
            port.setBroadcastAllowed(True)
        if self._peer is not None:
            port.connect(*self._peer)


class MulticastEndpoint(_DatagramEndpoint):
    """Takes datagrams on a UDP port that takes part in multicast groups.

    Args:
        reactor: An `IReactorMulticast`.
        port: The port's number; 0 for any that is free.
        groups: The addresses of the groups to join.
        interface: The local address, as for `UDPEndpoint`.
        max_packet_size: The longest datagram taken, in bytes.
        network: The interface where the groups are joined and multicasts leave: its address, name or number;
            empty for the one that the system chooses.
        source: The one sender to hear in the groups (RFC 4607); None for all.
        ttl: Over how many hops its multicasts go; None for the system's, which is 1.
        loopback: Whether this machine hears what it sends.
        shared: Whether others may have the same port, who say so too.
    """

    def __init__(
        self,
        reactor: Any,
        port: int,
        groups: Sequence[str] = (),
        interface: str = "",
        max_packet_size: int = _USUAL,
        *,
        network: str = "",
        source: str | None = None,
        ttl: int | None = None,
        loopback: bool = True,
        shared: bool = True,
    ) -> None:
        self._reactor = reactor
        self._port = port
        self._groups = tuple(groups)
        self._interface = interface
        self._max_packet_size = max_packet_size
        self._network = network
        self._source = source
        self._ttl = ttl
        self._loopback = loopback
        self._shared = shared

    def _open(self, protocol: Any) -> IListeningPort:
        port: IListeningPort = self._reactor.listenMulticast(
            self._port, protocol, self._interface, self._max_packet_size, listenMultiple=self._shared
        )
        return port

    async def _get_ready(self, port: Any) -> None:
        if self._ttl is not None:
            port.setTTL(self._ttl)
        port.setLoopbackMode(self._loopback)
        if self._network:
            await port.setOutgoingInterface(self._network)
        for group in self._groups:
            await port.joinGroup(group, self._network, source=self._source)


class UNIXDatagramEndpoint(_DatagramEndpoint):
    """Takes datagrams on a UNIX socket.

    Args:
        reactor: An `IReactorUNIXDatagram`.
        address: The path, or an abstract name that begins with NUL.
        max_packet_size: The longest datagram taken, in bytes.
        mode: The permissions of the path.
    """

    def __init__(
        self, reactor: Any, address: str | bytes, max_packet_size: int = _USUAL, mode: int = 0o666
    ) -> None:
        self._reactor = reactor
        self._address = address
        self._max_packet_size = max_packet_size
        self._mode = mode

    def _open(self, protocol: Any) -> IListeningPort:
        port: IListeningPort = self._reactor.listenUNIXDatagram(
            self._address, protocol, self._max_packet_size, self._mode
        )
        return port

    def _get_ready(self, port: Any) -> None:
        """Do nothing: it is ready."""


def _size(text: str | int) -> int:
    return whole_number("The longest packet", text, _LONGEST)


def _udp(
    reactor: Any,
    port: str,
    interface: str = "",
    maxPacketSize: str | int = _USUAL,
    peer: str | None = None,
    peerPort: str | None = None,
    broadcast: str | bool = False,
) -> UDPEndpoint:
    """udp:PORT[:interface=ADDRESS][:peer=ADDRESS:peerPort=PORT][:maxPacketSize=BYTES][:broadcast=1]."""
    if (peer is None) != (peerPort is None):
        raise ValueError("A peer has an address and a port: write peer=ADDRESS:peerPort=PORT.")
    return UDPEndpoint(
        reactor,
        port_number(port),
        interface,
        _size(maxPacketSize),
        peer=None if peer is None or peerPort is None else (peer, port_number(peerPort)),
        broadcast=flag(broadcast),
    )


def _multicast(
    reactor: Any,
    port: str,
    group: str = "",
    interface: str = "",
    maxPacketSize: str | int = _USUAL,
    network: str = "",
    source: str | None = None,
    ttl: str | None = None,
    loopback: str | bool = True,
    shared: str | bool = True,
) -> MulticastEndpoint:
    """multicast:PORT:group=ADDRESS,...[:network=INTERFACE][:source=ADDRESS][:ttl=HOPS][:loopback=0]...."""
    return MulticastEndpoint(
        reactor,
        port_number(port),
        [one for one in group.split(",") if one],
        interface,
        _size(maxPacketSize),
        network=network,
        source=source,
        ttl=None if ttl is None else whole_number("The TTL", ttl, 255),
        loopback=flag(loopback),
        shared=flag(shared),
    )


def _unix_datagram(
    reactor: Any, address: str, mode: str = "666", maxPacketSize: str | int = _USUAL
) -> UNIXDatagramEndpoint:
    """unix-datagram:PATH[:mode=OCTAL][:maxPacketSize=BYTES]."""
    return UNIXDatagramEndpoint(reactor, address, _size(maxPacketSize), permissions(mode))


_KINDS: dict[str, Callable[..., Any]] = {
    "multicast": _multicast,
    "udp": _udp,
    "unix-datagram": _unix_datagram,
}


def datagram_from_string(reactor: Any, description: str | bytes) -> Any:
    """Return the datagram endpoint that a description describes.

    Args:
        reactor: The reactor that the endpoint listens with.
        description: Such as ``udp:5353``, written as `sennit.endpoint.strings` says.  Bytes are UTF-8.

    Returns:
        An `IDatagramEndpoint`.

    Raises:
        ValueError: If the kind is unknown or a value is not what it must be.
        TypeError: If an argument is missing, or is not one of the kind's.
    """
    return make_endpoint(reactor, description, _KINDS, "parseDatagram", "datagram endpoint")
