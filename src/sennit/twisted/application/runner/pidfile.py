# ruff: noqa: N805 - zope interfaces have no self
"""A file with a process's number: it tells other programs which process runs, and this one whether it does.

A file whose process is gone is stale: it is replaced, with a word in the log.
"""

from __future__ import annotations

import errno
from os import getpid, kill
from os import name as SYSTEM_NAME  # noqa: N812 - a constant
from types import TracebackType
from typing import Any, Self

from zope.interface import Interface, implementer

from sennit.log import Logger

__all__ = [
    "AlreadyRunningError",
    "IPIDFile",
    "InvalidPIDFileError",
    "NoPIDFound",
    "NonePIDFile",
    "PIDFile",
    "StalePIDFileError",
    "nonePIDFile",
]


class AlreadyRunningError(Exception):
    """The process that the file names runs."""


class InvalidPIDFileError(Exception):
    """The file has something else than a process's number."""


class StalePIDFileError(Exception):
    """The process that the file names is gone."""


class NoPIDFound(Exception):
    """There is no file."""


class IPIDFile(Interface):
    """A file with the number of a process, and a context in which it has this process's."""

    def read() -> int:
        """Return the number.

        Raises:
            NoPIDFound: If there is no file.
            InvalidPIDFileError: If it has something else.
        """

    def writeRunningPID() -> None:
        """Write this process's number."""

    def remove() -> None:
        """Remove the file."""

    def isRunning() -> bool:
        """Return whether the process runs.

        Raises:
            InvalidPIDFileError: If the file has something else.
            StalePIDFileError: If there is no such process.
        """

    def __enter__() -> Any:
        """Write this process's number.

        Raises:
            AlreadyRunningError: If the file's process runs.
        """

    def __exit__(excType: Any, excValue: Any, traceback: Any) -> None:  # noqa: PLE0302, PYI036 - no self
        """Remove the file."""


@implementer(IPIDFile)
class PIDFile:
    """A file with a process's number.

    Args:
        filePath: The file, a `FilePath`.
    """

    _log = Logger()

    def __init__(self, filePath: Any) -> None:
        self.filePath = filePath

    @staticmethod
    def _format(pid: int) -> bytes:
        return b"%d\n" % int(pid)

    def read(self) -> int:
        """Return the number, as `IPIDFile.read` says."""
        try:
            content: bytes = self.filePath.getContent()
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            raise NoPIDFound("PID file does not exist") from None
        digits = content.partition(b"\n")[0].strip()
        if not digits.isdigit() or len(digits) > 10:
            raise InvalidPIDFileError(f"non-integer PID value in PID file: {digits[:32]!r}")
        return int(digits)

    def _write(self, pid: int) -> None:
        self.filePath.setContent(self._format(pid))

    def writeRunningPID(self) -> None:
        """Write this process's number."""
        self._write(getpid())

    def remove(self) -> None:
        """Remove the file."""
        self.filePath.remove()

    def isRunning(self) -> bool:
        """Return whether the process runs, as `IPIDFile.isRunning` says; without a file none does.

        Raises:
            NotImplementedError: If the system has no way to tell.
        """
        try:
            pid = self.read()
        except NoPIDFound:
            return False
        if SYSTEM_NAME != "posix":
            raise NotImplementedError(f"isRunning is not implemented on {SYSTEM_NAME}")
        return self._pidIsRunningPOSIX(pid)

    @staticmethod
    def _pidIsRunningPOSIX(pid: int) -> bool:
        try:
            kill(pid, 0)
        except OSError as error:
            if error.errno == errno.ESRCH:
                raise StalePIDFileError("PID file refers to non-existing process") from None
            if error.errno != errno.EPERM:
                raise
        return True

    def __enter__(self) -> Self:
        try:
            if self.isRunning():
                raise AlreadyRunningError
        except StalePIDFileError:
            self._log.info("Replacing stale PID file: {log_source}")
        self.writeRunningPID()
        return self

    def __exit__(
        self,
        excType: type[BaseException] | None,
        excValue: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()


@implementer(IPIDFile)
class NonePIDFile:
    """Stands for a file where none is wanted."""

    def read(self) -> int:
        """Raise `NoPIDFound`."""
        raise NoPIDFound("PID file does not exist")

    def _write(self, pid: int) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    def writeRunningPID(self) -> None:
        """Raise what writing without permission raises."""
        self._write(0)

    def remove(self) -> None:
        """Raise what removing what is not there raises."""
        raise OSError(errno.ENOENT, "No such file or directory")

    def isRunning(self) -> bool:
        """Return False."""
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        excType: type[BaseException] | None,
        excValue: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass


nonePIDFile = NonePIDFile()
