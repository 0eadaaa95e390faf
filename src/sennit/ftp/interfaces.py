"""What a program implements to have files that are served: a shell, and files to read from and write to."""

# ruff: noqa: N805 - the methods of an interface have no self
from __future__ import annotations

from typing import Any

from zope.interface import Interface

from sennit.core.interfaces import IConsumer

__all__ = ["IFTPShell", "IFinishableConsumer", "IReadFile", "IResumableFile", "IResumableShell", "IWriteFile"]


class IFTPShell(Interface):
    """A user's files.  Each method takes a path as the names from the user's root, and returns a Deferred.

    A refusal is an `FTPCmdError`, raised or failed with.
    """

    def makeDirectory(path: Any) -> Any:
        """Make a directory."""

    def removeDirectory(path: Any) -> Any:
        """Remove a directory."""

    def removeFile(path: Any) -> Any:
        """Remove a file."""

    def rename(fromPath: Any, toPath: Any) -> Any:
        """Give a file or a directory another path."""

    def access(path: Any) -> Any:
        """See whether a directory can be gone into; the Deferred fails if not."""

    def stat(path: Any, keys: Any = ()) -> Any:
        """Tell of a file or directory.

        Args:
            path: Which.
            keys: What to tell: ``size`` (octets), ``directory`` (whether it is one), ``permissions`` (the
                bits of its mode, or an object with ``shorthand()``), ``hardlinks``, ``modified`` (seconds
                since the epoch), ``owner`` and ``group`` (names).

        Returns:
            A Deferred of the values, in the order of the keys.
        """

    def list(path: Any, keys: Any = ()) -> Any:
        """Tell of the files of a directory, or of one file.

        Returns:
            A Deferred of pairs: a name, and the values as `stat` has them.
        """

    def openForReading(path: Any) -> Any:
        """Open a file.

        Returns:
            A Deferred of an `IReadFile`.
        """

    def openForWriting(path: Any) -> Any:
        """Open a file, made anew.

        Returns:
            A Deferred of an `IWriteFile`.
        """


class IResumableShell(IFTPShell):
    """A shell whose files can be written on from somewhere: for APPE, and for STOR after REST."""

    def openForResuming(path: Any, offset: int | None) -> Any:
        """Open a file to be written on.

        Args:
            path: Which.
            offset: At which octet; what was behind it is gone.  None for the end.

        Returns:
            A Deferred of an `IWriteFile`.
        """


class IReadFile(Interface):
    """A file that is open for reading."""

    def send(consumer: Any) -> Any:
        """Write it to a consumer, at its pace; once only.

        Returns:
            A Deferred that fires when all is written.
        """


class IResumableFile(IReadFile):
    """And one that can be read from somewhere: for RETR after REST."""

    def seek(offset: int) -> None:
        """Have `send` begin at this octet.

        Raises:
            RestartError: If the file is shorter.
        """


class IWriteFile(Interface):
    """A file that is open for writing."""

    def receive() -> Any:
        """Return a Deferred of the `IConsumer` that writes; it is called once only."""

    def close() -> Any:
        """Take note that all has been written; return a Deferred that fires when that is safe."""


class IFinishableConsumer(IConsumer):
    """A consumer that is told when there is no more."""

    def finish() -> None:
        """Take note that nothing more will be written."""
