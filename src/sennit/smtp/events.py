"""What a conversation is made of: commands one way, replies the other, and a message's body between them.

A command is kept as its verb and its argument, as received; `sennit.smtp.commands` reads the argument
of those that have a grammar.  A body comes in parts of any size, ends where it ends, and is never held whole.

These are values, and nobody changes one.  Only a reply, of which a program keeps some for good, is made so
that nobody can: that costs more than all else about making one.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "AuthenticationResponse",
    "BodyEnd",
    "BodyPart",
    "ChunkEnd",
    "Command",
    "ConnectionClosed",
    "Reply",
    "ServerEvent",
    "Violation",
]


@dataclass(slots=True, unsafe_hash=True)
class Command:
    """A line of the client (RFC 5321 section 4.1).

    Attributes:
        verb: In upper case.
        argument: What follows the verb and its space; empty if nothing does.
    """

    verb: bytes
    argument: bytes = b""


@dataclass(slots=True, unsafe_hash=True)
class BodyPart:
    """The next octets of a message, of any number, dots already unstuffed."""

    data: bytes


@dataclass(slots=True, unsafe_hash=True)
class ChunkEnd:
    """All octets of one BDAT have come, and it was not the last (RFC 3030): a reply is due."""


@dataclass(slots=True, unsafe_hash=True)
class BodyEnd:
    """The message is complete: a reply is due, and of LMTP one for each recipient.

    Attributes:
        size: How many octets it has.
    """

    size: int


@dataclass(slots=True, unsafe_hash=True)
class AuthenticationResponse:
    """The client's answer to a challenge (RFC 4954 section 4).

    Attributes:
        line: As received: base64, or ``*`` to cancel.
    """

    line: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply (RFC 5321 section 4.2).

    Attributes:
        code: 200 to 599.
        lines: The text, a line each; one at least, and an empty one is none to speak of.
        enhanced: The enhanced status code (RFC 3463), as in ``"5.1.1"``, the same for each line; or None.
    """

    code: int
    lines: tuple[str, ...] = ("",)
    enhanced: str | None = None

    @property
    def accepted(self) -> bool:
        """Tell whether it says yes (2yz)."""
        return 200 <= self.code < 300

    @property
    def challenging(self) -> bool:
        """Tell whether it asks for more (3yz)."""
        return 300 <= self.code < 400

    @property
    def transient(self) -> bool:
        """Tell whether it says no for now (4yz)."""
        return 400 <= self.code < 500

    @property
    def permanent(self) -> bool:
        """Tell whether it says no for good (5yz)."""
        return 500 <= self.code < 600

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


@dataclass(slots=True, unsafe_hash=True)
class Violation:
    """The client broke the protocol: `reply` is to be sent to it.

    Attributes:
        reply: What to say.
        fatal: Whether nothing that follows can be understood, so that the connection is to be closed.
    """

    reply: Reply
    fatal: bool = False


@dataclass(slots=True, unsafe_hash=True)
class ConnectionClosed:
    """The other side will send no more."""


ServerEvent = Command | BodyPart | ChunkEnd | BodyEnd | AuthenticationResponse | Violation | ConnectionClosed
"""What a server receives."""
