"""``twisted.web.static``: `File` is a path as well as a resource there, and programs use it as one."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import IO, Any

from sennit.twisted.python.filepath import FilePath
from sennit.web import static

__all__ = ["File"]


class File(static.File, FilePath[str]):  # type: ignore[misc]  # `children` is the resource's, as in programs
    """A file, or a directory with all below it, as a resource and as a path.

    What the path leads to by `child`, `sibling` or `parent` is a `FilePath`.

    Args:
        path: The file or directory.
        defaultType: The media type of files with unknown extensions.
        ignoredExts: Extensions that may be left out of URLs; ``"*"`` stands for any.
        registry: What the files of this tree share.
        allowExt: Whether any extension may be left out.
        options: As for `sennit.web.static.File`.
    """

    alwaysCreate = False

    def __init__(
        self,
        path: str | bytes | PathLike[str],
        defaultType: str = "text/html",
        ignoredExts: Sequence[str] = (),
        registry: static.Registry | None = None,
        allowExt: int = 0,
        **options: Any,
    ) -> None:
        static.File.__init__(self, path, defaultType, ignoredExts, registry, allowExt, **options)
        self._statinfo = None

    def openForReading(self) -> IO[bytes]:
        """Open the file, as a path opens itself."""
        return self.open()

    def walk(self, descend: Any = None) -> Any:
        """Yield the paths of this file and, if it is a directory, of all below it."""
        return FilePath(self.path).walk(descend)

    def remove(self) -> None:
        """Remove the file, or the directory with all that is in it."""
        FilePath(self.path).remove()
        self.changed()
