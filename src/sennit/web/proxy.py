"""Proxies by Twisted's names: each request goes out on a connection of its own, in HTTP/1.0.

`ReverseProxyResource` answers for another server; `Proxy` is a proxy that browsers are set to use.  A client
that takes its answer slowly slows the other server down.  (`sennit.web.upstream` keeps connections, streams
in both directions and passes WebSockets through.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from sennit.core.current import current_reactor
from sennit.core.failure import Failure
from sennit.http import request as http_request
from sennit.http.codes import BAD_REQUEST, NO_BODY_CODES, NOT_IMPLEMENTED
from sennit.http.headers import Headers
from sennit.http.server import HTTPChannel
from sennit.http.simple_client import HTTPClient
from sennit.protocol import ClientFactory
from sennit.web.hops import end_to_end
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import Resource

__all__ = [
    "NOT_DONE_YET",
    "Proxy",
    "ProxyClient",
    "ProxyClientFactory",
    "ProxyRequest",
    "ReverseProxy",
    "ReverseProxyRequest",
    "ReverseProxyResource",
]

_REPLACED = frozenset((b"server", b"date", b"content-type"))
"""Fields of ours that the other server's take the place of."""


class ProxyClient(HTTPClient):
    """Asks the other server, and gives its answer to a request.

    Args:
        command: The method.
        rest: The request target.
        version: The client's protocol version.
        headers: The fields to send.
        data: The body to send.
        father: The request to be answered.
    """

    _finished = False

    def __init__(
        self,
        command: bytes,
        rest: bytes,
        version: bytes,
        headers: dict[bytes, bytes],
        data: bytes,
        father: Any,
    ) -> None:
        super().__init__()
        self.father = father
        self.command = command
        self.rest = rest
        sent = end_to_end((name, (value,)) for name, value in headers.items())
        self.headers = {name: values[0] for name, values in sent}
        self.headers[b"connection"] = b"close"
        self.data = data
        self._status = 0

    def connectionMade(self) -> None:
        """Send the request."""
        father = self.father
        if isinstance(father, http_request.Request):
            if father._disconnected:
                self.transport.loseConnection()
                return
            father.notifyFinish().addErrback(self._client_gone)
            father.registerProducer(self.transport, True)
        self.sendCommand(self.command, self.rest)
        for header, value in self.headers.items():
            self.sendHeader(header, value)
        if self.data and b"content-length" not in {name.lower() for name in self.headers}:
            # The body came in chunks, whose coding went no further than here.
            self.sendHeader(b"content-length", len(self.data))
        self.endHeaders()
        self.transport.write(self.data)

    def _client_gone(self, reason: Failure) -> None:
        self._finished = True
        self.transport.loseConnection()

    def handleStatus(self, version: bytes, code: bytes, message: bytes) -> None:
        """Pass the status on."""
        self._status = int(code)
        self.father.setResponseCode(int(code), message)

    def handleHeader(self, key: bytes, value: bytes) -> None:
        """Pass a field on, if it is meant for the client."""
        for name, values in end_to_end([(key, [value])]):
            if name.lower() in _REPLACED:
                self.father.responseHeaders.setRawHeaders(name, values)
            else:
                self.father.responseHeaders.addRawHeader(name, values[0])

    def handleEndHeaders(self) -> None:
        """Expect no body where there is none."""
        if self.command == b"HEAD" or self._status in NO_BODY_CODES:
            self.length = 0

    def handleResponsePart(self, buffer: bytes) -> None:
        """Pass a piece of the body on."""
        if not self._finished:
            self.father.write(buffer)

    def handleResponseEnd(self) -> None:
        """Finish the client's answer, and close."""
        if self._finished:
            return
        self._finished = True
        father = self.father
        if isinstance(father, http_request.Request):
            father.unregisterProducer()
            if not self.complete and father.startedWriting:
                # The client must not take what it has for the whole.
                father.loseConnection()
                return
            if not self._status:
                _gateway_error(father)
                return
        father.finish()
        self.transport.loseConnection()

    def handleBadResponse(self) -> None:
        """Answer for a server whose answer is none."""
        if self._finished:
            return
        self._finished = True
        father = self.father
        if isinstance(father, http_request.Request):
            father.unregisterProducer()
            if father.startedWriting:
                father.loseConnection()
                return
        _gateway_error(father)


def _gateway_error(father: Any) -> None:
    father.setResponseCode(NOT_IMPLEMENTED, b"Gateway error")
    father.responseHeaders.removeHeader(b"content-length")
    father.responseHeaders.setRawHeaders(b"content-type", [b"text/html"])
    father.write(b"<H1>Could not connect</H1>")
    father.finish()


class ProxyClientFactory(ClientFactory[ProxyClient]):
    """Makes one `ProxyClient`; its arguments are that class's."""

    protocol: Callable[..., Any] = ProxyClient

    def __init__(
        self,
        command: bytes,
        rest: bytes,
        version: bytes,
        headers: dict[bytes, bytes],
        data: bytes,
        father: Any,
    ) -> None:
        self.father = father
        self.command = command
        self.rest = rest
        self.headers = headers
        self.data = data
        self.version = version

    def buildProtocol(self, addr: Any) -> Any:
        """Make the client."""
        return self.protocol(self.command, self.rest, self.version, self.headers, self.data, self.father)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        """Tell the client that the other server cannot be reached."""
        if not getattr(self.father, "_disconnected", False):
            _gateway_error(self.father)


