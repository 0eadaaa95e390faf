r"""Commands, replies and bodies to bytes.

Nothing leaves with a CR, LF or NUL inside that the grammar does not put there.
"""

from __future__ import annotations

from functools import lru_cache

from sennit.smtp.errors import LocalProtocolError
from sennit.smtp.events import Command, Reply

__all__ = ["BodySerializer", "serialize_command", "serialize_reply"]

_LONGEST_TEXT = 500


def _checked(line: bytes) -> bytes:
    if b"\r" in line or b"\n" in line or b"\0" in line:
        raise LocalProtocolError(f"A line with a CR, LF or NUL inside can't be sent: {line[:80]!r}.")
    return line


def serialize_command(command: Command) -> bytes:
    """Write a command.

    Raises:
        LocalProtocolError: If it has a CR, LF or NUL inside.
    """
    return _checked(command.verb + b" " + command.argument if command.argument else command.verb) + b"\r\n"


def serialize_reply(reply: Reply, *, enhanced: bool = True) -> bytes:
    """Write a reply.

    Args:
        reply: The reply.  A line that is too long for RFC 5321 section 4.5.3.1.5 is cut.
        enhanced: Whether its enhanced status code is written too (RFC 2034).

    Raises:
        LocalProtocolError: If its code is none, or a line has a CR, LF or NUL inside.
    """
    write = _written_before if len(reply.lines) == 1 else _written
    return write(reply.code, reply.enhanced if enhanced else None, reply.lines)


def _written(code: int, enhanced: str | None, texts: tuple[str, ...]) -> bytes:
    if not 200 <= code <= 599:
        raise LocalProtocolError(f"The code of a reply is 200 to 599, not {code}.")
    # RFC 2034 section 4: of 2yz, 4yz and 5yz only.
    prefix = f"{enhanced} " if enhanced and not 300 <= code < 400 else ""
    lines = [_checked(f"{prefix}{text}"[:_LONGEST_TEXT].encode()) for text in texts or ("",)]
    last = lines.pop()
    return b"".join([b"%d-%s\r\n" % (code, line) for line in lines]) + b"%d %s\r\n" % (code, last)


# A server says the same few lines again and again.
_written_before = lru_cache(maxsize=64)(_written)


class BodySerializer:
    r"""Puts the dots into one body (RFC 5321 section 4.5.2), in the blocks in which it comes.

    A CR or an LF alone becomes CR LF: a server that is strict, as it should be, would not take it.
    """

    __slots__ = ("_begun", "_tail")

    def __init__(self) -> None:
        # The last octets given on, as far as they may be the beginning of a newline.
        self._tail = b"\r\n"
        self._begun = False

    def send(self, data: bytes) -> bytes:
        """Write the next octets."""
        if not data:
            return b""
        self._begun = True
        # What was written before is put in front, so that a newline is seen whole, and is taken off again.
        text = self._tail + data
        written = len(self._tail)
        pairs = text.count(b"\r\n")
        ends_in_cr = text.endswith(b"\r")
        if text.count(b"\n") != pairs or text.count(b"\r") != pairs + ends_in_cr:
            text = self._mended(text)
        if b"\r\n." in text:
            text = text.replace(b"\r\n.", b"\r\n..")
        self._tail = text[-2:] if text.endswith(b"\r\n") else text[-1:] if ends_in_cr else b""
        return text[written:]

    @staticmethod
    def _mended(text: bytes) -> bytes:
        held = text.endswith(b"\r")
        lines = text.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return lines.replace(b"\n", b"\r\n") + b"\r" * held

    def end(self) -> bytes:
        """Write the end; of a body whose last line has no end, that too."""
        if not self._begun or self._tail == b"\r\n":
            return b".\r\n"
        return b"\n.\r\n" if self._tail == b"\r" else b"\r\n.\r\n"
