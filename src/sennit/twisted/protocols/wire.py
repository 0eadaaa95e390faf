"""The small protocols of the first internet: echo, discard, chargen, daytime, time, quote, users.

RFC 862 to 868 and RFC 866.  They are for trying things out; none belongs on an open network.
"""

from __future__ import annotations

import struct
import time
from typing import Any

from zope.interface import implementer

from sennit.core.interfaces import IPullProducer
from sennit.protocol import Protocol

__all__ = ["QOTD", "Chargen", "Daytime", "Discard", "Echo", "Time", "Who"]

_SECONDS_FROM_1900 = 2208988800  # RFC 868 counts from 1900, the system from 1970


class Echo(Protocol):
    """Returns what comes (RFC 862)."""

    def dataReceived(self, data: bytes) -> None:
        """Return `data`."""
        assert self.transport is not None
        self.transport.write(data)


class Discard(Protocol):
    """Forgets what comes (RFC 863)."""

    def dataReceived(self, data: bytes) -> None:
        """Forget `data`."""


@implementer(IPullProducer)
class Chargen(Protocol):
    """Sends characters as long as somebody reads them (RFC 864)."""

    noise = rb'@!#$%^&*()_+-={}[]|\:";<>?,./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

    def connectionMade(self) -> None:
        """Begin to send."""
        transport: Any = self.transport
        transport.registerProducer(self, False)

    def resumeProducing(self) -> None:
        """Send one more line."""
        assert self.transport is not None
        self.transport.write(self.noise)

    def pauseProducing(self) -> None:
        """Do nothing: each line is asked for."""

    def stopProducing(self) -> None:
        """Do nothing: nothing more will be asked for."""


class QOTD(Protocol):
    """Sends a quote and closes (RFC 865); subclasses have better ones."""

    def connectionMade(self) -> None:
        """Send the quote."""
        assert self.transport is not None
        self.transport.write(self.getQuote())
        self.transport.loseConnection()

    def getQuote(self) -> bytes:
        """Return the quote."""
        return b"An apple a day keeps the doctor away.\r\n"


class Who(Protocol):
    """Sends the names of the users and closes (RFC 866); subclasses know some."""

    def connectionMade(self) -> None:
        """Send the names."""
        assert self.transport is not None
        self.transport.write(self.getUsers())
        self.transport.loseConnection()

    def getUsers(self) -> bytes:
        """Return the names, one a line."""
        return b"root\r\n"


class Daytime(Protocol):
    """Sends the date and time, in UTC, as a line of text and closes (RFC 867)."""

    def connectionMade(self) -> None:
        """Send the line."""
        assert self.transport is not None
        self.transport.write(time.asctime(time.gmtime()).encode("ascii") + b"\r\n")
        self.transport.loseConnection()


class Time(Protocol):
    """Sends the seconds since 1900 as four bytes and closes (RFC 868)."""

    def connectionMade(self) -> None:
        """Send the bytes."""
        assert self.transport is not None
        seconds = (int(time.time()) + _SECONDS_FROM_1900) & 0xFFFFFFFF
        self.transport.write(struct.pack("!I", seconds))
        self.transport.loseConnection()
