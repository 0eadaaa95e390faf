r"""Bytes to headers.

Version 1 is one line of text of at most 107 bytes, its end included; version 2 begins with twelve bytes
that are no beginning of any other protocol, and tells its length in the sixteenth.  The first byte tells
them apart (``P`` or CR).  A header is taken at its word or not at all: addresses and ports are
checked, and a length that does not fit is an error.

Only a header that says PROXY has addresses and fields to believe.  One that says LOCAL, or that its
addresses are of no known kind, is taken off, and what else it carries is not looked at (section 2.2).
"""

from __future__ import annotations

import socket
import struct
from typing import Any

from zope.interface import implementer

from sennit.core.addresses import IPv4Address, IPv6Address, UNIXAddress
from sennit.framing.numbers import NumberError, parse_decimal
from sennit.haproxy.checksum import crc32c
from sennit.haproxy.errors import InvalidNetworkProtocol, InvalidProxyHeader, MissingAddressData
from sennit.haproxy.events import Address, ProxyInfo
from sennit.haproxy.interfaces import IProxyParser

__all__ = [
    "DEFAULT_MAX_HEADER",
    "PP2_TYPE_CRC32C",
    "SIGNATURE",
    "HeaderParser",
    "V1Parser",
    "V2Parser",
    "parse_v1",
    "parse_v2",
]

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
"""How a version 2 header begins."""

DEFAULT_MAX_HEADER = 4096
"""How long a version 2 header may be; the specification asks for 536 bytes at least."""

PP2_TYPE_CRC32C = 0x03

# With CR and LF.
_LONGEST_LINE = 107
_FIXED = len(SIGNATURE) + 4
_LOCAL, _PROXY = 0, 1
_HIGHEST_PORT = 65535
_UNIX_PATH = 108
_FAMILIES = {0: None, 1: socket.AF_INET, 2: socket.AF_INET6, 3: "unix"}
_TRANSPORTS = {0: None, 1: "TCP", 2: "UDP"}


def parse_v1(line: bytes) -> ProxyInfo:
    """Parse a version 1 header, without its CR and LF (section 2.1).

    Raises:
        InvalidNetworkProtocol: If it names another protocol than TCP4, TCP6 or UNKNOWN.
        InvalidProxyHeader: If it is no header, or has something that is no address or port.
        MissingAddressData: If an address or a port is missing.
    """
    words = line.split(b" ")
    if words[0] != b"PROXY" or len(words) < 2:
        raise InvalidProxyHeader("The line does not begin with PROXY and a protocol.")
    kind = words[1]
    if kind == b"UNKNOWN":
        # The rest of the line is to be ignored.
        return ProxyInfo(line, None, None)
    if kind not in {b"TCP4", b"TCP6"}:
        raise InvalidNetworkProtocol(f"The header names the protocol {kind[:16]!r}.")
    if len(words) < 6:
        raise MissingAddressData("The line does not have two addresses and two ports.")
    if len(words) > 6:
        raise InvalidProxyHeader("The line has more than two addresses and two ports.")
    source, destination = (_v1_address(kind, words[place], words[place + 2]) for place in (2, 3))
    return ProxyInfo(line, source, destination)


def _v1_address(kind: bytes, host: bytes, port: bytes) -> Address:
    try:
        number = parse_decimal(port, _HIGHEST_PORT)
        family = socket.AF_INET if kind == b"TCP4" else socket.AF_INET6
        packed = socket.inet_pton(family, host.decode("ascii"))
    except (NumberError, OSError, ValueError):
        raise InvalidProxyHeader(
            "The line has something else where an address or a port should be."
        ) from None
    return _internet_address(family, "TCP", packed, number)


def _internet_address(family: int, transport: Any, packed: bytes, port: int) -> Address:
    host = socket.inet_ntop(family, packed)
    if family == socket.AF_INET:
        return IPv4Address(transport, host, port)
    return IPv6Address(transport, host, port)


def parse_v2(header: bytes) -> ProxyInfo:
    """Parse a version 2 header (section 2.2).

    Raises:
        InvalidNetworkProtocol: If it names an address family or a protocol that there is none of.
        InvalidProxyHeader: If it is no header, its checksum is wrong, or a field does not fit.
        MissingAddressData: If it is shorter than its addresses.
    """
    length = _v2_length(header)
    if length is None or len(header) < length:
        raise MissingAddressData("The header is shorter than it says.")
    if len(header) > length:
        raise InvalidProxyHeader("The header is longer than it says.")
    family_byte = header[13]
    if family_byte >> 4 not in _FAMILIES or family_byte & 15 not in _TRANSPORTS:
        raise InvalidNetworkProtocol(f"The header names the address family {family_byte:#04x}.")
    family, transport = _FAMILIES[family_byte >> 4], _TRANSPORTS[family_byte & 15]
    if header[12] & 15 == _LOCAL or family is None or transport is None:
        return ProxyInfo(header, None, None)
    body = header[_FIXED:]
    size = {socket.AF_INET: 4, socket.AF_INET6: 16, "unix": _UNIX_PATH}[family]
    used = 2 * size + (0 if family == "unix" else 4)
    if len(body) < used:
        raise MissingAddressData("The header is shorter than its two addresses.")
    hosts = body[:size], body[size : 2 * size]
    source: Address
    destination: Address
    if isinstance(family, str):
        source, destination = map(_unix_address, hosts)
    else:
        ports = struct.unpack_from("!2H", body, 2 * size)
        source, destination = (
            _internet_address(family, transport, host, port) for host, port in zip(hosts, ports, strict=True)
        )
    return ProxyInfo(header, source, destination, _fields(header, _FIXED + used))


