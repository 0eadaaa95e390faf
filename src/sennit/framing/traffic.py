"""Wrappers that show what goes over a connection: in the log, or in a file for each connection."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.protocol import connectionDone
from sennit.protocol.wrapping import ProtocolWrapper, WrappingFactory

__all__ = ["SpewingFactory", "SpewingProtocol", "TrafficLoggingFactory", "TrafficLoggingProtocol"]

_log = Logger()


class SpewingProtocol(ProtocolWrapper):
    """Logs what it receives and sends."""

    def dataReceived(self, data: bytes) -> None:
        """Log, and hand on."""
        _log.info("Received: {data!r}", data=data)
        super().dataReceived(data)

    def write(self, data: bytes) -> None:
        """Log, and send."""
        _log.info("Sending: {data!r}", data=data)
        super().write(data)


class SpewingFactory(WrappingFactory[SpewingProtocol]):
    """Logs what the connections of a factory receive and send."""

    protocol: Callable[..., SpewingProtocol] = SpewingProtocol


class TrafficLoggingProtocol(ProtocolWrapper):
    """Writes what it receives and sends to a file: ``C`` is the other side, ``S`` is this one.

    Args:
        factory: The factory that builds it.
        wrappedProtocol: The program's protocol.
        logfile: A file open for writing text.
        lengthLimit: How many bytes of each read and write to show; None for all.
        number: The connection's number, to be shown.
    """

    def __init__(
        self,
        factory: Any,
        wrappedProtocol: Any,
        logfile: Any,
        lengthLimit: int | None = None,
        number: int = 0,
    ) -> None:
        super().__init__(factory, wrappedProtocol)
        self.logfile = logfile
        self.lengthLimit = lengthLimit
        self._number = number

    def _write_entry(self, line: str) -> None:
        if self.logfile is not None:
            self.logfile.write(line + "\n")
            self.logfile.flush()

    def _shown(self, data: bytes) -> str:
        if self.lengthLimit is None or len(data) <= self.lengthLimit:
            return repr(data)
        return f"{data[: self.lengthLimit]!r} and {len(data) - self.lengthLimit} bytes more"

    def connectionMade(self) -> None:
        """Note the connection."""
        self._write_entry("*")
        super().connectionMade()

    def dataReceived(self, data: bytes) -> None:
        """Note, and hand on."""
        self._write_entry(f"C {self._number}: {self._shown(data)}")
        super().dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note why, hand on, and close the file if it is one on disk; others are their owner's to read."""
        self._write_entry(f"C {self._number}: {reason!r}")
        super().connectionLost(reason)
        logfile, self.logfile = self.logfile, None
        if isinstance(logfile, io.TextIOWrapper):
            logfile.close()

    def write(self, data: bytes) -> None:
        """Note, and send."""
        self._write_entry(f"S {self._number}: {self._shown(data)}")
        super().write(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Note, and send."""
        pieces = list(iovec)
        self._write_entry(f"SV {self._number}: [{', '.join(map(self._shown, pieces))}]")
        super().writeSequence(pieces)

    def loseConnection(self) -> None:
        """Note, and close."""
        self._write_entry(f"S {self._number}: *")
        super().loseConnection()


class TrafficLoggingFactory(WrappingFactory[TrafficLoggingProtocol]):
    """Writes what each connection of a factory receives and sends to a file of its own.

    Args:
        wrappedFactory: The program's factory.
        logfilePrefix: The path of the files, to which ``-`` and the connection's number are added.
        lengthLimit: How many bytes of each read and write to show; None for all.
    """

    protocol: Callable[..., TrafficLoggingProtocol] = TrafficLoggingProtocol
    _counter: int = 0

    def __init__(self, wrappedFactory: Any, logfilePrefix: str, lengthLimit: int | None = None) -> None:
        super().__init__(wrappedFactory)
        self.logfilePrefix = logfilePrefix
        self.lengthLimit = lengthLimit

    def open(self, name: str) -> Any:
        """Open a file for writing text.  May be overridden."""
        return Path(name).open("w", encoding="utf-8")

    def _wrap(self, wrapped: Any) -> TrafficLoggingProtocol:
        """Open the connection's file, and make the wrapper."""
        self._counter += 1
        logfile = self.open(f"{self.logfilePrefix}-{self._counter}")
        return self.protocol(self, wrapped, logfile, self.lengthLimit, self._counter)

    def resetCounter(self) -> None:
        """Count connections from 1 again; their files are then written anew."""
        self._counter = 0
