"""Paths in a zip archive, with the methods of those in the file system, for reading.

A `ZipArchive` is the path of the archive's own root.  Names in an archive are as they are: ``..`` means
nothing special there, and leads nowhere.
"""

from __future__ import annotations

import errno
import os
import zipfile
from datetime import datetime
from functools import total_ordering
from typing import IO, Any, AnyStr, Final, Generic, TypeVar, cast

from zope.interface import implementer

from sennit.twisted.python.filepath import AbstractFilePath, FilePath, IFilePath, OtherAnyStr, UnlistableError

__all__ = ["ZIP_PATH_SEP", "ZipArchive", "ZipPath"]

ZIP_PATH_SEP: Final = "/"  # whatever the operating system's is

_ArchiveStr = TypeVar("_ArchiveStr", str, bytes)


def _as(text: Any, kind: type) -> Any:
    return os.fsencode(text) if kind is bytes else os.fsdecode(text)


@total_ordering
@implementer(IFilePath)
class ZipPath(AbstractFilePath[AnyStr], Generic[AnyStr, _ArchiveStr]):
    """A file or directory in an archive.

    Args:
        archive: The archive.
        pathInArchive: Its name there, the parts apart by slashes.
    """

    def __init__(self, archive: ZipArchive[_ArchiveStr], pathInArchive: AnyStr) -> None:
        self._archive: Any = archive
        self.pathInArchive: AnyStr = pathInArchive
        kind = type(pathInArchive)
        parts = pathInArchive.split(cast("AnyStr", _as(ZIP_PATH_SEP, kind)))
        self.path: AnyStr = os.path.join(_as(archive.path, kind), *parts)

    @property
    def archive(self) -> ZipArchive[Any]:
        """The archive that it is in."""
        return cast("ZipArchive[Any]", self._archive)

    @property
    def sep(self) -> AnyStr:
        """What stands between the parts of a path: a slash."""
        return cast("AnyStr", _as(ZIP_PATH_SEP, type(self.pathInArchive)))

    def _key(self) -> tuple[Any, Any]:
        return self.archive.path, self.pathInArchive

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, ZipPath) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._key() < other._key() if isinstance(other, ZipPath) else NotImplemented

    def __hash__(self) -> int:
        return hash((ZipPath, *self._key()))

    def __repr__(self) -> str:
        start = os.path.abspath(os.fsdecode(self.archive.path))
        shown = os.sep.join([start, *os.fsdecode(self.pathInArchive).split(ZIP_PATH_SEP)])
        return f"{type(self).__name__}({_as(shown, type(self.pathInArchive))!r})"

    def _name(self) -> str:
        return os.fsdecode(self.pathInArchive)

    def _info(self) -> zipfile.ZipInfo:
        return self.archive.zipfile.getinfo(self._name())

    def parent(self) -> Any:
        """Return the directory that this is in: the archive itself is its own."""
        directory = self.pathInArchive.rpartition(self.sep)[0]
        return ZipPath(self.archive, directory) if directory else self.archive

    def child(self, path: OtherAnyStr) -> ZipPath[OtherAnyStr, Any]:
        """Return the path of what `path` names below this directory."""
        kind = type(path)
        joined = _as(ZIP_PATH_SEP, kind).join([_as(self.pathInArchive, kind), path])
        return ZipPath(self.archive, joined)

    def sibling(self, path: OtherAnyStr) -> ZipPath[OtherAnyStr, Any]:
        """Return the path of `path` in the directory that this is in."""
        return cast("ZipPath[OtherAnyStr, Any]", self.parent().child(path))

    def basename(self) -> AnyStr:
        """Return the last part of the path."""
        return self.pathInArchive.rpartition(self.sep)[2]

    def dirname(self) -> AnyStr:
        """Return the path of the directory that this is in."""
        return cast("AnyStr", _as(self.parent().path, type(self.pathInArchive)))

    def splitext(self) -> tuple[AnyStr, AnyStr]:
        """Return the path without its extension, and the extension with its dot."""
        return os.path.splitext(self.path)

    def exists(self) -> bool:
        """Return whether the archive has such a file or directory."""
        return self.isdir() or self.isfile()

    def isdir(self) -> bool:
        """Return whether it is a directory."""
        return self._name() in self.archive.directories

    def isfile(self) -> bool:
        """Return whether it is a file."""
        return self._name() in self.archive.zipfile.NameToInfo

    def islink(self) -> bool:
        """Return False: archives have no links."""
        return False

    def listdir(self) -> list[AnyStr]:
        """Return the names in the directory.

        Raises:
            UnlistableError: If it is a file, or is not there.
        """
        names = self.archive.directories.get(self._name())
        if names is None:
            code = errno.ENOTDIR if self.exists() else errno.ENOENT
            raise UnlistableError(OSError(code, os.strerror(code), os.fsdecode(self.path)))
        return [cast("AnyStr", _as(name, type(self.pathInArchive))) for name in names]

    def getsize(self) -> int:
        """Return the size of the file, taken out, in bytes.

        Raises:
            KeyError: If the archive has no such file.
        """
        return self._info().file_size

    def getAccessTime(self) -> float:
        """Return when the archive was read last, in seconds since the epoch."""
        return self.archive.getAccessTime()

    def getModificationTime(self) -> float:
        """Return when the file was changed last, in seconds since the epoch: archives keep local time.

        Raises:
            KeyError: If the archive has no such file.
        """
        return datetime(*self._info().date_time).timestamp()  # noqa: DTZ001 (local time it is)

    def getStatusChangeTime(self) -> float:
        """Return `getModificationTime`: archives keep no other.

        Raises:
            KeyError: If the archive has no such file.
        """
        return self.getModificationTime()

    def open(self, mode: str = "r") -> IO[bytes]:
        """Open the file for reading, in binary.

        Args:
            mode: ``"r"``.

        Raises:
            KeyError: If the archive has no such file.
            ValueError: If it is to be written.
        """
        if mode not in ("r", "rb"):
            raise ValueError(f"{self!r} can be read, not opened with mode {mode!r}.")
        return self.archive.zipfile.open(self._name())

    def changed(self) -> None:
        """Forget nothing: what is known of a file in an archive is read from it when that is opened."""


