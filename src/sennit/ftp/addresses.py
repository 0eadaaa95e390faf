"""Addresses of data connections as they are written: PORT and PASV (RFC 959), EPRT and EPSV (RFC 2428)."""

from __future__ import annotations

import ipaddress
import re

from sennit.framing.numbers import parse_decimal

__all__ = [
    "decodeExtendedAddress",
    "decodeExtendedPort",
    "decodeHostPort",
    "encodeExtendedAddress",
    "encodeHostPort",
    "same_host",
]

_HOST_PORT = re.compile(r"\d{1,3}(?:,\d{1,3}){5}", re.ASCII)
_EXTENDED_PORT = re.compile(r"\(([!-~])\1\1(\d{1,5})\1\)", re.ASCII)


def decodeHostPort(line: str) -> tuple[str, int]:
    """Read six numbers with commas between them, be there other text around them.

    Raises:
        ValueError: If there are none, or one is larger than an octet.
    """
    text = line.strip()
    match = _HOST_PORT.fullmatch(text) or re.search(rf"(?<![\w,]){_HOST_PORT.pattern}(?![\w,])", text)
    if match is None:
        raise ValueError(f"An address is six numbers with commas between them, not {line[:80]!r}.")
    numbers = [parse_decimal(number, 255) for number in match[0].split(",")]
    return ".".join(map(str, numbers[:4])), numbers[4] << 8 | numbers[5]


def encodeHostPort(host: str, port: int) -> str:
    """Write an IPv4 address and a port as six numbers."""
    return ",".join([*host.split("."), str(port >> 8), str(port & 255)])


def decodeExtendedAddress(address: str) -> tuple[str, str, int]:
    """Read the argument of EPRT (RFC 2428 section 2).

    Returns:
        The network protocol, ``"1"`` for IPv4 and ``"2"`` for IPv6, the host and the port.

    Raises:
        ValueError: If it is none.
    """
    parts = address.split(address[:1]) if address else []
    if len(parts) != 5 or parts[0] or parts[4]:
        raise ValueError(f"An extended address is |protocol|host|port|, not {address[:80]!r}.")
    return parts[1], parts[2], parse_decimal(parts[3], 65535)


def encodeExtendedAddress(host: str, port: int) -> str:
    """Write the argument of EPRT."""
    return f"|{2 if ':' in host else 1}|{host}|{port}|"


def decodeExtendedPort(text: str) -> int:
    """Read the port in the reply to EPSV (RFC 2428 section 3).

    Raises:
        ValueError: If there is none.
    """
    match = _EXTENDED_PORT.search(text)
    if match is None:
        raise ValueError(f"The reply to EPSV has no port: {text[:80]!r}.")
    return parse_decimal(match[2], 65535)


def same_host(one: str, other: str) -> bool:
    """Say whether two numeric addresses are one host's.

    An IPv4 address in IPv6's form is itself; this machine speaks to itself by any of its loopback addresses.
    """
    try:
        first, second = _unmapped(one), _unmapped(other)
    except ValueError:
        return one == other
    return first == second or (first.is_loopback and second.is_loopback)


def _unmapped(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(host)
    return getattr(address, "ipv4_mapped", None) or address
