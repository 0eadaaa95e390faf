"""`Exchange`: one request and its response on an HTTP/2 connection, both bodies at their own pace."""

from __future__ import annotations

from typing import Any

from h2.errors import ErrorCodes
from zope.interface import implementer

from sennit.core.deferred import CancelledError, Deferred, maybeDeferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, IPushProducer
from sennit.http.client.errors import (
    BadHeaders,
    DataLoss,
    ExcessWrite,
    RequestGenerationFailed,
    RequestNotSent,
    RequestTransmissionFailed,
    ResponseFailed,
    ResponseNeverReceived,
    WrapperError,
    WrongBodyLength,
)
from sennit.http.client.framing import http2_head, is_control, is_name
from sennit.http.client.interfaces import UNKNOWN_LENGTH
from sennit.http.client.limits import Timeouts
from sennit.http.client.response import Response
from sennit.http.client.sending import stop
from sennit.http.errors import LocalProtocolError, RemoteProtocolError
from sennit.http.h2.fields import checked_fields
from sennit.http.headers import Headers

__all__ = ["Exchange"]

_ONLY_HTTP_1 = frozenset(
    (
        b"Connection",
        b"Keep-Alive",
        b"Proxy-Connection",
        b"Transfer-Encoding",
        b"Upgrade",
        b"Te",
        b"TE",
        b"Host",
        b"Content-Length",
    )
)
_BODY_EXPECTED = frozenset((b"POST", b"PUT"))


