"""A directory of the system as a user's files: to read, or to change as well.

A path is a list of names.  No name is ``..``, so none leads above the root by itself; a symbolic link could,
and is followed only where it stays within, unless `follow_links_outside` is set.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from collections.abc import Callable, Sequence
from grp import getgrgid
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from zope.interface import implementer

from sennit.core.deferred import Deferred, fail, succeed
from sennit.ftp.files import FileReader, FileWriter
from sennit.ftp.interfaces import IFTPShell, IResumableShell
from sennit.ftp.paths import refusal_of
from sennit.ftp.refusals import (
    AnonUserDeniedError,
    FileNotFoundError,
    IsADirectoryError,
    IsNotADirectoryError,
    PermissionDeniedError,
    RestartError,
)

__all__ = ["FTPAnonymousShell", "FTPShell"]

_T = TypeVar("_T")


def _name_of(lookup: Callable[[int], Any], number: int) -> str:
    try:
        return str(lookup(number)[0])
    except KeyError:
        return str(number)


def _facts(found: os.stat_result, keys: Sequence[str]) -> list[Any]:
    try:
        return [_VALUES[key](found) for key in keys]
    except KeyError as error:
        raise AttributeError(f"Nothing is known of a file by the name of {error}.") from None


_VALUES: dict[str, Callable[[os.stat_result], Any]] = {
    "size": lambda found: found.st_size,
    "directory": lambda found: stat.S_ISDIR(found.st_mode),
    "permissions": lambda found: stat.S_IMODE(found.st_mode),
    "hardlinks": lambda found: found.st_nlink,
    "modified": lambda found: found.st_mtime,
    "owner": lambda found: _name_of(pwd.getpwuid, found.st_uid),
    "group": lambda found: _name_of(getgrgid, found.st_gid),
}


@implementer(IFTPShell)
class FTPAnonymousShell:
    """The files below a directory, for reading only.

    Args:
        filesystemRoot: The directory: a path, or an object that has one as its ``path``.

    Attributes:
        follow_links_outside: Whether symbolic links that lead out of the root are followed.
    """

    follow_links_outside: bool = False

    def __init__(self, filesystemRoot: Any) -> None:
        self.filesystemRoot = filesystemRoot

    @property
    def _root(self) -> str:
        root = self.filesystemRoot
        return os.fsdecode(root if isinstance(root, (str, bytes, os.PathLike)) else root.path)

    def _path(self, segments: Sequence[str], *, itself: bool = False) -> Path:
        """Return where something is.

        Args:
            segments: The names from the root.
            itself: Whether it is the link that is meant, and not what that leads to.

        Raises:
            PermissionDeniedError: If it is not below the root.
        """
        root = self._root
        if any(name == ".." or "/" in name or "\0" in name for name in segments):
            raise PermissionDeniedError("/".join(segments))
        path = os.path.join(root, *segments)  # noqa: PTH118 (joined for each command)
        if not self.follow_links_outside and segments:
            real = os.path.realpath(root)
            checked = os.path.realpath(os.path.dirname(path) if itself else path)  # noqa: PTH120
            if checked != real and not checked.startswith(real.rstrip("/") + "/"):
                raise PermissionDeniedError("/".join(segments))
        return Path(path)

    def _do(self, path: Sequence[str], act: Callable[[], _T]) -> Deferred[_T]:
        try:
            return succeed(act())
        except OSError as error:
            return fail(refusal_of(error, "/".join(path)) or error)
        except Exception as error:
            return fail(error)

    def makeDirectory(self, path: Any) -> Deferred[Any]:
        """Refuse."""
        return fail(AnonUserDeniedError())

    def removeDirectory(self, path: Any) -> Deferred[Any]:
        """Refuse."""
        return fail(AnonUserDeniedError())

    def removeFile(self, path: Any) -> Deferred[Any]:
        """Refuse."""
        return fail(AnonUserDeniedError())

    def rename(self, fromPath: Any, toPath: Any) -> Deferred[Any]:
        """Refuse."""
        return fail(AnonUserDeniedError())

    def receive(self, path: Any) -> Deferred[Any]:
        """Refuse."""
        return fail(AnonUserDeniedError())

    def openForWriting(self, path: Any) -> Deferred[Any]:
        """Refuse."""
        return fail(PermissionDeniedError("/".join(path)))

    def openForReading(self, path: Any) -> Deferred[Any]:
        """Open a file.

        Returns:
            A Deferred of an `IReadFile`.
        """
        return self._do(path, lambda: FileReader(self._open(path, os.O_RDONLY, "rb")))

    def _open(self, path: Sequence[str], flags: int, mode: str) -> BinaryIO:
        where = self._path(path)
        # Nobody is to wait for the other end of a named pipe; nor is any other device a file to be served.
        descriptor = os.open(where, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
        kind = os.fstat(descriptor).st_mode
        if stat.S_ISREG(kind):
            return os.fdopen(descriptor, mode)  # type: ignore[return-value]  # all modes are binary
        os.close(descriptor)
        raise (
            IsADirectoryError("/".join(path)) if stat.S_ISDIR(kind) else PermissionDeniedError("/".join(path))
        )

    def access(self, path: Any) -> Deferred[None]:
        """See whether a directory can be gone into."""
        return self._do(path, lambda: self._access(path))

    def _access(self, path: Sequence[str]) -> None:
        where = self._path(path)
        if not where.is_dir():
            where.stat()
            raise IsNotADirectoryError("/".join(path))
        if not os.access(where, os.X_OK):
            raise PermissionDeniedError("/".join(path))
        # It is told now, and not when it is listed, whether it may be.
        os.scandir(where).close()

    def stat(self, path: Any, keys: Any = ()) -> Deferred[list[Any]]:
        """Tell of a file or directory.

        Returns:
            A Deferred of the values, in the order of the keys.
        """
        return self._do(path, lambda: self._stat(path, keys))

    def _stat(self, path: Sequence[str], keys: Sequence[str]) -> list[Any]:
        return _facts(self._path(path).stat(), keys)

    def list(self, path: Any, keys: Any = ()) -> Deferred[Any]:
        """Tell of the files of a directory, or of one file.

        A link that leads nowhere, or out of the root, is told of as itself.

        Returns:
            A Deferred of pairs: a name, and its values in the order of the keys.
        """
        return self._do(path, lambda: self._list(path, keys))

    def _list(self, path: Sequence[str], keys: Sequence[str]) -> Any:
        where = self._path(path)
        if where.is_dir():
            names = sorted(os.listdir(where))  # noqa: PTH208 (names only)
            return [(name, self._facts_in(path, name, keys)) for name in names]
        if where.exists():
            return [(path[-1], _facts(where.stat(), keys))]
        raise FileNotFoundError("/".join(path))

    def _facts_in(self, path: Sequence[str], name: str, keys: Sequence[str]) -> Sequence[Any]:
        if not keys:
            return []
        found = self._path([*path, name], itself=True).lstat()
        if stat.S_ISLNK(found.st_mode):
            with contextlib.suppress(OSError, PermissionDeniedError):
                found = self._path([*path, name]).stat()
        return _facts(found, keys)


@implementer(IResumableShell)
class FTPShell(FTPAnonymousShell):
    """The files below a directory, for reading and changing."""

    def makeDirectory(self, path: Any) -> Deferred[Any]:
        """Make a directory."""
        return self._do(path, lambda: self._path(path).mkdir())

    def removeDirectory(self, path: Any) -> Deferred[Any]:
        """Remove a directory, which is empty."""
        return self._do(path, lambda: self._remove_directory(path))

    def _remove_directory(self, path: Sequence[str]) -> None:
        if not path:
            raise PermissionDeniedError("/")
        self._path(path, itself=True).rmdir()

    def removeFile(self, path: Any) -> Deferred[Any]:
        """Remove a file."""
        return self._do(path, lambda: self._remove_file(path))

    def _remove_file(self, path: Sequence[str]) -> None:
        where = self._path(path, itself=True)
        if where.is_dir() and not where.is_symlink():
            raise IsADirectoryError("/".join(path))
        where.unlink()

    def rename(self, fromPath: Any, toPath: Any) -> Deferred[Any]:
        """Give a file or a directory another path; a file that was there is no more."""
        return self._do(fromPath, lambda: self._rename(fromPath, toPath))

    def _rename(self, old: Sequence[str], new: Sequence[str]) -> None:
        if not old or not new:
            raise PermissionDeniedError("/")
        self._path(old, itself=True).replace(self._path(new, itself=True))

    def openForWriting(self, path: Any) -> Deferred[Any]:
        """Open a file, made anew.

        Returns:
            A Deferred of an `IWriteFile`.
        """
        return self._do(
            path, lambda: FileWriter(self._open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, "wb"))
        )

    def openForResuming(self, path: Any, offset: int | None) -> Deferred[Any]:
        """Open a file to be written on.

        Args:
            path: Which.
            offset: At which octet; what was behind it is gone.  None for the end.

        Returns:
            A Deferred of an `IWriteFile`.
        """
        return self._do(path, lambda: FileWriter(self._resume(path, offset)))

    def _resume(self, path: Sequence[str], offset: int | None) -> BinaryIO:
        file = self._open(path, os.O_WRONLY | os.O_CREAT, "wb")
        end = file.seek(0, os.SEEK_END)
        if offset is not None and offset <= end:
            file.seek(offset)
            file.truncate()
        elif offset is not None:
            file.close()
            raise RestartError(offset)
        return file
