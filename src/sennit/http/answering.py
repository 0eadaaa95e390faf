"""The answers of a server's connection, as octets: heads, and what goes in one write with them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sennit.http import codes
from sennit.http.headers import Headers, fields_of
from sennit.http.serializer import Openings, field_lines, status_line

__all__ = ["Answering"]

_CLOSE_LINE = b"Connection: close\r\n"
_KEEP_ALIVE_LINE = b"Connection: keep-alive\r\n"
_JOINED = 131072
"""Up to this size, head and body are copied together to save a write."""


class Answering:
    """What a channel writes.

    Attributes:
        persistent: Whether the connection goes on after the request being answered.
    """

    transport: Any
    persistent: int

    def write_response(
        self,
        version: bytes,
        code: int,
        reason: bytes | None,
        fields: Mapping[bytes, Sequence[bytes]],
        framing: bytes,
        body: bytes,
        delimited: bool,
        openings: Openings | None = None,
    ) -> None:
        """Send a head, and the first piece of the body with it.

        Args:
            version: The protocol version to answer in.
            code: The status code.
            reason: The reason phrase; the usual one if None.
            fields: The fields by canonical name.
            framing: One more field line, which says how long the body is, or nothing.
            body: The first piece of the body, transfer coding applied; it may be empty.
            delimited: Whether the client can tell where the body ends; if not, the connection ends with it.
            openings: Where Server and Date come from, if they are not among the fields.

        Raises:
            LocalProtocolError: If the head holds what may not go on the wire; nothing is sent.
        """
        if not delimited:
            self.persistent = 0
        if b"Connection" in fields:
            fields = self._heed_connection(fields)
        if openings is None:
            opening = status_line(version, code, reason)
        else:
            opening = openings.at(time.time(), version, code, reason)
        if self.persistent:
            if version == b"HTTP/1.0":
                opening += _KEEP_ALIVE_LINE
        elif version == b"HTTP/1.1":
            opening += _CLOSE_LINE
        if len(body) <= _JOINED:
            self.transport.write(b"%b%b%b\r\n%b" % (opening, field_lines(fields), framing, body))
        else:
            self.transport.writeSequence([b"%b%b%b\r\n" % (opening, field_lines(fields), framing), body])

    def write_whole(
        self,
        version: bytes,
        reason: bytes | None,
        lines: Mapping[bytes, bytes],
        body: bytes,
        openings: Openings | None,
    ) -> None:
        """Send a response of code 200 whose body is there in one piece.

        Args:
            version: The protocol version to answer in.
            reason: The reason phrase; the usual one if None.
            lines: What `ready_line` gave; nothing of it is in `NOT_AS_SET`, or says how long the body is.
            body: The body.
            openings: Where Server and Date come from, if anywhere.

        Raises:
            LocalProtocolError: If the reason phrase may not go on the wire; nothing is sent.
        """
        if openings is None:
            opening = status_line(version, codes.OK, reason)
        else:
            opening = openings.at(time.time(), version, codes.OK, reason)
        if self.persistent:
            if version == b"HTTP/1.0":
                opening += _KEEP_ALIVE_LINE
        elif version == b"HTTP/1.1":
            opening += _CLOSE_LINE
        size = len(body)
        fields = b"".join(lines.values())
        if size <= _JOINED:
            # In two steps: CPython is quicker to find a slot than to find a method in one.
            write = self.transport.write
            write(b"%b%bContent-Length: %d\r\n\r\n%b" % (opening, fields, size, body))
        else:
            self.transport.writeSequence([b"%b%bContent-Length: %d\r\n\r\n" % (opening, fields, size), body])

    def _heed_connection(self, fields: Mapping[bytes, Sequence[bytes]]) -> Mapping[bytes, Sequence[bytes]]:
        """Close after this response if its Connection field says so; return the fields to be sent."""
        closes = any(b"close" in value.lower() for value in fields[b"Connection"])
        if closes:
            self.persistent = 0
        elif self.persistent:
            return fields
        return {name: values for name, values in fields.items() if name != b"Connection"}

    def writeHeaders(
        self,
        version: bytes,
        code: int | bytes,
        reason: bytes,
        headers: Headers | Iterable[tuple[bytes, bytes]],
    ) -> None:
        """Send a head.

        Args:
            version: The protocol version to answer in.
            code: The status code.
            reason: The reason phrase.
            headers: The fields.

        Raises:
            LocalProtocolError: If the head holds what may not go on the wire; nothing is sent.
        """
        self.write_response(version, int(code), reason, fields_of(headers), b"", b"", delimited=True)

    def write(self, data: bytes) -> None:
        """Send octets of a response."""
        self.transport.write(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send octets of a response, given in pieces."""
        self.transport.writeSequence(iovec)