@implementer(IPushProducer, IConsumer)
class Exchange:
    """One request and its response.

    It is the transport of the response's body, and the consumer of the request's.

    Args:
        connection: The connection.
        request: The `Request`.

    Attributes:
        answered: The Deferred of the response.
        stream_id: The stream; 0 while it waits for its turn.
        heard: When the server last sent something for it.
        timeouts: How long its phases may take; None for no limit.
    """

    disconnecting = False

    def __init__(self, connection: Any, request: Any) -> None:
        self.connection = connection
        self.request = request
        self.timeouts: Timeouts | None = request.timeouts or connection.timeouts
        self.answered: Deferred[Any] = Deferred(self._cancelled)
        self.stream_id = 0
        self.heard = 0.0
        self._paused = False
        self._producer: Any = None
        self._producing: Any = None
        self._left: int | None = None
        self._sent = False
        self._response: Any = None
        self._held: list[tuple[bytes, int]] = []
        self._ended = False
        self._over = False
        self._size = 0
        self._informed = 0

    # The request

    def fields(self, scheme: bytes) -> list[tuple[bytes, bytes]]:
        """Return the header list to send (RFC 9113 section 8.3.1).

        Raises:
            BadHeaders: If it may not go on the wire.
        """
        request = self.request
        # This checks what HTTP/1 checks; what it makes of it is not needed.
        request.head()
        given = request.headers._fields
        authority = given[b"Host"][0]
        listed = [
            (b":method", request.method),
            (b":scheme", scheme),
            (b":authority", authority),
            (b":path", request.uri),
        ]
        try:
            listed += checked_fields(
                [(name, values) for name, values in given.items() if name not in _ONLY_HTTP_1]
            )
        except LocalProtocolError as error:
            raise BadHeaders("A header field holds CR, LF or NUL.") from error
        producer = request.bodyProducer
        if producer is None:
            if request.method in _BODY_EXPECTED:
                listed.append((b"content-length", b"0"))
        elif producer.length != UNKNOWN_LENGTH:
            listed.append((b"content-length", b"%d" % producer.length))
        return listed

    def started(self) -> None:
        """Begin to send the body, if there is one."""
        connection = self.connection
        self.heard = connection.clock.seconds()
        connection.watch(self.timeouts)
        producer = self.request.bodyProducer
        if producer is None:
            self._sent = True
            return
        self._producer = producer
        self._left = None if producer.length == UNKNOWN_LENGTH else producer.length
        self._producing = maybeDeferred(producer.startProducing, self)
        self._producing.addCallbacks(self._produced, self.generation_failed)

    def write(self, data: bytes) -> None:
        """Take a piece of the request's body.

        Raises:
            ExcessWrite: If the body had ended.
        """
        if self._sent:
            raise ExcessWrite
        if self._over:
            return
        if self._left is not None:
            if len(data) > self._left:
                stop(self._producer)
                self.generation_failed(Failure(WrongBodyLength("too many bytes written")))
                return
            self._left -= len(data)
        if data and not self.connection.send(self, data) and self._producer is not None:
            self._producer.pauseProducing()

    def has_room(self) -> None:
        """Let the body producer go on."""
        if self._producer is not None:
            self._producer.resumeProducing()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Do nothing: the body producer is known."""

    def unregisterProducer(self) -> None:
        """Do nothing: the body producer is known."""

    def _produced(self, _: Any) -> None:
        self._producing = self._producer = None
        if self._over:
            return
        if self._left:
            self.generation_failed(Failure(WrongBodyLength("too few bytes written")))
            return
        self._sent = True
        self.heard = self.connection.clock.seconds()
        self.connection.send(self, b"", end=True)
        if self._ended and not self._held:
            self._leave()

    def generation_failed(self, reason: Failure) -> None:
        """Handle the failure of the body producer, or of the request itself."""
        self._producing = self._producer = None
        if self._over:
            return
        self.failed(Failure(RequestGenerationFailed([reason])))
        self.connection.reset(self)

    def _cancelled(self, _: Deferred[Any]) -> None:
        kind = ResponseNeverReceived if self._sent else RequestGenerationFailed
        self.failed(Failure(kind([Failure(CancelledError())])))
        self.connection.reset(self)

    def _stop_producing(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            stop(producer)

    # The response

    def informational(self) -> None:
        """Count a 1xx response.

        Raises:
            RemoteProtocolError: If it is one too many.
        """
        self._informed += 1
        if self._informed > self.connection.limits.informational:
            raise RemoteProtocolError("There are too many informational responses.")

    def head_received(self, fields: Any, *, ended: bool) -> None:
        """Take the final head.

        Raises:
            RemoteProtocolError: If it is malformed or too large.
        """
        self.heard = self.connection.clock.seconds()
        is_head = self.request.method == b"HEAD"
        code, length, pairs = http2_head(fields, is_head=is_head, limits=self.connection.limits)
        response = Response((b"HTTP", 2, 0), code, b"", Headers.from_wire(pairs), self)
        response.request = self.request
        response.length = 0 if ended else UNKNOWN_LENGTH if length is None else length
        self._response = response
        if self.answered.called:
            return
        if ended:
            response._bodyDataFinished()
            self._ended = True
        self.answered.callback(response)

    def data_received(self, data: bytes, size: int) -> None:
        """Take a piece of the body.

        Args:
            data: The piece.
            size: What it counts against the server's window.

        Raises:
            RemoteProtocolError: If the body is too large.
        """
        self.heard = self.connection.clock.seconds()
        if not data:
            # An end, or padding: there is nothing for a reader to wait for.
            self.connection.consumed(self, size)
            return
        self._size += len(data)
        limit = self.connection.limits.body_size
        if limit is not None and self._size > limit:
            raise RemoteProtocolError("The response's body is too large.")
        if self.paused or self._response._state == "INITIAL":
            self._held.append((data, size))
            if not self._paused and self._response.wants_data:
                self.resumeProducing()
            return
        self._hand_on(data, size)

    def _hand_on(self, data: bytes, size: int) -> None:
        self._response._bodyDataReceived(data)
        self.connection.consumed(self, size)

    def trailers_received(self, fields: Any) -> None:
        """Take what follows the body.

        Raises:
            RemoteProtocolError: If it is malformed.
        """
        pairs = [(bytes(name), bytes(value)) for name, value in fields]
        if len(pairs) > self.connection.limits.header_count or any(
            not is_name(name) or is_control(value) for name, value in pairs
        ):
            raise RemoteProtocolError("The trailers are malformed.")
        self._response.trailers = tuple(pairs)

    def ended(self) -> None:
        """Note that the server has sent all."""
        self._ended = True
        if not self._held:
            self._complete()

    def _complete(self) -> None:
        """Tell that the body is complete; stop a request's body that nobody has waited for."""
        if self._over:
            return
        if not self._sent and self._producer is not None:
            if self._response.code >= 400:
                self._stop_producing()
                self._leave(reset=True)
            # Else the server takes the rest, and the stream lives until then.
        else:
            self._leave()
        if not self._response._bodyFinished:
            self._response._bodyDataFinished()

    def _leave(self, *, reset: bool = False) -> None:
        self._over = True
        if reset:
            self.connection.reset(self, ErrorCodes.NO_ERROR)
        else:
            self.connection.forget(self)

    def was_reset(self, code: int) -> None:
        """Handle the server's ending the stream in the middle."""
        if code == ErrorCodes.REFUSED_STREAM and self._response is None:
            # Nothing was done about it (RFC 9113 section 8.7).
            self.not_served()
        elif code == ErrorCodes.NO_ERROR and self._ended:
            # The rest of the request's body is not wanted.
            self._stop_producing()
        else:
            self.failed(Failure(RemoteProtocolError(f"The server reset the stream ({code}).")))
        self.connection.forget(self)

    def not_served(self) -> None:
        """Give the request back: it may be sent again elsewhere, if its body was not begun."""
        self._over = True
        begun = self._producer is not None or (self._sent and self.request.bodyProducer is not None)
        self._stop_producing()
        if not self.answered.called:
            error = RequestTransmissionFailed([Failure(RequestNotSent())]) if begun else RequestNotSent()
            self.answered.errback(Failure(error))

    def failed(self, reason: Failure) -> None:
        """End both in the middle."""
        if self._over:
            return
        self._over = True
        self._stop_producing()
        response = self._response
        if response is None:
            if self.answered.called:
                return
            if not isinstance(reason.value, WrapperError):
                kind: type[WrapperError] = ResponseNeverReceived if self._sent else RequestTransmissionFailed
                if isinstance(reason.value, RemoteProtocolError):
                    kind = ResponseFailed
                reason = Failure(kind([reason]))
            self.answered.errback(reason)
        elif not response._bodyFinished:
            reasons = reason.value.reasons if isinstance(reason.value, ResponseFailed) else [reason]
            for data, _ in self._held if response._state != "INITIAL" else ():
                response._bodyDataReceived(data)
            self._held = []
            response._bodyDataFinished(Failure(ResponseFailed([*reasons, Failure(DataLoss())], response)))

    def phase(self) -> tuple[str, float | None]:
        """Return which time limit counts now."""
        timeouts = self.timeouts
        if timeouts is None or not self._sent or self.paused:
            return "", None
        if self._response is None:
            return "first byte", timeouts.first_byte
        return "between bytes", timeouts.between_bytes

    # The transport of the response's body.

    @property
    def paused(self) -> bool:
        """Whether something waits for the reader."""
        return self._paused or bool(self._held)

    def pauseProducing(self) -> None:
        """Keep what comes until `resumeProducing`; the server stops when its window is used up."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Go on."""
        self._paused = False
        while self._held and not self._paused:
            self._hand_on(*self._held.pop(0))
        if self._ended and not self.paused:
            self._complete()

    def stopProducing(self) -> None:
        """End the stream."""
        self.loseConnection()

    def loseConnection(self) -> None:
        """End the stream; the connection goes on."""
        if not self._over:
            self.failed(Failure(CancelledError()))
            self.connection.reset(self)

    abortConnection = loseConnection

    def getPeer(self) -> Any:
        """Return the server's address."""
        return self.connection.transport.getPeer()

    def getHost(self) -> Any:
        """Return our address."""
        return self.connection.transport.getHost()
