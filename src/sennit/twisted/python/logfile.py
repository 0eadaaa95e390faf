"""Log files that are set aside when they are full, or when the day is over.

A file is written without buffering: a line is in the file when `write` returns.  Writing and rotating are
safe from any thread.
"""

from __future__ import annotations

import operator
import os
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

__all__ = ["BaseLogFile", "DailyLogFile", "LogFile", "LogReader"]


class BaseLogFile:
    """A log file that subclasses set aside; what decides is `shouldRotate`, what does it is ``rotate``.

    Args:
        name: The file's name.
        directory: The directory it is in, which must exist.
        defaultMode: The file's permissions where it is created; None for what the system gives.

    Attributes:
        path: The file's whole path.
        closed: Whether the file is closed.
        size: How much is in the file: characters of text and bytes, as they were written.
    """

    synchronized = ("write", "rotate")

    def __init__(self, name: str, directory: str, defaultMode: int | None = None) -> None:
        self.directory = directory
        self.name = name
        self.path = os.path.join(directory, name)  # noqa: PTH118 - subclasses and programs know a str
        self.defaultMode = defaultMode
        self.closed = False
        self.size = 0
        self._lock = threading.RLock()
        self._file: BinaryIO
        self._openFile()

    @classmethod
    def fromFullPath(cls, filename: str, *args: Any, **kwargs: Any) -> Self:
        """Return a log file from its whole path and the arguments after name and directory."""
        path = Path(os.path.abspath(filename))  # noqa: PTH100 - links are kept as they are named
        return cls(path.name, str(path.parent), *args, **kwargs)

    def shouldRotate(self) -> bool:
        """Return whether to set the file aside before the next write."""
        return False

    def rotate(self) -> None:
        """Set the file aside and begin a new one: nothing here, it is for subclasses."""

    def _openFile(self) -> None:
        """Open the file for appending; subclasses extend this to learn what is in it."""
        mode = self.defaultMode

        def opener(path: str, flags: int) -> int:
            return os.open(path, flags | os.O_CREAT | os.O_APPEND, 0o666 if mode is None else mode)

        self._file = open(self.path, "r+b", buffering=0, opener=opener)  # noqa: SIM115 - it stays open
        self.closed = False
        self.size = self._file.seek(0, os.SEEK_END)
        if mode is not None and self.size == 0:
            self._permit(mode)

    def _permit(self, mode: int) -> None:
        """Set the file's permissions; a device, such as /dev/null, keeps those that others rely on."""
        if stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            with suppress(OSError):
                os.fchmod(self._file.fileno(), mode)

    def write(self, data: str | bytes) -> None:
        """Write `data`, text as UTF-8, and set the file aside first if it is time.

        Raises:
            ValueError: If the file is closed.
        """
        with self._lock:
            if self.closed:
                raise ValueError(f"This log file is closed: {self.path}")
            if self.shouldRotate():
                self.flush()
                self.rotate()
            self._write_whole(data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data)
            self.size += len(data)

    def _write_whole(self, data: bytes) -> None:
        written = self._file.write(data)
        while written < len(data):
            written += self._file.write(data[written:])

    def flush(self) -> None:
        """Do nothing: what was written is in the file."""
        if not self.closed:
            self._file.flush()

    def close(self) -> None:
        """Close the file; nothing can be written until `reopen`."""
        with self._lock:
            self.closed = True
            self._file.close()

    def reopen(self) -> None:
        """Close the file and open what its path names now, for who sets log files aside from outside.

        Raises:
            OSError: If that cannot be opened; the file that is open stays in use.
        """
        with self._lock:
            before = self._file
            self._openFile()
            before.close()

    def chown(self, uid: int, gid: int) -> None:
        """Give the file to another user, who may then open it anew.

        Args:
            uid: The user's number.
            gid: The group's.

        Raises:
            OSError: If that is not permitted.
        """
        if stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            os.fchown(self._file.fileno(), uid, gid)

    def getCurrentLog(self) -> LogReader:
        """Return a reader of the file as it is."""
        return LogReader(self.path)

    def _set_aside(self, path: str) -> None:
        """Rename the file to `path` and begin a new one."""
        mode = os.fstat(self._file.fileno()).st_mode
        self._file.close()
        os.replace(self.path, path)  # noqa: PTH105 - as above
        self._openFile()
        if self.defaultMode is None:
            # Whoever may read the old file shall be able to read the new one.
            self._permit(stat.S_IMODE(mode))

    def _may_rotate(self) -> bool:
        return os.access(self.directory, os.W_OK) and os.access(self.path, os.W_OK)


