"""Netstrings: ``length:bytes,``, the length in decimal without leading zeros."""

from __future__ import annotations

from typing import Any

from sennit.framing.answering import gathering
from sennit.framing.buffer import BoundedBuffer, LimitExceededError
from sennit.framing.numbers import NumberError, parse_decimal
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
        digits = len(str(self.MAX_LENGTH))
        unread.limit = self.MAX_LENGTH + digits + 2
        try:
            unread.append(data)
            if unread.busy:
                return
            unread.busy = True
            send = None
            alone = True
            try:
                while len(unread) and not getattr(self.transport, "disconnecting", False):
                    string = self._take(unread, digits)
                    if string is None:
                        return
                    if alone and len(unread):
                        alone = False
                        send = gathering(self.transport)
                    self.stringReceived(string)
            finally:
                if send is not None:
                    send()
                unread.busy = False
        except (NetstringParseError, LimitExceededError):
            self.brokenPeer = 1
            unread.clear()
            self.transport.loseConnection()

    def _take(self, unread: BoundedBuffer, digits: int) -> bytes | None:
        """Take a whole netstring if it has come."""
        length = self._length
        if length is None:
            head = unread.peek(digits + 1)
            colon = head.find(b":")
            length = self._parse_length(head if colon < 0 else head[:colon])
            if colon < 0:
                return None
            unread.skip(colon + 1)
        string = unread.take(length + 1)
        if string is None:
            self._length = length
            return None
        self._length = None
        if not string.endswith(b","):
            raise NetstringParseError("A netstring does not end with a comma.")
        return string[:-1]

    def _parse_length(self, text: bytes) -> int:
        """Read a length, or the beginning of one: no such beginning may be wrong or too large."""
        if len(text) > 1 and text.startswith(b"0"):
            raise NetstringParseError("A netstring's length begins with a zero.")
        try:
            return parse_decimal(text, self.MAX_LENGTH)
        except NumberError as error:
            raise NetstringParseError("A netstring's length is no number, or is too large.") from error

    def stringReceived(self, string: bytes) -> Any:
        """Take a string.  To be overridden."""
        raise NotImplementedError("Override stringReceived in a protocol that receives netstrings.")
