"""The bounded buffer: where every protocol keeps bytes it has received and not yet understood.

Bytes go in at the end with `append` and come out at the front with the ``take`` methods, which return None
while there are not enough.  Three promises hold, whatever the other side sends, and in whatever pieces:

- *Bounded.*  At most `limit` bytes may lie unread when more arrive, so the buffer never holds more than
  `limit` and one read.  A line has its own limit, which holds before its end has come.
- *Linear.*  Each byte is copied and searched a constant number of times.  The buffer remembers how far it has
  searched; it adds small pieces to a `bytearray` in place, and joins `bytes` only when the new piece is the
  longer one; what is taken moves an offset, and what lies before it is let go once it is the larger part.
- *No copy in the good case.*  A read that completes everything it contains is never copied as a whole.

This module is compiled where it can be (`sennit.core.native`).
"""

from __future__ import annotations

__all__ = ["BoundedBuffer", "LimitExceededError"]


class LimitExceededError(Exception):
    """The other side sent more than was allowed.

    Args:
        limit: How many bytes were allowed.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"The other side sent more than the {limit} bytes allowed.")
        self.limit = limit


class BoundedBuffer:
    """Bytes received and not yet understood.

    Args:
        limit: How many bytes may lie unread when more arrive.

    Attributes:
        busy: Whether a receiver delivers what is here; a callback that leads back to it only adds to it.
    """

    __slots__ = ("_data", "_searched", "_sought", "_start", "busy", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.busy = False
        self._data: bytes | bytearray = b""
        self._start = 0
        # No delimiter `_sought` begins before this offset.
        self._searched = 0
        self._sought = b""

    def __len__(self) -> int:
        return len(self._data) - self._start

    def append(self, data: bytes) -> None:
        """Add what was received.

        Args:
            data: The bytes.

        Raises:
            LimitExceededError: If more than `limit` bytes lie unread from before; `data` is not added.
        """
        unread = len(self._data) - self._start
        if not unread:
            self._data = data
            self._start = self._searched = 0
            return
        if not data:
            return
        if unread > self.limit:
            raise LimitExceededError(self.limit)
        if unread <= len(data):
            self._data = bytes(self._data[self._start :]) + data
        elif isinstance(self._data, bytearray):
            if self._start > unread:
                del self._data[: self._start]
            else:
                self._data += data
                return
            self._data += data
        else:
            self._data = bytearray(self._data[self._start :])
            self._data += data
        self._searched = max(0, self._searched - self._start)
        self._start = 0

    def prepend(self, data: bytes) -> None:
        """Put bytes back in front of all others; costs a copy of what is unread."""
        if data:
            self._data = data + self._data[self._start :]
            self._start = self._searched = 0

    def clear(self) -> None:
        """Forget all."""
        self._data = b""
        self._start = self._searched = 0

    def take_all(self) -> bytes:
        """Take everything there is, be it nothing."""
        data = bytes(self._data[self._start :]) if self._start else bytes(self._data)
        self.clear()
        return data

    def take(self, count: int) -> bytes | None:
        """Take exactly `count` bytes.

        Returns:
            The bytes, or None if there are not so many yet.
        """
        end = self._start + count
        if end > len(self._data):
            self.let_go()
            return None
        data = bytes(self._data[self._start : end])
        self._start = end
        return data

    def take_after(self, skipped: int, count: int) -> bytes | None:
        """Take `count` bytes and drop the `skipped` bytes before them, a length or a type already looked at.

        Returns:
            The bytes, or None if there are not so many yet; then nothing is dropped.
        """
        start = self._start + skipped
        end = start + count
        if end > len(self._data):
            self.let_go()
            return None
        self._start = end
        return bytes(self._data[start:end])

    def take_up_to(self, count: int) -> bytes:
        """Take `count` bytes, or as many as there are."""
        return self.take(min(count, len(self))) or b""

    def peek(self, count: int) -> bytes:
        """Look at the first `count` bytes, or as many as there are."""
        return bytes(self._data[self._start : self._start + count])

    def skip(self, count: int) -> int:
        """Drop `count` bytes, or as many as there are.

        Returns:
            How many were dropped.
        """
        dropped = min(count, len(self))
        self._start += dropped
        return dropped

    def find(self, delimiter: bytes) -> int:
        """Tell how many bytes come before the first `delimiter`; -1 if it has not come."""
        if delimiter != self._sought:
            self._sought = delimiter
            self._searched = 0
        found = self._data.find(delimiter, max(self._start, self._searched))
        if found < 0:
            self._not_found(delimiter)
            return -1
        self._searched = found
        return found - self._start

    def _not_found(self, delimiter: bytes) -> None:
        self.let_go()
        # The end may be the beginning of a delimiter.
        self._searched = max(self._start, len(self._data) - len(delimiter) + 1)

    def let_go(self) -> None:
        """Free what was taken, if it is more than what is left: a waiting buffer is then a small one."""
        if self._start > len(self):
            self._data = self._data[self._start :]
            self._searched = max(0, self._searched - self._start)
            self._start = 0

    def take_line(self, delimiter: bytes, limit: int) -> bytes | None:
        """Take a line.

        Args:
            delimiter: What ends it; taken too.
            limit: How long it may be, without the delimiter.

        Returns:
            The line without its delimiter, or None if its end has not come.

        Raises:
            LimitExceededError: If it is longer, or already sure to become so; it is left in the buffer.
        """
        start = self._start
        if delimiter != self._sought:
            self._sought = delimiter
            self._searched = 0
        searched = self._searched
        found = self._data.find(delimiter, max(start, searched))
        if found < 0:
            self._not_found(delimiter)
            if len(self) >= limit + len(delimiter):
                raise LimitExceededError(limit)
            return None
        if found - start > limit:
            self._searched = found
            raise LimitExceededError(limit)
        self._start = self._searched = found + len(delimiter)
        line = self._data[start:found]
        return line if type(line) is bytes else bytes(line)

    def take_lines(self, delimiter: bytes) -> list[bytes]:
        """Take all lines whose end has come, cut in one go; their length is for the caller to judge."""
        if self.find(delimiter) < 0:
            return []
        lines = self.take_all().split(delimiter)
        self._data = lines.pop()
        self._searched = max(0, len(self._data) - len(delimiter) + 1)
        return lines
