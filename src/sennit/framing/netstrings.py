"""Netstrings: ``length:bytes,``, the length in decimal without leading zeros."""

from __future__ import annotations

from typing import Any

from sennit.framing.buffer import BoundedBuffer, LimitExceededError
from sennit.framing.numbers import NumberError, parse_decimal
from sennit.framing.pausing import is_closing
from sennit.protocol import Protocol

__all__ = ["IncompleteNetstring", "NetstringParseError", "NetstringReceiver"]


class NetstringParseError(ValueError):
    """What was received is no netstring, or a longer one than is allowed."""


class IncompleteNetstring(Exception):
    """A netstring has not wholly come."""


class NetstringReceiver(Protocol):
    """Receives and sends netstrings; whatever is none closes the connection.

    Attributes:
        MAX_LENGTH: How long a string may be, in bytes.
        brokenPeer: Whether the other side has sent something that is no netstring; nothing is read after it.
    """

    MAX_LENGTH: int = 99999
    brokenPeer: int = 0
    _unread: BoundedBuffer | None = None
    _busy: bool = False
    # The length of the string that is being received; None while its digits are.
    _length: int | None = None

    def makeConnection(self, transport: Any) -> None:
        """Take the transport, forget an earlier connection, and begin."""
        self._unread = self._length = None
        self.brokenPeer = 0
        super().makeConnection(transport)

    def sendString(self, string: bytes) -> None:
        """Send a string."""
        self.transport.write(b"%d:%b," % (len(string), string))

    def dataReceived(self, data: bytes) -> Any:
        """Take bytes, and deliver the strings they complete."""
        if self.brokenPeer:
            return
        unread = self._unread
        if unread is None:
            unread = self._unread = BoundedBuffer(0)
        unread.limit = self.MAX_LENGTH + len(str(self.MAX_LENGTH)) + 2
        try:
            unread.append(data)
            if self._busy:
                return
            self._busy = True
            try:
                while not is_closing(self.transport):
                    string = self._take(unread)
                    if string is None:
                        return
                    self.stringReceived(string)
            finally:
                self._busy = False
        except (NetstringParseError, LimitExceededError):
            self.brokenPeer = 1
            unread.clear()
            self.transport.loseConnection()

    def _take(self, unread: BoundedBuffer) -> bytes | None:
        """Take a whole netstring if it has come."""
        if self._length is None:
            digits = len(str(self.MAX_LENGTH))
            try:
                text = unread.take_line(b":", digits)
            except LimitExceededError:
                raise NetstringParseError("A netstring's length is missing or too long.") from None
            if text is None:
                if len(unread):
                    self._parse_length(unread.peek(digits + 1))
                return None
            self._length = self._parse_length(text)
        string = unread.take(self._length + 1)
        if string is None:
            return None
        self._length = None
        if not string.endswith(b","):
            raise NetstringParseError("A netstring does not end with a comma.")
        return string[:-1]

    def _parse_length(self, text: bytes) -> int:
        """Read a length, or the beginning of one: no such beginning may be wrong or too large."""
        try:
            length = parse_decimal(text, self.MAX_LENGTH)
        except NumberError as error:
            raise NetstringParseError("A netstring's length is no number, or is too large.") from error
        if len(text) > 1 and text.startswith(b"0"):
            raise NetstringParseError("A netstring's length begins with a zero.")
        return length

    def stringReceived(self, string: bytes) -> Any:
        """Take a string.  To be overridden."""
        raise NotImplementedError("Override stringReceived in a protocol that receives netstrings.")
