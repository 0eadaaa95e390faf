"""What can be said of any path that can be walked, in the file system, in a zip file or elsewhere."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, AnyStr, Generic, Self, TypeVar, cast

from zope.interface import Attribute, Interface

__all__ = [
    "AbstractFilePath",
    "IFilePath",
    "InsecurePath",
    "LinkError",
    "OtherAnyStr",
    "UnlistableError",
]

OtherAnyStr = TypeVar("OtherAnyStr", str, bytes)


class IFilePath(Interface):
    """A file or directory, in the file system or in something like it."""

    sep = Attribute("What stands between the parts of a path.")

    def child(name: Any) -> Any:  # noqa: N805 (interfaces have no self)
        """Return the path of the child `name`; raise InsecurePath if it would not be one."""

    def open(mode: str = "r") -> IO[bytes]:  # noqa: N805
        """Open the file, in binary, and return it."""

    def changed() -> None:
        """Forget what is known of the file."""

    def getsize() -> int:
        """Return the size in bytes."""

    def getModificationTime() -> float:
        """Return when the contents changed last, in seconds since the epoch, a float."""

    def getStatusChangeTime() -> float:
        """Return when the file's status changed last, in seconds since the epoch, a float."""

    def getAccessTime() -> float:
        """Return when the file was read last, in seconds since the epoch, a float."""

    def exists() -> bool:
        """Return whether there is such a file or directory."""

    def isdir() -> bool:
        """Return whether it is a directory."""

    def isfile() -> bool:
        """Return whether it is a regular file."""

    def children() -> Any:
        """Return the paths of what is in the directory."""

    def basename() -> Any:
        """Return the last part of the path."""

    def parent() -> Any:
        """Return the path of the directory that this is in."""

    def sibling(name: Any) -> Any:  # noqa: N805
        """Return the path of `name` in the directory that this is in."""


class InsecurePath(Exception):
    """The path asked for lies outside of its parent."""


class LinkError(Exception):
    """A symbolic link leads back to itself or to a directory above it."""


class UnlistableError(OSError):
    """A directory cannot be listed.

    Args:
        originalException: What the operating system said.
    """

    def __init__(self, originalException: OSError) -> None:
        super().__init__(*originalException.args)
        self.originalException = originalException


class AbstractFilePath(Generic[AnyStr]):
    """What can be said of a path by means of `IFilePath` alone."""

    path: AnyStr
    Selfish = TypeVar("Selfish", bound="AbstractFilePath[Any]")

    def child(self, path: OtherAnyStr) -> AbstractFilePath[OtherAnyStr]:
        """Return the path of a child; here there is none to return.

        Raises:
            InsecurePath: Always.
        """
        raise InsecurePath(f"{self!r} has no child {path!r}.")

    def parent(self) -> AbstractFilePath[AnyStr]:
        """Return the path that this one is a child of; the root is its own parent."""
        return self

    def basename(self) -> AnyStr:
        """Return the last part of the path."""
        return os.path.basename(self.path)  # noqa: PTH119 (bytes stay bytes)

    def listdir(self) -> list[AnyStr]:
        """Return the names in the directory; none here."""
        return []

    def isdir(self) -> bool:
        """Return whether it is a directory."""
        return bool(self.listdir())

    def open(self, mode: str = "r") -> IO[bytes]:
        """Open the file, in binary; there is nothing to open here.

        Raises:
            FileNotFoundError: Always.
        """
        raise FileNotFoundError(errno.ENOENT, f"There is nothing to open with mode {mode!r}", str(self.path))

    def getAccessTime(self) -> float:
        """Return when the file was read last, in seconds since the epoch."""
        return 0.0

    def getModificationTime(self) -> float:
        """Return when the contents changed last, in seconds since the epoch."""
        return 0.0

    def getStatusChangeTime(self) -> float:
        """Return when the status changed last, in seconds since the epoch."""
        return 0.0

    def getContent(self) -> bytes:
        """Return all that is in the file."""
        with self.open() as file:
            return file.read()

    def parents(self) -> Iterator[AbstractFilePath[AnyStr]]:
        """Yield the parent, its parent, and so on up to the root."""
        path: AbstractFilePath[AnyStr] = self
        parent = path.parent()
        while path != parent:
            yield parent
            path, parent = parent, parent.parent()

    def children(self) -> Iterable[Self]:
        """Return the paths of what is in the directory.

        Raises:
            UnlistableError: If it cannot be listed.
        """
        try:
            names = self.listdir()
        except OSError as error:
            raise UnlistableError(error) from error
        return [cast("Self", self.child(name)) for name in names]

    def walk(self, descend: Callable[[Self], bool] | None = None) -> Iterator[Self]:
        """Yield this path and, if it is a directory, all that is below it.

        Args:
            descend: Called with each directory: whether to go into it.  By default all are gone into.

        Raises:
            LinkError: If a symbolic link leads to a directory above it.
        """
        yield self
        if not self.isdir():
            return
        for child in self.children():
            link: Any = child
            if child.isdir() and (descend is None or descend(child)):
                if link.islink() and _is_above(link.realpath().path, self):
                    raise LinkError(f"The link {child!r} leads to a directory above it.")
                yield from child.walk(descend)
            else:
                yield child

    def sibling(self, path: OtherAnyStr) -> AbstractFilePath[OtherAnyStr]:
        """Return the path of `path` in the directory that this is in."""
        return self.parent().child(path)

    def descendant(self, segments: Sequence[OtherAnyStr]) -> AbstractFilePath[OtherAnyStr]:
        """Return the child of the child ... that `segments` name."""
        path: Any = self
        for name in segments:
            path = path.child(name)
        return cast("AbstractFilePath[OtherAnyStr]", path)

    def segmentsFrom(self, ancestor: Any) -> list[AnyStr]:
        """Return the names that lead from `ancestor` to this path.

        Raises:
            ValueError: If it is not above this path.
        """
        segments: list[AnyStr] = []
        path: AbstractFilePath[AnyStr] = self
        for parent in self.parents():
            segments.insert(0, path.basename())
            if parent == ancestor:
                return segments
            path = parent
        raise ValueError(f"{ancestor!r} not parent of {self!r}")

    def getmtime(self) -> int:
        """Return `getModificationTime` in whole seconds."""
        return int(self.getModificationTime())

    def getatime(self) -> int:
        """Return `getAccessTime` in whole seconds."""
        return int(self.getAccessTime())

    def getctime(self) -> int:
        """Return `getStatusChangeTime` in whole seconds."""
        return int(self.getStatusChangeTime())


def _is_above(real: Any, path: Any) -> bool:
    """Return whether the directory `real` is `path` or one that `path` lies in."""
    here = os.path.realpath(path.path)
    return bool(here == real or here[: len(real) + 1] == os.path.join(real, here[:0]))  # noqa: PTH118
