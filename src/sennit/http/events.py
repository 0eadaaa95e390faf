"""What can be received in an HTTP/1 conversation, as a server sees it."""

from __future__ import annotations

from typing import ClassVar

from sennit.values import Value

__all__ = ["BodyData", "EndOfMessage", "Event", "RequestHead", "TunnelHead"]


class RequestHead:
    """A request line and its fields; nobody changes it once it is received.

    It is not a `Value` because making those costs several times as much, once a request.

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

    __slots__ = __match_args__ = (
        "method",
        "target",
        "version",
        "headers",
        "keep_alive",
        "length",
        "expects_continue",
        "upgrade",
    )

    protocol: ClassVar[bytes | None] = None

    def __init__(
        self,
        method: bytes,
        target: bytes,
        version: int,
        headers: list[tuple[bytes, bytes]],
        keep_alive: bool,
        length: int | None,
        expects_continue: bool,
        upgrade: bool,
    ) -> None:
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.keep_alive = keep_alive
        self.length = length
        self.expects_continue = expects_continue
        self.upgrade = upgrade

    __repr__ = Value.__repr__


class TunnelHead(RequestHead):
    """The head of an extended CONNECT (RFC 8441); its `protocol` says what it wants to speak."""

    # No other head has it, and making heads is the hot path.
    __slots__ = ("protocol",)
    __match_args__ = (*RequestHead.__match_args__, "protocol")

    protocol: bytes  # type: ignore[misc]

    def __init__(
        self,
        method: bytes,
        target: bytes,
        version: int,
        headers: list[tuple[bytes, bytes]],
        keep_alive: bool,
        length: int | None,
        expects_continue: bool,
        upgrade: bool,
        protocol: bytes,
    ) -> None:
        super().__init__(method, target, version, headers, keep_alive, length, expects_continue, upgrade)
        self.protocol = protocol


_set = object.__setattr__


class BodyData(Value):
    """A piece of a request's body, transfer coding removed."""

    __slots__ = __match_args__ = ("data",)

    data: bytes

    def __init__(self, data: bytes) -> None:
        _set(self, "data", data)


class EndOfMessage(Value):
    """The end of a request whose head announced a body.

    A request without body (`RequestHead.length` is 0) ends with its head.

    Attributes:
        trailers: Fields that followed a chunked body, never mixed into the head's (RFC 9110 section 6.5.1).
    """

    __slots__ = __match_args__ = ("trailers",)

    trailers: tuple[tuple[bytes, bytes], ...]

    def __init__(self, trailers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        _set(self, "trailers", trailers)


Event = RequestHead | BodyData | EndOfMessage
