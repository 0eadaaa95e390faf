"""Paths as objects that keep inside: a child is a child, whatever its name says.

`FilePath` is absolute from its making on.  What is asked about a file (size, times, kind) is read from the
file system once and kept until `FilePath.changed` or `FilePath.restat`.  Paths are strings or bytes, as
given; results are of the same kind.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import secrets
import stat
from collections.abc import Callable
from stat import (
    S_IRGRP,
    S_IROTH,
    S_IRUSR,
    S_IWGRP,
    S_IWOTH,
    S_IWUSR,
    S_IXGRP,
    S_IXOTH,
    S_IXUSR,
)
from typing import IO, Any, AnyStr, cast

from zope.interface import implementer

from sennit.twisted.python.abstract_path import (
    AbstractFilePath,
    IFilePath,
    InsecurePath,
    LinkError,
    OtherAnyStr,
    UnlistableError,
)
from sennit.twisted.python.permissions import RWX, Permissions

__all__ = [
    "ERROR_DIRECTORY",
    "ERROR_FILE_NOT_FOUND",
    "ERROR_INVALID_NAME",
    "ERROR_PATH_NOT_FOUND",
    "O_BINARY",
    "RWX",
    "S_IRGRP",
    "S_IROTH",
    "S_IRUSR",
    "S_IWGRP",
    "S_IWOTH",
    "S_IWUSR",
    "S_IXGRP",
    "S_IXOTH",
    "S_IXUSR",
    "AbstractFilePath",
    "FilePath",
    "IFilePath",
    "InsecurePath",
    "LinkError",
    "OtherAnyStr",
    "Permissions",
    "UnlistableError",
]

O_BINARY: int = getattr(os, "O_BINARY", 0)
# What Windows reports when a directory cannot be listed.
ERROR_FILE_NOT_FOUND = 2
ERROR_PATH_NOT_FOUND = 3
ERROR_INVALID_NAME = 123
ERROR_DIRECTORY = 267

_CREATE = os.O_CREAT | os.O_EXCL | os.O_RDWR | O_BINARY


def _as(path: Any, kind: type) -> Any:
    """Return a string or bytes path as the kind wanted, by the file system's encoding."""
    return os.fsencode(path) if kind is bytes else os.fsdecode(path)


