r"""Bytes to lines, bodies and replies.

A body's end is CR LF ``.`` CR LF and nothing else (RFC 5321 section 4.1.1.4).  A server that also takes
``\n.\n`` or ``\n.\r\n`` for it reads two messages where the one before it read one: that is how mail is
smuggled past a filter.  So a CR or an LF alone is a fault, of a command and of a body, unless
`Newlines.LENIENT` was asked for; even then only CR LF ``.`` CR LF ends a body.

A body is worked on in the blocks in which it comes, by the searches and replacements of `bytes`: no loop of
Python's runs over its lines.  One search finds the lines that begin with a dot, the end among them; one more
pass tells which newlines there are.  What may be the beginning of its end is held back, four octets at most.
"""

from __future__ import annotations

import io
import re
from enum import Enum, auto

from sennit.framing.buffer import BoundedBuffer, LimitExceededError
from sennit.smtp.errors import RemoteProtocolError
from sennit.smtp.events import Reply
from sennit.smtp.limits import Limits

__all__ = ["BodyParser", "Newlines", "ReplyParser", "parse_reply_line", "take_command_line"]

_CR, _LF = b"\r\n"
_END = b"\r\n.\r\n"
_ANY_NEWLINE = re.compile(rb"\r\n|\r|\n")
# As a pattern it is found in half the time that `bytes.find` takes.
_DOT_LINE = re.compile(rb"\r\n\.")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |$)")


class Newlines(Enum):
    """What ends a line."""

    STRICT = auto()
    """CR LF; a CR or an LF alone is a fault."""
    LENIENT = auto()
    """CR LF or LF for a command; in a body a CR or an LF alone is made CR LF, but ends nothing."""


# Members of an Enum are found by a call; this one is asked for at each line.
_LENIENT = Newlines.LENIENT


def take_command_line(buffer: BoundedBuffer, limit: int, newlines: Newlines) -> bytes | None:
    """Take a command's line.

    Args:
        buffer: What was received.
        limit: How long it may be.
        newlines: What ends it.

    Returns:
        The line without its end, or None if that has not come.

    Raises:
        LimitExceededError: If it is longer.
        RemoteProtocolError: If there is a CR, an LF or a NUL in it; it is taken.
    """
    if newlines is _LENIENT:
        line = buffer.take_line(b"\n", limit + 1)
        line = line.removesuffix(b"\r") if line is not None else None
    else:
        line = buffer.take_line(b"\r\n", limit)
    # A number is found in a fifth of the time that bytes are.
    if line is not None and (_LF in line or _CR in line or 0 in line):
        raise RemoteProtocolError(Reply(500, ("A line ends in CR LF, and has no other control.",), "5.5.2"))
    return line


class BodyParser:
    """Takes the dots out of one body, and finds its end (RFC 5321 section 4.5.2).

    Args:
        newlines: What to do about a CR or an LF alone.

    Attributes:
        broken: Whether there was one, of a strict body.
        rest: After the end, what came behind it.
    """

    __slots__ = ("_before", "_held", "_seen", "broken", "newlines", "rest")

    def __init__(self, newlines: Newlines = Newlines.STRICT) -> None:
        # A body begins where a line does, so it is read as if one had ended just before it.
        self._held = b"\r\n"
        self._before = 2
        # Told octets as characters, it says which newlines it has seen.
        self._seen = io.IncrementalNewlineDecoder(None, translate=False)
        self.newlines = newlines
        self.broken = False
        self.rest = b""

    def receive_data(self, data: bytes) -> tuple[bytes, bool]:
        """Go on with the next octets.

        Returns:
            What of the body is now sure, and whether that was the rest of it.
        """
        text = self._held + data
        dot_line = _DOT_LINE.search(text)
        end = -1 if dot_line is None else text.find(_END, dot_line.start())
        if end >= 0:
            self.rest = text[end + len(_END) :]
            text = text[: end + 2]
        elif held := next((n for n in range(4, 0, -1) if text.endswith(_END[:n])), 0):
            self._held = text[-held:]
            text = text[:-held]
        else:
            self._held = b""
        if not text:
            return b"", False
        if dot_line is not None and (begin := dot_line.start()) < len(text) - 2:
            text = text[:begin] + text[begin:].replace(b"\r\n.", b"\r\n")
        if self._has_half_newlines(text):
            self.broken = self.newlines is Newlines.STRICT
            text = _ANY_NEWLINE.sub(b"\r\n", text)
        if self._before:
            text = text[self._before :]
            self._before = 0
        return text, end >= 0

    def _has_half_newlines(self, text: bytes) -> bool:
        self._seen.reset()
        # A CR at the end would wait for what comes next; none that could be half of a CR LF is here.
        self._seen.decode(text.decode("latin-1"), final=True)
        return self._seen.newlines not in {None, "\r\n"}


def parse_reply_line(line: bytes) -> tuple[int, bool, str]:
    """Read a line of a reply (RFC 5321 section 4.2).

    Returns:
        The code, whether another line follows, and the text.

    Raises:
        RemoteProtocolError: If it is none.
    """
    code, mark, text = line[:3], line[3:4], line[4:]
    if not (code.isdigit() and len(code) == 3 and b"2" <= code[:1] <= b"5" and mark in {b"", b" ", b"-"}):
        raise RemoteProtocolError(Reply(500, (f"The server says {line[:80]!r}, which is no reply.",)))
    return int(code), mark == b"-", text.decode(errors="replace")


class ReplyParser:
    """Puts the lines of a reply together.

    Args:
        limits: How long lines may be, and how many.
    """

    __slots__ = ("_buffer", "_code", "_lines", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._buffer = BoundedBuffer(limits.buffered)
        self._code = 0
        self._lines: list[str] = []

    def __len__(self) -> int:
        return len(self._buffer)

    def clear(self) -> None:
        """Forget all that was received."""
        self._buffer.clear()
        self._lines.clear()
        self._code = 0

    def receive_data(self, data: bytes) -> None:
        """Take what was received.

        Raises:
            RemoteProtocolError: If the server has said more than anybody asked for.
        """
        try:
            self._buffer.append(data)
        except LimitExceededError as error:
            raise RemoteProtocolError(Reply(500, (f"The server talks on unasked: {error}",))) from None

    def next_reply(self) -> Reply | None:
        """Give the next reply, if it is complete.

        Raises:
            RemoteProtocolError: If what came is none, or passes a limit.
        """
        while True:
            try:
                line = self._buffer.take_line(b"\n", self.limits.reply_line)
            except LimitExceededError as error:
                raise RemoteProtocolError(Reply(500, (str(error),))) from None
            if line is None:
                return None
            code, more, text = parse_reply_line(line.removesuffix(b"\r"))
            if self._lines and code != self._code:
                raise RemoteProtocolError(Reply(500, ("The lines of a reply have different codes.",)))
            self._code = code
            self._lines.append(text)
            if not more:
                return self._complete(code)
            if len(self._lines) >= self.limits.reply_lines:
                raise RemoteProtocolError(Reply(500, ("A reply has too many lines.",)))

    def _complete(self, code: int) -> Reply:
        lines, self._lines = self._lines, []
        match = _ENHANCED.match(lines[0])
        if match is None or match[1][0] != str(code)[0]:
            return Reply(code, tuple(lines))
        enhanced = match[1]
        prefix = enhanced + " "
        return Reply(
            code, tuple(line.removeprefix(prefix).removeprefix(enhanced) for line in lines), enhanced
        )
