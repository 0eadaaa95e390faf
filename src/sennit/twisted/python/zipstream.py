"""Zip archives taken out piece by piece, so that a program can do something else in between."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Self

__all__ = [
    "DIR_BIT",
    "ChunkingZipFile",
    "DeflatedZipFileEntry",
    "ZipFileEntry",
    "countFileChunks",
    "countZipFileChunks",
    "unzipIterChunky",
]

DIR_BIT: Final = 16  # in an entry's external attributes, as MS-DOS has it


class _FileEntry:
    """A file in an archive, open for reading.

    Args:
        chunkingZipFile: The archive.
        length: How many bytes it takes up there.
        source: Where its contents are read from; by default what follows in the archive.
    """

    def __init__(
        self, chunkingZipFile: ChunkingZipFile, length: int, source: IO[bytes] | None = None
    ) -> None:
        self.chunkingZipFile = chunkingZipFile
        self.length = length
        self._source = source or io.BytesIO(self._contents(chunkingZipFile, length))

    def _contents(self, archive: ChunkingZipFile, length: int) -> bytes:
        assert archive.fp is not None
        return archive.fp.read(length)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __iter__(self) -> _FileEntry:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    next = __next__

    def xreadlines(self) -> _FileEntry:
        """Return this very object, an iterator over the lines."""
        return self

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._source.closed

    def close(self) -> None:
        """Close it; the archive stays open."""
        self._source.close()

    def isatty(self) -> bool:
        """Return False: it is no terminal."""
        return False

    def read(self, n: int | None = None) -> bytes:
        """Read the next `n` bytes at most, or all that is left.

        Raises:
            ValueError: If it is closed.
            zipfile.BadZipFile: If the contents are not those that were put in.
        """
        return self._source.read(-1 if n is None else n)

    def readline(self) -> bytes:
        """Read a line with its end; the last one may have none, and then comes an empty one."""
        return self._source.readline()

    def readlines(self) -> list[bytes]:
        """Read all lines that are left."""
        return list(self)

    def tell(self) -> int:
        """Return how many bytes have been read."""
        return self._source.tell()


class ZipFileEntry(_FileEntry):
    """A file that is stored as it is."""


class DeflatedZipFileEntry(_FileEntry):
    """A file that is compressed."""

    def _contents(self, archive: ChunkingZipFile, length: int) -> bytes:
        return zlib.decompress(super()._contents(archive, length), -zlib.MAX_WBITS)


class ChunkingZipFile(zipfile.ZipFile):
    """An archive whose files can be read in pieces, several at a time."""

    def readfile(self, name: str) -> _FileEntry:
        """Open a file.

        Args:
            name: Its name in the archive.

        Raises:
            KeyError: If there is none of that name.
            RuntimeError: If the archive is closed, or open for writing.
            zipfile.BadZipFile: If the entry is broken, or compressed by a method that is not known here.
        """
        if self.mode not in ("r", "a"):
            raise RuntimeError('readfile() needs an archive that is open in mode "r" or "a".')
        if self.fp is None:
            raise RuntimeError("The archive is closed.")
        info = self.getinfo(name)
        kinds = {zipfile.ZIP_STORED: ZipFileEntry, zipfile.ZIP_DEFLATED: DeflatedZipFileEntry}
        if info.compress_type not in kinds:
            raise zipfile.BadZipFile(
                f"{name} is compressed by a method ({info.compress_type}) that is not known."
            )
        return kinds[info.compress_type](self, info.compress_size, self.open(info))


def countFileChunks(zipinfo: zipfile.ZipInfo, chunksize: int) -> int:
    """Return how many pieces of `chunksize` bytes a file has; an empty one counts as one."""
    return max(1, -(-zipinfo.file_size // chunksize))


def countZipFileChunks(filename: str | os.PathLike[str], chunksize: int) -> int:
    """Return how many pieces of `chunksize` bytes the files of an archive have together."""
    with ChunkingZipFile(filename) as archive:
        return sum(countFileChunks(info, chunksize) for info in archive.infolist())


def unzipIterChunky(
    filename: str | os.PathLike[str],
    directory: str | os.PathLike[str] = ".",
    overwrite: object = 0,
    chunksize: int = 4096,
) -> Iterator[int]:
    """Take an archive out, a piece at each step.

    Args:
        filename: The archive.
        directory: Where to.
        overwrite: Whether files that are there already are replaced; otherwise they stay as they are.
        chunksize: The size of a piece in bytes.

    Yields:
        How many pieces are left.

    Raises:
        ValueError: If an entry's name leads out of the directory; nothing of it is written.
        zipfile.BadZipFile: If the archive is broken.
    """
    root = Path(os.path.realpath(directory))
    with ChunkingZipFile(filename) as archive:
        remaining = sum(countFileChunks(info, chunksize) for info in archive.infolist())
        for info in archive.infolist():
            path = Path(os.path.realpath(root / info.filename))
            if not path.is_relative_to(root):
                raise ValueError(f"{info.filename!r} in {filename!r} leads out of {directory!r}.")
            chunks = countFileChunks(info, chunksize)
            if info.is_dir() or info.external_attr & DIR_BIT:
                path.mkdir(parents=True, exist_ok=True)
            elif not path.exists() or overwrite:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as out, archive.readfile(info.filename) as entry:
                    for _ in range(chunks - 1):
                        out.write(entry.read(chunksize))
                        remaining -= 1
                        yield remaining
                    out.write(entry.read())
                chunks = 1
            remaining -= chunks
            yield remaining
