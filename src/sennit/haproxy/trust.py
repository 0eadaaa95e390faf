"""Whose headers are believed.

Whoever may send a header may say to be anyone.  So a header is taken only from networks that are named, and
unless told otherwise these are the ones that the Internet does not route here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from sennit.core.addresses import UNIXAddress

__all__ = ["TRUSTED_BY_DEFAULT", "TrustedSources"]

TRUSTED_BY_DEFAULT = (
    "127.0.0.0/8",
    "::1",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
    "unix",
)
"""This machine, and private and link-local networks (RFC 1918, RFC 4193, RFC 3927)."""


class TrustedSources:
    """Tells the addresses of trusted proxies.

    Args:
        networks: Networks (``"10.0.0.0/8"``) or addresses; ``"unix"`` for every UNIX socket.

    Raises:
        ValueError: If one is neither.
    """

    def __init__(self, networks: Iterable[str] = TRUSTED_BY_DEFAULT) -> None:
        names = [networks] if isinstance(networks, str) else list(networks)
        self._unix = "unix" in names
        self._networks = [ipaddress.ip_network(name) for name in names if name != "unix"]

    def __contains__(self, address: Any) -> bool:
        if isinstance(address, UNIXAddress):
            return self._unix
        try:
            ip = ipaddress.ip_address(address.host)
        except (AttributeError, ValueError):
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self._networks)
