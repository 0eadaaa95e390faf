"""Strings with their length in front, as a binary number of fixed width."""

from __future__ import annotations

import struct
from typing import Any

from sennit.framing.answering import gathering
from sennit.framing.buffer import BoundedBuffer, LimitExceededError
from sennit.framing.pausing import PauseableMixin
from sennit.protocol import Protocol

__all__ = [
    "Int8StringReceiver",
    "Int16StringReceiver",
    "Int32StringReceiver",
    "IntNStringReceiver",
    "StringTooLongError",
]


class StringTooLongError(AssertionError):
    """A string is too long to be sent: its length does not fit into the prefix."""


class IntNStringReceiver(Protocol, PauseableMixin):
    """Receives and sends strings with their length in front.

    Attributes:
        MAX_LENGTH: How long a string may be, in bytes.
        MAX_HELD_BACK: How many bytes may wait beside a string while the protocol is paused; more from a
            transport that does not stop for it closes the connection.
        structFormat: The format of the length, for `struct`.
        prefixLength: The width of the length, in bytes.
    """

    MAX_LENGTH: int = 99999
    MAX_HELD_BACK: int = 1 << 20
    structFormat: str
    prefixLength: int
    _unread: BoundedBuffer | None = None

    @property
    def recvd(self) -> bytes:
        """What was received and not delivered; may be replaced."""
        return b"" if self._unread is None else self._unread.peek(len(self._unread))

    @recvd.setter
    def recvd(self, data: bytes) -> None:
        unread = self._ready()
        unread.clear()
        unread.append(data)

    def _ready(self) -> BoundedBuffer:
        unread = self._unread
        if unread is None:
            unread = self._unread = BoundedBuffer(0)
        unread.limit = self.MAX_LENGTH + self.prefixLength + self.MAX_HELD_BACK
        return unread

    def dataReceived(self, data: bytes) -> Any:
        """Take bytes, and deliver the strings they complete."""
        unread = self._ready()
        try:
            unread.append(data)
        except LimitExceededError:
            unread.clear()
            self.transport.loseConnection()
            return
        if unread.busy:
            return
        unread.busy = True
        send = None
        alone = True
        try:
            width, form = self.prefixLength, self.structFormat
            while not self.paused and not getattr(self.transport, "disconnecting", False):
                received, start = unread._data, unread._start
                begin = start + width
                if begin > len(received):
                    break
                (length,) = struct.unpack_from(form, received, start)
                if length > self.MAX_LENGTH:
                    self.lengthLimitExceeded(length)
                    return
                end = begin + length
                if end > len(received):
                    break
                unread._start = end
                if alone and end < len(received):
                    alone = False
                    send = gathering(self.transport)
                self.stringReceived(bytes(received[begin:end]))
            unread.let_go()
        finally:
            if send is not None:
                send()
            unread.busy = False

    def stringReceived(self, string: bytes) -> Any:
        """Take a string.  To be overridden."""
        raise NotImplementedError("Override stringReceived in a protocol that receives strings.")

    def lengthLimitExceeded(self, length: int) -> Any:
        """Do what is right when a string is too long: close the connection.  May be overridden.

        Args:
            length: The length that the other side announced.
        """
        self.transport.loseConnection()

    def sendString(self, string: bytes) -> None:
        """Send a string.

        Raises:
            StringTooLongError: If its length does not fit into the prefix.
        """
        if len(string) >= 1 << (8 * self.prefixLength):
            raise StringTooLongError(
                f"A string of {len(string)} bytes does not fit into a length of {self.prefixLength} bytes."
            )
        self.transport.write(struct.pack(self.structFormat, len(string)) + string)


class Int32StringReceiver(IntNStringReceiver):
    """Strings with their length in front in 4 bytes, the most significant first."""

    structFormat = "!I"
    prefixLength = 4


class Int16StringReceiver(IntNStringReceiver):
    """Strings with their length in front in 2 bytes, the most significant first."""

    structFormat = "!H"
    prefixLength = 2


class Int8StringReceiver(IntNStringReceiver):
    """Strings with their length in front in 1 byte."""

    structFormat = "!B"
    prefixLength = 1