def _unix_address(path: bytes) -> UNIXAddress:
    # An abstract name begins with NUL; its end is not told apart from what fills it up.
    name = path.rstrip(b"\0") if path.startswith(b"\0") else path.partition(b"\0")[0]
    return UNIXAddress(name or None)


def _fields(header: bytes, start: int) -> tuple[tuple[int, bytes], ...]:
    fields = []
    while start < len(header):
        if len(header) - start < 3:
            raise InvalidProxyHeader("The header ends within a field.")
        kind, length = struct.unpack_from("!BH", header, start)
        start += 3
        value = header[start : start + length]
        if len(value) < length:
            raise InvalidProxyHeader("A field is longer than the header.")
        if kind == PP2_TYPE_CRC32C:
            blank = header[:start] + bytes(length) + header[start + length :]
            if length != 4 or int.from_bytes(value, "big") != crc32c(blank):
                raise InvalidProxyHeader("The header's checksum is wrong.")
        fields.append((kind, value))
        start += length
    return tuple(fields)


def _v2_length(data: bytes) -> int | None:
    """Give the length of the header that `data` begins with, or None while that is not known."""
    if not SIGNATURE.startswith(data[: len(SIGNATURE)]):
        raise InvalidProxyHeader("The header does not begin as one of version 2 does.")
    if len(data) > 12 and (data[12] >> 4 != 2 or data[12] & 15 not in {_LOCAL, _PROXY}):
        raise InvalidProxyHeader(f"The header has the version and command {data[12]:#04x}.")
    return None if len(data) < _FIXED else _FIXED + int.from_bytes(data[14:16], "big")


class HeaderParser:
    """Takes a header of either version off a stream.

    Args:
        max_header: How long a version 2 header may be, in bytes.
        versions: The versions to take.
    """

    __slots__ = ("_data", "_error", "_event", "_max_header", "_versions")

    def __init__(
        self, max_header: int = DEFAULT_MAX_HEADER, versions: frozenset[int] = frozenset({1, 2})
    ) -> None:
        self._data = b""
        self._event: ProxyInfo | None = None
        self._error: InvalidProxyHeader | None = None
        self._max_header = max_header
        self._versions = versions

    @property
    def trailing_data(self) -> bytes:
        """What came after the header; nothing before it is complete."""
        return self._data if self._event is not None else b""

    def receive_data(self, data: bytes) -> None:
        """Take bytes.

        Raises:
            InvalidProxyHeader: If this is no header, or too long; and with every call after that.
        """
        if self._error is not None:
            raise self._error
        self._data += data
        if self._event is None and self._data:
            try:
                self._look()
            except InvalidProxyHeader as error:
                self._error = error
                self._data = b""
                raise

    def receive_eof(self) -> None:
        """Learn that nothing more comes.

        Raises:
            InvalidProxyHeader: If the header is not complete.
        """
        if self._event is None:
            self._error = self._error or InvalidProxyHeader("The other side ended within the header.")
            raise self._error

    def next_event(self) -> ProxyInfo | None:
        """Give the header, or None while it is not complete."""
        return self._event

    def _look(self) -> None:
        if 2 in self._versions and self._data[:1] == SIGNATURE[:1]:
            length = _v2_length(self._data)
            if length is None:
                return
            if length > self._max_header:
                raise InvalidProxyHeader(f"The header is longer than the {self._max_header} bytes allowed.")
            if len(self._data) >= length:
                self._found(parse_v2(self._data[:length]), length)
        elif 1 in self._versions and b"PROXY ".startswith(self._data[:6]):
            end = self._data.find(b"\r\n", 0, _LONGEST_LINE)
            if end != -1:
                self._found(parse_v1(self._data[:end]), end + 2)
            elif len(self._data) >= _LONGEST_LINE:
                raise InvalidProxyHeader(f"The line is longer than {_LONGEST_LINE} bytes.")
        else:
            raise InvalidProxyHeader("What comes first is no PROXY header.")

    def _found(self, event: ProxyInfo, length: int) -> None:
        self._event = event
        self._data = self._data[length:]


class _OneVersion:
    """A `HeaderParser` as `IProxyParser` has it."""

    version: int

    def __init__(self) -> None:
        self._parser = HeaderParser(versions=frozenset({self.version}))

    def feed(self, data: bytes) -> tuple[ProxyInfo, bytes] | tuple[None, None]:
        """Take bytes; give the header and what came after it, or two times None while it is not complete.

        Raises:
            InvalidProxyHeader: If this is no header.
        """
        self._parser.receive_data(data)
        event = self._parser.next_event()
        return (None, None) if event is None else (event, self._parser.trailing_data)


@implementer(IProxyParser)
class V1Parser(_OneVersion):
    """Parses headers of version 1."""

    version = 1
    parse = staticmethod(parse_v1)


@implementer(IProxyParser)
class V2Parser(_OneVersion):
    """Parses headers of version 2."""

    version = 2
    parse = staticmethod(parse_v2)
