"""`HTTP11ClientProtocol`: the client's end of one HTTP/1.1 connection; one request at a time.

A response may be complete before its request is (RFC 9112 section 9.5): then the connection ends with it.  A
connection is used again only if both are complete, both sides want it, and not an octet more has come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.deferred import CancelledError, Deferred, fail, succeed
from sennit.core.failure import Failure
from sennit.http.client.errors import (
    ConnectionAborted,
    PhaseTimeoutError,
    RequestGenerationFailed,
    RequestNotSent,
    RequestTransmissionFailed,
)
from sennit.http.client.limits import DEFAULT_CLIENT_LIMITS, ClientLimits, Timeouts
from sennit.http.client.parser import ResponseParser
from sennit.http.client.receiver import HTTPClientParser
from sennit.http.client.request import Request
from sennit.http.client.sending import TransportProxyProducer, drop
from sennit.log import Logger
from sennit.protocol import Protocol, connectionDone

__all__ = ["HTTP11ClientProtocol"]

_log = Logger(namespace="sennit.http.client")
_QUIESCENT = "QUIESCENT"
_TRANSMITTING = "TRANSMITTING"
_AFTER_RESPONSE = "TRANSMITTING_AFTER_RECEIVING_RESPONSE"
_WAITING = "WAITING"
_GENERATION_FAILED = "GENERATION_FAILED"
_ABORTING = "ABORTING"
_LOST = "CONNECTION_LOST"


class HTTP11ClientProtocol(Protocol):
    """One HTTP/1.1 connection, on the client's side.

    Args:
        quiescentCallback: Called with this when it can take another request.

    Attributes:
        limits: What one response may take up.
        timeouts: How long its phases may take; None for no limit.
        clock: The `IReactorTime` that measures them.
        lost_callback: Called with this when the connection is lost.
    """

    transport: Any = None
    limits: ClientLimits = DEFAULT_CLIENT_LIMITS
    timeouts: Timeouts | None = None
    clock: Any = None
    lost_callback: Callable[[Any], object] | None = None

    _state = _QUIESCENT
    _core: ResponseParser | None = None
    _parser: Any = None
    _currentRequest: Any = None
    _finishedRequest: Any = None
    _transportProxy: Any = None
    _writing: Any = None
    _closing = False
    _phases: Timeouts | None = None
    _timer: Any = None
    _deadline = 0.0

    def __init__(self, quiescentCallback: Callable[[Any], object] = lambda _: None) -> None:
        self._quiescentCallback = quiescentCallback
        self._abortDeferreds: list[Deferred[None]] = []

    @property
    def state(self) -> str:
        """What the connection is doing, as a name."""
        return self._state

    def request(self, request: Any) -> Deferred[Any]:
        """Send a request.

        Args:
            request: The `Request`.

        Returns:
            A Deferred that fires with the `Response` when its head has come, and fails with `RequestNotSent`
            if the connection takes none now, `RequestGenerationFailed` if the body producer fails,
            `RequestTransmissionFailed` if the connection is lost while sending, `ResponseNeverReceived` if
            nothing comes, and `ResponseFailed` if what comes is no response.  Cancelling it drops the
            connection.
        """
        if self._state is not _QUIESCENT or self._closing:
            return fail(RequestNotSent())
        self._state = _TRANSMITTING
        core = self._core
        if core is None:
            core = self._core = ResponseParser(self.limits)
        core.expect(getattr(request, "method", b"GET"))
        self._currentRequest = request
        self._phases = getattr(request, "timeouts", None) or self.timeouts
        proxy = self._transportProxy = TransportProxyProducer(self.transport)
        parser = self._parser = HTTPClientParser(request, self._finishResponse, core)
        parser.transport = proxy
        result = parser._responseDeferred
        # Cancelled by whoever awaits the response.
        result._canceller = self._cancelled
        self._finishedRequest = result
        if type(request) is Request and request.bodyProducer is None:
            try:
                head = request.head()
            except Exception:
                self._generation_failed(Failure())
                return result
            self.transport.write(head)
            self._state = _WAITING
            if self._phases is not None:
                self._wait(self._phases.first_byte)
        else:
            self._send(request)
        return result

    def _send(self, request: Any) -> None:
        """Send a request that may take some time to be written."""
        try:
            self._writing = request.writeTo(self.transport)
        except Exception:
            self._generation_failed(Failure())
            return
        self._writing.addCallbacks(self._written, self._generation_failed)

    def _written(self, _: Any) -> None:
        self._writing = None
        if self._state is _TRANSMITTING:
            self._state = _WAITING
            if self._phases is not None and self._parser.head is None:
                self._wait(self._phases.first_byte)

    def _generation_failed(self, reason: Failure) -> None:
        """Handle the failure of the body producer, or of the request itself."""
        self._writing = None
        if self._state is not _TRANSMITTING:
            if self._state is not _AFTER_RESPONSE and not reason.check(CancelledError):
                _log.failure(
                    "Error writing request, but not in valid state to finalize request: {state}",
                    reason,
                    state=self._state,
                )
            return
        self._state = _GENERATION_FAILED
        parser = self._parser
        drop(self.transport)
        finished = self._finishedRequest
        if not finished.called:
            self._let_go()
            finished.errback(Failure(RequestGenerationFailed([reason])))
        elif parser._response is not None and not parser._response._bodyFinished:
            parser.connectionLost(Failure(RequestGenerationFailed([reason])))

    def _cancelled(self, result: Deferred[Any]) -> None:
        """Drop the connection: whoever asked does not want the answer any more."""
        reason = Failure(CancelledError())
        if self._state is _TRANSMITTING:
            writing, self._writing = self._writing, None
            self._generation_failed(reason)
            if writing is not None:
                writing.cancel()
        elif self._parser is not None:
            drop(self.transport)
            self._disconnectParser(reason)

    def dataReceived(self, data: bytes) -> None:
        """Take octets from the server."""
        parser = self._parser
        if parser is None:
            # What nobody has asked for must not become the answer to the next request.
            if data.strip(b"\r\n"):
                self._giveUp(Failure(ConnectionAborted("The server sent what nobody had asked for.")))
            return
        try:
            parser.dataReceived(data)
        except Exception:
            self._giveUp(Failure())
            return
        if self._phases is not None and self._parser is parser:
            self._wait(self._phases.between_bytes)

    def _finishResponse(self, rest: bytes) -> None:
        """Go on to the next request, or close.

        Args:
            rest: What followed the response.
        """
        parser, core = self._parser, self._core
        if parser is None or core is None:
            # The connection has ended, and the body with it.
            return
        head = parser.head
        if self._timer is not None:
            self._stop_timer()
        if self._state is _TRANSMITTING:
            self._state = _AFTER_RESPONSE
            if head.code >= 400 or not head.keep_alive:
                # The server does not want the rest of the body.
                self._stop_writing()
        else:
            self._state = _QUIESCENT
            if self._currentRequest.persistent and head.keep_alive and not core.excess and not head.upgrade:
                self._reuse()
                return
            self._closing = True
        if head.upgrade:
            self.upgraded(rest)
            return
        self._let_go()
        self.transport.loseConnection()

    def _reuse(self) -> None:
        """Be there for the next request."""
        proxy = self._transportProxy
        proxy._producer = None
        self._parser = self._currentRequest = self._finishedRequest = self._transportProxy = None
        if proxy.paused:
            self.transport.resumeProducing()
        try:
            self._quiescentCallback(self)
        except Exception:
            _log.failure("Error in quiescentCallback")
            drop(self.transport)

    def upgraded(self, rest: bytes) -> None:
        """Handle a connection that goes over to another protocol; here nobody asked for one: it is closed.

        Args:
            rest: What the server has sent in it.
        """
        self._let_go()
        drop(self.transport)

    def _let_go(self) -> None:
        """Leave the response; it may live on in the hands of the program."""
        proxy, self._transportProxy = self._transportProxy, None
        self._parser = None
        if proxy is not None:
            proxy.stopProxying()

    def _stop_writing(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            _stop_request(self._currentRequest)
            self.transport.unregisterProducer()

    def _disconnectParser(self, reason: Failure) -> None:
        """End the response being received."""
        parser = self._parser
        if self._timer is not None:
            self._stop_timer()
        if parser is not None:
            self._let_go()
            self._currentRequest = self._finishedRequest = None
            parser.connectionLost(reason)

    def _giveUp(self, reason: Failure) -> None:
        """Drop the connection: it makes no sense any more."""
        drop(self.transport)
        self._disconnectParser(reason)

    def abort(self) -> Deferred[None]:
        """Drop the connection, whatever is under way on it.

        Returns:
            A Deferred that fires when it is gone.
        """
        if self._state is _LOST:
            return succeed(None)
        aborted: Deferred[None] = Deferred()
        self._abortDeferreds.append(aborted)
        if self._state is _ABORTING:
            return aborted
        if self._state is _TRANSMITTING:
            self._stop_writing()
        idle = self._state is _QUIESCENT
        self._state = _ABORTING
        if idle:
            # Nothing is on its way: the server need not see an error.
            self.transport.loseConnection()
        else:
            drop(self.transport)
        self._disconnectParser(Failure(ConnectionAborted()))
        return aborted

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell whoever awaits something that the connection is gone."""
        state, self._state = self._state, _LOST
        parser = self._parser
        if self._timer is not None:
            self._stop_timer()
        if state is _TRANSMITTING and parser is not None and parser.head is None:
            finished = self._finishedRequest
            self._let_go()
            _stop_request(self._currentRequest)
            finished.errback(Failure(RequestTransmissionFailed([reason])))
        else:
            if state in (_TRANSMITTING, _AFTER_RESPONSE):
                self._stop_writing()
            self._disconnectParser(reason)
        if self.lost_callback is not None:
            self.lost_callback(self)
        if self._abortDeferreds:
            waiting, self._abortDeferreds = self._abortDeferreds, []
            for aborted in waiting:
                aborted.callback(None)

    # Time: one timer, which is set anew only when it has rung.

    def _wait(self, period: float | None) -> None:
        """Give the server so many seconds to send something; None for no limit."""
        if period is None:
            if self._timer is not None:
                self._stop_timer()
            return
        clock = self.clock
        self._deadline = clock.seconds() + period
        if self._timer is None:
            self._timer = clock.callLater(period, self._ring)
        elif self._timer.getTime() > self._deadline:
            self._timer.reset(period)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        timer.cancel()

    def _ring(self) -> None:
        self._timer = None
        remaining = self._deadline - self.clock.seconds()
        if remaining > 0:
            self._timer = self.clock.callLater(remaining, self._ring)
            return
        timeouts, parser = self._phases, self._parser
        if parser is None or timeouts is None:
            return
        response = parser._response
        if response is not None and response._state == "INITIAL":
            # It is the program that does not read.
            self._wait(timeouts.between_bytes)
            return
        begun = self._core is not None and self._core.begun
        phase, seconds = (
            ("between bytes", timeouts.between_bytes) if begun else ("first byte", timeouts.first_byte)
        )
        self._giveUp(Failure(PhaseTimeoutError(phase, seconds or 0.0)))


def _stop_request(request: Any) -> None:
    try:
        request.stopWriting()
    except Exception:
        _log.failure("Error in stopWriting", request=request)
