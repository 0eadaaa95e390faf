"""`Response`: what came back, and its body on the way to whoever wants it.

The body may come before anybody asks for it, and may end before; so a response is in one of four states.
Whoever pauses reading while nobody listens is the connection; here is only kept what has come by then.
"""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.http.client.errors import ResponseDone
from sennit.http.client.interfaces import UNKNOWN_LENGTH, IResponse
from sennit.http.headers import Headers

__all__ = ["Response"]

_INITIAL, _CONNECTED, _DEFERRED_CLOSE, _FINISHED = "INITIAL", "CONNECTED", "DEFERRED_CLOSE", "FINISHED"


@implementer(IResponse)
class Response:
    """A response.

    Args:
        version: The protocol's name, major and minor version.
        code: The status code.
        phrase: The reason phrase.
        headers: The fields, without those about the connection.
        _transport: What the body's protocol has for a transport.

    Attributes:
        length: The body's length, or `UNKNOWN_LENGTH`.
        request: The request that this answers.
        previousResponse: The response that led to this one by redirection, or None.
        trailers: Fields that followed the body; there when it has ended.
    """

    length: int | str = UNKNOWN_LENGTH
    request: Any = None
    previousResponse: Any = None
    trailers: tuple[tuple[bytes, bytes], ...] = ()
    _bodyProtocol: Any = None
    _bodyFinished = False
    _reason: Failure | None = None
    _held_at_most: int | None = None

    def __init__(
        self, version: tuple[bytes, int, int], code: int, phrase: bytes, headers: Headers, _transport: Any
    ) -> None:
        self.version = version
        self.code = code
        self.phrase = phrase
        self.headers = headers
        self._transport = _transport
        self._bodyBuffer: list[bytes] | None = None
        self._state = _INITIAL

    @classmethod
    def _construct(
        cls,
        version: tuple[bytes, int, int],
        code: int,
        phrase: bytes,
        headers: Headers,
        _transport: Any,
        request: Any,
    ) -> Response:
        """Make a response that knows its request."""
        response = cls(version, code, phrase, headers, _transport)
        response.request = request
        return response

    def setPreviousResponse(self, previousResponse: Any) -> None:
        """Note which response led to this one."""
        self.previousResponse = previousResponse

    def deliverBody(self, protocol: Any) -> None:
        """Have a protocol receive the body.

        It is connected to a transport that can pause, resume and close; its ``connectionLost`` is called
        once, with `ResponseDone` if the body came whole, `PotentialDataLoss` if nothing but the connection's
        end told that it was over, and `ResponseFailed` otherwise.

        Raises:
            RuntimeError: If somebody has asked for it before.
        """
        state = self._state
        if state is _INITIAL:
            # The protocol may end the connection at once.
            self._state = _CONNECTED
            self._bodyProtocol = protocol
            protocol.makeConnection(self._transport)
            if self._bodyBuffer is not None:
                self._hand_over()
            if self._bodyProtocol is not None and getattr(self._transport, "paused", True):
                # Reading was stopped as long as nobody listened.
                self._transport.resumeProducing()
        elif state is _DEFERRED_CLOSE:
            self._state = _FINISHED
            self._bodyProtocol = protocol
            protocol.makeConnection(self._transport)
            self._end(self._reason)
        else:
            raise RuntimeError(
                "deliverBody was called before: a response's body can be delivered once. "
                f"(It is in state {state!r}.)"
            )

    def hold_body(self, limit: int) -> None:
        """Take in the body although nobody has asked for it, so that its connection can go on.

        It can be asked for as ever.

        Args:
            limit: How many octets to hold; past it the connection is dropped.
        """
        if self._state is not _INITIAL or self._transport is None:
            return
        if isinstance(self.length, int) and self.length > limit:
            self._transport.loseConnection()
            return
        self._held_at_most = limit
        if getattr(self._transport, "paused", True):
            self._transport.resumeProducing()

    @property
    def wants_data(self) -> bool:
        """Whether there is somebody, or room, for more of the body."""
        if self._state is not _INITIAL:
            return True
        limit = self._held_at_most
        if limit is None:
            return False
        if sum(map(len, self._bodyBuffer or ())) > limit:
            self._transport.loseConnection()
            return False
        return True

    def _hand_over(self) -> None:
        pieces, self._bodyBuffer = self._bodyBuffer, None
        for piece in pieces or ():
            self._bodyProtocol.dataReceived(piece)

    def _end(self, reason: Failure | None) -> None:
        if self._bodyBuffer is not None:
            self._hand_over()
        protocol, self._bodyProtocol = self._bodyProtocol, None
        if reason is None:
            reason = Failure(ResponseDone("Response body fully received"))
        protocol.connectionLost(reason)

    def _bodyDataReceived(self, data: bytes) -> None:
        """Take a piece of the body.

        Raises:
            RuntimeError: If it had ended.
        """
        state = self._state
        if state is _CONNECTED:
            self._bodyProtocol.dataReceived(data)
        elif state is _INITIAL:
            if self._bodyBuffer is None:
                self._bodyBuffer = []
            self._bodyBuffer.append(data)
        else:
            raise RuntimeError(f"A body has ended, and more of it came. (It is in state {state!r}.)")

    def _bodyDataFinished(self, reason: Failure | None = None) -> None:
        """End the body.

        Args:
            reason: Why, if it did not come whole.

        Raises:
            RuntimeError: If it had ended.
        """
        state = self._state
        if state is _CONNECTED:
            self._state = _FINISHED
            self._end(reason)
        elif state is _INITIAL:
            self._state = _DEFERRED_CLOSE
            self._reason = reason
        else:
            raise RuntimeError(f"A body has ended, and ends again. (It is in state {state!r}.)")
        self._bodyFinished = True