class LogFile(BaseLogFile):
    """A log file that is set aside when it is full; older files are numbered, the newest is 1.

    Args:
        name: The file's name.
        directory: The directory it is in.
        rotateLength: How much fills the file; None or 0 for no limit.
        defaultMode: The file's permissions where it is created.
        maxRotatedFiles: How many older files to keep; None for all.
    """

    def __init__(
        self,
        name: str,
        directory: str,
        rotateLength: int | None = 1000000,
        defaultMode: int | None = None,
        maxRotatedFiles: int | None = None,
    ) -> None:
        self.rotateLength = rotateLength
        self.maxRotatedFiles = maxRotatedFiles
        super().__init__(name, directory, defaultMode)

    def shouldRotate(self) -> bool:
        """Return whether the file is full."""
        return bool(self.rotateLength) and self.size >= (self.rotateLength or 0)

    def getLog(self, identifier: int) -> LogReader:
        """Return a reader of an older file.

        Args:
            identifier: Its number.

        Raises:
            ValueError: If there is no such file.
            TypeError: If `identifier` is no number.
        """
        return _reader(f"{self.path}.{operator.index(identifier)}")

    def rotate(self) -> None:
        """Set the file aside as number 1, after raising the numbers of the older ones.

        Where the directory may not be written to, this does nothing.
        """
        with self._lock:
            if not self._may_rotate():
                return
            for number in reversed(self.listLogs()):
                older = Path(f"{self.path}.{number}")
                if self.maxRotatedFiles is not None and number >= self.maxRotatedFiles:
                    older.unlink()
                else:
                    older.replace(f"{self.path}.{number + 1}")
            self._set_aside(f"{self.path}.1")

    def listLogs(self) -> list[int]:
        """Return the numbers of the older files that there are, in order."""
        numbers = []
        for entry in Path(self.directory).iterdir():
            name, _, number = entry.name.rpartition(".")
            if name == self.name and number.isascii() and number.isdigit() and int(number) > 0:
                numbers.append(int(number))
        return sorted(numbers)


class DailyLogFile(BaseLogFile):
    """A log file that is set aside when the day is over; older files have their date in their names.

    Attributes:
        lastDate: The local date, as year, month and day, of what is in the file.
    """

    lastDate: tuple[int, ...]

    def _openFile(self) -> None:
        super()._openFile()
        self.lastDate = self.toDate(Path(self.path).stat().st_mtime)

    def shouldRotate(self) -> bool:
        """Return whether the day has changed."""
        return self.toDate() > self.lastDate

    def toDate(self, *args: float) -> tuple[int, ...]:
        """Return the local date of a time in seconds since the epoch, by default of now."""
        return tuple(time.localtime(*args)[:3])

    def suffix(self, tupledate: tuple[int, ...] | float) -> str:
        """Return the end of an older file's name, from its date or a time in seconds since the epoch."""
        date = self.toDate(tupledate) if isinstance(tupledate, int | float) else tupledate
        return "_".join(str(part) for part in date)

    def getLog(self, identifier: tuple[int, ...] | float) -> LogReader:
        """Return a reader of the file of a day.

        Args:
            identifier: The date, or a time of that day in seconds since the epoch.

        Raises:
            ValueError: If there is no such file.
        """
        date = self.toDate(identifier) if isinstance(identifier, int | float) else identifier
        if date == self.lastDate:
            return self.getCurrentLog()
        return _reader(f"{self.path}.{self.suffix(date)}")

    def write(self, data: str | bytes) -> None:
        """Write `data`, and set the file aside first if the day has changed."""
        with self._lock:
            super().write(data)
            self.lastDate = max(self.lastDate, self.toDate())

    def rotate(self) -> None:
        """Set the file aside under its date; nothing where that is denied, or such a file is there."""
        with self._lock:
            path = f"{self.path}.{self.suffix(self.lastDate)}"
            if self._may_rotate() and not Path(path).exists():
                self._set_aside(path)


def _reader(path: str) -> LogReader:
    if not Path(path).exists():
        raise ValueError(f"There is no such log file: {path}")
    return LogReader(path)


class LogReader:
    """Reads a log file.

    Args:
        name: Its path.
    """

    def __init__(self, name: str) -> None:
        self._file = open(name, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115, PTH123 - it stays open

    def readLines(self, lines: int = 10) -> list[str]:
        """Return the next lines of the file, at most `lines`."""
        found = []
        for line in self._file:
            found.append(line)
            if len(found) >= lines:
                break
        return found

    def close(self) -> None:
        """Close the file."""
        self._file.close()
