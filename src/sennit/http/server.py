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

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.core.interfaces import IPushProducer
from sennit.http import codes
from sennit.http.dates import DateLine
from sennit.http.errors import LocalProtocolError, RemoteProtocolError
from sennit.http.events import BodyData, EndOfMessage, RequestHead
from sennit.http.handing_over import hand_over
from sennit.http.headers import Headers
from sennit.http.limits import DEFAULT_LIMITS, Limits
from sennit.http.pacing import Pacing
from sennit.http.parser import SLICE, RequestParser
from sennit.http.request import Request
from sennit.http.serializer import CONTINUE_RESPONSE, Openings, field_lines, response_head, status_line
from sennit.http.state import Happening, State
from sennit.http.unwanted import Unwanted
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
_CLOSE_LINE = b"Connection: close\r\n"
_KEEP_ALIVE_LINE = b"Connection: keep-alive\r\n"
_OPEN = (_IDLE, _RECEIVING, _STREAMING, _ANSWERING)
_LINGER = 2.0
"""How long a refused client may go on sending, in seconds."""
_JOINED = 131072
"""Up to this size, head and body are copied together to save a write."""

_NO_HEAD = RequestHead(b"", b"", 1, [], keep_alive=True, length=0, expects_continue=False, upgrade=False)
_AFTER_BODILESS = _IDLE.on[_ON_HEAD].on[_ON_REQUEST]

_date = DateLine()


