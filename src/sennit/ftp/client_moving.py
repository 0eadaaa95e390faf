"""What receives and sends the data of `sennit.ftp.remote`: files, and lines of lists.

What goes wrong here, as when a file can't be written, is what is raised; what the server says of it, that
the data connection was dropped, follows from that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.framing.basic import FileSender, LineReceiver
from sennit.ftp.client import FTPClient
from sennit.ftp.client_data import SenderProtocol
from sennit.ftp.client_errors import FTPError
from sennit.ftp.client_transfer import Transfer
from sennit.protocol import Protocol, connectionDone

__all__ = ["LineKeeper", "Progress", "Receiver", "Sending"]

Progress = Callable[[int], object]
"""Called while a file is moved, with how many of its octets are there."""


class Receiver(Protocol):
    """Writes what comes, and minds how it ends.

    Args:
        write: Writes.
        count: How many octets there were before.
        progress: Is told how many there are.
    """

    def __init__(
        self, write: Callable[[bytes], object], count: int = 0, progress: Progress | None = None
    ) -> None:
        self.count = count
        self._write = write
        self._progress = progress
        self._error: BaseException | None = None
        self._whole = False

    def dataReceived(self, data: bytes) -> None:
        """Write; drop the connection if that fails."""
        if self._error is not None:
            return
        try:
            self._write(data)
            self.count += len(data)
            if self._progress is not None:
                self._progress(self.count)
        except Exception as error:
            self._error = error
            self._drop()

    def _drop(self) -> None:
        transport: Any = self.transport
        transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Take note of how it ended."""
        self._whole = reason.check(ConnectionDone) is not None

    async def received(self, transfer: Deferred[Any]) -> None:
        """Wait for the end of a transfer to this.

        Raises:
            FTPError: If the data connection was cut.
        """
        try:
            await transfer
        except FTPError:
            if self._error is not None:
                # What went wrong here is why the server could not go on.
                raise self._error from None
            raise
        if self._error is not None:
            raise self._error
        if not self._whole:
            raise FTPError("The data connection was cut.")


class LineKeeper(LineReceiver):
    """Keeps lines.

    Args:
        encoding: How they are written.
        limit: How many there may be.
    """

    delimiter = b"\n"

    def __init__(self, encoding: str, limit: int) -> None:
        self._encoding = encoding
        self._limit = limit
        self._found: list[str] = []

    def lineReceived(self, line: bytes) -> None:
        """Keep a line.

        Raises:
            FTPError: If there are too many.
        """
        if len(self._found) >= self._limit:
            raise FTPError(f"The list has more than {self._limit} lines.")
        self._found.append(line.removesuffix(b"\r").decode(self._encoding, "surrogateescape"))

    def lineLengthExceeded(self, line: bytes) -> None:
        """Refuse a line that is too long.

        Raises:
            FTPError: Always.
        """
        raise FTPError("A line of the list is too long.")

    def whole(self) -> list[str]:
        """Return all lines, the last one also if it has no end."""
        rest = self.clearLineBuffer()
        if rest:
            self.lineReceived(rest)
        return self._found


class Sending:
    """Sends a file.

    Args:
        file: The file, at the octet to begin with.
        count: How many octets are there before.
        progress: Is told how many are sent.
    """

    def __init__(self, file: BinaryIO, count: int, progress: Progress | None) -> None:
        self.count = count
        self._file = file
        self._progress = progress
        self._error: BaseException | None = None

    async def sent(self, client: FTPClient, command: str) -> None:
        """Send it by a command, and wait until the server has all."""
        sender = SenderProtocol()
        sender.connectedDeferred.addCallback(self._begin)
        try:
            await Transfer(client, [command], sender).begin()
        except Exception:
            if self._error is not None:
                raise self._error from None
            raise

    def _begin(self, sender: Any) -> None:
        moving = FileSender().beginFileTransfer(self, sender, self._moved)
        moving.addCallbacks(lambda _: sender.finish(), lambda _: self._stopped(sender))

    def read(self, size: int) -> bytes:
        """Read from the file; the sender takes this for one."""
        try:
            return self._file.read(size)
        except Exception as error:
            self._error = error
            raise

    def _moved(self, data: bytes) -> bytes:
        self.count += len(data)
        if self._progress is not None:
            try:
                self._progress(self.count)
            except Exception as error:
                self._error = error
                raise
        return data

    def _stopped(self, sender: Any) -> None:
        if self._error is not None:
            # The server must not take for the end of the file what is none.
            sender.transport.abortConnection()
