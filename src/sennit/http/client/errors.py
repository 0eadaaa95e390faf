"""What can go wrong for a client: in writing a request, in sending it, in what comes back.

Most are wrappers: their `reasons` are the Failures that led to them, the oldest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sennit.http.status_errors import Error

__all__ = [
    "BadFraming",
    "BadHeaders",
    "BadResponseVersion",
    "BodyTooLargeError",
    "ConnectionAborted",
    "ContentDecodingError",
    "DataLoss",
    "ExcessWrite",
    "ParseError",
    "PartialDownloadError",
    "PhaseTimeoutError",
    "PotentialDataLoss",
    "RequestGenerationFailed",
    "RequestNotSent",
    "RequestTransmissionFailed",
    "ResponseDone",
    "ResponseFailed",
    "ResponseNeverReceived",
    "SchemeNotSupported",
    "WrapperError",
    "WrongBodyLength",
]


class BadHeaders(Exception):
    """A request's fields cannot go on the wire as they are."""


class ExcessWrite(Exception):
    """A body producer wrote after it had said that it was done."""


class WrongBodyLength(Exception):
    """A body producer wrote more or less than its ``length`` says."""


class ParseError(Exception):
    """What came is no HTTP/1 response.

    Args:
        reason: What is wrong with it.
        data: The octets in question.
    """

    def __init__(self, reason: object, data: bytes) -> None:
        super().__init__(reason, data)
        self.data = data


class BadResponseVersion(ParseError):
    """A status line's protocol version is none."""


class BadFraming(ParseError, ValueError):
    """What a response says of its length makes no sense."""


class WrapperError(Exception):
    """An error that others led to.

    Args:
        reasons: The Failures that led to it.
    """

    def __init__(self, reasons: Sequence[Any]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


class RequestGenerationFailed(WrapperError):
    """The program did not produce its request: what the body producer raised is among the `reasons`."""


class RequestTransmissionFailed(WrapperError):
    """The connection was lost while the request was being sent."""


class RequestNotSent(Exception):
    """The connection could not take a request; nothing of it was sent."""


class ConnectionAborted(Exception):
    """The program aborted the connection."""


class ResponseDone(Exception):
    """The body was received whole: what a body's protocol is told at the end."""


class ResponseFailed(WrapperError):
    """Something went wrong while a response was being received.

    Args:
        reasons: The Failures that led to it.
        response: The response, if its head was received.
    """

    def __init__(self, reasons: Sequence[Any], response: Any = None) -> None:
        super().__init__(reasons)
        self.response = response


class ResponseNeverReceived(ResponseFailed):
    """The request was sent, and the connection ended before any of a response came."""


class DataLoss(Exception):
    """A body ended before it was complete."""


class PotentialDataLoss(Exception):
    """A body ended with its connection, and nothing told whether it was complete."""


class SchemeNotSupported(Exception):
    """A URI's scheme is one that this agent does not speak."""


class PartialDownloadError(Error):
    """A body ended before it was complete; `response` is what there is of it."""


class BodyTooLargeError(Exception):
    """A body is larger than is allowed."""


class ContentDecodingError(Exception):
    """A body cannot be decoded, or decodes to more than is allowed."""


class PhaseTimeoutError(TimeoutError):
    """A phase of a request took too long.

    Args:
        phase: ``connect``, ``first byte``, ``between bytes`` or ``total``.
        seconds: How long it was allowed to take.
    """

    def __init__(self, phase: str, seconds: float) -> None:
        super().__init__(f"The time limit {phase!r} of {seconds:g} s has passed.")
        self.phase = phase
        self.seconds = seconds