@implementer(IPushProducer)
class HTTPChannel(Pacing, Protocol):
    """One HTTP/1 connection, on the server's side.

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
    _lingering = False
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
                limits = replace(limits, header_count=self.maxHeaders, header_size=self.totalHeadersSize)
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
        self._wait(self.timeOut)

    # Giving up

    def timeoutConnection(self) -> None:
        """Close a connection on which the client took too long; a request begun is answered with 408."""
        if self._lingering:
            self._lingering = False
            self._close()
        elif self._state is _CLOSING:
            self.forceAbortClient()
        elif self._state is _RECEIVING or self._state is _STREAMING or self._parser.receiving_head:
            self.refuse(RemoteProtocolError("The request did not arrive in time.", codes.REQUEST_TIMEOUT))
        else:
            self.loseConnection()

    def forceAbortClient(self) -> None:
        """Drop the connection, whatever is still to be sent."""
        self.transport.abortConnection()

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
        allowed = limits.body_timeout + self._body_size / limits.body_rate
        self._wait(min(limits.body_timeout, max(0.0, self._body_began + allowed - self.seconds())))

    def _throw_away_rest(self) -> None:
        """Receive the rest of a body that nobody wants, so that the connection can go on."""
        self._request = Unwanted(self, self.limits.body_discard)
        self._body_full = False
        if not self._reading:
            self._update_reading()
        if not self._pumping:
            self._pump()

    def _break_off(self) -> None:
        """Close after an answer that came before the end of its request."""
        self._state = self._state.on[_ON_CLOSE]
        self._body_full = False
        self._linger()

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

    def refuse(self, error: RemoteProtocolError) -> None:
        """Answer with an error and close: nothing more on this connection can be trusted or waited for."""
        if self._state not in _OPEN:
            return
        if self._state is _STREAMING and self._withdraw(error):
            return
        self._state = self._state.on[_ON_CLOSE]
        reason = codes.RESPONSES.get(error.status, b"Error")
        body = b"%b\n" % reason
        lines = (
            b"Date: %b\r\n" % _date.at(time.time()),
            _CLOSE_LINE,
            b"Content-Type: text/plain; charset=utf-8\r\n",
            b"Content-Length: %d\r\n" % len(body),
        )
        self.transport.write(response_head(status_line(b"HTTP/1.1", error.status), (), *lines) + body)
        if error.status == codes.REQUEST_TIMEOUT:
            # Nothing comes that the answer would have to be kept from.
            self._close()
        else:
            self._linger()

    def _withdraw(self, error: RemoteProtocolError) -> bool:
        """End a request that is being answered by an error; tell whether its answer has begun already."""
        request, self._request = self._request, None
        producer, self._requestProducer = self._requestProducer, None
        self._body_full = False
        if producer is not None:
            producer.stopProducing()
        request.connectionLost(Failure(error))
        if request.startedWriting:
            self._state = self._state.on[_ON_CLOSE]
            self.forceAbortClient()
            return True
        return False

    def _linger(self) -> None:
        """Close our half, and for a moment throw away what still comes.

        A connection closed with octets unread is reset, and the reset may overtake the answer on its way
        (RFC 9112 section 9.6).
        """
        self._held = b""
        half_close = getattr(self.transport, "loseWriteConnection", None)
        if half_close is None:
            self._close()
            return
        self._lingering = True
        self._wait(_LINGER)
        self._update_reading()
        half_close()

    def _close(self) -> None:
        """Close once what is written has been sent; abort if the client does not take it."""
        self._held = b""
        self._wait(self.abortTimeout)
        self.loseConnection()

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
        openings: Openings | None = None,
    ) -> None:
        """Send a head, and the first piece of the body with it.

        Args:
            version: The protocol version to answer in.
            code: The status code.
            reason: The reason phrase; the usual one if None.
            fields: The fields by canonical name.
            framing: One more field line, which says how long the body is, or nothing.
            body: The first piece of the body, transfer coding applied; it may be empty.
            delimited: Whether the client can tell where the body ends; if not, the connection ends with it.
            openings: Where Server and Date come from, if they are not among the fields.

        Raises:
            LocalProtocolError: If the head holds what may not go on the wire; nothing is sent.
        """
        if not delimited:
            self.persistent = 0
        if b"Connection" in fields:
            fields = self._heed_connection(fields)
        if openings is None:
            opening = status_line(version, code, reason)
        else:
            opening = openings.at(time.time(), version, code, reason)
        if self.persistent:
            if version == b"HTTP/1.0":
                opening += _KEEP_ALIVE_LINE
        elif version == b"HTTP/1.1":
            opening += _CLOSE_LINE
        if len(body) <= _JOINED:
            self.transport.write(b"%b%b%b\r\n%b" % (opening, field_lines(fields), framing, body))
        else:
            self.transport.writeSequence([b"%b%b%b\r\n" % (opening, field_lines(fields), framing), body])

    def write_whole(
        self,
        version: bytes,
        reason: bytes | None,
        lines: Mapping[bytes, bytes],
        body: bytes,
        openings: Openings | None,
    ) -> None:
        """Send a response of code 200 whose body is there in one piece.

        Args:
            version: The protocol version to answer in.
            reason: The reason phrase; the usual one if None.
            lines: What `ready_line` gave; nothing of it is in `NOT_AS_SET`, or says how long the body is.
            body: The body.
            openings: Where Server and Date come from, if anywhere.

        Raises:
            LocalProtocolError: If the reason phrase may not go on the wire; nothing is sent.
        """
        if openings is None:
            opening = status_line(version, codes.OK, reason)
        else:
            opening = openings.at(time.time(), version, codes.OK, reason)
        if self.persistent:
            if version == b"HTTP/1.0":
                opening += _KEEP_ALIVE_LINE
        elif version == b"HTTP/1.1":
            opening += _CLOSE_LINE
        size = len(body)
        fields = b"".join(lines.values())
        if size <= _JOINED:
            # In two steps: CPython is quicker to find a slot than to find a method in one.
            write = self.transport.write
            write(b"%b%bContent-Length: %d\r\n\r\n%b" % (opening, fields, size, body))
        else:
            self.transport.writeSequence([b"%b%bContent-Length: %d\r\n\r\n" % (opening, fields, size), body])

    def _heed_connection(self, fields: Mapping[bytes, Sequence[bytes]]) -> Mapping[bytes, Sequence[bytes]]:
        """Close after this response if its Connection field says so; return the fields to be sent."""
        closes = any(b"close" in value.lower() for value in fields[b"Connection"])
        if closes:
            self.persistent = 0
        elif self.persistent:
            return fields
        return {name: values for name, values in fields.items() if name != b"Connection"}

    def writeHeaders(
        self,
        version: bytes,
        code: int | bytes,
        reason: bytes,
        headers: Headers | Iterable[tuple[bytes, bytes]],
    ) -> None:
        """Send a head.

        Args:
            version: The protocol version to answer in.
            code: The status code.
            reason: The reason phrase.
            headers: The fields.

        Raises:
            LocalProtocolError: If the head holds what may not go on the wire; nothing is sent.
        """
        fields: dict[bytes, list[bytes]] = {}
        if isinstance(headers, Headers):
            fields.update((name, list(values)) for name, values in headers.getAllRawHeaders())
        else:
            for name, value in headers:
                fields.setdefault(name, []).append(value)
        self.write_response(version, int(code), reason, fields, b"", b"", delimited=True)

    def write(self, data: bytes) -> None:
        """Send octets of a response."""
        self.transport.write(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send octets of a response, given in pieces."""
        self.transport.writeSequence(iovec)

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

    def loseConnection(self) -> None:
        """Close the connection once what is written has been sent."""
        if self._networkProducer is not None:
            self._networkProducer.unregisterProducer()
            self._networkProducer = None
        self.transport.loseConnection()

    def announce_end(self) -> None:
        """Do nothing: the next answer says that it is the last, since the factory drains."""

    def drain(self) -> None:
        """Close now if idle, else when the request being received or answered is done."""
        if self._state is _IDLE and not self._parser.receiving_head and not self._held:
            self._state = self._state.on[_ON_CLOSE]
            self._close()
        else:
            self.persistent = 0

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
