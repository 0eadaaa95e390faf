"""`Http2Channel`: the server's end of one HTTP/2 connection.

Octets go to the core, and its events to the streams; what they write is sent together at the end of the
turn.  One clock looks after everything that may take too long: a connection without streams, a body that
does not arrive, a response that the client does not take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset, TrailersReceived
from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.errors import ConnectionLost
from sennit.core.failure import Failure
from sennit.core.interfaces import IPushProducer, ISSLTransport
from sennit.core.report import report_error
from sennit.http import codes
from sennit.http.errors import RemoteProtocolError
from sennit.http.h2.connection import Connection, ErrorCodes
from sennit.http.h2.fields import request_head
from sennit.http.h2.limits import DEFAULT_HTTP2_LIMITS, Http2Limits
from sennit.http.h2.priority import parse_priority
from sennit.http.h2.stream import Stream
from sennit.http.limits import DEFAULT_LIMITS, Limits
from sennit.http.request import Request
from sennit.protocol import Protocol, connectionDone

if TYPE_CHECKING:
    from sennit.http.factory import HTTPFactory

__all__ = ["Http2Channel"]

_OUTPUT = 131072
_CHECKS = 5.0
"""Seconds between two looks at the clock."""


@implementer(IPushProducer)
class Http2Channel(Protocol):
    """One HTTP/2 connection, on the server's side.

    Attributes:
        requestFactory: Called with a `Stream` for each request.
        limits: What a request may take up.
        http2_limits: What the connection may take up.
        timeOut: Seconds that the connection may be without streams; None for no limit.
        abortTimeout: Seconds that a connection may take to close before it is aborted; None for no limit.
        streams: The streams that are open, by number.
    """

    factory: HTTPFactory | None = None
    transport: Any = None
    site: Any = None
    requestFactory: Callable[..., Any] = Request
    limits: Limits = DEFAULT_LIMITS
    http2_limits: Http2Limits = DEFAULT_HTTP2_LIMITS
    timeOut: float | None = None
    abortTimeout: float | None = 15
    core: Connection

    def connectionMade(self) -> None:
        """Begin the conversation."""
        self.now = self._useful = self.seconds()
        self.core = Connection(client=False, limits=self.http2_limits, now=self.now)
        self.streams: dict[int, Stream] = {}
        self._full = False
        self._receiving = False
        self._flushing: Any = None
        self._closing = False
        self._draining = False
        self.transport.registerProducer(self, True)
        if self.factory is not None:
            self.factory.channels.add(self)
            if self.factory.draining:
                self.drain()
        self._timer = self.callLater(
            _CHECKS if self.timeOut is None else min(_CHECKS, self.timeOut), self._check
        )
        self.flush()

    def callLater(self, period: float, func: Callable[..., object], *args: Any) -> Any:
        """Call a function later; a factory puts its reactor's ``callLater`` in place of this."""
        return current_reactor().callLater(period, func, *args)

    def seconds(self) -> float:
        """Return the time of `callLater`'s clock; a factory puts its reactor's in place of this."""
        return float(current_reactor().seconds())

    # Receiving

    def dataReceived(self, data: bytes) -> None:
        """Take octets from the client."""
        if self._closing:
            return
        self.now = self.seconds()
        core = self.core
        self._receiving = True
        try:
            for event in core.receive_data(data, self.now):
                handle = _HANDLERS.get(type(event))
                if handle is not None:
                    self._useful = self.now
                    handle(self, event)
        finally:
            self._receiving = False
        self.flush()
        if core.error is not None:
            self._close()

    def _request_received(self, event: Any) -> None:
        stream_id = event.stream_id
        if stream_id not in self.core.streams:
            return
        ended = event.stream_ended is not None
        try:
            head = request_head(event.headers, ended=ended, limits=self.limits)
        except RemoteProtocolError as error:
            if error.status == codes.BAD_REQUEST:
                self.core.refuse(stream_id)
                return
            head = None
            refusal = error
        if head is None:
            stream = self.streams[stream_id] = Stream(self, stream_id, _NO_HEAD)
            stream.receiving = not ended
            stream.refuse(refusal)
            return
        for name, value in head.headers:
            if name == b"priority":
                self.core.set_priority(stream_id, parse_priority(value))
        stream = self.streams[stream_id] = Stream(self, stream_id, head)
        try:
            stream.begin(self.requestFactory(stream), ended=ended)
        except Exception:
            self._failed(stream)

    def _data_received(self, event: Any) -> None:
        stream = self.streams.get(event.stream_id)
        if stream is None:
            self.core.consumed(event.stream_id, event.flow_controlled_length)
            return
        stream.heard = self.now
        try:
            stream.data_received(bytes(event.data), event.flow_controlled_length)
        except Exception:
            self._failed(stream)

    def _trailers_received(self, event: Any) -> None:
        stream = self.streams.get(event.stream_id)
        if stream is None:
            return
        try:
            fields = [(bytes(name), bytes(value)) for name, value in event.headers]
            checked = request_head([*_ANY_REQUEST, *fields], ended=True, limits=self.limits)
        except RemoteProtocolError:
            self.core.refuse(event.stream_id)
            self._drop(stream, Failure(ConnectionLost("The trailers are malformed.")))
            return
        self._end(stream, checked.headers[1:])

    def _stream_ended(self, event: Any) -> None:
        stream = self.streams.get(event.stream_id)
        if stream is not None and stream.receiving:
            self._end(stream)

    def _end(self, stream: Stream, trailers: Any = ()) -> None:
        try:
            stream.ended(trailers)
        except Exception:
            self._failed(stream)

    def _stream_reset(self, event: Any) -> None:
        stream = self.streams.get(event.stream_id)
        if stream is not None:
            self._drop(stream, Failure(ConnectionLost(f"The stream was reset ({event.error_code}).")))

    def _failed(self, stream: Stream) -> None:
        """Break off a stream whose request raised something that it should have dealt with."""
        failure = Failure()
        report_error(failure, f"Error in {stream!r}:")
        self.core.reset(stream.stream_id, ErrorCodes.INTERNAL_ERROR)
        self._drop(stream, failure)

    # Streams

    def reset(self, stream: Stream, code: int) -> None:
        """End a stream in the middle."""
        self.core.reset(stream.stream_id, code)
        self._drop(stream, Failure(ConnectionLost("The stream was broken off.")))
        self.flush_soon()

    def _drop(self, stream: Stream, reason: Failure) -> None:
        if self.streams.pop(stream.stream_id, None) is not None:
            stream.lost(reason)
            self._close_if_done()

    def stream_done(self, stream: Stream) -> None:
        """Let go of a stream whose response is complete, as soon as it is sent and the request is in."""
        self.flush_soon()

    def _reap(self) -> None:
        """Let go of the streams that are over."""
        core = self.core
        for stream_id, stream in list(self.streams.items()):
            if stream._over and core.ended(stream_id):
                if stream.receiving:
                    # The rest of the body is not wanted (RFC 9113 section 8.1).
                    core.reset(stream_id, ErrorCodes.NO_ERROR)
                else:
                    core.forget(stream_id)
                del self.streams[stream_id]
                self._useful = self.now
        self._close_if_done()

    # Sending

    def flush_soon(self) -> None:
        """Send what waits at the end of this turn of the loop."""
        if self._flushing is None and not self._receiving:
            self._flushing = self.callLater(0, self._flush_now)

    def _flush_now(self) -> None:
        self._flushing = None
        self.now = self.seconds()
        self.flush()

    def flush(self) -> None:
        """Send what there is room for."""
        if self._closing and not self.core.error:
            return
        core = self.core
        while True:
            data = core.take_output(self.now, 0 if self._full else _OUTPUT)
            if not data:
                return
            self.transport.write(data)
            for stream_id in core.relieved():
                stream = self.streams.get(stream_id)
                if stream is not None:
                    stream.relieved()
            if self.streams:
                self._reap()

    def pauseProducing(self) -> None:
        """Send and read no more: the transport has more to send than it likes."""
        if not self._full:
            self._full = True
            self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Go on: the transport has room again."""
        if self._full:
            self._full = False
            self.transport.resumeProducing()
            self.now = self.seconds()
            self.flush()

    def stopProducing(self) -> None:
        """Stop for good: the transport is gone."""

    # Time

    def _check(self) -> None:
        now = self.now = self.seconds()
        idle = self.timeOut
        left = _CHECKS if self.streams or idle is None else idle - (now - self._useful)
        self._timer = self.callLater(min(_CHECKS, left) if left > 0 else _CHECKS, self._check)
        limits = self.limits
        pause = limits.body_pause(self.timeOut)
        for stream in list(self.streams.values()):
            if stream.receiving and not stream.held_up:
                allowed = pause + stream.received / limits.body_rate
                if now - stream.heard > pause or now - stream.began > allowed:
                    stream.refuse(
                        RemoteProtocolError("The request did not arrive in time.", codes.REQUEST_TIMEOUT)
                    )
        for stream_id in self.core.stalled(now):
            stalled = self.streams.get(stream_id)
            if stalled is not None:
                self.reset(stalled, ErrorCodes.CANCEL)
        if not self.streams and self.timeOut is not None and now - self._useful >= self.timeOut:
            self.core.close()
            self.flush()
            self._close()
            return
        self.flush()

    # The end

    def announce_end(self) -> None:
        """Have the client open no more streams; those that it does until it knows are served."""
        self.core.drain()
        self.flush_soon()

    def drain(self) -> None:
        """Close now if idle, else when the streams that are open are done."""
        if self._draining:
            return
        self._draining = True
        if self.streams:
            self.core.drain()
            self.flush_soon()
        else:
            self._close_if_done()

    def _close_if_done(self) -> None:
        if self._draining and not self.streams and not self._closing:
            self.core.close()
            data = self.core.take_output(self.now)
            if data:
                self.transport.write(data)
            self._close()

    def _close(self) -> None:
        if self._closing:
            return
        self._closing = True
        self.transport.unregisterProducer()
        if self._full:
            self.transport.resumeProducing()
        self.transport.loseConnection()
        if self.abortTimeout is not None:
            self._timer.cancel()
            self._timer = self.callLater(self.abortTimeout, self.transport.abortConnection)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the streams that the client is gone."""
        self._closing = True
        for call in (self._timer, self._flushing):
            if call is not None and call.active():
                call.cancel()
        streams, self.streams = list(self.streams.values()), {}
        for stream in streams:
            stream.lost(reason)
        if self.factory is not None:
            self.factory.forget(self)

    # As a request's connection

    def loseConnection(self) -> None:
        """Close the connection, whatever its streams do."""
        self.core.close()
        self.flush()
        self._close()

    def getPeer(self) -> Any:
        """Return the client's address."""
        return self.transport.getPeer()

    def getHost(self) -> Any:
        """Return our address."""
        return self.transport.getHost()

    def isSecure(self) -> bool:
        """Tell whether the connection is under TLS."""
        return bool(ISSLTransport.providedBy(self.transport))

    @property
    def requests(self) -> list[Any]:
        """The requests being received or answered."""
        return [stream.request for stream in self.streams.values() if stream.request is not None]


_ANY_REQUEST = ((b":method", b"POST"), (b":scheme", b"https"), (b":path", b"/"))
_NO_HEAD = request_head(_ANY_REQUEST, ended=True, limits=DEFAULT_LIMITS)
_HANDLERS: dict[type, Callable[[Http2Channel, Any], None]] = {
    RequestReceived: Http2Channel._request_received,
    DataReceived: Http2Channel._data_received,
    TrailersReceived: Http2Channel._trailers_received,
    StreamEnded: Http2Channel._stream_ended,
    StreamReset: Http2Channel._stream_reset,
}
