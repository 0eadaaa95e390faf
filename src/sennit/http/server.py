"""`HTTPChannel`: the server's end of one connection.

Octets go to the parser, its events to the request being received; the request is answered when it is whole,
and the next one is looked at when the answer is complete, so answers leave in the order of the requests (RFC
9112 section 9.3.2).  What comes in meanwhile is held back unparsed, and past `Limits.pipeline_buffer` the
transport is told to stop reading.

Two clocks guard a connection, in one timer that is set anew only when it has rung: how long it may be idle,
and how long a client may take to send a head or a piece of a body.  While a request is being answered neither
runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.core.interfaces import IPushProducer
from sennit.http import codes
from sennit.http.answering import Answering
from sennit.http.ending import Ending
from sennit.http.errors import LocalProtocolError
from sennit.http.events import BodyData, EndOfMessage, RequestHead
from sennit.http.handing_over import hand_over
from sennit.http.headers import Headers
from sennit.http.limits import DEFAULT_LIMITS, Limits
from sennit.http.pacing import Pacing
from sennit.http.parser import SLICE, RequestParser
from sennit.http.request import Request
from sennit.http.serializer import CONTINUE_RESPONSE, response_head, status_line
from sennit.http.state import Happening, State
from sennit.protocol import Protocol, connectionDone

if TYPE_CHECKING:
    from sennit.http.factory import HTTPFactory

__all__ = ["HTTPChannel"]

# Looking up a member of an enumeration costs ten times what a global does.
_IDLE, _RECEIVING, _ANSWERING, _STREAMING = State.IDLE, State.RECEIVING, State.ANSWERING, State.STREAMING
_CLOSING, _CLOSED = State.CLOSING, State.CLOSED
_ON_HEAD, _ON_REQUEST, _ON_ANSWERED = Happening.HEAD, Happening.REQUEST, Happening.ANSWERED
_ON_STREAM, _ON_SWITCH = Happening.STREAM, Happening.SWITCH
_ON_CLOSE, _ON_LOST = Happening.CLOSE, Happening.LOST

_VERSIONS = (b"HTTP/1.0", b"HTTP/1.1")
_NO_HEAD = RequestHead(b"", b"", 1, [], keep_alive=True, length=0, expects_continue=False, upgrade=False)
_AFTER_BODILESS = _IDLE.on[_ON_HEAD].on[_ON_REQUEST]


@implementer(IPushProducer)
class HTTPChannel(Answering, Ending, Pacing, Protocol):
    """One HTTP/1 connection, on the server's side.

    One that no factory has made keeps no time, unless it is given a `timeOut` or a clock's `callLater`.

    Attributes:
        requestFactory: Called with the channel for each request.
        limits: What the client may take up.
        timeOut: Seconds that the connection may be idle; None for no limit.
        abortTimeout: Seconds that a connection may take to close before it is aborted; None for no limit.
        persistent: Whether the connection goes on after the request being answered.
        maxHeaders: How many fields a request may have.
        totalHeadersSize: How many octets they may have.
        site: The site that answers, if there is one.
    """

    factory: HTTPFactory | None = None
    transport: Any = None
    site: Any = None
    requestFactory: Callable[..., Any] = Request
    limits: Limits = DEFAULT_LIMITS
    maxHeaders = DEFAULT_LIMITS.header_count
    totalHeadersSize = DEFAULT_LIMITS.header_size
    timeOut: float | None = None
    abortTimeout: float | None = 15
    persistent = 1
    length: int | None = 0

    # Without a default: CPython 3.11 does not speed up attributes that a class has as an object of Python's.
    _state: State
    _request: Any = None
    _head: RequestHead
    _requestProducer: Any = None
    _networkProducer: Any = None
    _pumping = False
    _reading = True
    _transport_full = False
    _body_full = False
    _secure: bool | None = None
    _body_began = 0.0
    _body_size = 0
    _held = b""
    _timer: Any = None
    _rings_at = 0.0
    _deadline: float | None = None
    _head_begun = False
    _usual_factory: Any = None
    """The factory of requests, if what happens from a head to ``requestReceived`` is as it is here."""

    def connectionMade(self) -> None:
        """Begin to read requests."""
        limits = self.limits
        if self.maxHeaders != limits.header_count or self.totalHeadersSize != limits.header_size:
            if (
                self.maxHeaders != HTTPChannel.maxHeaders
                or self.totalHeadersSize != HTTPChannel.totalHeadersSize
            ):
                limits = limits.__replace__(header_count=self.maxHeaders, header_size=self.totalHeadersSize)
            self.limits = limits
        self._state = _IDLE
        self._parser = RequestParser(limits)
        self._held = b""
        self._reading = True
        # What will be set some time is set now: CPython lets instances share the layout of their attributes
        # only if an early one has them all, and finds shared ones in half the time and memory.
        self._request = self._requestProducer = self._timer = self._deadline = self._usual_factory = None
        self._head = _NO_HEAD
        self._pumping = self._transport_full = self._head_begun = self._body_full = False
        self._rings_at = self._body_began = 0.0
        self.length = self._body_size = 0
        self.persistent = 1
        self._networkProducer = self.transport
        register = getattr(self.transport, "registerProducer", None)
        if register is None:
            self._networkProducer = None
        else:
            register(self, True)
        if self.factory is not None:
            self.factory.channels.add(self)
        if self.factory is None and self.timeOut is None and self._call_later is None:
            self._untimed = True
        self._wait(self.timeOut)

    # Receiving

    def dataReceived(self, data: bytes) -> None:
        """Take octets from the client."""
        state = self._state
        if state is _IDLE or state is _RECEIVING or state is _STREAMING:
            parser = self._parser
            if len(data) > SLICE + parser.body_left or self._held:
                self._held += data
            else:
                parser.receive_data(data)
            self._pump()
        elif state is _ANSWERING:
            self._held += data
            if len(self._held) > self.limits.pipeline_buffer:
                self._update_reading()

    def lineReceived(self, line: bytes) -> None:
        """Take one line of a head, without its line end."""
        self.dataReceived(line + b"\r\n")

    def headerReceived(self, line: bytes) -> bool:
        """Take one field line of a head, without its line end.

        Returns:
            Whether it was well-formed.
        """
        self.dataReceived(line + b"\r\n")
        return self._parser.error is None

    def rawDataReceived(self, data: bytes) -> None:
        """Take octets of a body."""
        self.dataReceived(data)

    def _pump(self) -> None:
        """Go as far as the octets received allow."""
        if self._pumping:
            return
        self._pumping = True
        parser = self._parser
        events = parser.events
        try:
            while (
                (state := self._state) is _IDLE
                or state is _RECEIVING
                or (state is _STREAMING and not self._body_full)
            ):
                if events:
                    event = events.popleft()
                    if type(event) is RequestHead:
                        self._begin(event)
                    elif type(event) is BodyData:
                        self._body_size += len(event.data)
                        self._request.handleContentChunk(event.data)
                    else:
                        assert type(event) is EndOfMessage
                        if event.trailers:
                            self._request.trailers = Headers.from_wire(event.trailers)
                        self.allContentReceived()
                elif parser.error is not None:
                    self.refuse(parser.error)
                elif parser.paused:
                    # The offer to change protocols was not taken.
                    parser.resume()
                elif self._held:
                    size = SLICE + parser.body_left
                    piece, self._held = self._held[:size], self._held[size:]
                    parser.receive_data(piece)
                else:
                    break
        finally:
            self._pumping = False
        if parser.target or parser.prefix or self._state is not _IDLE or not self._reading:
            self._settle()

    def _settle(self) -> None:
        """Set the clock, and reading, by where things stand."""
        state = self._state
        if state is _RECEIVING or state is _STREAMING:
            self._wait_for_body()
        elif state is _IDLE and self._parser.receiving_head and not self._head_begun:
            # Counted from the head's beginning, however slowly it comes.
            self._head_begun = True
            self._wait(self.limits.header_timeout)
        if not self._reading:
            self._update_reading()

    def _begin(self, head: RequestHead) -> None:
        """Start on a request whose head has arrived."""
        self._head = head
        self._head_begun = False
        make_request = self.requestFactory
        if head.length == 0 and make_request is self._usual_factory:
            # The steps below, without asking what nobody has overridden.
            self._state = _AFTER_BODILESS
            self.length = 0
            factory = self.factory
            self.persistent = 0 if not head.keep_alive or (factory is not None and factory.draining) else 1
            self._deadline = None
            request = self._request = make_request(self)
            request._head = head
            request.requestReceived(head.method, head.target, _VERSIONS[head.version])
            return
        self._state = self._state.on[_ON_HEAD]
        request = self._request = make_request(self)
        request._head = head
        self.length = head.length
        if self._usual_factory is None:
            self._usual_factory = make_request if _all_usual(self, make_request) else _no_factory
        self.allHeadersReceived()
        if head.length == 0:
            self.allContentReceived()
        else:
            self._expect_body(request, head)

    def allHeadersReceived(self) -> None:
        """Prepare the request for its body."""
        request = self._request
        head = self._head
        self.persistent = 1 if self.checkPersistence(request, _VERSIONS[head.version]) else 0
        request.gotLength(head.length)

    def _expect_body(self, request: Any, head: RequestHead) -> None:
        """Let a request look at its head, and begin to receive its body."""
        self._body_began = self.seconds()
        self._body_size = 0
        look = getattr(request, "headReceived", None)
        if look is not None:
            look(head.method, head.target, _VERSIONS[head.version])
        if head.expects_continue and not self._parser.events:
            if self._request is request and not request.startedWriting:
                if self._state is _RECEIVING or self._state is _STREAMING:
                    self.transport.write(CONTINUE_RESPONSE)
            elif self._state is _RECEIVING:
                # Answered already, so the client may leave its body out: what it sends next cannot be told.
                self._break_off()

    def allContentReceived(self) -> None:
        """Answer the request, now that it is whole; or end its body, if it was streamed."""
        head = self._head
        streaming = self._state is _STREAMING
        self._state = self._state.on[_ON_REQUEST]
        self._deadline = None
        if streaming:
            self._request.bodyReceived()
        else:
            self._request.requestReceived(head.method, head.target, _VERSIONS[head.version])

    # Bodies that are streamed

    def start_streaming(self) -> Callable[[int, int], None]:
        """Answer the request from now on, while its body arrives.

        Returns:
            What to call with the octets of the body that wait, and those taken, whenever either changes.
        """
        self._state = self._state.on[_ON_STREAM]
        return self._body_flow

    def _body_flow(self, queued: int, taken: int) -> None:
        buffer = self.limits.body_buffer
        full = queued >= buffer or (self._body_full and queued > buffer // 2)
        if full is not self._body_full:
            self._body_full = full
            self._update_reading()
            if not full:
                # The time until now was ours.
                self._body_began = self.seconds()
                self._body_size = 0
                self._pump()

    def _wait_for_body(self) -> None:
        """Set the clock for the next piece of a body, and for all of it at the least rate."""
        if self._body_full:
            self._deadline = None
            return
        limits = self.limits
        pause = limits.body_pause(self.timeOut)
        allowed = pause + self._body_size / limits.body_rate
        self._wait(min(pause, max(0.0, self._body_began + allowed - self.seconds())))

    # Other protocols

    def upgrade(self, request: Any, fields: Iterable[tuple[bytes, Sequence[bytes]]], protocol: Any) -> None:
        """Answer 101 and give the connection to another protocol (RFC 9110 section 7.8).

        Args:
            request: The request that asked for it.
            fields: The answer's fields.
            protocol: What gets the transport, and all that the client sends from here.

        Raises:
            LocalProtocolError: If the client did not ask, or the head holds what may not go on the wire.
        """
        if request is not self._request or not self._head.upgrade:
            raise LocalProtocolError(f"{request!r} did not ask for another protocol.")
        head = response_head(status_line(b"HTTP/1.1", codes.SWITCHING), fields)
        self._state = self._state.on[_ON_SWITCH]
        self._request = None
        self._deadline = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        rest = self._parser.take_rest() + self._held
        self._held = b""
        self._networkProducer.unregisterProducer()
        self._networkProducer = None
        if not self._reading:
            self.transport.resumeProducing()
        self.transport.write(head)
        if self.factory is not None:
            self.factory.forget(self)
        hand_over(self.transport, self, protocol, rest)

    def checkPersistence(self, request: Any, version: bytes) -> bool:
        """Tell whether the connection may go on after a request.

        Args:
            request: The request.
            version: Its protocol version.
        """
        head = getattr(self, "_head", None)
        if head is None:
            # Nothing was received here: somebody asks about a request of their own.
            options = request.requestHeaders.getRawHeaders(b"connection") or ()
            if version != b"HTTP/1.1":
                return False
            closes = any(b"close" in option.lower() for option in options)
            if closes:
                request.responseHeaders.setRawHeaders(b"connection", [b"close"])
            return not closes
        return head.keep_alive and (self.factory is None or not self.factory.draining)

    @property
    def requests(self) -> list[Any]:
        """The request being received or answered, if there is one."""
        return [] if self._request is None else [self._request]

    # Answering

    def requestDone(self, request: Any) -> None:
        """Go on to the next request, or close.

        Args:
            request: The request whose answer is complete.

        Raises:
            TypeError: If it is not that request's turn.
        """
        # A stand-in in front of the request is equal to it.
        if request is not self._request and self._request != request:
            raise TypeError(f"{request!r} is not being answered on this connection.")
        self._request = None
        if self._state is _STREAMING:
            if self.persistent:
                self._state = self._state.on[_ON_ANSWERED]
                self._throw_away_rest()
            else:
                self._break_off()
        elif self.persistent:
            self._state = self._state.on[_ON_ANSWERED]
            period = self.timeOut
            if period is not None:
                clock = self.seconds
                deadline = self._deadline = clock() + period
                if self._timer is None or deadline < self._rings_at:
                    self._wait(period)
            if not self._pumping:
                self._pump()
        else:
            self._state = self._state.on[_ON_CLOSE]
            self._close()

    # The connection

    def getPeer(self) -> Any:
        """Return the client's address."""
        return self.transport.getPeer()

    def getHost(self) -> Any:
        """Return our address."""
        return self.transport.getHost()

    def isSecure(self) -> bool:
        """Tell whether the connection is under TLS."""
        secure = self._secure
        if secure is None:
            from sennit.core.interfaces import ISSLTransport

            secure = self._secure = bool(ISSLTransport.providedBy(self.transport))
        return secure

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the request being received or answered that the client is gone."""
        self._state = self._state.on[_ON_LOST]
        self._deadline = None
        self._held = b""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        producer, self._requestProducer = self._requestProducer, None
        if producer is not None:
            producer.stopProducing()
        request, self._request = self._request, None
        if request is not None:
            request.connectionLost(reason)
        if self.factory is not None:
            self.factory.forget(self)


_USUAL = {
    name: getattr(HTTPChannel, name)
    for name in ("allHeadersReceived", "allContentReceived", "checkPersistence")
}
_USUAL_LENGTH = Request.gotLength


def _all_usual(channel: HTTPChannel, make_request: Any) -> bool:
    """Tell whether none of the steps that a request without body goes through has been overridden."""
    made = getattr(make_request, "func", make_request)
    return getattr(made, "gotLength", None) is _USUAL_LENGTH and all(
        getattr(getattr(channel, name), "__func__", None) is usual for name, usual in _USUAL.items()
    )


def _no_factory(*_: Any) -> None:
    """Stand for the usual factory where there is none."""
