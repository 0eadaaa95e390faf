"""Headers to bytes, for a program that is the proxy itself."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable

from sennit.core.addresses import IPv4Address, IPv6Address, UNIXAddress
from sennit.haproxy.checksum import crc32c
from sennit.haproxy.events import Address
from sennit.haproxy.parser import PP2_TYPE_CRC32C, SIGNATURE

__all__ = ["serialize_local", "serialize_v1", "serialize_v2"]

_LOCAL, _PROXY = b"\x20", b"\x21"
_UNIX_PATH = 108
_LONGEST = 0xFFFF


def serialize_v1(source: Address | None, destination: Address | None) -> bytes:
    """Write a version 1 header.

    Args:
        source: The address of the client.
        destination: The address that it connected to, of the same kind.  If either is None, or not one
            that version 1 can tell, the header says that it is unknown.

    Raises:
        ValueError: If the two are not of one kind, or have something that is no IP address or port.
    """
    if not isinstance(source, (IPv4Address, IPv6Address)) or destination is None or source.type != "TCP":
        return b"PROXY UNKNOWN\r\n"
    family, packed = _packed(source, destination)
    hosts = [socket.inet_ntop(family, host) for host in packed]
    ports = [str(port) for port in _ports(source, destination)]
    kind = "TCP4" if family == socket.AF_INET else "TCP6"
    return " ".join(["PROXY", kind, *hosts, *ports]).encode("ascii") + b"\r\n"


def serialize_local() -> bytes:
    """Write a version 2 header of a connection that the proxy makes for itself, such as a check."""
    return SIGNATURE + _LOCAL + b"\0\0\0"


def serialize_v2(
    source: Address, destination: Address, tlvs: Iterable[tuple[int, bytes]] = (), *, checksum: bool = False
) -> bytes:
    """Write a version 2 header.

    Args:
        source: The address of the client.
        destination: The address that it connected to, of the same kind.
        tlvs: Further fields: each a type and a value.
        checksum: Add a checksum.

    Raises:
        ValueError: If the two are not of one kind, or have something that is no address or port; or if the
            header would be longer than 65,551 bytes.
    """
    if isinstance(source, UNIXAddress):
        kind = 0x31
        body = _path(source) + _path(destination)
    else:
        family, packed = _packed(source, destination)
        kind = (0x10 if family == socket.AF_INET else 0x20) | (1 if source.type == "TCP" else 2)
        body = b"".join(packed) + struct.pack("!2H", *_ports(source, destination))
    body += b"".join(_field(type_, value) for type_, value in tlvs)
    if checksum:
        body += _field(PP2_TYPE_CRC32C, bytes(4))
    if len(body) > _LONGEST:
        raise ValueError(f"A header has room for {_LONGEST} bytes behind its beginning, not for {len(body)}.")
    header = SIGNATURE + _PROXY + struct.pack("!BH", kind, len(body)) + body
    return header[:-4] + crc32c(header).to_bytes(4, "big") if checksum else header


def _packed(source: Address, destination: Address) -> tuple[int, list[bytes]]:
    if type(source) is not type(destination) or isinstance(source, UNIXAddress):
        raise ValueError(f"{source!r} and {destination!r} are not addresses of one kind.")
    family = socket.AF_INET if isinstance(source, IPv4Address) else socket.AF_INET6
    try:
        return family, [socket.inet_pton(family, address.host) for address in (source, destination)]  # type: ignore[union-attr]  # neither is a UNIXAddress
    except OSError:
        raise ValueError(f"The hosts of {source!r} and {destination!r} must be IP addresses.") from None


def _ports(source: Address, destination: Address) -> list[int]:
    ports: list[int] = [address.port for address in (source, destination)]  # type: ignore[union-attr]  # neither is a UNIXAddress
    if not all(0 <= port <= _LONGEST for port in ports):
        raise ValueError(f"A port is a number from 0 to 65535, which {ports} are not.")
    return ports


def _path(address: Address) -> bytes:
    if not isinstance(address, UNIXAddress):
        raise ValueError(  # noqa: TRY004  # as for every other pair that does not fit
            f"{address!r} is no address of a UNIX socket, as the other one is."
        )
    name = address.name or b""
    if len(name) > _UNIX_PATH:
        raise ValueError(f"A path has room for {_UNIX_PATH} bytes, not for {len(name)}.")
    return name.ljust(_UNIX_PATH, b"\0")


def _field(kind: int, value: bytes) -> bytes:
    if len(value) > _LONGEST:
        raise ValueError(f"A field has room for {_LONGEST} bytes, not for {len(value)}.")
    return struct.pack("!BH", kind, len(value)) + value