@implementer(IFilePath)
class FilePath(AbstractFilePath[AnyStr]):
    """A path in the file system.

    Args:
        path: The path; what is relative is made absolute.
        alwaysCreate: Whether `open` refuses files that exist.
    """

    def __init__(self, path: AnyStr, alwaysCreate: bool = False) -> None:
        self.path: AnyStr = os.path.abspath(path)  # noqa: PTH100 (bytes stay bytes)
        self.alwaysCreate = alwaysCreate
        self._statinfo: os.stat_result | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_statinfo": None}

    def __repr__(self) -> str:
        return f"FilePath({self.path!r})"

    def __eq__(self, other: object) -> bool:
        return self.path == other.path if isinstance(other, FilePath) else NotImplemented

    # Other things may know how they compare with paths.
    def __lt__(self, other: object) -> bool:
        return bool(self.path < other.path) if isinstance(other, FilePath) else NotImplemented

    def __le__(self, other: object) -> bool:
        return bool(self.path <= other.path) if isinstance(other, FilePath) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return bool(self.path > other.path) if isinstance(other, FilePath) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return bool(self.path >= other.path) if isinstance(other, FilePath) else NotImplemented

    def __hash__(self) -> int:
        return hash((FilePath, self.path))

    @property
    def sep(self) -> AnyStr:
        """What stands between the parts of a path."""
        return cast("AnyStr", _as(os.sep, type(self.path)))

    def clonePath(self, path: OtherAnyStr, alwaysCreate: bool = False) -> FilePath[OtherAnyStr]:
        """Return the object for another path: of the class FilePath, unless a subclass says otherwise.

        Args:
            path: The path.
            alwaysCreate: Whether its `open` refuses files that exist.
        """
        return FilePath(path, alwaysCreate)

    def asBytesMode(self, encoding: str | None = None) -> FilePath[bytes]:
        """Return the same path as bytes, by `encoding` or the file system's; itself if it is."""
        path = self.path
        if isinstance(path, bytes):
            return self
        return self.clonePath(path.encode(encoding) if encoding else os.fsencode(path))

    def asTextMode(self, encoding: str | None = None) -> FilePath[str]:
        """Return the same path as a string, by `encoding` or the file system's; itself if it is."""
        path = self.path
        if isinstance(path, str):
            return self
        return self.clonePath(path.decode(encoding) if encoding else os.fsdecode(path))

    def _below(self, path: Any) -> Any:
        """Return our path joined with `path`, as the kind that `path` is of, without ``..``."""
        ours = _as(self.path, type(path))
        return os.path.abspath(os.path.join(ours, path))  # noqa: PTH100, PTH118

    def _refuse_outside(self, path: Any) -> None:
        ours = _as(self.path, type(path))
        if path != ours and not path.startswith(os.path.join(ours, ours[:0])):  # noqa: PTH118
            raise InsecurePath(f"{path!r} is not a child of {ours!r}")

    def child(self, path: OtherAnyStr) -> FilePath[OtherAnyStr]:
        """Return the path of the child `path`.

        Raises:
            InsecurePath: If `path` has a separator in it, or leads out of the directory.
        """
        if _as(os.sep, type(path)) in path:
            raise InsecurePath(f"{path!r} contains one or more directory separators")
        return self.preauthChild(path)

    def preauthChild(self, path: OtherAnyStr) -> FilePath[OtherAnyStr]:
        """Return the path of something below this directory, any number of levels.

        Raises:
            InsecurePath: If `path` leads out of the directory.
        """
        below = self._below(path)
        self._refuse_outside(below)
        return self.clonePath(cast("OtherAnyStr", below))

    def childSearchPreauth(self, *paths: OtherAnyStr) -> FilePath[OtherAnyStr] | None:
        """Return the first of `paths` that exists below this directory, or None.

        Raises:
            InsecurePath: If one leads out of the directory.
        """
        for path in paths:
            found = self.preauthChild(path)
            if found.exists():
                return found
        return None

    def siblingExtensionSearch(self, *exts: OtherAnyStr) -> FilePath[OtherAnyStr] | None:
        """Return the first that exists of this path with one of the extensions added, or None.

        Args:
            *exts: The extensions; an empty one is this path itself, ``"*"`` is any.
        """
        for ext in exts:
            ours = cast("OtherAnyStr", _as(self.path, type(ext)))
            if not ext and self.exists():
                return self.clonePath(ours)
            if ext == _as("*", type(ext)):
                prefix = os.path.basename(ours) + cast("OtherAnyStr", _as(".", type(ext)))  # noqa: PTH119
                directory = os.path.dirname(ours)  # noqa: PTH120
                for name in sorted(os.listdir(directory)):  # noqa: PTH208
                    if name.startswith(prefix):
                        return self.clonePath(os.path.join(directory, name))  # noqa: PTH118
            elif ext and os.path.exists(ours + ext):  # noqa: PTH110
                return self.clonePath(ours + ext)
        return None

    def siblingExtension(self, ext: OtherAnyStr) -> FilePath[OtherAnyStr]:
        """Return this path with `ext` added to it."""
        return self.clonePath(cast("OtherAnyStr", _as(self.path, type(ext))) + ext)

    def parent(self) -> FilePath[AnyStr]:
        """Return the directory that this is in; the root is in itself."""
        return self.clonePath(self.dirname())

    def dirname(self) -> AnyStr:
        """Return the path of the directory that this is in."""
        return os.path.dirname(self.path)  # noqa: PTH120

    def splitext(self) -> tuple[AnyStr, AnyStr]:
        """Return the path without its extension, and the extension with its dot."""
        return os.path.splitext(self.path)  # noqa: PTH122

    def isabs(self) -> bool:
        """Return True: the path is absolute."""
        return os.path.isabs(self.path)  # noqa: PTH117

    def realpath(self) -> FilePath[AnyStr]:
        """Return the path with all symbolic links followed.

        Raises:
            LinkError: If they lead in a circle.
        """
        real = os.path.realpath(self.path)
        if os.path.islink(real):  # noqa: PTH114
            raise LinkError(f"{self.path!r} is a link in a circle of links.")
        return self.clonePath(real)

    def globChildren(self, pattern: OtherAnyStr) -> list[FilePath[OtherAnyStr]]:
        """Return what in this directory fits the shell pattern `pattern`."""
        ours = cast("OtherAnyStr", _as(self.path, type(pattern)))
        return [self.clonePath(ours).child(name) for name in fnmatch.filter(os.listdir(ours), pattern)]  # noqa: PTH208

    # What the file system says

    def listdir(self) -> list[AnyStr]:
        """Return the names in the directory."""
        return os.listdir(self.path)  # noqa: PTH208

    def restat(self, reraise: bool = True) -> None:
        """Read what the file system knows of the file.

        Args:
            reraise: Whether to raise an OSError if that fails; otherwise nothing is known then.
        """
        try:
            self._statinfo = os.stat(self.path)  # noqa: PTH116
        except OSError:
            self._statinfo = None
            if reraise:
                raise

    def changed(self) -> None:
        """Forget what is known of the file, so that it is read anew."""
        self._statinfo = None

    def _stat(self) -> os.stat_result:
        if self._statinfo is None:
            self.restat()
        return cast("os.stat_result", self._statinfo)

    def _is(self, test: Callable[[int], bool]) -> bool:
        if self._statinfo is None:
            self.restat(reraise=False)
        return self._statinfo is not None and test(self._statinfo.st_mode)

    def getsize(self) -> int:
        """Return the size in bytes."""
        return self._stat().st_size

    def getModificationTime(self) -> float:
        """Return when the contents changed last, in seconds since the epoch."""
        return float(self._stat().st_mtime)

    def getStatusChangeTime(self) -> float:
        """Return when the status changed last, in seconds since the epoch."""
        return float(self._stat().st_ctime)

    def getAccessTime(self) -> float:
        """Return when the file was read last, in seconds since the epoch."""
        return float(self._stat().st_atime)

    def getInodeNumber(self) -> int:
        """Return the file's number in its file system."""
        return self._stat().st_ino

    def getDevice(self) -> int:
        """Return the number of the device that the file is on."""
        return self._stat().st_dev

    def getNumberOfHardLinks(self) -> int:
        """Return how many names the file has."""
        return self._stat().st_nlink

    def getUserID(self) -> int:
        """Return the number of the user who owns the file."""
        return self._stat().st_uid

    def getGroupID(self) -> int:
        """Return the number of the group that owns the file."""
        return self._stat().st_gid

    def getPermissions(self) -> Permissions:
        """Return who may do what with the file."""
        return Permissions(stat.S_IMODE(self._stat().st_mode))

    def exists(self) -> bool:
        """Return whether there is such a file or directory; a link counts as what it leads to."""
        if self._statinfo is None:
            self.restat(reraise=False)
        return self._statinfo is not None

    def isdir(self) -> bool:
        """Return whether it is a directory."""
        return self._is(stat.S_ISDIR)

    def isfile(self) -> bool:
        """Return whether it is a regular file."""
        return self._is(stat.S_ISREG)

    def isBlockDevice(self) -> bool:
        """Return whether it is a block device."""
        return self._is(stat.S_ISBLK)

    def isSocket(self) -> bool:
        """Return whether it is a socket."""
        return self._is(stat.S_ISSOCK)

    def islink(self) -> bool:
        """Return whether it is a symbolic link; this is never remembered."""
        return os.path.islink(self.path)  # noqa: PTH114

    # What changes the file system

    def requireCreate(self, val: bool = True) -> None:
        """Set whether `open` refuses files that exist."""
        self.alwaysCreate = val

    def create(self) -> IO[bytes]:
        """Make the file, which must not exist, and return it open for reading and writing, in binary."""
        return os.fdopen(os.open(self.path, _CREATE), "w+b")

    def open(self, mode: str = "r") -> IO[bytes]:
        """Open the file, in binary whatever `mode` says.

        Args:
            mode: The mode of the built-in ``open``.

        Returns:
            The file.
        """
        if self.alwaysCreate:
            if "a" in mode:
                raise ValueError(f"Mode {mode!r} appends, but the file must be created: use create().")
            return self.create()
        return cast("IO[bytes]", open(self.path, mode.replace("b", "") + "b"))  # noqa: PTH123

    def setContent(self, content: bytes, ext: str | bytes = ".new") -> None:
        """Replace the file's contents, at once: a reader sees the old or the new.

        Args:
            content: The new contents.
            ext: The extension of the file beside it that is written first.
        """
        beside = self.temporarySibling(cast("AnyStr", _as(ext, type(self.path))))
        try:
            with beside.open("w") as file:
                file.write(content)
            os.replace(beside.path, self.path)  # noqa: PTH105
        except BaseException:
            if os.path.lexists(beside.path):
                os.unlink(beside.path)  # noqa: PTH108
            raise
        self.changed()

    def temporarySibling(self, extension: OtherAnyStr | None = None) -> FilePath[OtherAnyStr]:
        """Return a path beside this one that nothing has, for a file to be created.

        Args:
            extension: What its name ends in; by default this path's own name.
        """
        kind = type(self.path) if extension is None else type(extension)
        ending = _as(self.basename(), kind) if extension is None else extension
        name = cast("OtherAnyStr", _as(secrets.token_urlsafe(16), kind) + ending)
        sibling = cast("FilePath[OtherAnyStr]", self.sibling(name))
        sibling.requireCreate()
        return sibling

    def touch(self) -> None:
        """Make the file if there is none; set its times to now."""
        with open(self.path, "ab"):  # noqa: PTH123
            os.utime(self.path, None)
        self.changed()

    def chmod(self, mode: int) -> None:
        """Set the permissions."""
        os.chmod(self.path, mode)  # noqa: PTH101

    def createDirectory(self) -> None:
        """Make the directory, which must not exist."""
        os.mkdir(self.path)  # noqa: PTH102

    def makedirs(self, ignoreExistingDirectory: bool = False) -> None:
        """Make the directory and those that it lies in.

        Args:
            ignoreExistingDirectory: Whether it may exist already.
        """
        try:
            os.makedirs(self.path)  # noqa: PTH103
        except FileExistsError:
            if not (ignoreExistingDirectory and os.path.isdir(self.path)):  # noqa: PTH112
                raise
        self.changed()

    def remove(self) -> None:
        """Remove the file, link or directory, with all that is in it; a link's target stays."""
        if self.isdir() and not self.islink():
            for child in self.children():
                child.remove()
            os.rmdir(self.path)  # noqa: PTH106
        else:
            os.remove(self.path)  # noqa: PTH107
        self.changed()

    def linkTo(self, linkFilePath: FilePath[AnyStr]) -> None:
        """Make `linkFilePath` a symbolic link to this path."""
        os.symlink(self.path, linkFilePath.path)  # noqa: PTH211

    def copyTo(self, destination: FilePath[OtherAnyStr], followLinks: bool = True) -> None:
        """Copy the file, or the directory with all that is in it.

        Args:
            destination: Where to.
            followLinks: Whether a link is copied as what it leads to.

        Raises:
            OSError: If there is nothing to copy.
        """
        if self.islink() and not followLinks:
            target = os.readlink(self.path)  # noqa: PTH115
            os.symlink(_as(target, type(destination.path)), destination.path)  # noqa: PTH211
        elif self.isdir():
            if not destination.exists():
                destination.createDirectory()
            for child in self.children():
                copy = destination.child(cast("OtherAnyStr", _as(child.basename(), type(destination.path))))
                child.copyTo(copy, followLinks)
        elif self.isfile():
            with self.open() as source, destination.open("w") as target_file:
                while chunk := source.read(65536):
                    target_file.write(chunk)
        elif not self.exists():
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", os.fsdecode(self.path))
        else:
            raise OSError(errno.EINVAL, "Only files and directories can be copied", os.fsdecode(self.path))
        destination.changed()

    def moveTo(self, destination: FilePath[OtherAnyStr], followLinks: bool = True) -> None:
        """Move the file or directory, to another file system too.

        Args:
            destination: Where to.
            followLinks: Whether a link moved to another file system is moved as what it leads to.
        """
        try:
            os.rename(self.path, cast("AnyStr", _as(destination.path, type(self.path))))  # noqa: PTH104
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            beside = destination.temporarySibling()
            self.copyTo(beside, followLinks)
            beside.moveTo(destination, followLinks)
            (self.realpath() if followLinks else self).remove()
            if followLinks and self.islink():
                self.remove()
        self.changed()
        destination.changed()
