"""UDP ports that take part in multicast groups (RFC 1112, RFC 3678), over IPv4 and IPv6.

A local interface is named by one of its IPv4 addresses, by its name (``"eth0"``) or by its number, as text or
not; IPv6 addresses of this machine are taken where the system has a list of them.  Nothing names the
system's choice.  Groups that are literals are joined before the call returns; its Deferred has fired then.
"""

from __future__ import annotations

import socket
import struct
import sys
from typing import Any

from zope.interface import implementer

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.deferred import Deferred, execute
from sennit.core.errors import MulticastJoinError
from sennit.core.interfaces import IMulticastTransport
from sennit.transport.names import Lookup, is_ipv4, is_ipv6
from sennit.transport.udp import UDPPort

__all__ = ["MulticastPort", "listen_multicast"]

# IP_MULTICAST_ALL (ip(7)) and IPV6_MULTICAST_ALL of Linux, which the socket module does not name.
_HEAR_ALL: dict[int, tuple[int, int]] = {
    socket.AF_INET: (socket.IPPROTO_IP, 49),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 29),
}

# From <linux/in.h>; Python has names for them only since 3.12, or not at all.
_IP_ADD_SOURCE_MEMBERSHIP = 39
_IP_DROP_SOURCE_MEMBERSHIP = 40
_MCAST_JOIN_SOURCE_GROUP = 46
_MCAST_LEAVE_SOURCE_GROUP = 47

_ANY = "0.0.0.0"  # noqa: S104  # the system's choice of an interface


def listen_multicast(
    reactor: Any,
    port: int,
    protocol: Any,
    interface: str = "",
    maxPacketSize: int = 8192,
    listenMultiple: bool = False,
) -> MulticastPort:
    """Open a UDP port for multicast.

    Args:
        reactor: The reactor.
        port: The port number; 0 for any that is free.
        protocol: Takes the datagrams.
        interface: The local address; empty for every IPv4 address, ``"::"`` for every IPv6 address.
        maxPacketSize: The longest datagram taken, in bytes; longer ones are cut to it.
        listenMultiple: Whether other sockets of this machine that say the same may listen on the port too.

    Returns:
        The port, which listens.

    Raises:
        CannotListenError: If the address cannot be had.
        InvalidAddressError: If `interface` is not an address.
    """
    listening = MulticastPort(port, protocol, interface, maxPacketSize, reactor, listenMultiple)
    listening.startListening()
    return listening


