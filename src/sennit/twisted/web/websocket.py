"""``twisted.web.websocket``: WebSockets for protocols that are given a transport of messages."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.core.interfaces import IPushProducer
from sennit.http import codes
from sennit.http.client.agent import StandardEndpointFactory
from sennit.http.client.policy import BrowserLikePolicyForHTTPS
from sennit.http.client.response import Response
from sennit.http.client.uri import URI
from sennit.http.headers import Headers
from sennit.web.request import NOT_DONE_YET, Request
from sennit.web.resource import Resource
from sennit.websocket import ANY_ORIGIN, HandshakeError, accept, connect_protocol
from sennit.websocket.protocol import WebSocketProtocol as Speaker

__all__ = [
    "ConnectionRejected",
    "WebSocketClientEndpoint",
    "WebSocketClientFactory",
    "WebSocketProtocol",
    "WebSocketResource",
    "WebSocketServerFactory",
    "WebSocketTransport",
]


_SCHEMES = {
    "ws": ("http", "ws"),
    "http": ("http", "ws"),
    "wss": ("https", "wss"),
    "https": ("https", "wss"),
}
"""What a URL's scheme is to HTTP, and to WebSocket."""
_NORMAL = (1000, 1001, 1005)
_NOT_ASKED = b"websocket protocol negotiation error"
"""What Twisted answers a request that asks for no WebSocket."""

_WSP = TypeVar("_WSP", bound="WebSocketProtocol")
_Made_co = TypeVar("_Made_co", bound="WebSocketProtocol", covariant=True)


class ConnectionRejected(Exception):
    """A server did not open a WebSocket.

    Args:
        response: What it answered.

    Attributes:
        response: The same.
    """

    def __init__(self, response: Response) -> None:
        super().__init__(f"The server answered with {response.code} to a request for a WebSocket.")
        self.response = response


class WebSocketTransport(Protocol):
    """What a protocol has to send messages with."""

    def sendTextMessage(self, text: str) -> None:
        """Send a message of text."""

    def sendBytesMessage(self, data: bytes) -> None:
        """Send a message of octets."""

    def loseConnection(self, code: int = 1000) -> None:
        """Close the WebSocket.

        Args:
            code: The closing code.
        """

    def ping(self, payload: bytes = b"") -> None:
        """Ask the peer for a pong with this payload."""

    def attachProducer(self, producer: IPushProducer) -> None:
        """Have messages made by a producer, as fast as the peer takes them."""

    def detachProducer(self) -> None:
        """End what `attachProducer` began."""


class WebSocketProtocol(Protocol):
    """What speaks on a WebSocket."""

    def negotiationStarted(self, transport: WebSocketTransport) -> None:
        """Take the transport; nothing can be sent yet."""

    def negotiationFinished(self) -> None:
        """Begin: messages can be sent."""

    def textMessageReceived(self, message: str) -> None:
        """Take a message of text."""

    def bytesMessageReceived(self, data: bytes | bytearray) -> None:
        """Take a message of octets."""

    def pongReceived(self, payload: bytes) -> None:
        """Take a pong."""

    def connectionLost(self, reason: Failure) -> None:
        """End: the WebSocket is closed."""


class WebSocketServerFactory(Protocol[_Made_co]):
    """Makes the server's protocols."""

    def buildProtocol(self, request: Request) -> _Made_co:
        """Return what speaks on a WebSocket.

        Args:
            request: The request for it.
        """


class WebSocketClientFactory(Protocol[_Made_co]):
    """Makes the client's protocols."""

    def buildProtocol(self, url: str) -> _Made_co:
        """Return what speaks on a WebSocket.

        Args:
            url: Where it leads.
        """


