"""This process's standard input and output as one connection.

The descriptors are duplicated, so that 0 and 1 stay open; whether they block is restored at the end, because
a terminal shares that with the shell that started us.

The connection ends when standard input does, after all that was written has gone out, as a filter needs it;
or when something is written and nobody reads standard output any more.  A protocol that provides
`IHalfCloseableProtocol` is told of either at once, and goes on.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sennit.core.addresses import ProcessAddress
from sennit.core.current import current_reactor
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.core.interfaces import IHalfCloseableProtocol
from sennit.transport.consumer import Consumer
from sennit.transport.duplex import DuplexConnection
from sennit.transport.stream import drop

__all__ = ["PipeAddress", "StandardIO"]


@dataclass(frozen=True, slots=True)
class PipeAddress(ProcessAddress):
    """The address of a pair of pipes: it has nothing to tell."""


def write(self: Any, data: bytes) -> None:
    """Send bytes."""
    self.write(data)


_own_write: Any = vars(Consumer)["write"]


class _Write:
    """An attribute that is each connection's own, and of the class the function above."""

    def __get__(self, connection: Any, kind: object) -> Callable[..., None]:
        found: Callable[..., None] = write if connection is None else _own_write.__get__(connection)
        return found

    def __set__(self, connection: Any, function: Callable[[bytes], None]) -> None:
        _own_write.__set__(connection, function)


class StandardIO(DuplexConnection):
    """The transport of a protocol that speaks over standard input and output.

    Args:
        proto: The protocol; it is connected at once.
        stdin: The descriptor to read.
        stdout: The descriptor to write.
        reactor: The reactor; by default the current one.

    Raises:
        OSError: If one of the descriptors is not open.
    """

    __slots__ = ("_blocking", "_finishing", "_unread")
    write = _Write()

    def __init__(self, proto: Any, stdin: int = 0, stdout: int = 1, reactor: Any = None) -> None:
        super().__init__(proto, current_reactor() if reactor is None else reactor)
        # Nobody reads our output any more, and the protocol was not told.
        self._unread = False
        # Our input has ended; so does the connection, when all is written.
        self._finishing = False
        self._blocking = [(each, os.get_blocking(each)) for each in (stdin, stdout)]
        self.connect(stdin, stdout)

    def eof_received(self) -> bool:
        """Learn that standard input has ended."""
        if self._unread or IHalfCloseableProtocol.providedBy(self.protocol):
            return super().eof_received()
        if not self._read_ended:
            self._read_ended = self._finishing = True
            self._close()
        return True

    def childDataReceived(self, fd: str, data: bytes) -> None:
        """Hand `data` to the protocol as if it had been read."""
        if self.connected:
            self.data_received(data)

    def childConnectionLost(self, fd: str, reason: Failure) -> None:
        """Treat one direction as lost.

        Args:
            fd: ``"read"`` or ``"write"``.
            reason: Why.
        """
        if fd == "read":
            self.readConnectionLost(reason)
        else:
            self.writeConnectionLost(reason)

    def _reader_gone(self) -> bool:
        protocol = self.protocol
        if not self.connected:
            return False
        if not IHalfCloseableProtocol.providedBy(protocol):
            self._unread = True
            if self._read_ended:
                self._end(Failure(ConnectionDone()))
            return False
        self.write = drop
        self._write_ending = True
        self._stop_producer()
        try:
            protocol.writeConnectionLost()
        except BaseException:
            self._user_failed("Error in writeConnectionLost of {culprit!r}", protocol)
        return True

    def _drained(self) -> None:
        super()._drained()
        if self._finishing:
            self.reactor.loop.call_soon(self._close)

    def _before_loss(self) -> None:
        for descriptor, blocking in self._blocking:
            # The program may have closed it.
            with suppress(OSError):
                os.set_blocking(descriptor, blocking)

    def _address(self, which: str) -> PipeAddress:
        return PipeAddress()

    def _log_suffix(self) -> str:
        return "stdio"
