"""Fields that are meant for one hop (RFC 9110 section 7.6.1): a proxy sends none of them on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["end_to_end", "said_of_client"]

_ONE_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)


def end_to_end(fields: Iterable[tuple[bytes, Iterable[bytes]]]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield the fields that go on to the next hop.

    Args:
        fields: Names and values, as `Headers.getAllRawHeaders` gives them.
    """
    known = [(name, list(values)) for name, values in fields]
    named = {
        option.strip().lower()
        for name, values in known
        if name.lower() == b"connection"
        for value in values
        for option in value.split(b",")
    }
    for name, values in known:
        lower = name.lower()
        if lower not in _ONE_HOP and lower not in named:
            yield name, values


def said_of_client(request: Any, trusted: bool = False) -> dict[bytes, bytes]:
    """Return the fields by which a server behind us learns who asked: ``X-Forwarded-*``.

    Args:
        request: The client's request.
        trusted: Whether what the client says of those before it is passed on.
    """
    client = request.getClientIP() or ""
    before = request.requestHeaders.getRawHeaders(b"x-forwarded-for") if trusted else None
    addresses = [*(before or ()), str(client).encode("ascii", "replace")]
    said = {
        b"X-Forwarded-For": b", ".join(addresses),
        b"X-Forwarded-Proto": b"https" if request.isSecure() else b"http",
    }
    host = request.getHeader(b"host")
    if host:
        said[b"X-Forwarded-Host"] = host
    return said
