"""Opening a WebSocket to a server over HTTP/2: an extended CONNECT on a connection of its own (RFC 8441)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from h2.events import DataReceived, RemoteSettingsChanged, ResponseReceived, StreamEnded, StreamReset
from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.core.interfaces import IPushProducer
from sennit.http.h2.connection import Connection, ErrorCodes
from sennit.http.h2.tunnel import Tunnel
from sennit.http.headers import Headers
from sennit.protocol import Protocol, connectionDone
from sennit.websocket.errors import HandshakeError

if TYPE_CHECKING:
    from sennit.websocket.client import Target
    from sennit.websocket.protocol import WebSocketProtocol

__all__ = ["Http2Opening"]

_NO_STATUS = 0
_OUTPUT = 131072


@implementer(IPushProducer)
class Http2Opening(Protocol):
    """Asks for the tunnel, then is the stream under it.

    Args:
        target: Where the WebSocket is.
        fields: The request's fields, Host aside.
        check: Called with the answer's status and fields; returns what was agreed on.
        protocol: What speaks on it.
        opened: Fired when it is open, or not to be.
        reactor: The clock.
    """

    transport: Any = None

    def __init__(
        self,
        target: Target,
        fields: dict[bytes, list[bytes]],
        check: Callable[[int, Headers], Any],
        protocol: WebSocketProtocol,
        opened: Deferred[Any],
        reactor: Any,
    ) -> None:
        self._target = target
        self._fields = fields
        self._check = check
        self._protocol = protocol
        self._opened = opened
        self._reactor = reactor
        self._tunnel: Tunnel | None = None
        self._producer: Any = None
        self._congested = self._full = self._flushing = self._over = self._closed = False
        self.stream_id = 0
        self.core: Connection

    @property
    def connection(self) -> Http2Opening:
        """What a `Tunnel` takes for the connection of its stream."""
        return self

    # The connection

    def connectionMade(self) -> None:
        """Begin the conversation; the server's settings tell whether it takes tunnels."""
        self.core = Connection(client=True, now=self._reactor.seconds())
        self.transport.registerProducer(self, True)
        self.flush_soon()

    def dataReceived(self, data: bytes) -> None:
        """Take octets from the server."""
        for event in self.core.receive_data(data, self._reactor.seconds()):
            self._handle(event)
        self.flush_soon()
        if self.core.error is not None:
            self._fail(HandshakeError(f"The server broke HTTP/2: {self.core.error}", _NO_STATUS))
            self.transport.loseConnection()

    def _handle(self, event: Any) -> None:
        kind = type(event)
        if kind is DataReceived:
            tunnel = self._tunnel
            if tunnel is None:
                self.core.consumed(self.stream_id, event.flow_controlled_length)
            else:
                self.core.consumed(self.stream_id, event.flow_controlled_length - len(event.data))
                tunnel.deliver(bytes(event.data))
        elif kind is RemoteSettingsChanged:
            if not self.stream_id:
                self._ask()
        elif kind is ResponseReceived:
            self._answered([(bytes(name), bytes(value)) for name, value in event.headers])
        elif kind is StreamEnded:
            if self._tunnel is not None:
                self._tunnel.end()
        elif kind is StreamReset:
            self._lose(Failure(ConnectionLost("The server reset the stream.")))

    def _ask(self) -> None:
        if not self.core.peer_connects:
            self._fail(HandshakeError("The server takes no WebSocket over HTTP/2.", _NO_STATUS))
            return
        target = self._target
        pseudo = [
            (b":method", b"CONNECT"),
            (b":protocol", b"websocket"),
            (b":scheme", b"https" if target.secure else b"http"),
            (b":authority", target.authority.encode("ascii")),
            (b":path", target.resource.encode("ascii")),
        ]
        fields = [(name.lower(), value) for name, values in self._fields.items() for value in values]
        self.stream_id = self.core.open_stream([*pseudo, *fields])

    def _answered(self, fields: list[tuple[bytes, bytes]]) -> None:
        status = int(dict(fields)[b":status"])
        headers = Headers.from_wire([field for field in fields if not field[0].startswith(b":")])
        try:
            acceptance = self._check(status, headers)
        except HandshakeError as error:
            self._fail(error)
            return
        self._protocol.prepare(acceptance.extensions, acceptance.subprotocol)
        stream: Any = self  # it has what a tunnel asks of its stream
        self._tunnel = Tunnel(stream, self._protocol)
        self._protocol.makeConnection(self._tunnel)
        if not self._opened.called:
            self._opened.callback(self._protocol)

    def _fail(self, error: HandshakeError) -> None:
        if not self._opened.called:
            self._opened.errback(error)
        if self._tunnel is None:
            self.transport.abortConnection()

    def _lose(self, reason: Failure) -> None:
        self._over = True
        tunnel, self._tunnel = self._tunnel, None
        if tunnel is not None:
            tunnel.lost(reason)
        elif not self._opened.called:
            self._opened.errback(HandshakeError("The server closed the connection.", _NO_STATUS))
        if self.transport is not None:
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the protocol, or whoever waits for it."""
        self.transport = None
        self._lose(reason)

    def pauseProducing(self) -> None:
        """Send no more: the transport has more than it likes."""
        self._full = True

    def resumeProducing(self) -> None:
        """Send again."""
        self._full = False
        self.flush_soon()

    def stopProducing(self) -> None:
        """Do nothing: `connectionLost` is to follow."""

    def flush_soon(self) -> None:
        """Send what there is room for."""
        if self._flushing or self.transport is None:
            return
        self._flushing = True
        try:
            while data := self.core.take_output(self._reactor.seconds(), 0 if self._full else _OUTPUT):
                self.transport.write(data)
                if self.core.relieved():
                    self._congested = False
                    if self._producer is not None:
                        self._producer.resumeProducing()
        finally:
            self._flushing = False
        if self._over and not self._closed and self.core.ended(self.stream_id):
            self._closed = True
            self.core.close()
            self.transport.write(self.core.take_output(self._reactor.seconds()))
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    # What the tunnel asks of its stream

    def write(self, data: bytes) -> None:
        """Send octets through the tunnel."""
        if not self.core.send(self.stream_id, data) and not self._congested:
            self._congested = True
            if self._producer is not None:
                self._producer.pauseProducing()
        self.flush_soon()

    def finish_tunnel(self) -> None:
        """End the stream, and the connection with it, after what is written."""
        self._over = True
        self._tunnel = None
        self.core.send(self.stream_id, b"", end=True)
        self.flush_soon()

    def reset(self, stream: Any, code: int) -> None:
        """End the stream in the middle, and the connection with it."""
        self.core.reset(self.stream_id, ErrorCodes(code))
        self.flush_soon()
        self._lose(Failure(ConnectionDone()))

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a push producer follow the server's pace."""
        self._producer = producer
        if self._congested:
            producer.pauseProducing()

    def unregisterProducer(self) -> None:
        """Let go of the producer."""
        self._producer = None

    def getPeer(self) -> Any:
        """Return the server's address."""
        return None if self.transport is None else self.transport.getPeer()

    def getHost(self) -> Any:
        """Return our address."""
        return None if self.transport is None else self.transport.getHost()