class ZipArchive(ZipPath[AnyStr, AnyStr]):
    """An archive, which is a directory.

    Args:
        archivePathname: Its path in the file system.

    Raises:
        OSError: If it cannot be read.
        zipfile.BadZipFile: If it is no archive.

    Attributes:
        zipfile: The open archive.
        directories: What is in each directory, by the directory's name in the archive.
    """

    def __init__(self, archivePathname: AnyStr) -> None:
        self.path: AnyStr = archivePathname
        self.zipfile = zipfile.ZipFile(os.fsdecode(archivePathname))
        self.pathInArchive: AnyStr = archivePathname[:0]
        self.directories = _directories(self.zipfile.namelist())

    @property
    def archive(self) -> ZipArchive[AnyStr]:
        """Itself."""
        return self

    def __repr__(self) -> str:
        return f"ZipArchive({os.path.abspath(self.path)!r})"

    def child(self, path: OtherAnyStr) -> ZipPath[OtherAnyStr, AnyStr]:
        """Return the path of what `path` names in the archive."""
        return ZipPath(self, path)

    def exists(self) -> bool:
        """Return whether the archive is there."""
        return FilePath(self.path).exists()

    def getAccessTime(self) -> float:
        """Return when the archive was read last, in seconds since the epoch."""
        return FilePath(self.path).getAccessTime()

    def getModificationTime(self) -> float:
        """Return when the archive was changed last, in seconds since the epoch."""
        return FilePath(self.path).getModificationTime()

    def getStatusChangeTime(self) -> float:
        """Return when the archive's status changed last, in seconds since the epoch."""
        return FilePath(self.path).getStatusChangeTime()


def _directories(names: list[str]) -> dict[str, dict[str, None]]:
    """Return the names in each directory, in the archive's order, be there an entry for it or not."""
    found: dict[str, dict[str, None]] = {"": {}}
    for name in names:
        parent = ""
        parts = name.split(ZIP_PATH_SEP)
        for part in parts[:-1]:
            found[parent][part] = None
            parent = f"{parent}{ZIP_PATH_SEP}{part}" if parent else part
            found.setdefault(parent, {})
        if parts[-1]:
            found[parent][parts[-1]] = None
    return found
