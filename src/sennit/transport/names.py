"""From what a program calls a host to the address that a socket takes.

Literals are recognised without asking anyone.  Names go to the reactor's resolver; an IPv4 address is
preferred where it finds both kinds, because a program that needs better has endpoints.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from typing import Any

from zope.interface import implementer

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.errors import DNSLookupError
from sennit.core.interfaces import IAddress, IHostResolution, IResolutionReceiver

__all__ = ["Lookup", "is_ipv4", "is_ipv6", "socket_address", "tcp_address"]


def is_ipv4(host: str) -> bool:
    """Tell whether `host` is an IPv4 address as dotted quad."""
    try:
        socket.inet_pton(socket.AF_INET, host)
    except (OSError, ValueError):
        return False
    return True


def is_ipv6(host: str) -> bool:
    """Tell whether `host` is an IPv6 address, perhaps with a scope (RFC 4007, section 11)."""
    try:
        socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    except (OSError, ValueError):
        return False
    return True


def socket_address(host: str, port: int) -> tuple[int, Any]:
    """Give the family and address of a literal, as `socket.socket.connect` and ``bind`` take them.

    Raises:
        OSError: If the scope is not one of this system.
        ValueError: If `host` is no literal.
    """
    if is_ipv4(host):
        return socket.AF_INET, (host, port)
    if not is_ipv6(host):
        raise ValueError(f"{host!r} is neither an IPv4 nor an IPv6 address.")
    bare, _, scope = host.partition("%")
    if not scope:
        return socket.AF_INET6, (bare, port, 0, 0)
    number = int(scope) if scope.isascii() and scope.isdigit() else socket.if_nametoindex(scope)
    return socket.AF_INET6, (bare, port, 0, number)


def tcp_address(name: Any) -> IPv4Address | IPv6Address:
    """Make an address of what a TCP socket gives as its name.

    Raises:
        OSError: If it gave none, because it is not connected any more.
    """
    if name is None:
        raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
    if len(name) == 2:
        return IPv4Address("TCP", name[0], name[1])
    host, port, flow, scope = name
    return IPv6Address("TCP", _with_zone(host, scope), port, flow, scope)


def _with_zone(host: str, scope: int) -> str:
    """Write an address with its zone, by which it can be connected to (RFC 4007, section 11)."""
    bare = host.partition("%")[0]
    if not scope:
        return bare
    try:
        return f"{bare}%{socket.if_indextoname(scope)}"
    except OSError:
        # The interface is gone.
        return f"{bare}%{scope}"


@implementer(IResolutionReceiver)
class Lookup:
    """Asks a reactor's resolver for one address of a host.

    Args:
        reactor: The reactor.
        host: The name.
        port: The port number.
        found: Called with the address.
        failed: Called with a `DNSLookupError` if there is none.
        types: The kinds of address that will do; None for both.
        semantics: What the address is for: ``"TCP"`` or ``"UDP"``.
    """

    def __init__(
        self,
        reactor: Any,
        host: str,
        port: int,
        found: Callable[[IPv4Address | IPv6Address], None],
        failed: Callable[[BaseException], None],
        types: tuple[type[Any], ...] | None = None,
        semantics: str = "TCP",
    ) -> None:
        self._host = host
        self._found = found
        self._failed = failed
        self._kinds = (IPv4Address, IPv6Address) if types is None else types
        self._addresses: list[Any] = []
        self._resolution: IHostResolution | None = None
        self._over = False
        reactor.nameResolver.resolveHostName(
            self, host, port, addressTypes=types, transportSemantics=semantics
        )

    def cancel(self) -> None:
        """Ask no more; nothing is called after this."""
        if not self._over:
            self._over = True
            if self._resolution is not None:
                self._resolution.cancel()

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """Keep what can be cancelled."""
        self._resolution = resolutionInProgress

    def addressResolved(self, address: IAddress) -> None:
        """Keep an address."""
        if isinstance(address, self._kinds):
            self._addresses.append(address)

    def resolutionComplete(self) -> None:
        """Give the best of what was found."""
        if self._over:
            return
        self._over = True
        if not self._addresses:
            self._failed(DNSLookupError(self._host))
            return
        fours = [address for address in self._addresses if isinstance(address, IPv4Address)]
        self._found((fours or self._addresses)[0])