@implementer(IMulticastTransport)
class MulticastPort(UDPPort):
    """A UDP port for multicast; it listens once `startListening` is called.

    Args:
        port: The port number; 0 for any that is free.
        proto: Takes the datagrams.
        interface: The local address; empty for every IPv4 address.
        maxPacketSize: The longest datagram taken, in bytes; longer ones are cut to it.
        reactor: The reactor; by default the current one.
        listenMultiple: Whether other sockets of this machine that say the same may listen on the port too.
    """

    def __init__(
        self,
        port: int,
        proto: Any,
        interface: str = "",
        maxPacketSize: int = 8192,
        reactor: Any = None,
        listenMultiple: bool = False,
    ) -> None:
        super().__init__(port, proto, interface, maxPacketSize, reactor)
        self.listenMultiple = listenMultiple

    def joinGroup(self, addr: str, interface: str | int = "", *, source: str | None = None) -> Deferred[None]:
        """Join a group.

        Args:
            addr: The group's address, or a name for it.
            interface: The local interface; the system's choice by default.
            source: The one sender to hear in this group, by its address (RFC 4607); None for all.

        Returns:
            A Deferred that fires with None when joined, or fails with `MulticastJoinError`, or with
            `DNSLookupError` for a name without an address.
        """
        return self._membership(addr, interface, source, join=True)

    def leaveGroup(
        self, addr: str, interface: str | int = "", *, source: str | None = None
    ) -> Deferred[None]:
        """Leave a group; arguments and result as of `joinGroup`."""
        return self._membership(addr, interface, source, join=False)

    def setOutgoingInterface(self, addr: str | int) -> Deferred[int]:
        """Choose from which interface multicasts leave.

        Args:
            addr: The local interface.

        Returns:
            A Deferred that fires with 1 when it is set, or fails with what the system says.
        """
        if self.addressFamily == socket.AF_INET6:
            return execute(self._set_outgoing_6, addr)
        return self._resolved(_named(addr)).addCallback(self._set_outgoing_4)

    def getOutgoingInterface(self) -> str | int:
        """Tell from which interface multicasts leave: an IPv4 address, or an IPv6 interface's number."""
        ours = self._open_socket()
        if self.addressFamily == socket.AF_INET6:
            return ours.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF)
        return socket.inet_ntoa(ours.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, 4))

    def setLoopbackMode(self, mode: bool) -> None:
        """Choose whether this machine hears what this port sends."""
        self._set(socket.IP_MULTICAST_LOOP, socket.IPV6_MULTICAST_LOOP, int(bool(mode)))

    def getLoopbackMode(self) -> bool:
        """Tell whether this machine hears what this port sends."""
        return bool(self._get(socket.IP_MULTICAST_LOOP, socket.IPV6_MULTICAST_LOOP))

    def setTTL(self, ttl: int) -> None:
        """Choose over how many hops multicasts go, from 0, within this machine, to 255.

        Raises:
            ValueError: For another number.
        """
        if not 0 <= ttl <= 255:
            raise ValueError(f"A multicast goes over 0 to 255 hops, not {ttl}.")
        self._set(socket.IP_MULTICAST_TTL, socket.IPV6_MULTICAST_HOPS, ttl)

    def getTTL(self) -> int:
        """Tell over how many hops multicasts go."""
        return self._get(socket.IP_MULTICAST_TTL, socket.IPV6_MULTICAST_HOPS)

    def _prepare(self, made: socket.socket) -> None:
        if sys.platform.startswith("linux"):
            # Or the port would hear every group that anybody on this machine has joined.
            level, option = _HEAR_ALL[self.addressFamily]
            made.setsockopt(level, option, 0)
        if not self.listenMultiple:
            return
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Linux would spread unicasts over the sockets, and needs it not; BSD does.
        if not sys.platform.startswith("linux") and hasattr(socket, "SO_REUSEPORT"):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)

    def _set(self, four: int, six: int, value: int) -> None:
        ours = self._open_socket()
        if self.addressFamily == socket.AF_INET6:
            ours.setsockopt(socket.IPPROTO_IPV6, six, value)
        else:
            # BSD takes a byte here, and Linux both.
            ours.setsockopt(socket.IPPROTO_IP, four, struct.pack("B", value))

    def _get(self, four: int, six: int) -> int:
        ours = self._open_socket()
        if self.addressFamily == socket.AF_INET6:
            return ours.getsockopt(socket.IPPROTO_IPV6, six)
        return ours.getsockopt(socket.IPPROTO_IP, four)

    def _set_outgoing_4(self, interface: str) -> int:
        number = _index(interface)
        value = (
            socket.inet_aton(interface)
            if number is None
            else struct.pack("@4s4si", b"\0" * 4, b"\0" * 4, number)
        )
        self._open_socket().setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, value)
        return 1

    def _set_outgoing_6(self, interface: str | int) -> int:
        number = _index_6(interface)
        self._open_socket().setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, number)
        return 1

    def _membership(
        self, addr: str, interface: str | int, source: str | None, *, join: bool
    ) -> Deferred[None]:
        change = self._change_6 if self.addressFamily == socket.AF_INET6 else self._change_4

        def group_known(group: str) -> Any:
            if self.addressFamily == socket.AF_INET6:
                return change(group, interface, source, join)
            return self._resolved(_named(interface)).addCallback(
                lambda local: change(group, local, source, join)
            )

        return self._resolved(addr).addCallback(group_known)

    def _resolved(self, name: str) -> Deferred[str]:
        """Give what `name` stands for: itself if it is an address or a local interface."""
        found: Deferred[str] = Deferred(lambda _found: lookup.cancel())
        if is_ipv4(name) or is_ipv6(name) or _index(name) is not None:
            found.callback(name)
            return found
        kind = IPv6Address if self.addressFamily == socket.AF_INET6 else IPv4Address
        lookup = Lookup(
            self.reactor,
            name,
            0,
            lambda address: found.callback(address.host),
            found.errback,
            types=(kind,),
            semantics="UDP",
        )
        return found

    def _change_4(self, group: str, interface: str | int, source: str | None, join: bool) -> None:
        local = str(interface)
        if not is_ipv4(group):
            raise MulticastJoinError(group, local, "An IPv4 port joins groups with IPv4 addresses.")
        number = _index(local)
        try:
            where = socket.inet_aton(_ANY if number is not None else local)
            if source is None:
                option = socket.IP_ADD_MEMBERSHIP if join else socket.IP_DROP_MEMBERSHIP
                value = struct.pack("@4s4si", socket.inet_aton(group), where, number or 0)
            else:
                if number is not None:
                    raise MulticastJoinError(
                        group, local, "A source-specific group is joined on an interface's IPv4 address."
                    )
                option = _IP_ADD_SOURCE_MEMBERSHIP if join else _IP_DROP_SOURCE_MEMBERSHIP
                value = socket.inet_aton(group) + where + socket.inet_aton(source)
            self._open_socket().setsockopt(socket.IPPROTO_IP, option, value)
        except OSError as error:
            raise MulticastJoinError(group, local, *error.args) from error

    def _change_6(self, group: str, interface: str | int, source: str | None, join: bool) -> None:
        bare, _, scope = group.partition("%")
        if not is_ipv6(bare):
            raise MulticastJoinError(group, interface, "An IPv6 port joins groups with IPv6 addresses.")
        try:
            number = _index_6(interface or scope)
            if source is None:
                option = socket.IPV6_JOIN_GROUP if join else socket.IPV6_LEAVE_GROUP
                value = struct.pack("@16sI", socket.inet_pton(socket.AF_INET6, bare), number)
            else:
                option = _MCAST_JOIN_SOURCE_GROUP if join else _MCAST_LEAVE_SOURCE_GROUP
                value = struct.pack("@I0P", number) + _storage(bare) + _storage(source)
            self._open_socket().setsockopt(socket.IPPROTO_IPV6, option, value)
        except OSError as error:
            raise MulticastJoinError(group, interface, *error.args) from error


