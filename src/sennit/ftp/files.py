"""Files that are read from and written to, one block at a time."""

from __future__ import annotations

import os
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.interfaces import IConsumer
from sennit.framing.filesender import FileSender
from sennit.ftp.interfaces import IResumableFile, IWriteFile
from sennit.ftp.refusals import RestartError

__all__ = ["FileConsumer", "FileReader", "FileWriter"]


@implementer(IConsumer)
class FileConsumer:
    """Writes to a file, which it closes.

    Args:
        fObj: The file, open for writing bytes.
    """

    def __init__(self, fObj: Any) -> None:
        self.fObj = fObj
        self.producer: Any = None

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Take note of who writes."""
        self.producer = producer

    def unregisterProducer(self) -> None:
        """Close the file."""
        self.producer = None
        self.fObj.close()

    def write(self, bytes: bytes) -> None:
        """Write to the file."""
        self.fObj.write(bytes)


@implementer(IResumableFile)
class FileReader:
    """A file that is sent.

    Args:
        fObj: The file, open for reading bytes; it is closed when it is sent.
    """

    def __init__(self, fObj: Any) -> None:
        self.fObj = fObj
        self._sent = False

    def seek(self, offset: int) -> None:
        """Begin at this octet.

        Raises:
            RestartError: If the file is shorter.
        """
        if offset > self.fObj.seek(0, os.SEEK_END):
            raise RestartError(offset)
        self.fObj.seek(offset)

    def send(self, consumer: Any) -> Deferred[Any]:
        """Write the file to a consumer, at its pace.

        Returns:
            A Deferred that fires when all is written.
        """
        if self._sent:
            return fail(RuntimeError("A file that was opened for reading is sent once; open it again."))
        self._sent = True
        return FileSender().beginFileTransfer(self.fObj, consumer).addBoth(self._close)

    def _close(self, result: Any) -> Any:
        self.fObj.close()
        return result

    def close(self) -> None:
        """Close the file, which will not be sent."""
        self.fObj.close()


@implementer(IWriteFile)
class FileWriter:
    """A file that is received.

    Args:
        fObj: The file, open for writing bytes.
    """

    def __init__(self, fObj: Any) -> None:
        self.fObj = fObj
        self._received = False

    def receive(self) -> Deferred[Any]:
        """Return a Deferred of the consumer that writes to it."""
        if self._received:
            return fail(RuntimeError("A file that was opened for writing is received once; open it again."))
        self._received = True
        return succeed(FileConsumer(self.fObj))

    def close(self) -> Deferred[None]:
        """Close the file."""
        self.fObj.close()
        return succeed(None)
