"""Frames that carry a whole message each, as almost all do, read and written without the core.

`FrameReader` takes those out of what comes in (RFC 6455 section 5), and leaves the rest to the core, to the
octet: fragments, control frames, frames of extensions, those too large, and those that are wrong, which the
core judges.  So the core stands at the beginning of a frame whenever a message passes it by.
"""

from __future__ import annotations

from secrets import token_bytes

from sennit.websocket.library import apply_mask

__all__ = ["BINARY", "FOR_CORE", "TEXT", "FrameReader", "frame"]

FOR_CORE, TEXT, BINARY = 0, 1, 2
_WHOLE = 0x80
_HUGE = 1 << 62


def frame(opcode: int, payload: bytes, masked: bool) -> bytes:
    """Return a message as one frame.

    Args:
        opcode: `TEXT` or `BINARY`.
        payload: What it carries.
        masked: Whether a client sends it.
    """
    size = len(payload)
    bit = 0x80 if masked else 0
    if size < 126:
        head = bytes((_WHOLE | opcode, bit | size))
    elif size < 65536:
        head = bytes((_WHOLE | opcode, bit | 126, size >> 8, size & 255))
    else:
        head = bytes((_WHOLE | opcode, bit | 127)) + size.to_bytes(8, "big")
    if masked:
        mask = token_bytes(4)
        return b"%b%b%b" % (head, mask, apply_mask(payload, mask))
    return head + payload


class FrameReader:
    """Finds the frames in what a peer sends.

    Args:
        masked: Whether the peer is to mask them: it is a client.
        most: How many octets of a message it may keep until the message is whole.
    """

    __slots__ = ("_fragmented", "_masked", "_most", "_passing", "_rest", "_wanted")

    def __init__(self, masked: bool, most: int) -> None:
        self._masked = masked
        self._most = most
        # Octets that have come of a message or a head, and how many are wanted to go on.
        self._rest = bytearray()
        self._wanted = 0
        # Octets still to come of a frame that the core has begun to read.
        self._passing = 0
        self._fragmented = False

    def read(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take octets, and return what is whole in them, in order.

        Returns:
            Messages, as `TEXT` or `BINARY` and what they carry; and octets that are `FOR_CORE`.
        """
        found: list[tuple[int, bytes]] = []
        passing = self._passing
        if passing:
            if len(data) <= passing:
                self._passing = passing - len(data)
                found.append((FOR_CORE, data))
                return found
            self._passing = 0
            found.append((FOR_CORE, data[:passing]))
            data = data[passing:]
        elif self._wanted:
            self._rest += data
            if len(self._rest) < self._wanted:
                return found
            data = bytes(self._rest)
            self._rest = bytearray()
            self._wanted = 0
        at = 0
        end = len(data)
        while at < end:
            start = at + 2
            if start > end:
                self._keep(data[at:], 2)
                break
            first = data[at]
            second = data[at + 1]
            size = second & 127
            if size == 126:
                start += 2
            elif size == 127:
                start += 8
            if second >= 128:
                start += 4
            if start > end:
                self._keep(data[at:], start - at)
                break
            if size == 126:
                size = data[at + 2] << 8 | data[at + 3]
            elif size == 127:
                size = min(int.from_bytes(data[at + 2 : at + 10], "big"), _HUGE)
            stop = start + size
            whole = first == _WHOLE | TEXT or first == _WHOLE | BINARY
            if whole and (second >= 128) == self._masked and size <= self._most and not self._fragmented:
                if stop > end:
                    self._keep(data[at:], stop - at)
                    break
                payload = data[start:stop]
                if self._masked:
                    payload = apply_mask(payload, data[start - 4 : start])
                found.append((first & 15, payload))
            else:
                if first & 15 <= BINARY:
                    self._fragmented = first < _WHOLE
                if stop > end:
                    self._passing = stop - end
                    stop = end
                found.append((FOR_CORE, data[at:stop]))
            at = stop
        return found

    def _keep(self, data: bytes, wanted: int) -> None:
        self._rest += data
        self._wanted = wanted
