"""Responses to octets: status line, fields, chunked coding (RFC 9112 sections 4, 5 and 7.1).

Every line is checked after it is put together: it must hold exactly the line end that was put in, and no
NUL.  So a value that came by any way, be it a list changed behind `Headers`' back, cannot begin another field
or another response.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sennit.http.codes import RESPONSES
from sennit.http.dates import format_date
from sennit.http.errors import LocalProtocolError
from sennit.http.headers import Headers, canonical_name, clean_value

__all__ = [
    "CONTINUE_RESPONSE",
    "LAST_CHUNK",
    "NOT_AS_SET",
    "Openings",
    "field_lines",
    "fromChunk",
    "known_lines",
    "last_chunk",
    "ready_line",
    "response_head",
    "status_line",
    "toChunk",
]

CONTINUE_RESPONSE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

_HEAD_ONLY = frozenset(
    (
        b"Authorization",
        b"Cache-Control",
        b"Connection",
        b"Content-Encoding",
        b"Content-Length",
        b"Content-Range",
        b"Content-Type",
        b"Host",
        b"Location",
        b"Set-Cookie",
        b"Trailer",
        b"Transfer-Encoding",
    )
)
_HEX = frozenset(b"0123456789abcdefABCDEF")
_MAX_HEX_DIGITS = 16
_OPENINGS = 256
_LINES = 1024
_LINE_LENGTH = 128
_status_lines: dict[tuple[bytes, int], bytes] = {}
_lines: dict[tuple[bytes, bytes], bytes] = {}

known_lines: dict[tuple[bytes | str, bytes | str], tuple[bytes, bytes]] = {}
"""What `ready_line` returned for most names and values lately."""

NOT_AS_SET = frozenset((b"Server", b"Date", b"Transfer-Encoding", b"Connection"))
"""Fields that take more than sending them as they were set."""


def status_line(version: bytes, code: int, reason: bytes | None = None) -> bytes:
    """Return a status line, line end included.

    Args:
        version: ``b"HTTP/1.0"`` or ``b"HTTP/1.1"``.
        code: The status code, 100 to 999.
        reason: The reason phrase; the usual one if None.

    Raises:
        LocalProtocolError: If the code is out of range, or the phrase holds CR, LF or NUL.
    """
    if not 100 <= code <= 999:
        raise LocalProtocolError(f"A status code has three digits, not {code!r}.")
    if reason is None or reason is RESPONSES.get(code):
        line = _status_lines.get((version, code))
        if line is None:
            line = _status_lines[version, code] = b"%s %d %s\r\n" % (
                version,
                code,
                RESPONSES.get(code, b"Unknown Status"),
            )
        return line
    return _checked(b"%s %d %s\r\n" % (version, code, reason))


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


def field_lines(fields: Mapping[bytes, Sequence[bytes]]) -> bytes:
    """Return fields as they go on the wire, one line for each value.

    Raises:
        LocalProtocolError: If anything in them holds CR, LF or NUL.
    """
    known = _lines.get
    lines = b""
    for name, values in fields.items():
        for value in values:
            lines += known((name, value)) or _make_line(name, value)
    return lines


def _make_line(name: bytes, value: bytes) -> bytes:
    line = _checked(b"%b: %b\r\n" % (name, value))
    # Most lines are the same in response after response; those that are not must not fill the memory.
    if len(line) <= _LINE_LENGTH:
        if len(_lines) >= _LINES:
            _lines.clear()
        _lines[name, value] = line
    return line


def ready_line(name: bytes | str, value: bytes | str) -> tuple[bytes, bytes]:
    """Return a field's canonical name, and its line as it goes on the wire.

    Raises:
        TypeError: If the value is neither bytes nor str.
        InvalidHeaderName: If the name is not a token.
        InvalidHeaderValue: If the value holds NUL.
    """
    canonical = canonical_name(name)
    ready = canonical, b"%b: %b\r\n" % (canonical, clean_value(value))
    if len(ready[1]) <= _LINE_LENGTH and canonical not in NOT_AS_SET:
        if len(known_lines) >= _LINES:
            known_lines.clear()
        known_lines[name, value] = ready
    return ready


def _checked(line: bytes) -> bytes:
    if line.count(b"\r\n") != 1 or line.count(b"\n") != 1 or line.count(b"\r") != 1 or 0 in line:
        raise LocalProtocolError("A response's status line or header holds CR, LF or NUL: nothing was sent.")
    return line


def last_chunk(trailers: Headers) -> bytes:
    """Return the end of a chunked body that has trailers.

    Raises:
        LocalProtocolError: If one holds CR, LF or NUL, or may only be in a head (RFC 9110 section 6.5.1).
    """
    fields = dict(trailers.getAllRawHeaders())
    for name in fields:
        if name in _HEAD_ONLY:
            raise LocalProtocolError(f"{name.decode('latin-1')} may not be a trailer.")
    return b"0\r\n%b\r\n" % field_lines(fields)


class Openings:
    """What heads begin with: status line, Server and Date; made anew only when the second changes.

    Args:
        server: What the Server field says.
    """

    __slots__ = ("_code", "_known", "_last", "_reason", "_server", "_since", "_until", "_version")

    def __init__(self, server: bytes) -> None:
        self._server = server
        self._since = self._until = 0.0
        self._version = b""
        self._code = 0
        self._reason: bytes | None = None
        self._last = b""
        self._known: dict[tuple[bytes, int, bytes | None], bytes] = {}

    def fields(self, now: float) -> dict[bytes, list[bytes]]:
        """Return the fields in it, at a time in seconds since the epoch."""
        return {b"Server": [self._server], b"Date": [format_date(now)]}

    def at(self, now: float, version: bytes, code: int, reason: bytes | None) -> bytes:
        """Return one.

        Args:
            now: The time, in seconds since the epoch.
            version: ``b"HTTP/1.0"`` or ``b"HTTP/1.1"``.
            code: The status code.
            reason: The reason phrase.

        Raises:
            LocalProtocolError: If something in it may not go on the wire.
        """
        if not self._since <= now < self._until:
            self._since = float(now // 1)
            self._until = self._since + 1.0
            self._known = {}
        elif code == self._code and reason is self._reason and version is self._version:
            return self._last
        key = (version, code, reason)
        opening = self._known.get(key)
        if opening is None:
            opening = status_line(version, code, reason) + field_lines(self.fields(now))
            if len(self._known) < _OPENINGS:
                self._known[key] = opening
        self._version = version
        self._code = code
        self._reason = reason
        self._last = opening
        return opening


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
