"""What can be received in an HTTP/1 conversation, as a server sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["BodyData", "EndOfMessage", "Event", "RequestHead", "TunnelHead"]


@dataclass(slots=True, eq=False)
class RequestHead:
    """A request line and its fields; nobody changes it once it is received.

    It is not frozen because making frozen objects costs four times as much, once a request.

    Attributes:
        method: The method, a token.
        target: The request target, as sent (RFC 9112 section 3.2).
        version: The minor version: 0 for HTTP/1.0, 1 for HTTP/1.1.
        headers: The fields, in order, values without surrounding white space.
        keep_alive: Whether the client lets the connection go on after this exchange.
        length: The body's length, None if it comes in chunks.
        expects_continue: Whether the client waits for ``100 Continue`` before it sends the body.
        upgrade: Whether the client offers to change protocols (or sent CONNECT): nothing after this
            message is read before the parser is told to resume.
        protocol: What an extended CONNECT wants to speak (RFC 8441); None for every other request.
    """

    method: bytes
    target: bytes
    version: int
    headers: list[tuple[bytes, bytes]]
    keep_alive: bool
    length: int | None
    expects_continue: bool
    upgrade: bool
    protocol: ClassVar[bytes | None] = None


@dataclass(slots=True, eq=False)
class TunnelHead(RequestHead):
    """The head of an extended CONNECT (RFC 8441); its `protocol` says what it wants to speak."""

    protocol: bytes  # type: ignore[misc]  # no other head has it, and making heads is the hot path


@dataclass(frozen=True, slots=True)
class BodyData:
    """A piece of a request's body, transfer coding removed."""

    data: bytes


@dataclass(frozen=True, slots=True)
class EndOfMessage:
    """The end of a request whose head announced a body.

    A request without body (`RequestHead.length` is 0) ends with its head.

    Attributes:
        trailers: Fields that followed a chunked body, never mixed into the head's (RFC 9110 section 6.5.1).
    """

    trailers: tuple[tuple[bytes, bytes], ...] = ()


Event = RequestHead | BodyData | EndOfMessage
