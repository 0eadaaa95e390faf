"""`Http3Channel`: the server's end of one HTTP/3 connection, and its streams."""

from __future__ import annotations

from typing import Any

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import ErrorCode
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.events import ConnectionTerminated, ProtocolNegotiated, StopSendingReceived, StreamReset

from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.core.report import report_error
from sennit.http import codes
from sennit.http.errors import RemoteProtocolError
from sennit.http.events import RequestHead
from sennit.http.h2.connection import ErrorCodes
from sennit.http.h2.fields import request_head
from sennit.http.h2.flooding import Budget
from sennit.http.h2.stream import Stream
from sennit.http.h3.core import Http3Core

__all__ = ["Http3Channel"]

_RESETS, _RESETS_A_SECOND = 400, 40.0
_WAITING_BODY = 4 << 20
"""Octets of a streamed body that may wait: aioquic takes what comes, whether it is wanted or not."""
_CHECKS = 5.0
_ANY_REQUEST = ((b":method", b"POST"), (b":scheme", b"https"), (b":path", b"/"))
_NO_HEAD = RequestHead(b"POST", b"/", 3, [], True, 0, False, False)


class Http3Stream(Stream):
    """One request and its response, over HTTP/3."""

    version = b"HTTP/3"


class Http3Transport:
    """What there is of a transport: addresses, and an end.

    Args:
        channel: The connection.
        peer: The client's address.
        host: Our address.
    """

    def __init__(self, channel: Http3Channel, peer: Any, host: Any) -> None:
        self._channel = channel
        self._peer = peer
        self._host = host

    def getPeer(self) -> Any:
        """Return the client's address."""
        return self._peer

    def getHost(self) -> Any:
        """Return our address."""
        return self._host

    def loseConnection(self) -> None:
        """Close the connection."""
        self._channel.close(error_code=ErrorCode.H3_NO_ERROR)

    abortConnection = loseConnection


