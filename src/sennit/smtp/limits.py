"""What the other side may take up: every limit of a mail conversation, in one place."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one connection.

    Attributes:
        command_line: Octets of a command, its end not counted.  RFC 5321 section 4.5.3.1.4 asks for 512,
            and the extensions add to it; the longest is an initial response of AUTH (RFC 4954 section 4:
            12,288).
        reply_line: Octets of a line of a reply.
        reply_lines: Lines of a reply.
        message_size: Octets of a message; None for no limit.
        recipients: Recipients of a message; RFC 5321 section 4.5.3.1.8 asks for 100.
        errors: Commands that were refused or not understood, after which the connection is closed.
        buffered: Octets that may lie unread while a reply is due.
    """

    command_line: int = 12288
    reply_line: int = 2048
    reply_lines: int = 256
    message_size: int | None = 50 << 20
    recipients: int = 1000
    errors: int = 20
    buffered: int = 65536


DEFAULT_LIMITS = Limits()
