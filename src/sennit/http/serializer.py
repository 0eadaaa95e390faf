"""Responses to octets: status line, fields, chunked coding (RFC 9112 sections 4, 5 and 7.1).

A head is checked as a whole, after it is put together: it must hold exactly the line ends that were put in,
and no NUL.  So a value that came by any way, be it a list changed behind `Headers`' back, cannot begin
another field or another response.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sennit.http.codes import RESPONSES
from sennit.http.dates import format_date
from sennit.http.errors import LocalProtocolError

__all__ = [
    "CONTINUE_RESPONSE",
    "LAST_CHUNK",
    "PlainHeads",
    "fromChunk",
    "response_head",
    "status_line",
    "toChunk",
]

CONTINUE_RESPONSE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

_HEX = frozenset(b"0123456789abcdefABCDEF")
_MAX_HEX_DIGITS = 16
_PLAIN_HEADS = 256
_lines: dict[tuple[bytes, int], bytes] = {}


def status_line(version: bytes, code: int, reason: bytes | None = None) -> bytes:
    """Return a status line, line end included.

    Args:
        version: ``b"HTTP/1.0"`` or ``b"HTTP/1.1"``.
        code: The status code, 100 to 999.
        reason: The reason phrase; the usual one if None.

    Raises:
        LocalProtocolError: If the code is out of range.
    """
    if not 100 <= code <= 999:
        raise LocalProtocolError(f"A status code has three digits, not {code!r}.")
    if reason is None or reason is RESPONSES.get(code):
        line = _lines.get((version, code))
        if line is None:
            line = _lines[version, code] = b"%s %d %s\r\n" % (
                version,
                code,
                RESPONSES.get(code, b"Unknown Status"),
            )
        return line
    return b"%s %d %s\r\n" % (version, code, reason)


def response_head(line: bytes, fields: Iterable[tuple[bytes, Sequence[bytes]]], *ready: bytes) -> bytes:
    r"""Return a head: status line, fields, empty line.

    Args:
        line: What `status_line` returned.
        fields: (name, values) pairs, one line for each value.
        ready: Whole field lines, each ending in ``\r\n``.

    Raises:
        LocalProtocolError: If anything in it holds CR, LF or NUL.
    """
    parts = [line, *ready]
    for name, values in fields:
        parts += [b"%s: %s\r\n" % (name, value) for value in values]
    parts.append(b"\r\n")
    head = b"".join(parts)
    ends = len(parts)
    if head.count(b"\r\n") != ends or head.count(b"\n") != ends or head.count(b"\r") != ends or b"\0" in head:
        raise LocalProtocolError("A response's status line or header holds CR, LF or NUL: nothing was sent.")
    return head


class PlainHeads:
    """Heads of responses whose fields nobody has touched, made anew only when the second changes.

    Args:
        server: What the Server field says.
    """

    __slots__ = ("_heads", "_second", "_server")

    def __init__(self, server: bytes) -> None:
        self._server = server
        self._second = -1
        self._heads: dict[tuple[int, bytes | None, bytes | None], bytes] = {}

    def at(self, now: float, code: int, reason: bytes | None, media_type: bytes | None) -> bytes:
        """Return a head for HTTP/1.1 up to the number that Content-Length still wants.

        Args:
            now: The time, in seconds since the epoch.
            code: The status code.
            reason: The reason phrase.
            media_type: What Content-Type says; None for no such field.

        Raises:
            LocalProtocolError: If something in it may not go on the wire.
        """
        if int(now) != self._second:
            self._second = int(now)
            self._heads = {}
        key = (code, reason, media_type)
        head = self._heads.get(key)
        if head is None:
            fields = [(b"Server", (self._server,)), (b"Date", (format_date(now),))]
            if media_type is not None:
                fields.append((b"Content-Type", (media_type,)))
            head = response_head(status_line(b"HTTP/1.1", code, reason), fields)[:-2] + b"Content-Length: "
            if len(self._heads) < _PLAIN_HEADS:
                self._heads[key] = head
        return head


def toChunk(data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Return `data` as one chunk, in pieces to be written one after another."""
    return (b"%x" % len(data), b"\r\n", data, b"\r\n")


def fromChunk(data: bytes) -> tuple[bytes, bytes]:
    """Split the first chunk off.

    Returns:
        The chunk's data, and what follows it.

    Raises:
        ValueError: If `data` does not begin with a whole chunk.
    """
    size, newline, rest = data.partition(b"\r\n")
    if not newline or not 1 <= len(size) <= _MAX_HEX_DIGITS or not _HEX.issuperset(size):
        raise ValueError(f"A chunk begins with its size in hexadecimal digits, not {size[:32]!r}.")
    length = int(size, 16)
    if rest[length : length + 2] != b"\r\n":
        raise ValueError("A chunk ends with CR LF.")
    return rest[:length], rest[length + 2 :]
