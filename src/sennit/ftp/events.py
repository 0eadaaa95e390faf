"""What is said over a control connection: commands one way, replies the other."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Command", "ConnectionClosed", "Reply", "ServerEvent", "Violation"]


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the client (RFC 959 section 5.3).

    Attributes:
        verb: In upper case.
        argument: What follows the verb and its space, spaces and all; empty if nothing does.
        spaced: Whether there was that space: a password may be empty.
    """

    verb: str
    argument: str = ""
    spaced: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply (RFC 959 section 4.2).

    Attributes:
        code: 100 to 599; of a reply that was received, whatever three digits came.
        lines: The text, a line each; one at least.
        wire: Of a reply that was received, its lines as they came.
    """

    code: int
    lines: tuple[str, ...] = ("",)
    wire: tuple[str, ...] = ()

    @property
    def preliminary(self) -> bool:
        """Tell whether another reply follows to the same command (1yz)."""
        return 100 <= self.code < 200

    @property
    def positive(self) -> bool:
        """Tell whether what was asked was done (2yz), or goes on (3yz)."""
        return 200 <= self.code < 400

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Violation:
    """The client broke the protocol: `reply` is to be sent to it.

    Attributes:
        reply: What to say.
        fatal: Whether nothing that follows can be understood, so that the connection is to be closed.
    """

    reply: Reply
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """The other side will send no more."""


ServerEvent = Command | Violation | ConnectionClosed
"""What a server receives."""
