"""`HTTP2ClientConnection`: the client's end of an HTTP/2 connection; many requests at a time (RFC 9113).

The core decides what goes out when; here its events become responses, and bodies keep to their readers' pace:
what a response's reader has not taken is not given back to the server's window, so that a slow reader stops
its own stream and no other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from h2.events import (
    ConnectionTerminated,
    DataReceived,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.failure import Failure
from sennit.http.client.errors import (
    ConnectionAborted,
    PhaseTimeoutError,
    RequestNotSent,
    ResponseFailed,
)
from sennit.http.client.exchange import Exchange
from sennit.http.client.limits import DEFAULT_CLIENT_LIMITS, ClientLimits, Timeouts
from sennit.http.client.sending import drop
from sennit.http.errors import RemoteProtocolError
from sennit.http.h2 import Connection, ErrorCodes, Http2Limits
from sennit.protocol import Protocol, connectionDone

__all__ = ["HTTP2ClientConnection"]

_MAX_WAITING = 10_000
_OUTPUT = 131072


class HTTP2ClientConnection(Protocol):
    """One HTTP/2 connection, on the client's side.

    Args:
        clock: The `IReactorTime`.
        idle_callback: Called with this when no request is under way.
        scheme: The scheme of its requests.

    Attributes:
        limits: What one response may take up.
        timeouts: How long the phases of a response may take; None for no limit.
        lost_callback: Called with this when the connection is lost.
    """

    transport: Any = None
    limits: ClientLimits = DEFAULT_CLIENT_LIMITS
    timeouts: Timeouts | None = None
    lost_callback: Callable[[Any], object] | None = None

    def __init__(
        self, clock: Any, idle_callback: Callable[[Any], object] = lambda _: None, scheme: bytes = b"https"
    ) -> None:
        self.clock = clock
        self._idle_callback = idle_callback
        self._scheme = scheme
        self._exchanges: dict[int, Exchange] = {}
        self._waiting: deque[Exchange] = deque()
        self._aborts: list[Deferred[None]] = []
        self._lost = False
        self._full = False
        self._busy = False
        self._timer: Any = None

    def connectionMade(self) -> None:
        """Send the preface."""
        self.core = Connection(
            client=True, limits=Http2Limits(header_size=self.limits.header_size), now=self.clock.seconds()
        )
        self.transport.registerProducer(self, True)
        self.flush()

    @property
    def state(self) -> str:
        """``QUIESCENT`` while it takes requests."""
        return "CONNECTION_LOST" if self._lost else "QUIESCENT" if self.usable else "CLOSING"

    @property
    def usable(self) -> bool:
        """Whether it takes requests."""
        return not self._lost and self.core.error is None and self.core.peer_going is None

    @property
    def idle(self) -> bool:
        """Whether no request is under way."""
        return not self._exchanges and not self._waiting

    def request(self, request: Any) -> Deferred[Any]:
        """Send a request; see `HTTP11ClientProtocol.request`.

        Cancelling it ends its stream; the connection goes on.
        """
        if not self.usable or len(self._waiting) >= _MAX_WAITING:
            return fail(RequestNotSent())
        exchange = Exchange(self, request)
        if self.core.can_open() and not self._waiting:
            self._open(exchange)
        else:
            # The server says how many streams there may be at once.
            self._waiting.append(exchange)
        return exchange.answered

    def _open(self, exchange: Exchange) -> None:
        try:
            fields = exchange.fields(self._scheme)
        except Exception:
            exchange.generation_failed(Failure())
            return
        body = exchange.request.bodyProducer
        exchange.stream_id = self.core.open_stream(fields, end=body is None)
        self._exchanges[exchange.stream_id] = exchange
        self.flush()
        exchange.started()

    def forget(self, exchange: Exchange) -> None:
        """Let go of an exchange that is over."""
        if self._exchanges.pop(exchange.stream_id, None) is None:
            if exchange in self._waiting:
                self._waiting.remove(exchange)
        else:
            self.core.forget(exchange.stream_id)
        if not self._busy:
            self._go_on()

    def _go_on(self) -> None:
        """Open the streams that wait for their turn, or tell that there is nothing left to do."""
        while self._waiting and self.usable and self.core.can_open():
            self._open(self._waiting.popleft())
        if not self._exchanges and not self._waiting and not self._lost:
            if self.usable:
                self._idle_callback(self)
            else:
                self.transport.loseConnection()

    def reset(self, exchange: Exchange, code: int = ErrorCodes.CANCEL) -> None:
        """End an exchange's stream in the middle."""
        if exchange.stream_id:
            self.core.reset(exchange.stream_id, code)
            self.flush()
        self.forget(exchange)

    # Sending

    def send(self, exchange: Exchange, data: bytes, *, end: bool = False) -> bool:
        """Send a piece of a body; return whether there is room for more."""
        room = self.core.send(exchange.stream_id, data, end=end)
        self.flush()
        return room

    def consumed(self, exchange: Exchange, size: int) -> None:
        """Let the server send as much again as was used."""
        self.core.consumed(exchange.stream_id, size)
        if not self._busy:
            self.flush()

    def flush(self) -> None:
        """Send what there is room for."""
        core = self.core
        now = self.clock.seconds()
        while not self._lost:
            data = core.take_output(now, 0 if self._full else _OUTPUT)
            if not data:
                return
            self.transport.write(data)
            for stream_id in core.relieved():
                exchange = self._exchanges.get(stream_id)
                if exchange is not None:
                    exchange.has_room()

    def pauseProducing(self) -> None:
        """Send no data: the transport has more than it likes."""
        self._full = True

    def resumeProducing(self) -> None:
        """Go on: the transport has room again."""
        self._full = False
        self.flush()

    def stopProducing(self) -> None:
        """Do nothing: `connectionLost` is about to be called."""

    # Receiving

    def dataReceived(self, data: bytes) -> None:
        """Take octets from the server."""
        core = self.core
        self._busy = True
        try:
            for event in core.receive_data(data, self.clock.seconds()):
                self._handle(event)
        finally:
            self._busy = False
        self.flush()
        if core.error is not None:
            drop(self.transport)
            self._fail_all(Failure(core.error))
        else:
            self._go_on()

    def _handle(self, event: Any) -> None:
        kind = type(event)
        if kind is ConnectionTerminated:
            self._going_away(event)
            return
        exchange = self._exchanges.get(getattr(event, "stream_id", 0))
        if exchange is None:
            if kind is DataReceived:
                self.core.consumed(event.stream_id, event.flow_controlled_length)
            return
        try:
            if kind is DataReceived:
                exchange.data_received(bytes(event.data), event.flow_controlled_length)
            elif kind is ResponseReceived:
                exchange.head_received(event.headers, ended=event.stream_ended is not None)
            elif kind is StreamEnded:
                exchange.ended()
            elif kind is TrailersReceived:
                exchange.trailers_received(event.headers)
            elif kind is InformationalResponseReceived:
                exchange.informational()
            elif kind is StreamReset:
                exchange.was_reset(event.error_code)
        except RemoteProtocolError:
            exchange.failed(Failure())
            self.reset(exchange, ErrorCodes.PROTOCOL_ERROR)
        except Exception:
            exchange.failed(Failure())
            self.reset(exchange, ErrorCodes.INTERNAL_ERROR)

    def _going_away(self, event: Any) -> None:
        """Give back the requests that the server will not serve: they may be sent again elsewhere."""
        waiting, self._waiting = list(self._waiting), deque()
        late = [exchange for number, exchange in self._exchanges.items() if number > event.last_stream_id]
        for exchange in late:
            self.core.reset(exchange.stream_id)
            self._exchanges.pop(exchange.stream_id, None)
        for exchange in [*late, *waiting]:
            exchange.not_served()

    # The end

    def abort(self) -> Deferred[None]:
        """Drop the connection, whatever is under way on it.

        Returns:
            A Deferred that fires when it is gone.
        """
        if self._lost:
            return succeed(None)
        aborted: Deferred[None] = Deferred()
        self._aborts.append(aborted)
        self.core.close()
        self.flush()
        if self.idle:
            self.transport.loseConnection()
        else:
            drop(self.transport)
        self._fail_all(Failure(ConnectionAborted()))
        return aborted

    def _fail_all(self, reason: Failure) -> None:
        exchanges = [*self._exchanges.values(), *self._waiting]
        self._exchanges = {}
        self._waiting = deque()
        for exchange in exchanges:
            exchange.failed(reason)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell whoever awaits something that the connection is gone."""
        self._lost = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._fail_all(reason)
        if self.lost_callback is not None:
            self.lost_callback(self)
        aborts, self._aborts = self._aborts, []
        for aborted in aborts:
            aborted.callback(None)

    # Time: one timer for all streams.

    def watch(self, timeouts: Timeouts | None) -> None:
        """Look at the streams' time limits every now and then."""
        if self._timer is not None or timeouts is None or self._lost:
            return
        limits = [each for each in (timeouts.first_byte, timeouts.between_bytes) if each is not None]
        if limits:
            self._timer = self.clock.callLater(min(min(limits) / 4, 1.0), self._look)

    def _look(self) -> None:
        self._timer = None
        now = self.clock.seconds()
        for exchange in list(self._exchanges.values()):
            phase, limit = exchange.phase()
            if limit is not None and now - exchange.heard >= limit:
                exchange.failed(Failure(ResponseFailed([Failure(PhaseTimeoutError(phase, limit))])))
                self.reset(exchange)
        for exchange in self._exchanges.values():
            self.watch(exchange.timeouts)
