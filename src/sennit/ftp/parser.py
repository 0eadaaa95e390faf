r"""Octets to commands and replies.

A control connection is a Telnet connection (RFC 959 section 2.3): a client that aborts a transfer puts IAC IP
IAC DM in front of its ABOR.  Telnet's commands are taken out of a line; IAC is no octet of UTF-8, so no name
is harmed.  A line ends in CR LF and, for the sake of people who type, in LF alone; a CR elsewhere is a fault.

Names are UTF-8 (RFC 2640); octets that are none are kept by `surrogateescape`, so each file can be named.
"""

from __future__ import annotations

import re

from sennit.framing.buffer import BoundedBuffer
from sennit.ftp.errors import RemoteProtocolError
from sennit.ftp.events import Command, Reply
from sennit.ftp.limits import DEFAULT_LIMITS, Limits

__all__ = ["ReplyParser", "parse_command", "take_command_line", "take_reply_line"]

# IAC with WILL, WONT, DO or DONT has an option behind it, any other command nothing.
_TELNET = re.compile(rb"\xff(?:[\xfb-\xfe].?|[^\xff]|$)|\xff(\xff)", re.DOTALL)
_FIRST_LINE = re.compile(r"(\d\d\d)([ -]|$)(.*)", re.ASCII | re.DOTALL)


def take_command_line(buffer: BoundedBuffer, limit: int) -> bytes | None:
    """Take a command's line, without Telnet's commands.

    Args:
        buffer: What was received.
        limit: How long it may be.

    Returns:
        The line without its end, or None if that has not come.

    Raises:
        LimitExceededError: If it is longer.
        RemoteProtocolError: If there is a CR in it; it is taken.
    """
    line = take_reply_line(buffer, limit)
    if line is not None and b"\r" in line:
        raise RemoteProtocolError(Reply(500, ("A line has no CR but the one at its end.",)))
    return line


def take_reply_line(buffer: BoundedBuffer, limit: int) -> bytes | None:
    """Take a reply's line, without Telnet's commands; a CR inside is text as any other.

    Args:
        buffer: What was received.
        limit: How long it may be.

    Returns:
        The line without its end, or None if that has not come.

    Raises:
        LimitExceededError: If it is longer.
    """
    line = buffer.take_line(b"\n", limit + 1)
    if line is None:
        return None
    line = line.removesuffix(b"\r")
    return _TELNET.sub(lambda found: found[1] or b"", line) if b"\xff" in line else line


def parse_command(line: bytes) -> Command:
    """Part a line into its verb and its argument."""
    verb, space, argument = line.decode("utf-8", "surrogateescape").partition(" ")
    return Command(verb.upper(), argument, bool(space))


class ReplyParser:
    """Puts the lines of a reply together (RFC 959 section 4.2).

    Lines that belong to no reply are kept as lines of the one that follows: a client shows them.

    Args:
        limits: How many lines there may be.
    """

    __slots__ = ("_code", "_text", "_wire", "limits")

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._code = ""
        self._text: list[str] = []
        self._wire: list[str] = []

    def receive_line(self, line: str) -> Reply | None:
        """Take a line, without its end.

        Returns:
            The reply that it ends, or None.

        Raises:
            RemoteProtocolError: If there have been too many.
        """
        if len(self._wire) >= self.limits.reply_lines:
            raise RemoteProtocolError(Reply(500, ("A reply has too many lines.",)))
        self._wire.append(line)
        if self._code:
            # The last line has the same code and a space; a server may put code and hyphen before others.
            if line[:4].rstrip() != self._code:
                self._text.append(line.removeprefix(f"{self._code}-"))
                return None
            self._text.append(line[4:])
        else:
            match = _FIRST_LINE.fullmatch(line)
            if match is None:
                return None
            self._code = match[1]
            self._text.append(match[3])
            if match[2] == "-":
                return None
        reply = Reply(int(self._code), tuple(self._text), tuple(self._wire))
        self._code, self._text, self._wire = "", [], []
        return reply
