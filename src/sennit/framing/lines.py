"""Receivers of lines.

Both cut all the lines of a read in one go.  What a line's delivery may change (the mode, the delimiter, the
limit, whether to go on) is looked at after each, and what is then left goes back into the buffer, from where
it is taken line by line: so a read is cut once, and what is not delivered is copied once.

All that a receiver keeps for itself is in one object: CPython keeps an object's attributes without a dict
only if its class's first objects had them, and a receiver has nothing to keep before the first byte.

This module is compiled where it can be (`sennit.core.native`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from sennit.framing.answering import answer, gathering, is_closing
from sennit.framing.buffer import BoundedBuffer, LimitExceededError
from sennit.framing.pausing import PauseableMixin
from sennit.protocol import Protocol

__all__ = ["LineOnlyReceiver", "LineReceiver"]


class _Unread(BoundedBuffer):
    """What a `LineReceiver` has not delivered: bytes, and the lines before them that are cut off already.

    Attributes:
        cut: The lines, while they are delivered.
        delimiter: What stood between them.
    """

    __slots__ = ("cut", "delimiter")

    def __init__(self) -> None:
        super().__init__(0)
        self.cut: Iterator[bytes] | None = None
        self.delimiter = b""


class LineReceiver(Protocol, PauseableMixin):
    """Receives lines, and changes to raw bytes and back.

    Attributes:
        delimiter: What ends a line.
        MAX_LENGTH: How long a line may be, in bytes, without its delimiter.
        MAX_HELD_BACK: How many bytes may wait beside a line while the protocol is paused; more from a
            transport that does not stop for it closes the connection.
        line_mode: Whether the other side sends lines now.
    """

    delimiter: bytes = b"\r\n"
    MAX_LENGTH: int = 16384
    MAX_HELD_BACK: int = 1 << 20
    line_mode: int = 1
    _unread: _Unread | None = None

    def dataReceived(self, data: bytes) -> Any:
        """Take bytes, and deliver what they complete.

        Returns:
            What `lineReceived`, `rawDataReceived` or `lineLengthExceeded` returned, if that was true: it
            ends the delivery of this read.
        """
        unread = self._unread
        if unread is None:
            unread = self._unread = _Unread()
        delimiter = self.delimiter
        lines: list[bytes] | None
        if unread._data or unread.busy or self.paused or not self.line_mode:
            unread.limit = self.MAX_LENGTH + self.MAX_HELD_BACK
            try:
                unread.append(data)
            except LimitExceededError:
                unread.clear()
                return self.transport.loseConnection()
            if unread.busy:
                # A callback led back here: the delivery under way will come to it.
                return None
            lines = None if self.paused or not self.line_mode else unread.take_lines(delimiter)
        else:
            lines = data.split(delimiter)
            unread.append(lines.pop())
        unread.busy = True
        try:
            if lines:
                if len(lines) == 1 and len(lines[0]) <= self.MAX_LENGTH and not is_closing(self.transport):
                    # The commonest read by far: nothing can be left to put back.
                    why = self.lineReceived(lines[0])
                else:
                    why = self._deliver_cut(lines, delimiter, unread)
                if why:
                    return why
            return self._deliver(unread) if unread._data else None
        finally:
            unread.busy = False

    def _deliver_cut(self, lines: list[bytes], delimiter: bytes, unread: _Unread) -> Any:
        """Deliver complete lines until something changes; put the others back."""
        left = iter(lines)
        unread.cut = left
        unread.delimiter = delimiter
        transport = self.transport
        send = gathering(transport) if len(lines) > 1 else None
        try:
            for line in left:
                if len(line) > self.MAX_LENGTH or is_closing(transport):
                    left = itertools.chain((line,), left)
                    return None
                why = self.lineReceived(line)
                if why or self.paused or not self.line_mode or self.delimiter is not delimiter:
                    return why
            return None
        finally:
            if send is not None:
                send()
            unread.cut = None
            put_back = list(left)
            if put_back:
                put_back.append(b"")
                unread.prepend(delimiter.join(put_back))

    def _deliver(self, unread: BoundedBuffer) -> Any:
        """Deliver what is left piece by piece, in either mode."""
        while len(unread) and not self.paused:
            if not self.line_mode:
                why = self.rawDataReceived(unread.take_all())
            elif is_closing(self.transport):
                unread.clear()
                return None
            else:
                try:
                    line = unread.take_line(self.delimiter, self.MAX_LENGTH)
                except LimitExceededError:
                    return self.lineLengthExceeded(unread.take_all())
                if line is None:
                    return None
                why = self.lineReceived(line)
            if why:
                return why
        return None

    def clearLineBuffer(self) -> bytes:
        """Forget what was received and not delivered.

        Returns:
            What is forgotten.
        """
        unread = self._unread
        if unread is None:
            return b""
        rest = unread.take_all()
        return rest if unread.cut is None else unread.delimiter.join([*unread.cut, rest])

    def setLineMode(self, extra: bytes = b"") -> Any:
        """Receive lines from now on.

        Args:
            extra: Bytes that `rawDataReceived` was given and that belong to lines.
        """
        self.line_mode = 1
        if extra:
            return self.dataReceived(extra)
        return None

    def setRawMode(self) -> None:
        """Receive raw bytes from now on, beginning with what follows the present line."""
        self.line_mode = 0

    def rawDataReceived(self, data: bytes) -> Any:
        """Take raw bytes.  To be overridden by a protocol that calls `setRawMode`."""
        raise NotImplementedError("Override rawDataReceived in a protocol that calls setRawMode.")

    def lineReceived(self, line: bytes) -> Any:
        """Take a line.  To be overridden.

        Args:
            line: The line without its delimiter.
        """
        raise NotImplementedError("Override lineReceived in a protocol that receives lines.")

    def sendLine(self, line: bytes) -> Any:
        """Send a line; the delimiter is added."""
        return answer(self.transport, line, self.delimiter)

    def lineLengthExceeded(self, line: bytes) -> Any:
        """Do what is right when a line is too long: close the connection.  May be overridden.

        Args:
            line: All that was received and not delivered; the beginning of the line comes first.
        """
        return self.transport.loseConnection()


class LineOnlyReceiver(Protocol):
    """Receives lines and nothing else.

    Attributes:
        delimiter: What ends a line.
        MAX_LENGTH: How long a line may be, in bytes, without its delimiter.
    """

    delimiter: bytes = b"\r\n"
    MAX_LENGTH: int = 16384
    _unread: BoundedBuffer | None = None
    # Whether what comes next is the rest of a line that was too long.
    _skipping: bool = False

    def dataReceived(self, data: bytes) -> Any:
        """Take bytes, and deliver the lines they complete."""
        unread = self._unread
        if unread is None:
            unread = self._unread = BoundedBuffer(0)
        delimiter = self.delimiter
        if unread._data or unread.busy:
            unread.limit = self.MAX_LENGTH + len(delimiter)
            try:
                unread.append(data)
            except LimitExceededError:
                # Only a callback that feeds its own protocol comes here: each read is consumed below.
                unread.clear()
                return self.transport.loseConnection()
            if unread.busy:
                return None
            lines = unread.take_lines(delimiter)
        else:
            lines = data.split(delimiter)
            unread.append(lines.pop())
        unread.busy = True
        transport = self.transport
        send = gathering(transport) if len(lines) > 1 else None
        try:
            while lines:
                if self._skipping:
                    self._skipping = False
                    del lines[0]
                for line in lines:
                    if is_closing(transport):
                        unread.clear()
                        return None
                    if len(line) > self.MAX_LENGTH:
                        why = self.lineLengthExceeded(line)
                    else:
                        why = self.lineReceived(line)
                    if why:
                        return why
                if not unread._data:
                    return None
                lines = unread.take_lines(delimiter)
            return self._judge_rest(unread)
        finally:
            if send is not None:
                send()
            unread.busy = False

    def _judge_rest(self, unread: BoundedBuffer) -> Any:
        """See that a line whose end has not come does not grow for ever."""
        ending = len(self.delimiter) - 1
        if self._skipping:
            unread.skip(len(unread) - ending)
            return None
        if len(unread) <= self.MAX_LENGTH + ending:
            return None
        self._skipping = True
        line = unread.peek(len(unread))
        unread.skip(len(unread) - ending)
        return self.lineLengthExceeded(line)

    def lineReceived(self, line: bytes) -> Any:
        """Take a line.  To be overridden.

        Args:
            line: The line without its delimiter.
        """
        raise NotImplementedError("Override lineReceived in a protocol that receives lines.")

    def sendLine(self, line: bytes) -> Any:
        """Send a line; the delimiter is added."""
        return self.transport.writeSequence((line, self.delimiter))

    def lineLengthExceeded(self, line: bytes) -> Any:
        """Do what is right when a line is too long: close the connection.  May be overridden.

        If it does not close the connection, the rest of that line is skipped.

        Args:
            line: The line, or its beginning.
        """
        return self.transport.loseConnection()
