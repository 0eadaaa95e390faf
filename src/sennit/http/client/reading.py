"""`readBody`: a response's body as bytes."""

from __future__ import annotations

import warnings
from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.http.client.errors import (
    BodyTooLargeError,
    PartialDownloadError,
    PotentialDataLoss,
    ResponseDone,
)
from sennit.protocol import Protocol, connectionDone

__all__ = ["BodyReader", "readBody"]


class BodyReader(Protocol):
    """Collects a body.

    Args:
        response: The response.
        done: The Deferred to fire with the body.
        limit: How many octets it may have; None for no limit.
    """

    def __init__(self, response: Any, done: Deferred[bytes], limit: int | None) -> None:
        self._response = response
        self._done = done
        self._limit = limit
        self._size = 0
        self._pieces: list[bytes] = []

    def dataReceived(self, data: bytes) -> None:
        """Keep a piece."""
        self._pieces.append(data)
        if self._limit is not None:
            self._size += len(data)
            if self._size > self._limit and not self._done.called:
                self._done.errback(
                    Failure(BodyTooLargeError(f"The body is larger than {self._limit} octets."))
                )
                abort = getattr(self.transport, "abortConnection", None)
                if abort is not None:
                    abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Give what has come."""
        done = self._done
        if done.called:
            return
        if isinstance(reason.value, ResponseDone):
            pieces = self._pieces
            done.callback(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        elif reason.check(PotentialDataLoss):
            response = self._response
            done.errback(
                Failure(PartialDownloadError(response.code, response.phrase, b"".join(self._pieces)))
            )
        else:
            done.errback(reason)


def readBody(response: Any, *, limit: int | None = None) -> Deferred[bytes]:
    """Read a response's body whole.

    Args:
        response: The `IResponse`.
        limit: How many octets it may have; None for no limit.

    Returns:
        A Deferred of the body.  It fails with `PartialDownloadError` if nothing but the connection's end told
        that the body was over, with `BodyTooLargeError` past the limit, and with `ResponseFailed` if the body
        did not come whole.  Cancelling it drops the connection.
    """

    def cancel(_: Deferred[bytes]) -> None:
        abort = getattr(reader.transport, "abortConnection", None)
        if abort is not None:
            abort()

    done: Deferred[bytes] = Deferred(cancel)
    reader = BodyReader(response, done, limit)
    response.deliverBody(reader)
    if reader.transport is not None and getattr(reader.transport, "abortConnection", None) is None:
        warnings.warn(
            "Using readBody with a transport that does not have an abortConnection method",
            category=DeprecationWarning,
            stacklevel=2,
        )
    return done
