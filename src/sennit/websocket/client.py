"""`connect`: opening a WebSocket to a server, over HTTP/1.1 or HTTP/2.

The certificate is verified and nothing is taken from the URL that could begin another line of the request.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar, Unpack
from urllib.parse import urlsplit

import httptools

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionClosed
from sennit.core.extras import missing_extra
from sennit.core.failure import Failure
from sennit.endpoint import HostnameEndpoint, wrapClientTLS
from sennit.http.handing_over import hand_over
from sennit.http.headers import Headers, canonical_name, clean_value
from sennit.protocol import Factory, Protocol, connectionDone
from sennit.websocket.errors import HandshakeError
from sennit.websocket.handshake import check_response, new_key, request_fields
from sennit.websocket.limits import DEFAULT_WEBSOCKET_LIMITS, WebSocketLimits
from sennit.websocket.protocol import WebSocketProtocol
from sennit.websocket.stream import WebSocket

__all__ = ["ConnectOptions", "Target", "connect", "connect_protocol", "parse_url"]

_P = TypeVar("_P", bound=WebSocketProtocol)

_MAX_HEAD = 65536
_OURS = frozenset((b"Host", b"Connection", b"Upgrade", b"Content-Length", b"Transfer-Encoding"))
_NO_STATUS = 0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a WebSocket is.

    Attributes:
        secure: Whether it is under TLS.
        host: The host.
        port: The port.
        resource: Path and query.
    """

    secure: bool
    host: str
    port: int
    resource: str

    @property
    def authority(self) -> str:
        """What the Host field says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def parse_url(url: str) -> Target:
    """Take a ``ws://`` or ``wss://`` URL apart.

    Raises:
        ValueError: If it is none, or holds what may not go on the wire.
    """
    if not url.isascii() or any(ord(character) <= 32 or ord(character) == 127 for character in url):
        raise ValueError(f"A URL is made of printable ASCII characters: {url!r}")
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError(f"The URL of a WebSocket begins with ws:// or wss:// and a host: {url!r}")
    if parts.fragment or parts.username is not None:
        raise ValueError(f"The URL of a WebSocket has neither fragment nor user name: {url!r}")
    secure = parts.scheme == "wss"
    resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, parts.hostname, parts.port or (443 if secure else 80), resource)


class _Opening(Protocol):
    """Sends the request, reads the answer's head, and hands the connection on."""

    transport: Any = None

    def __init__(
        self,
        request: bytes,
        check: Callable[[int, Headers], Any],
        protocol: WebSocketProtocol,
        opened: Deferred[Any],
    ) -> None:
        self._request = request
        self._check = check
        self._protocol = protocol
        self._opened = opened
        self._buffer = b""
        self._fields: list[tuple[bytes, bytes]] = []

    def connectionMade(self) -> None:
        self.transport.write(self._request)

    def dataReceived(self, data: bytes) -> None:
        searched = max(0, len(self._buffer) - 3)
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n", searched)
        if end < 0:
            if len(self._buffer) > _MAX_HEAD:
                self._fail(HandshakeError("The head of the server's answer is too large.", _NO_STATUS))
            return
        head, rest = self._buffer[: end + 4], self._buffer[end + 4 :]
        self._buffer = b""
        parser = httptools.HttpResponseParser(self)
        try:
            parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError:
            self._fail(HandshakeError("The server's answer is malformed.", _NO_STATUS))
            return
        try:
            acceptance = self._check(parser.get_status_code(), Headers.from_wire(self._fields))
        except HandshakeError as error:
            self._fail(error)
            return
        protocol = self._protocol
        protocol.prepare(acceptance.extensions, acceptance.subprotocol)
        opened, self._opened = self._opened, None  # type: ignore[assignment]
        hand_over(self.transport, self, protocol, rest)
        if not opened.called:
            opened.callback(protocol)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field (called by httptools)."""
        self._fields.append((name, value))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._opened is not None and not self._opened.called:
            self._opened.errback(HandshakeError("The server closed the connection.", _NO_STATUS))

    def _fail(self, error: HandshakeError) -> None:
        self.transport.abortConnection()
        if not self._opened.called:
            self._opened.errback(error)


class _OpeningFactory(Factory[Any]):
    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def buildProtocol(self, addr: Any) -> Any:
        return self._make()


class ConnectOptions(TypedDict, total=False):
    """What `connect` takes beside the URL."""

    subprotocols: Sequence[str]
    headers: Mapping[str, str] | None
    origin: str | None
    deflate: bool
    limits: WebSocketLimits
    http2: bool
    tls: Any
    endpoint: Any
    reactor: Any


async def connect(url: str, **options: Unpack[ConnectOptions]) -> WebSocket:
    """Open a WebSocket for coroutines.

    Args:
        url: Where: ``ws://host:port/path`` or ``wss://``.
        **options: As for `connect_protocol`, which tells of the errors too.
    """
    return await connect_protocol(url, WebSocket, **options)


async def connect_protocol(
    url: str,
    protocol: Callable[[], _P],
    *,
    subprotocols: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    origin: str | None = None,
    deflate: bool = True,
    limits: WebSocketLimits = DEFAULT_WEBSOCKET_LIMITS,
    http2: bool = False,
    tls: Any = None,
    endpoint: Any = None,
    reactor: Any = None,
) -> _P:
    """Open a WebSocket.

    Args:
        url: Where: ``ws://host:port/path`` or ``wss://``.
        protocol: Makes what speaks on it.
        subprotocols: What we speak, the preferred first.
        headers: More fields for the request.
        origin: The origin to name, if any.
        deflate: Whether messages may be compressed.
        limits: What the server may take up.
        http2: Whether to open it over HTTP/2 (RFC 8441, extra ``http2``), where the server takes that.
        tls: The TLS settings (`optionsForClientTLS`); by default the platform's authorities are trusted.
        endpoint: The client endpoint to connect with; by default the URL's host and port.
        reactor: The reactor; the current one by default.

    Returns:
        What `protocol` made, open.

    Raises:
        ValueError: If the URL or a field may not go on the wire, or a field is not for the program to set.
        HandshakeError: If the server did not accept, or not in time.
        ConnectError: If it cannot be reached.
        MissingExtraError: If an extra is not installed.
    """
    if reactor is None:
        reactor = current_reactor()
    target = parse_url(url)
    key = None if http2 else new_key(secrets.token_bytes(16))
    fields = request_fields(key=key, subprotocols=subprotocols, deflate=deflate, origin=origin)
    for name, value in (headers or {}).items():
        canonical = canonical_name(name)
        if canonical in _OURS:
            raise ValueError(f"{name} is for the URL and the opening to say.")
        fields[canonical] = [clean_value(value)]

    def check(status: int, answer: Headers) -> Any:
        return check_response(status, answer, key=key, subprotocols=subprotocols, deflate=deflate)

    made = protocol()
    made.limits = limits
    made.is_client = True
    made.reactor = reactor
    opened: Deferred[_P] = Deferred()
    if endpoint is None:
        endpoint = HostnameEndpoint(reactor, target.host, target.port)
        if target.secure:
            endpoint = wrapClientTLS(_tls_options(target, tls, http2), endpoint)
    timer = reactor.callLater(limits.open_timeout, _too_late, opened)
    make = _http2_opening if http2 else _http1_opening
    opening: Any = None
    try:
        factory = _OpeningFactory(lambda: make(target, fields, check, made, opened, reactor))
        opening = await endpoint.connect(factory)
        return await opened
    except ConnectionClosed as error:
        raise HandshakeError(f"The connection was lost: {error}", _NO_STATUS) from error
    finally:
        if timer.active():
            timer.cancel()
        if opening is not None and made.transport is None and opening.transport is not None:
            opening.transport.abortConnection()


def _http1_opening(
    target: Target, fields: dict[bytes, list[bytes]], check: Any, protocol: Any, opened: Any, reactor: Any
) -> Any:
    lines = [b"%b: %b\r\n" % (name, value) for name, values in fields.items() for value in values]
    request = b"GET %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (
        target.resource.encode("ascii"),
        target.authority.encode("ascii"),
        b"".join(lines),
    )
    return _Opening(request, check, protocol, opened)


def _http2_opening(*arguments: Any) -> Any:
    try:
        from sennit.websocket.client_http2 import Http2Opening
    except ImportError:
        raise missing_extra("A WebSocket over HTTP/2", "http2") from None
    return Http2Opening(*arguments)


def _tls_options(target: Target, tls: Any, http2: bool) -> Any:
    if tls is not None:
        return tls
    from sennit.tls import optionsForClientTLS

    return optionsForClientTLS(target.host, acceptableProtocols=[b"h2"] if http2 else None)


def _too_late(opened: Deferred[Any]) -> None:
    if not opened.called:
        opened.errback(HandshakeError("The server did not answer in time.", _NO_STATUS))
