"""Connecting through an HTTP proxy by CONNECT (RFC 9110 section 9.3.6)."""

from __future__ import annotations

from typing import Any

from sennit.endpoint.tunnelling import TunnelEndpoint, TunnelError, Tunnelling
from sennit.http.client.events import ResponseHead
from sennit.http.client.limits import ClientLimits
from sennit.http.client.parser import ResponseParser
from sennit.http.client.request import Request
from sennit.http.errors import RemoteProtocolError
from sennit.http.headers import Headers

__all__ = ["HTTPTunnelEndpoint"]

_LIMITS = ClientLimits(header_size=65536, body_size=65536)


class _ConnectTunnel(Tunnelling):
    def __init__(self, authority: bytes, headers: Headers) -> None:
        super().__init__()
        headers = headers.copy()
        headers.setRawHeaders(b"Host", [authority])
        self._request = Request(b"CONNECT", authority, headers, None, persistent=True)
        self._parser = ResponseParser(_LIMITS)
        self._parser.expect(b"CONNECT")

    def connectionMade(self) -> None:
        self.transport.write(self._request.head())

    def dataReceived(self, data: bytes) -> None:
        parser = self._parser
        parser.receive_data(data)
        try:
            while (event := parser.next_event()) is not None:
                if isinstance(event, ResponseHead) and not event.informational:
                    if event.upgrade and event.code != 101:
                        self.open_with(parser.take_rest())
                    else:
                        reason = event.reason.decode("latin-1")
                        message = f"The proxy did not open the way: {event.code} {reason}".rstrip()
                        self.refuse(TunnelError(f"{message}."))
                    return
        except RemoteProtocolError as error:
            self.refuse(TunnelError(f"What the proxy answers is no HTTP: {error}"))


class HTTPTunnelEndpoint(TunnelEndpoint):
    """Connects through an HTTP proxy.

    Args:
        endpoint: Where the proxy is.
        host: The destination's name or address.
        port: The destination's port.
        headers: Fields for the proxy, such as Proxy-Authorization; they never reach the destination.

    Raises:
        ValueError: If the host may not go on the wire.
    """

    def __init__(self, endpoint: Any, host: bytes, port: int, headers: Headers | None = None) -> None:
        literal = b"[" + host + b"]" if b":" in host else host
        authority = b"%b:%d" % (literal, port)
        fields = Headers() if headers is None else headers
        _ConnectTunnel(authority, fields)
        super().__init__(endpoint, host, port, lambda: _ConnectTunnel(authority, fields))
