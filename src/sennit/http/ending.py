"""The end of a server's connection: refusals, time-outs, and how it closes.

A refusal is answered and the connection closed, since nothing more on it can be trusted or waited for.  A
connection closed with octets unread is reset, and the reset may overtake the answer on its way (RFC 9112
section 9.6); so our half is closed first, and for a moment what still comes is thrown away.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sennit.core.failure import Failure
from sennit.http import codes
from sennit.http.dates import DateLine
from sennit.http.errors import RemoteProtocolError
from sennit.http.limits import Limits
from sennit.http.parser import RequestParser
from sennit.http.serializer import response_head, status_line
from sennit.http.state import Happening, State
from sennit.http.unwanted import Unwanted
from sennit.log import Logger

__all__ = ["Ending"]

_IDLE, _RECEIVING, _ANSWERING, _STREAMING = State.IDLE, State.RECEIVING, State.ANSWERING, State.STREAMING
_CLOSING = State.CLOSING
_ON_CLOSE = Happening.CLOSE
_OPEN = (_IDLE, _RECEIVING, _STREAMING, _ANSWERING)
_LINGER = 2.0
"""How long a refused client may go on sending, in seconds."""

_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\n\r\n"
"""Whole, as programs compare it: who sends what is no HTTP may not read a header either."""

_date = DateLine()
_log = Logger()


class Ending:
    """What a channel does about its end.

    Attributes:
        limits: What the client may take up.
        abortTimeout: Seconds that a connection may take to close before it is aborted; None for no limit.
        persistent: Whether the connection goes on after the request being answered.
    """

    transport: Any
    limits: Limits
    abortTimeout: float | None
    persistent: int
    _state: State
    _parser: RequestParser
    _request: Any
    _requestProducer: Any
    _networkProducer: Any
    _pumping: bool
    _reading: bool
    _body_full: bool
    _held: bytes
    _lingering: bool = False
    _untimed: bool = False
    _wait: Callable[[float | None], None]
    _update_reading: Callable[[], None]
    _pump: Callable[[], None]

    def timeoutConnection(self) -> None:
        """Close a connection on which the client took too long; a request begun is answered with 408."""
        if self._lingering:
            self._lingering = False
            self._close()
            return
        if self._state is _CLOSING:
            self.forceAbortClient()
            return
        _log.info("Timing out client: {peer}", peer=self.transport.getPeer())
        if self._state is _RECEIVING or self._state is _STREAMING or self._parser.receiving_head:
            self.refuse(RemoteProtocolError("The request did not arrive in time.", codes.REQUEST_TIMEOUT))
        elif self._state is _IDLE:
            # What was answered last may still wait for the client to take it.
            self._state = self._state.on[_ON_CLOSE]
            self._close()
        else:
            self.loseConnection()

    def forceAbortClient(self) -> None:
        """Drop the connection, whatever is still to be sent."""
        _log.info("Forcibly timing out client: {peer}", peer=self.transport.getPeer())
        self.transport.abortConnection()

    def refuse(self, error: RemoteProtocolError) -> None:
        """Answer with an error and close: nothing more on this connection can be trusted or waited for."""
        if self._state not in _OPEN:
            return
        if self._state is _STREAMING and self._withdraw(error):
            return
        self._state = self._state.on[_ON_CLOSE]
        self.transport.write(_refusal(error.status))
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
        if half_close is None or self._untimed:
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


def _refusal(status: int) -> bytes:
    """Return what a refused client is answered."""
    if status == codes.BAD_REQUEST:
        return _BAD_REQUEST
    body = b"%b\n" % codes.RESPONSES.get(status, b"Error")
    lines = (
        b"Date: %b\r\n" % _date.at(time.time()),
        b"Connection: close\r\n",
        b"Content-Type: text/plain; charset=utf-8\r\n",
        b"Content-Length: %d\r\n" % len(body),
    )
    return response_head(status_line(b"HTTP/1.1", status), (), *lines) + body
