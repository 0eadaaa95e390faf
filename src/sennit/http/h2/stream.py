"""`Stream`: what a `Request` is answered on under HTTP/2, in place of a connection of its own.

It has `HTTPChannel`'s public methods as far as requests use them.  What it sends waits in the connection's
core for the peer's window, and a producer is paused while too much waits.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sennit.core.failure import Failure
from sennit.http import codes
from sennit.http.dates import format_date
from sennit.http.errors import LocalProtocolError, RemoteProtocolError
from sennit.http.events import RequestHead
from sennit.http.h2.connection import ErrorCodes
from sennit.http.h2.fields import HTTP_2, checked_fields, response_fields
from sennit.http.h2.tunnel import Tunnel
from sennit.http.headers import Headers, fields_of
from sennit.http.pulling import Puller

if TYPE_CHECKING:
    from sennit.http.h2.server import Http2Channel

__all__ = ["Stream"]


class Stream:
    """One request and its response.

    Args:
        connection: The connection.
        stream_id: The stream's number.
        head: The request's head.

    Attributes:
        persistent: Whether the response is whole; if it becomes false, the stream is reset at its end.
    """

    version = HTTP_2

    def __init__(self, connection: Http2Channel, stream_id: int, head: RequestHead) -> None:
        self.connection = connection
        self.stream_id = stream_id
        self.head = head
        self.persistent = 1
        self.site = connection.site
        self.factory = connection.factory
        self.limits = connection.limits
        self.received = 0
        self.began = self.heard = connection.now
        self.receiving = False
        self.request: Any = None
        self.tunnel: Any = None
        self._streaming = False
        self._unused = 0
        self._congested = False
        self._producer: Any = None
        self._over = False
        self._paused = False
        self._paused_at = 0.0
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._late_end: Sequence[tuple[bytes, bytes]] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.stream_id} of {self.connection!r}>"

    # Receiving

    @property
    def held_up(self) -> bool:
        """Whether that no more of the request comes is none of the client's doing."""
        return self._over or self.tunnel is not None or bool(self._unused) or self._paused

    def begin(self, request: Any, *, ended: bool) -> None:
        """Hand a request its head, and if there is no more, have it answered."""
        self.request = request
        head = self.head
        self.receiving = not ended
        request._head = head
        request.gotLength(head.length)
        if ended:
            request.requestReceived(head.method, head.target, self.version)
            return
        if head.expects_continue:
            self.connection.core.send_head(self.stream_id, [(b":status", b"100")])
            self.connection.flush_soon()
        look = getattr(request, "headReceived", None)
        if look is not None:
            look(head.method, head.target, self.version)

    def start_streaming(self) -> Callable[[int, int], None]:
        """Answer the request from now on, while its body arrives; as `HTTPChannel.start_streaming`."""
        self._streaming = True
        return self._body_flow

    def data_received(self, data: bytes, flow: int) -> None:
        """Take a piece of the body.

        Args:
            data: The piece.
            flow: What it counts in the peer's window; padding counts too.
        """
        if self._paused and not self._over:
            # Its window is not given back, so no more than that can wait.
            self._waiting.append((data, flow))
            return
        self.received += len(data)
        limit = self.limits.body_size
        core = self.connection.core
        if self.tunnel is not None:
            core.consumed(self.stream_id, flow - len(data))
            self.tunnel.deliver(data)
            return
        if limit is not None and self.received > limit:
            core.consumed(self.stream_id, flow)
            self.refuse(RemoteProtocolError("The body is too large.", codes.REQUEST_ENTITY_TOO_LARGE))
        elif self._over or self.request is None:
            core.consumed(self.stream_id, flow)
        elif self._streaming:
            self._unused += len(data)
            core.consumed(self.stream_id, flow - len(data))
            self.request.handleContentChunk(data)
        else:
            core.consumed(self.stream_id, flow)
            self.request.handleContentChunk(data)

    def _body_flow(self, queued: int, taken: int) -> None:
        """Let the client send as much again as was taken of a streamed body."""
        if taken:
            taken = min(taken, self._unused)
            self._unused -= taken
            self.connection.core.consumed(self.stream_id, taken)
            self.connection.flush_soon()

    def ended(self, trailers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Take the end of the request."""
        if not self.receiving:
            return
        if self._paused and not self._over:
            self._late_end = trailers
            return
        self.receiving = False
        if self.tunnel is not None:
            self.tunnel.end()
        elif self._over or self.request is None:
            self.connection.stream_done(self)
        else:
            request = self.request
            if trailers:
                request.trailers = Headers.from_wire(trailers)
            if self._streaming:
                request.bodyReceived()
            else:
                head = self.head
                request.requestReceived(head.method, head.target, self.version)

    def pauseProducing(self) -> None:
        """Hand on no more of the request's body: the client may send what its window has room for."""
        if not self._paused:
            self._paused = True
            self._paused_at = self.connection.seconds()

    def resumeProducing(self) -> None:
        """Hand on the request's body again, what has come meanwhile first."""
        if not self._paused:
            return
        # The time until now was ours.
        self.heard = self.connection.seconds()
        self.began += self.heard - self._paused_at
        self._paused = False
        while self._waiting and not self._paused:
            self.data_received(*self._waiting.popleft())
        if self._late_end is not None and not self._paused:
            self.ended(self._late_end)
        self.connection.flush_soon()

    def stopProducing(self) -> None:
        """End the stream in the middle: nobody wants the rest of the request."""
        self.loseConnection()

    def lost(self, reason: Failure) -> None:
        """Tell the request, and who makes its body, that nobody listens any more."""
        self._over = True
        producer, self._producer = self._producer, None
        request, self.request = self.request, None
        tunnel, self.tunnel = self.tunnel, None
        if producer is not None:
            producer.stopProducing()
        if tunnel is not None:
            tunnel.lost(reason)
        elif request is not None:
            request.connectionLost(reason)

    # Answering

    def write_response(
        self,
        version: bytes,
        code: int,
        reason: bytes | None,
        fields: Mapping[bytes, Sequence[bytes]],
        framing: bytes,
        body: bytes,
        delimited: bool,
        openings: Any = None,
    ) -> None:
        """Send a head, and the first piece of the body with it; as `HTTPChannel.write_response`."""
        if openings is None:
            listed = response_fields(code, fields)
        else:
            listed = response_fields(code, openings.fields(time.time()), fields)
        if framing:
            name, _, value = framing.partition(b":")
            listed.append((name.lower(), value.strip()))
        core = self.connection.core
        core.send_head(self.stream_id, listed)
        if body:
            self.write(body)
        else:
            self.connection.flush_soon()

    def writeHeaders(
        self,
        version: bytes,
        code: int | bytes,
        reason: bytes,
        headers: Headers | Iterable[tuple[bytes, bytes]],
    ) -> None:
        """Send a head."""
        self.write_response(version, int(code), reason, fields_of(headers), b"", b"", delimited=True)

    def write(self, data: bytes) -> None:
        """Send octets of the response's body."""
        if self._over:
            return
        if not self.connection.core.send(self.stream_id, data) and not self._congested:
            self._congested = True
            if self._producer is not None:
                self._producer.pauseProducing()
        self.connection.flush_soon()

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send octets of the response's body, given in pieces."""
        self.write(b"".join(iovec))

    def requestDone(self, request: Any) -> None:
        """End the response, or the stream in the middle if the response is not whole."""
        self._over = True
        self.request = None
        self._producer = None
        if not self.persistent:
            self.connection.reset(self, ErrorCodes.INTERNAL_ERROR)
            return
        trailers = getattr(request, "responseTrailers", None)
        listed = checked_fields(trailers.getAllRawHeaders()) if trailers is not None else ()
        self.connection.core.send(self.stream_id, b"", end=True, trailers=listed)
        self.connection.stream_done(self)

    def upgrade(self, request: Any, fields: Iterable[tuple[bytes, Sequence[bytes]]], protocol: Any) -> None:
        """Answer 200 to a CONNECT and give the stream to another protocol; as `HTTPChannel.upgrade`."""
        if request is not self.request or not self.head.upgrade:
            raise LocalProtocolError(f"{request!r} did not ask for another protocol.")
        listed = [(b":status", b"200"), *checked_fields(fields)]
        self.request = None
        self.connection.core.send_head(self.stream_id, listed)
        self.connection.flush_soon()
        tunnel = self.tunnel = Tunnel(self, protocol)
        body = request.body if self._streaming else None
        protocol.makeConnection(tunnel)
        if body is not None:
            for piece in body.take_all():
                tunnel.deliver(piece)
        if not self.receiving:
            tunnel.end()

    def refuse(self, error: RemoteProtocolError) -> None:
        """Answer with an error, whatever the request was about to say; if it has begun, break off."""
        request, self.request = self.request, None
        started = request is not None and request.startedWriting
        self._over = True
        if request is not None:
            request.connectionLost(Failure(error))
        if started:
            self.connection.reset(self, ErrorCodes.CANCEL)
            return
        body = b"%b\n" % codes.RESPONSES.get(error.status, b"Error")
        core = self.connection.core
        fields = {
            b"date": [format_date(time.time())],
            b"content-type": [b"text/plain; charset=utf-8"],
            b"content-length": [b"%d" % len(body)],
        }
        core.send_head(self.stream_id, response_fields(error.status, fields))
        core.send(self.stream_id, body, end=True)
        self.connection.stream_done(self)

    def finish_tunnel(self) -> None:
        """End the stream on our side, after what is written."""
        self._over = True
        self.tunnel = None
        self._producer = None
        self.connection.core.send(self.stream_id, b"", end=True)
        self.connection.flush_soon()

    def loseConnection(self) -> None:
        """End the stream in the middle; the connection goes on."""
        self.connection.reset(self, ErrorCodes.INTERNAL_ERROR)

    def abortConnection(self) -> None:
        """The same as `loseConnection`."""
        self.loseConnection()

    # Flow

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a request's producer follow the client's pace.

        Raises:
            ValueError: If another is registered.
        """
        if self._producer is not None:
            raise ValueError(f"{self._producer!r} is still registered: unregister it first.")
        if not streaming:
            producer = Puller(producer, self.connection.callLater)
        self._producer = producer
        if self._over:
            self._producer = None
            producer.stopProducing()
        elif self._congested:
            producer.pauseProducing()
        elif not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """Let go of the request's producer."""
        producer, self._producer = self._producer, None
        if isinstance(producer, Puller):
            producer.stop()

    def relieved(self) -> None:
        """Go on producing: much of what waited is on its way."""
        self._congested = False
        if self._producer is not None:
            self._producer.resumeProducing()

    # The connection

    @property
    def transport(self) -> Any:
        """The connection's transport."""
        return self.connection.transport

    def callLater(self, period: float, func: Any, *args: Any) -> Any:
        """Call a function later."""
        return self.connection.callLater(period, func, *args)

    def seconds(self) -> float:
        """Return the time."""
        return self.connection.seconds()

    def getPeer(self) -> Any:
        """Return the client's address."""
        return self.connection.transport.getPeer()

    def getHost(self) -> Any:
        """Return our address."""
        return self.connection.transport.getHost()

    def isSecure(self) -> bool:
        """Tell whether the connection is under TLS."""
        return self.connection.isSecure()