def _named(interface: str | int) -> str:
    return str(interface) if interface != "" else _ANY


def _index(interface: str) -> int | None:
    """Give an interface's number, or None if this is neither a number nor the name of one."""
    if interface.isascii() and interface.isdigit():
        return int(interface)
    try:
        return socket.if_nametoindex(interface)
    except OSError:
        return None


def _index_6(interface: str | int) -> int:
    """Give an interface's number, 0 for the system's choice.

    Raises:
        OSError: If there is no such interface.
    """
    text = str(interface)
    address, _, scope = text.partition("%")
    if scope:
        text = scope
    elif text in {"", "::"}:
        return 0
    elif is_ipv6(address):
        return _index_of_address(address)
    number = _index(text)
    if number is None:
        raise OSError(19, f"There is no interface {text!r}.")
    return number


def _index_of_address(address: str) -> int:
    wanted = socket.inet_pton(socket.AF_INET6, address).hex()
    from pathlib import Path

    # address number prefix-length scope flags name, in hexadecimal (proc(5))
    listed = Path("/proc/net/if_inet6")
    for line in listed.read_text(encoding="ascii").splitlines() if listed.exists() else ():
        fields = line.split()
        if fields[0] == wanted:
            return int(fields[1], 16)
    raise OSError(19, f"There is no interface known to have the address {address}; give its name.")


def _storage(address: str) -> bytes:
    """Give a ``struct sockaddr_storage`` with an IPv6 address."""
    packed = socket.inet_pton(socket.AF_INET6, address)
    return struct.pack("@HHI16sI", socket.AF_INET6, 0, 0, packed, 0).ljust(128, b"\0")