def _joined(headers: Headers) -> dict[bytes, bytes]:
    """Return fields by name, each with all of its values."""
    return {
        name.lower(): (b"; " if name.lower() == b"cookie" else b", ").join(values)
        for name, values in headers.getAllRawHeaders()
    }


class ProxyRequest(http_request.Request):
    """A request to a proxy: its target is a whole URL.

    Args:
        channel: The connection that it came on.
        queued: Not used.
        reactor: What makes connections; the current reactor if None.

    Attributes:
        protocols: The client factories, by scheme.
        ports: The ports, by scheme.
    """

    protocols: ClassVar[dict[bytes, Any]] = {b"http": ProxyClientFactory}
    ports: ClassVar[dict[bytes, int]] = {b"http": 80}

    def __init__(self, channel: Any, queued: object = None, reactor: Any = None) -> None:
        super().__init__(channel, queued)
        self.reactor = reactor

    def process(self) -> None:
        """Ask the server that the URL names."""
        parts = urlsplit(self.uri)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in self.protocols or not parts.hostname or port == -1:
            self.setResponseCode(BAD_REQUEST)
            self.setHeader(b"content-type", b"text/plain")
            self.write(b"This is a proxy: it takes whole URLs of the schemes that it knows.\n")
            self.finish()
            return
        rest = parts.path or b"/"
        if parts.query:
            rest += b"?" + parts.query
        headers = _joined(self.requestHeaders)
        headers.setdefault(b"host", parts.netloc.rpartition(b"@")[2])
        self.content.seek(0, 0)
        factory = self.protocols[parts.scheme](
            self.method, rest, self.clientproto, headers, self.content.read(), self
        )
        reactor = current_reactor() if self.reactor is None else self.reactor
        reactor.connectTCP(parts.hostname.decode("ascii"), port or self.ports[parts.scheme], factory)


class Proxy(HTTPChannel):
    """A proxy's end of a connection: make a factory of it, and set browsers to its address.

    Whoever reaches it can reach, through it, whatever this host can.
    """

    requestFactory: Callable[..., Any] = ProxyRequest


class ReverseProxyRequest(http_request.Request):
    """A request to be answered by another server, which the factory names.

    Args:
        channel: The connection that it came on; its factory has ``host`` and ``port``.
        queued: Not used.
        reactor: What makes connections; the current reactor if None.

    Attributes:
        proxyClientFactoryClass: Makes the client.
        factory: What has ``host`` and ``port``; the channel's factory if None.
    """

    proxyClientFactoryClass: Callable[..., Any] = ProxyClientFactory
    factory: Any = None

    def __init__(self, channel: Any, queued: object = None, reactor: Any = None) -> None:
        super().__init__(channel, queued)
        self.reactor = reactor

    def process(self) -> None:
        """Ask the other server."""
        factory = self.channel.factory if self.factory is None else self.factory
        self.requestHeaders.setRawHeaders(b"host", [_as_bytes(factory.host)])
        self.content.seek(0, 0)
        client_factory = self.proxyClientFactoryClass(
            self.method,
            self.uri,
            self.clientproto,
            _joined(self.requestHeaders),
            self.content.read(),
            self,
        )
        reactor = current_reactor() if self.reactor is None else self.reactor
        reactor.connectTCP(factory.host, factory.port, client_factory)


class ReverseProxy(HTTPChannel):
    """A connection whose requests another server answers."""

    requestFactory: Callable[..., Any] = ReverseProxyRequest


class ReverseProxyResource(Resource):
    """A place in a site that another server answers for.

    Args:
        host: The other server's host.
        port: Its port.
        path: The path there that stands for this place, percent-encoded, without a slash at its end.
        reactor: What makes connections; the current reactor if None.

    Attributes:
        proxyClientFactoryClass: Makes the client.
    """

    proxyClientFactoryClass: Callable[..., Any] = ProxyClientFactory

    def __init__(self, host: str, port: int, path: bytes, reactor: Any = None) -> None:
        super().__init__()
        self.host = host
        self.port = port
        self.path = path
        self.reactor = reactor

    def getChild(self, path: bytes, request: Any) -> Any:
        """Return the resource for a path below."""
        below = self.path + b"/" + quote(path, safe=b"").encode("ascii")
        return type(self)(self.host, self.port, below, self.reactor)

    def render(self, request: Any) -> int:
        """Ask the other server."""
        host = self.host if self.port == 80 else f"{self.host}:{self.port}"
        request.requestHeaders.setRawHeaders(b"host", [_as_bytes(host)])
        request.content.seek(0, 0)
        query = request.uri.partition(b"?")[2]
        rest = self.path + b"?" + query if query else self.path
        factory = self.proxyClientFactoryClass(
            request.method,
            rest,
            request.clientproto,
            _joined(request.requestHeaders),
            request.content.read(),
            request,
        )
        reactor = current_reactor() if self.reactor is None else self.reactor
        reactor.connectTCP(self.host, self.port, factory)
        return NOT_DONE_YET


def _as_bytes(host: str | bytes) -> bytes:
    return host if isinstance(host, bytes) else host.encode("ascii")
