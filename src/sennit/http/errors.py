"""What can go wrong in an HTTP/1 conversation, each with the status code that tells the peer.

`RemoteProtocolError` is the peer's fault and is answered with its `status`; `LocalProtocolError` is ours
and never reaches the wire as anything but a 500.
"""

from __future__ import annotations

from sennit.http.codes import BAD_REQUEST, INTERNAL_SERVER_ERROR

__all__ = [
    "InvalidHeaderName",
    "InvalidHeaderValue",
    "LocalProtocolError",
    "ProtocolError",
    "RemoteProtocolError",
]


class ProtocolError(Exception):
    """The root of this room's errors.

    Attributes:
        status: The status code to answer with.
    """

    status = BAD_REQUEST

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        if status is not None:
            self.status = status


class RemoteProtocolError(ProtocolError):
    """The peer broke the protocol or passed a limit."""


class LocalProtocolError(ProtocolError):
    """This program asked for something that the protocol forbids."""

    status = INTERNAL_SERVER_ERROR


class InvalidHeaderName(LocalProtocolError, ValueError):
    """A header name is not a token (RFC 9110 section 5.1)."""

    def __init__(self, name: object) -> None:
        super().__init__(f"A header name is made of letters, digits and !#$%&'*+-.^_`|~ only, not {name!r}.")


class InvalidHeaderValue(LocalProtocolError, ValueError):
    """A header value holds an octet that would break the message's framing (RFC 9110 section 5.5)."""
