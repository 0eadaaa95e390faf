"""What trusted proxies say of the client: ``Forwarded`` (RFC 7239), or ``X-Forwarded-*``.

Anybody can send these fields, so they are read only where the connection comes from a network that is
trusted, and from their end backwards: the first address from there that is no trusted proxy is the client's.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.haproxy.trust import TrustedSources

__all__ = ["Told", "read_forwarded"]

_MAX_HOPS = 32
_MAX_LENGTH = 4096
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_PAIR = re.compile(rb"[ \t]*(" + _TOKEN + rb"+)=(?:\"([^\"\\]*)\"|((?:" + _TOKEN + rb"|[:\[\]])*))[ \t]*")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~]+)(?::[0-9]{1,5})?")


class Told(NamedTuple):
    """What the proxies say; None where they say nothing.

    Attributes:
        client: The client's address.
        secure: Whether the client speaks TLS.
        host: The Host field that the client sent.
    """

    client: IPv4Address | IPv6Address | None = None
    secure: bool | None = None
    host: bytes | None = None


_NOTHING = Told()


def read_forwarded(headers: Any, peer: Any, trusted: TrustedSources) -> Told:
    """Read what proxies say of a request.

    Args:
        headers: The request's fields.
        peer: The address at the other end of the connection.
        trusted: Whose fields are believed.
    """
    if peer not in trusted:
        return _NOTHING
    standard = headers.getRawHeaders(b"forwarded")
    if standard:
        return _read_standard(standard, trusted)
    addresses = _items(headers.getRawHeaders(b"x-forwarded-for") or ())
    schemes = _items(headers.getRawHeaders(b"x-forwarded-proto") or ())
    hosts = _items(headers.getRawHeaders(b"x-forwarded-host") or ())
    client = None
    depth = 0
    for depth, text in enumerate(reversed(addresses)):  # noqa: B007 (it says how far back the client is)
        found = _address(text)
        if found is None:
            break
        client = found
        if found not in trusted:
            break
    return Told(client, _secure(_at(schemes, depth)), _host(_at(hosts, depth)))


def _read_standard(values: Sequence[bytes], trusted: TrustedSources) -> Told:
    told = _NOTHING
    for element in reversed(_items(values)):
        pairs = _pairs(element)
        if pairs is None:
            break
        client = _address(pairs.get(b"for", b""))
        told = Told(client, _secure(pairs.get(b"proto")), _host(pairs.get(b"host")))
        if client is None or client not in trusted:
            break
    return told


def _items(values: Sequence[bytes]) -> list[bytes]:
    """Return the members of a list, the last ones if there are too many."""
    joined = b",".join(values)
    if len(joined) > _MAX_LENGTH:
        return []
    # A comma inside a quoted string would be an address of no kind known; what is torn is not believed.
    return [item.strip(b" \t") for item in joined.split(b",")][-_MAX_HOPS:]


def _pairs(element: bytes) -> dict[bytes, bytes] | None:
    """Return the parameters of a forwarded-element, None if it is malformed."""
    pairs: dict[bytes, bytes] = {}
    for part in element.split(b";"):
        match = _PAIR.fullmatch(part)
        if match is None:
            return None
        name, quoted, token = match.groups()
        if name.lower() in pairs:
            return None
        pairs[name.lower()] = token if quoted is None else quoted
    return pairs


def _address(text: bytes) -> IPv4Address | IPv6Address | None:
    """Return an address, with its port if it has one, else port 0."""
    plain = text.decode("latin-1").strip('"')
    port = 0
    if plain.startswith("["):
        plain, _, rest = plain[1:].partition("]")
        digits = rest.removeprefix(":")
    elif plain.count(":") == 1:
        plain, _, digits = plain.partition(":")
    else:
        digits = ""
    if digits.isascii() and digits.isdigit() and len(digits) <= 5 and int(digits) < 65536:
        port = int(digits)
    try:
        ip = ipaddress.ip_address(plain)
    except ValueError:
        return None
    kind = IPv4Address if ip.version == 4 else IPv6Address
    return kind("TCP", str(ip), port)


def _at(items: list[bytes], depth: int) -> bytes | None:
    """Return what the proxy said that told of the client; proxies that set the field anew say it but once."""
    if not items:
        return None
    return items[-1 - depth] if depth < len(items) else items[0]


def _secure(scheme: bytes | None) -> bool | None:
    return {b"https": True, b"wss": True, b"http": False, b"ws": False}.get((scheme or b"").lower())


def _host(value: bytes | None) -> bytes | None:
    return value if value and _HOST.fullmatch(value) else None
