"""Whether a text is an IP address."""

from __future__ import annotations

import socket

__all__ = ["isIPAddress", "isIPv6Address"]


def isIPAddress(addr: str | bytes, family: int = socket.AF_INET) -> bool:
    """Return whether `addr` is an address in numbers.

    Args:
        addr: The text; bytes are taken as ASCII.  An IPv6 address may end in a scope, as in ``fe80::1%eth0``.
        family: AF_INET or AF_INET6.

    Raises:
        ValueError: If `family` is another one.
    """
    if family not in (socket.AF_INET, socket.AF_INET6):
        raise ValueError(f"unknown address family {family!r}")
    try:
        text = addr.decode("ascii") if isinstance(addr, bytes) else addr
        if family == socket.AF_INET6:
            text = text.split("%", 1)[0]
        socket.inet_pton(family, text)
    except (OSError, ValueError):
        return False
    return family == socket.AF_INET6 or text.count(".") == 3


def isIPv6Address(addr: str | bytes) -> bool:
    """Return whether `addr` is an IPv6 address in numbers."""
    return isIPAddress(addr, socket.AF_INET6)
