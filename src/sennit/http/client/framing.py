"""How long a response's body is, and whether its connection goes on (RFC 9112 sections 6.3 and 9.3)."""

from __future__ import annotations

import re

from sennit.http.client.limits import ClientLimits
from sennit.http.errors import RemoteProtocolError

__all__ = ["body_length", "http2_head", "is_control", "is_name", "persists"]

_FRAMING = frozenset((b"content-length", b"transfer-encoding"))
_CONTROL = re.compile(rb"[\0-\x08\n-\x1f\x7f]")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_STATUS = re.compile(rb"[1-9][0-9]{2}")
_LENGTH = re.compile(rb"[0-9]{1,18}")


def body_length(headers: list[tuple[bytes, bytes]]) -> tuple[int | None, bool]:
    """Return the length that fields tell, and whether they tell none.

    Raises:
        RemoteProtocolError: If there is a transfer coding other than chunked.
    """
    length: int | None = None
    chunked = False
    for name, value in headers:
        if len(name) in (14, 17) and (lower := name.lower()) in _FRAMING:
            if lower == b"content-length":
                # llhttp has seen to it that there is one at the most, of digits that fit 64 bits.
                length = int(value)
            elif chunked or value.lower() != b"chunked":
                raise RemoteProtocolError("The only transfer coding known is chunked.")
            else:
                chunked = True
    return (None, False) if chunked else (length, length is None)


def persists(version: int, headers: list[tuple[bytes, bytes]]) -> bool:
    """Tell whether a connection goes on after a response without body."""
    options = [
        option.strip(b" \t").lower()
        for name, value in headers
        if name.lower() == b"connection"
        for option in value.split(b",")
    ]
    return b"close" not in options and (version == 11 or b"keep-alive" in options)


def is_name(name: bytes) -> bool:
    """Tell whether this is a field's name as HTTP/2 has it."""
    return _NAME.fullmatch(name) is not None


def is_control(value: bytes) -> bool:
    """Tell whether a field's value holds a control character."""
    return _CONTROL.search(value) is not None


def http2_head(
    fields: list[tuple[bytes, bytes]], *, is_head: bool, limits: ClientLimits
) -> tuple[int, int | None, list[tuple[bytes, bytes]]]:
    """Return code, length and fields of a response's header list (RFC 9113 section 8.3.2).

    Args:
        fields: The header list, as h2 lets it through.
        is_head: Whether it answers HEAD; its Content-Length is about the resource then.
        limits: What a response may take up.

    Raises:
        RemoteProtocolError: If it is malformed or too large.
    """
    code, pairs = 0, []
    length: int | None = None
    for name, value in fields:
        if is_control(value):
            raise RemoteProtocolError("A field's value holds a control character.")
        if name == b":status":
            if _STATUS.fullmatch(value) is None:
                raise RemoteProtocolError("The status code is malformed.")
            code = int(value)
            continue
        if not is_name(name):
            raise RemoteProtocolError("A field's name is malformed.")
        if name == b"content-length":
            if _LENGTH.fullmatch(value) is None or length is not None:
                raise RemoteProtocolError("The length of the body is not one number.")
            length = int(value)
            if not is_head:
                continue
        pairs.append((bytes(name), bytes(value)))
    if len(pairs) > limits.header_count:
        raise RemoteProtocolError("The response has too many fields.")
    if limits.body_size is not None and length and length > limits.body_size and not is_head:
        raise RemoteProtocolError("The response's body is too large.")
    return code, length, pairs
