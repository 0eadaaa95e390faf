"""Interfaces of file descriptors that a reactor watches for somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zope.interface import Interface

from sennit.core.interfaces.protocol import ILoggingContext

if TYPE_CHECKING:
    from sennit.core.failure import Failure

__all__ = [
    "IFileDescriptor",
    "IHalfCloseableDescriptor",
    "IReactorFDSet",
    "IReactorWin32Events",
    "IReadDescriptor",
    "IReadWriteDescriptor",
    "IWriteDescriptor",
]


class IFileDescriptor(ILoggingContext):
    """Something with a file descriptor."""

    def fileno() -> int:
        """Give the descriptor; -1 if there is none any more."""

    def connectionLost(reason: Failure) -> None:
        """Learn that it was lost, and is no longer watched."""


class IReadDescriptor(IFileDescriptor):
    """A descriptor that is watched for reading."""

    def doRead() -> Failure | Exception | None:
        """Read; the descriptor is ready.

        Returns:
            None to go on, or the error with which `connectionLost` is then called.
        """


class IWriteDescriptor(IFileDescriptor):
    """A descriptor that is watched for writing."""

    def doWrite() -> Failure | Exception | None:
        """Write; the descriptor is ready.

        Returns:
            None to go on, or the error with which `connectionLost` is then called.
        """


class IReadWriteDescriptor(IReadDescriptor, IWriteDescriptor):
    """A descriptor that is watched for both."""


class IHalfCloseableDescriptor(Interface):
    """A descriptor that can go on when one direction is closed."""

    def writeConnectionLost(reason: Failure) -> None:
        """Learn that nothing more can be written."""

    def readConnectionLost(reason: Failure) -> None:
        """Learn that nothing more can be read."""


class IReactorFDSet(Interface):
    """A reactor that watches descriptors."""

    def addReader(reader: IReadDescriptor) -> None:
        """Call `reader.doRead` whenever it can read."""

    def addWriter(writer: IWriteDescriptor) -> None:
        """Call `writer.doWrite` whenever it can write."""

    def removeReader(reader: IReadDescriptor) -> None:
        """Watch it for reading no more; nothing happens if it was not."""

    def removeWriter(writer: IWriteDescriptor) -> None:
        """Watch it for writing no more; nothing happens if it was not."""

    def removeAll() -> list[IReadDescriptor | IWriteDescriptor]:
        """Watch none of them any more, and list them; the reactor's own stay."""

    def getReaders() -> list[IReadDescriptor]:
        """List what is watched for reading."""

    def getWriters() -> list[IWriteDescriptor]:
        """List what is watched for writing."""


class IReactorWin32Events(Interface):
    """A reactor that waits for Windows events."""

    def addEvent(event: Any, fd: IFileDescriptor, action: str) -> None:
        """Call the method named `action` of `fd` when `event` is set."""

    def removeEvent(event: Any) -> None:
        """Wait for `event` no more."""
