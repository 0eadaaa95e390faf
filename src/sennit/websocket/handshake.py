"""The opening of a WebSocket, both sides of it, without I/O (RFC 6455 section 4, RFC 8441 section 5).

Over HTTP/1.1 it is an upgrade with a key to be hashed; over HTTP/2 an extended CONNECT without one.
Subprotocols and extensions are negotiated alike.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sennit.http.headers import Headers
from sennit.websocket.errors import HandshakeError
from sennit.websocket.library import (
    ClientPerMessageDeflateFactory,
    Extension,
    InvalidHeader,
    NegotiationError,
    ServerPerMessageDeflateFactory,
    build_extension,
    parse_extension,
)

__all__ = [
    "ANY_ORIGIN",
    "Acceptance",
    "accept_key",
    "accept_request",
    "check_response",
    "is_upgrade",
    "new_key",
    "request_fields",
]

ANY_ORIGIN = "*"
"""Stands for every origin, where a list of origins is asked for."""

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION = b"13"
_MAX_OFFERS = 4096
_WINDOW_BITS = 12
_MEMORY_LEVEL = 5
_DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What was agreed on.

    Attributes:
        subprotocol: The subprotocol, None without one.
        extensions: The extensions.
        fields: The server's answer's fields.
    """

    subprotocol: str | None = None
    extensions: tuple[Extension, ...] = ()
    fields: dict[bytes, list[bytes]] = field(default_factory=dict)


def accept_key(key: bytes) -> bytes:
    """Return what a server answers to a client's key."""
    return base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324 (RFC 6455 asks for it; nothing is kept secret)


def new_key(random: bytes) -> bytes:
    """Return a client's key, made of 16 random octets."""
    return base64.b64encode(random)


def _tokens(headers: Headers, name: bytes) -> list[bytes]:
    values = headers.getRawHeaders(name) or ()
    return [token.strip(b" \t").lower() for value in values for token in value.split(b",")]


def is_upgrade(headers: Headers) -> bool:
    """Tell whether a request over HTTP/1.1 asks for a WebSocket."""
    return b"websocket" in _tokens(headers, b"upgrade") and b"upgrade" in _tokens(headers, b"connection")


def _bad_upgrade(message: str, status: int = 400, **fields: bytes) -> HandshakeError:
    named = {name.replace("_", "-").encode(): [value] for name, value in fields.items()}
    return HandshakeError(message, status, named)


def accept_request(
    headers: Headers,
    *,
    method: bytes,
    http2: bool = False,
    subprotocols: Sequence[str] = (),
    origins: Iterable[str] | None = None,
    deflate: bool = True,
) -> Acceptance:
    """Decide on a client's request.

    Args:
        headers: Its fields.
        method: Its method.
        http2: Whether it is an extended CONNECT.
        subprotocols: What is spoken here, the preferred first.
        origins: Origins whose pages may connect (``"https://example.com"``), or `ANY_ORIGIN` among them. By
            default those of the host that the request is to, so that no foreign page speaks in a user's name.
        deflate: Whether messages may be compressed.

    Raises:
        HandshakeError: If it is refused.
    """
    fields: dict[bytes, list[bytes]] = {}
    if not http2:
        if not is_upgrade(headers):
            raise _bad_upgrade(
                "This resource speaks WebSocket.", 426, Upgrade=b"websocket", Connection=b"Upgrade"
            )
        if method != b"GET":
            raise _bad_upgrade("A WebSocket is opened with GET.", 405, Allow=b"GET")
        fields = {
            b"Upgrade": [b"websocket"],
            b"Connection": [b"Upgrade"],
            b"Sec-WebSocket-Accept": [accept_key(_checked_key(headers))],
        }
    if headers.getRawHeaders(b"sec-websocket-version") != [_VERSION]:
        raise _bad_upgrade("Only version 13 is spoken here.", 426, Sec_WebSocket_Version=_VERSION)
    _check_origin(headers, origins)
    subprotocol = _choose_subprotocol(headers, subprotocols)
    if subprotocol is not None:
        fields[b"Sec-WebSocket-Protocol"] = [subprotocol.encode("ascii")]
    extensions: tuple[Extension, ...] = ()
    if deflate:
        extensions, answer = _accept_extensions(headers)
        if answer:
            fields[b"Sec-WebSocket-Extensions"] = [answer]
    return Acceptance(subprotocol, extensions, fields)


def _checked_key(headers: Headers) -> bytes:
    keys = headers.getRawHeaders(b"sec-websocket-key") or []
    try:
        if len(keys) == 1 and len(base64.b64decode(keys[0], validate=True)) == 16:
            return keys[0]
    except binascii.Error:
        pass
    raise HandshakeError("Sec-WebSocket-Key is to be 16 octets in base64.")


def _check_origin(headers: Headers, origins: Iterable[str] | None) -> None:
    sent = headers.getRawHeaders(b"origin")
    if sent is None:
        # Only browsers send it, and they always do.
        return
    origin = sent[0].decode("latin-1")
    if origins is not None:
        allowed = list(origins)
        if len(sent) == 1 and (ANY_ORIGIN in allowed or origin in allowed):
            return
    else:
        host = (headers.getRawHeaders(b"host") or [b""])[0].decode("latin-1")
        scheme, _, authority = origin.partition("://")
        if len(sent) == 1 and authority and _with_port(authority, scheme) == _with_port(host, scheme):
            return
    raise HandshakeError("Pages of that origin may not connect.", 403)