class Http3Channel(QuicConnectionProtocol):
    """One HTTP/3 connection.

    Args:
        *args: As aioquic's server gives them.
        port: The port.
        **kwargs: As aioquic's server gives them.
    """

    def __init__(self, *args: Any, port: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.factory = port.factory
        self.requestFactory: Any = None
        self.site: Any = None
        self.limits: Any = None
        self.callLater: Any
        self.seconds: Any
        self.timeOut: float | None
        self.factory.prepare(self)
        self.now = self.seconds()
        self.transport: Any = Http3Transport(self, None, port.getHost())
        self.core: Any = None
        self.streams: dict[int, Http3Stream] = {}
        self._resets = Budget(_RESETS, _RESETS_A_SECOND, self.now)
        self._draining = False
        self._flushing: Any = None
        self._timer_of_bodies: Any = None

    # From aioquic

    def datagram_received(self, data: bytes | str, addr: Any) -> None:
        """Take a datagram."""
        self.now = self.seconds()
        super().datagram_received(data, addr)
        if self.core is not None:
            self.flush()

    def quic_event_received(self, event: Any) -> None:
        """Take what happened to the QUIC connection."""
        kind = type(event)
        if kind is ProtocolNegotiated:
            self._begin()
        elif kind is ConnectionTerminated:
            self._lost(
                Failure(ConnectionDone() if not event.error_code else ConnectionLost(event.reason_phrase))
            )
        elif kind is StreamReset or kind is StopSendingReceived:
            self._cancelled(event.stream_id)
        if self.core is None:
            return
        for happened in self.core.h3.handle_event(event):
            if type(happened) is HeadersReceived:
                self._headers(happened)
            elif type(happened) is DataReceived:
                self._data(happened)

    def _begin(self) -> None:
        self.core = Http3Core(self._quic)
        peer = self._quic.get_peer_address()
        self.transport._peer = self._addressed(peer)
        self.factory.channels.add(self)
        self._timer_of_bodies = self.callLater(_CHECKS, self._check)
        if self.factory.draining:
            self.drain()

    def _addressed(self, peer: Any) -> Any:
        return None if peer is None else type(self.transport.getHost())("UDP", peer[0], peer[1])

    # Requests

    def _headers(self, event: Any) -> None:
        stream = self.streams.get(event.stream_id)
        if stream is not None:
            self._trailers(stream, event)
            return
        stream_id = event.stream_id
        if self._draining:
            self.core.reset(stream_id, ErrorCodes.REFUSED_STREAM)
            return
        try:
            head = request_head(event.headers, ended=event.stream_ended, limits=self.limits, version=3)
        except RemoteProtocolError as error:
            if error.status == codes.BAD_REQUEST:
                self._count_reset()
                self.core.reset(stream_id, ErrorCodes.PROTOCOL_ERROR)
                return
            stream = self.streams[stream_id] = Http3Stream(self, stream_id, _NO_HEAD)  # type: ignore[arg-type]  # it has what a stream asks for
            stream.receiving = not event.stream_ended
            stream.refuse(error)
            return
        stream = self.streams[stream_id] = Http3Stream(self, stream_id, head)  # type: ignore[arg-type]  # as above
        try:
            stream.begin(self.requestFactory(stream), ended=event.stream_ended)
        except Exception:
            self._failed(stream)

    def _trailers(self, stream: Http3Stream, event: Any) -> None:
        try:
            checked = request_head([*_ANY_REQUEST, *event.headers], ended=True, limits=self.limits)
        except RemoteProtocolError:
            self._count_reset()
            self.reset(stream, ErrorCodes.PROTOCOL_ERROR)
            return
        self._end(stream, checked.headers[1:])

    def _data(self, event: Any) -> None:
        stream = self.streams.get(event.stream_id)
        if stream is None:
            return
        stream.heard = self.now
        try:
            if event.data:
                stream.data_received(event.data, len(event.data))
        except Exception:
            self._failed(stream)
            return
        if stream._unused > _WAITING_BODY:
            self.reset(stream, ErrorCodes.CANCEL)
        elif event.stream_ended:
            self._end(stream)

    def _end(self, stream: Http3Stream, trailers: Any = ()) -> None:
        try:
            stream.ended(trailers)
        except Exception:
            self._failed(stream)

    def _failed(self, stream: Http3Stream) -> None:
        report_error(Failure(), f"Error in {stream!r}:")
        self.reset(stream, ErrorCodes.INTERNAL_ERROR)

    def _cancelled(self, stream_id: int) -> None:
        stream = self.streams.get(stream_id)
        if stream is not None:
            self._count_reset()
            self.reset(stream, ErrorCodes.CANCEL)

    def _count_reset(self) -> None:
        if not self._resets.spend(self.now):
            self.close(error_code=ErrorCode.H3_EXCESSIVE_LOAD)

    # What streams ask of their connection

    def flush_soon(self) -> None:
        """Send what waits at the end of this turn of the loop."""
        if self._flushing is None:
            self._flushing = self.callLater(0, self._flush_now)

    def _flush_now(self) -> None:
        self._flushing = None
        self.flush()

    def flush(self) -> None:
        """Send what there is room for, and let go of what is over."""
        for stream_id in self.core.flush():
            stream = self.streams.get(stream_id)
            if stream is not None:
                stream.relieved()
        for stream_id, stream in list(self.streams.items()):
            if stream._over and self.core.ended(stream_id):
                if stream.receiving:
                    self.core.stop(stream_id)
                self.core.forget(stream_id)
                del self.streams[stream_id]
        self.transmit()
        if self._draining and not self.streams:
            self.close(error_code=ErrorCode.H3_NO_ERROR)

    def stream_done(self, stream: Stream) -> None:
        """Let go of a stream as soon as it is sent."""
        self.flush_soon()

    def reset(self, stream: Stream, code: int) -> None:
        """End a stream in the middle."""
        self.core.reset(stream.stream_id, code)
        if self.streams.pop(stream.stream_id, None) is not None:
            stream.lost(Failure(ConnectionLost("The stream was broken off.")))
        self.core.forget(stream.stream_id)
        self.flush_soon()

    def isSecure(self) -> bool:
        """Tell that the connection is under TLS: QUIC always is."""
        return True

    # The end

    def _check(self) -> None:
        """Refuse bodies that do not arrive in time."""
        self._timer_of_bodies = self.callLater(_CHECKS, self._check)
        now = self.now = self.seconds()
        limits = self.limits
        pause = limits.body_pause(self.timeOut)
        for stream in list(self.streams.values()):
            if stream.receiving and not stream.held_up:
                allowed = pause + stream.received / limits.body_rate
                if now - stream.heard > pause or now - stream.began > allowed:
                    stream.refuse(
                        RemoteProtocolError("The request did not arrive in time.", codes.REQUEST_TIMEOUT)
                    )
        self.flush()

    def drain(self) -> None:
        """Close when the requests under way are answered."""
        self._draining = True
        self.flush()

    def _lost(self, reason: Failure) -> None:
        for call in (self._timer_of_bodies, self._flushing):
            if call is not None and call.active():
                call.cancel()
        streams, self.streams = list(self.streams.values()), {}
        for stream in streams:
            stream.lost(reason)
        self.core = None
        self.factory.forget(self)
