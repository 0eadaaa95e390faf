"""What the other side may take up: every limit of a control connection, in one place."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one connection.

    Attributes:
        command_line: Octets of a command, its end not counted; a path is most of it.
        reply_line: Octets of a line of a reply.
        reply_lines: Lines of a reply, or of several preliminary ones and the one that ends them.
        buffered: Octets that may lie unread while a command is being answered.
        errors: Commands in a row that were not understood or out of order, after which the connection is
            closed.
        logins: Log-ins that may fail on one connection.
    """

    command_line: int = 8192
    reply_line: int = 16384
    reply_lines: int = 1024
    buffered: int = 32768
    errors: int = 100
    logins: int = 5


DEFAULT_LIMITS = Limits()