def _with_port(authority: str, scheme: str) -> str:
    authority = authority.lower()
    if authority.rpartition("]")[2].find(":") >= 0:
        return authority
    return f"{authority}:{_DEFAULT_PORTS.get(scheme.lower(), '')}"


def _choose_subprotocol(headers: Headers, known: Sequence[str]) -> str | None:
    values = headers.getRawHeaders(b"sec-websocket-protocol") or ()
    offered = {token.strip(b" \t").decode("latin-1") for value in values for token in value.split(b",")}
    return next((name for name in known if name in offered), None)


def _offers(headers: Headers) -> list[tuple[str, list[tuple[str, str | None]]]]:
    value = b", ".join(headers.getRawHeaders(b"sec-websocket-extensions") or ())
    if len(value) > _MAX_OFFERS:
        raise HandshakeError("There are too many extensions.")
    if not value:
        return []
    try:
        return [
            (str(name), list(parameters)) for name, parameters in parse_extension(value.decode("latin-1"))
        ]
    except InvalidHeader:
        raise HandshakeError("Sec-WebSocket-Extensions is malformed.") from None


def _accept_extensions(headers: Headers) -> tuple[tuple[Extension, ...], bytes]:
    factory = ServerPerMessageDeflateFactory(
        server_max_window_bits=_WINDOW_BITS,
        client_max_window_bits=_WINDOW_BITS,
        compress_settings={"memLevel": _MEMORY_LEVEL},
    )
    for name, parameters in _offers(headers):
        if name == factory.name:
            try:
                answer, extension = factory.process_request_params(parameters, [])
            except NegotiationError:
                # The next offer may do.
                continue
            listed: Any = [(name, answer)]
            return (extension,), build_extension(listed).encode("ascii")
    return (), b""


def request_fields(
    *, key: bytes | None, subprotocols: Sequence[str] = (), deflate: bool = True, origin: str | None = None
) -> dict[bytes, list[bytes]]:
    """Return the fields of a client's request.

    Args:
        key: What `new_key` gave; None over HTTP/2.
        subprotocols: What we speak, the preferred first.
        deflate: Whether messages may be compressed.
        origin: The origin to name, if any.
    """
    fields: dict[bytes, list[bytes]] = {b"Sec-WebSocket-Version": [_VERSION]}
    if key is not None:
        fields[b"Upgrade"] = [b"websocket"]
        fields[b"Connection"] = [b"Upgrade"]
        fields[b"Sec-WebSocket-Key"] = [key]
    if subprotocols:
        fields[b"Sec-WebSocket-Protocol"] = [", ".join(subprotocols).encode("ascii")]
    if deflate:
        offer: Any = [(_client_deflate().name, _client_deflate().get_request_params())]
        fields[b"Sec-WebSocket-Extensions"] = [build_extension(offer).encode("ascii")]
    if origin is not None:
        fields[b"Origin"] = [origin.encode("ascii")]
    return fields


def _client_deflate() -> ClientPerMessageDeflateFactory:
    return ClientPerMessageDeflateFactory(
        client_max_window_bits=True, compress_settings={"memLevel": _MEMORY_LEVEL}
    )


def check_response(
    status: int, headers: Headers, *, key: bytes | None, subprotocols: Sequence[str], deflate: bool
) -> Acceptance:
    """Look at a server's answer.

    Args:
        status: Its status.
        headers: Its fields.
        key: The key that was sent; None over HTTP/2.
        subprotocols: What we offered.
        deflate: Whether we offered to compress.

    Raises:
        HandshakeError: If it did not accept, or accepted what was not offered.
    """
    if status != (200 if key is None else 101):
        raise HandshakeError(f"The server answered with status {status}.", status)
    if key is not None:
        if not is_upgrade(headers):
            raise HandshakeError("The server turned to another protocol.", status)
        if headers.getRawHeaders(b"sec-websocket-accept") != [accept_key(key)]:
            raise HandshakeError("The server did not answer to our key.", status)
    chosen = headers.getRawHeaders(b"sec-websocket-protocol") or []
    subprotocol = chosen[0].decode("latin-1") if chosen else None
    if len(chosen) > 1 or (subprotocol is not None and subprotocol not in subprotocols):
        raise HandshakeError("The server chose a subprotocol that was not offered.", status)
    offers = _offers(headers)
    if not offers:
        return Acceptance(subprotocol)
    factory = _client_deflate()
    if not deflate or len(offers) > 1 or offers[0][0] != factory.name:
        raise HandshakeError("The server chose an extension that was not offered.", status)
    process: Callable[..., Extension] = factory.process_response_params
    try:
        extension = process(offers[0][1], [])
    except NegotiationError as error:
        raise HandshakeError(f"The server's extension does not fit our offer: {error}.", status) from None
    return Acceptance(subprotocol, (extension,))