class _Bridge(Speaker, Generic[_WSP]):
    """Speaks on a WebSocket for a protocol, and is the transport that it has."""

    def __init__(self, program: _WSP) -> None:
        super().__init__()
        self.program = program
        self._producer: Any = None
        program.negotiationStarted(self)

    # For the protocol

    def sendTextMessage(self, text: str) -> None:
        self.sendMessage(text)

    def sendBytesMessage(self, data: bytes) -> None:
        self.sendMessage(bytes(data))

    def loseConnection(self, code: int = 1000) -> None:
        self.close(code)

    def ping(self, payload: bytes = b"") -> None:
        self.sendPing(payload)

    def attachProducer(self, producer: IPushProducer) -> None:
        if self._producer is not None:
            raise ValueError(f"{self._producer!r} is still attached: detach it first.")
        self._producer = producer
        if self._full:
            producer.pauseProducing()

    def detachProducer(self) -> None:
        self._producer = None

    # From the WebSocket

    def opened(self) -> None:
        self.program.negotiationFinished()

    def messageReceived(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.program.textMessageReceived(message)
        else:
            self.program.bytesMessageReceived(message)

    def pongReceived(self, data: bytes) -> None:
        self.program.pongReceived(data)

    def sendingPaused(self) -> None:
        if self._producer is not None:
            self._producer.pauseProducing()

    def sendingResumed(self) -> None:
        if self._producer is not None:
            self._producer.resumeProducing()

    def stopProducing(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.stopProducing()

    def closed(self, code: int, reason: str) -> None:
        self.stopProducing()
        if code in _NORMAL:
            error: Exception = ConnectionDone()
        else:
            error = ConnectionLost(f"The WebSocket was closed with code {code}. {reason}".strip())
        self.program.connectionLost(Failure(error))


class WebSocketResource(Resource):
    """A place in a site where WebSockets are opened.

    Whoever asks gets one, from whatever page: a factory that minds looks at the request's Origin field.

    Args:
        factory: Makes what speaks on each.
    """

    isLeaf = True

    def __init__(self, factory: WebSocketServerFactory[WebSocketProtocol]) -> None:
        super().__init__()
        self.factory = factory

    def render_GET(self, request: Request) -> bytes | int:
        """Open a WebSocket, or say why not."""
        try:
            bridge: _Bridge[Any] = _Bridge(self.factory.buildProtocol(request))
            accept(request, bridge, origins=ANY_ORIGIN)
        except HandshakeError as error:
            for name, values in error.fields.items():
                request.responseHeaders.setRawHeaders(name, list(values))
            asked = request.requestHeaders.hasHeader(b"upgrade")
            request.setResponseCode(error.status if asked else codes.BAD_REQUEST)
            request.setHeader(b"content-type", b"text/plain; charset=utf-8")
            return f"{error}\n".encode() if asked else _NOT_ASKED
        return NOT_DONE_YET


class WebSocketClientEndpoint:
    """Connects to a WebSocket.

    Args:
        endpointFactory: Says how its server is reached (`IAgentEndpointFactory`).
        url: Where it is: ``ws:`` or ``wss:``, or likewise ``http:`` or ``https:``.
    """

    def __init__(self, endpointFactory: Any, url: str) -> None:
        self.endpointFactory = endpointFactory
        self.url = url

    @classmethod
    def new(
        cls,
        reactor: Any,
        url: str,
        tlsPolicy: Any = None,
        connectTimeout: int | None = None,
        bindAddress: bytes | None = None,
    ) -> WebSocketClientEndpoint:
        """Make one that connects by TCP or TLS.

        Args:
            reactor: The reactor.
            url: Where the WebSocket is.
            tlsPolicy: What makes TLS settings (`IPolicyForHTTPS`); that of browsers if None.
            connectTimeout: Seconds that connecting may take.
            bindAddress: Our own address.
        """
        policy = BrowserLikePolicyForHTTPS() if tlsPolicy is None else tlsPolicy
        return cls(StandardEndpointFactory(reactor, policy, connectTimeout, bindAddress), url)

    async def connect(self, protocolFactory: WebSocketClientFactory[_WSP]) -> _WSP:
        """Connect.

        Args:
            protocolFactory: Makes what speaks.

        Returns:
            What it made, open.

        Raises:
            ConnectionRejected: If the server did not open a WebSocket.
            ConnectError: If it cannot be reached.
        """
        scheme, colon, rest = self.url.partition(":")
        known = _SCHEMES.get(scheme.lower())
        if not colon or known is None:
            raise ValueError(f"A WebSocket's URL is ws:, wss:, http: or https:, not {self.url!r}.")
        uri = URI.fromBytes(f"{known[0]}:{rest}".encode("ascii"))
        endpoint = self.endpointFactory.endpointForURI(uri)

        def build() -> _Bridge[_WSP]:
            return _Bridge(protocolFactory.buildProtocol(self.url))

        try:
            bridge = await connect_protocol(f"{known[1]}:{rest}", build, endpoint=endpoint)
        except HandshakeError as error:
            phrase = codes.RESPONSES.get(error.status, b"")
            headers = Headers.from_fields(error.fields.items())
            response = Response((b"HTTP", 1, 1), error.status, phrase, headers, None)
            # Of a refusal nobody keeps more than its head.
            response._bodyDataFinished()
            raise ConnectionRejected(response) from error
        return bridge.program
