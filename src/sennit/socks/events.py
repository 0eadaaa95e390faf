"""What a SOCKS client says to a server, and what the server answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

__all__ = [
    "ANY_ADDRESS",
    "Choice",
    "Command",
    "Greeting",
    "Login",
    "Method",
    "Reply",
    "ReplyCode",
    "Request",
    "Verdict",
]

ANY_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - what stands in a reply that has no address to tell


class Command(IntEnum):
    """What a client asks for (RFC 1928 section 4)."""

    CONNECT = 1
    BIND = 2
    UDP_ASSOCIATE = 3


class Method(IntEnum):
    """How a client can say who it is (RFC 1928 section 3)."""

    NONE = 0
    GSSAPI = 1
    PASSWORD = 2
    UNACCEPTABLE = 0xFF


class ReplyCode(IntEnum):
    """What becomes of a request (RFC 1928 section 6); version 4 knows two of them, yes and no."""

    SUCCEEDED = 0
    FAILURE = 1
    FORBIDDEN = 2
    NETWORK_UNREACHABLE = 3
    HOST_UNREACHABLE = 4
    REFUSED = 5
    EXPIRED = 6
    UNKNOWN_COMMAND = 7
    UNKNOWN_ADDRESS = 8


@dataclass(frozen=True, slots=True)
class Greeting:
    """The client's first words in version 5.

    Attributes:
        methods: The numbers of the methods that it can say by who it is.
    """

    methods: frozenset[int]


@dataclass(frozen=True, slots=True)
class Choice:
    """The server's answer to a greeting.

    Attributes:
        method: The method; UNACCEPTABLE if none will do, and then the connection is to be closed.
    """

    method: Method


@dataclass(frozen=True, slots=True)
class Login:
    """Who the client says it is (RFC 1929).

    Attributes:
        user: Its name.
        password: Its password.
    """

    user: bytes
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The server's answer to a log-in.

    Attributes:
        accepted: Whether the client is who it says; if not, the connection is to be closed.
    """

    accepted: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What the client wants.

    Attributes:
        version: 4 or 5.
        command: A `Command`, or another number.
        host: The destination's address or name.
        port: Its port.
        user: Who the client says it is, in version 4.
        is_name: Whether the host was said as a name, be it one that looks like an address.
    """

    version: int
    command: int
    host: str
    port: int
    user: bytes = b""
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What becomes of the request; BIND has two: where the server listens, and who has connected.

    Attributes:
        code: Whether it is granted.
        host: An address; in version 4 one of IPv4.
        port: A port.
    """

    code: int
    host: str = ANY_ADDRESS
    port: int = 0
