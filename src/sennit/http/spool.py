"""`SpooledBody`: a large body as a file, in memory while there is room for it, else one of the system's.

How much room there is depends on what all bodies of a server take up: they share a `Room`.  Pieces are kept
as they came, and put together when somebody reads: a body that is only measured is not copied.
"""

from __future__ import annotations

import io
from functools import cache
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["Room", "SpooledBody"]

_SMALL = 4096
"""Pieces below this are joined as they come: each that is kept by itself costs some forty octets more."""
_FREED = 1 << 20


@cache
def _keep_memory() -> None:
    """Let the C library keep memory at hand that a body leaves, for the next one.

    glibc returns to the system what is free above twice the largest block that it ever returned by itself
    (mallopt(3), M_MMAP_THRESHOLD), and the system clears each page when it is wanted again: that costs twice
    what receiving the body does.  Nothing is written to this block, so it takes up nothing.
    """
    bytes(_FREED)


class Room:
    """How many octets several bodies may keep in memory together.

    Args:
        size: How many.

    Attributes:
        taken: How many they do.
    """

    __slots__ = ("_lock", "size", "taken")

    def __init__(self, size: int) -> None:
        self.size = size
        self.taken = 0
        # Bodies are closed by whatever thread had them last.
        self._lock = Lock()
        _keep_memory()

    def take(self, octets: int) -> bool:
        """Take some of it; return whether there was as much."""
        with self._lock:
            if self.taken + octets > self.size:
                return False
            self.taken += octets
            return True

    def give_back(self, octets: int) -> None:
        """Take note that as much is free again."""
        with self._lock:
            self.taken -= octets


class SpooledBody(io.BufferedIOBase):
    """A file that can be read, written and sought in.

    Args:
        room: What it takes its memory from.
        most: How many octets may be in memory.
    """

    def __init__(self, room: Room, most: int) -> None:
        self._room = room
        self._most = most
        self._pieces: list[bytes] = []
        self._size = 0
        self._position = 0
        self._taken = 0
        self._file: IO[bytes] | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write at the position, which is at the end until somebody moves it."""
        if not isinstance(data, bytes):
            data = bytes(data)
        size = len(data)
        if self._file is None and self._position == self._size and self._grow(size):
            pieces = self._pieces
            if pieces and size < _SMALL and len(pieces[-1]) < _SMALL:
                pieces[-1] += data
            else:
                pieces.append(data)
            self._size = self._position = self._position + size
            return size
        return self._on_disk().write(data)

    def _grow(self, octets: int) -> bool:
        """Tell whether as many more may be in memory."""
        if self.closed or self._size + octets > self._most or not self._room.take(octets):
            return False
        self._taken += octets
        return True

    def _opened(self) -> IO[bytes]:
        """Return what it can be read from."""
        self._check()
        file = self._file
        if file is None:
            whole = b"".join(self._pieces)
            self._pieces = []
            # It shares the octets until somebody writes to it.
            file = self._file = io.BytesIO(whole)
            file.seek(self._position)
        return file

    def _on_disk(self) -> IO[bytes]:
        """Return one of the system's files that has it all from now on."""
        self._check()
        file = self._file
        if file is None or isinstance(file, io.BytesIO):
            # It brings much with it, for what may never happen.
            from tempfile import TemporaryFile

            spooled: Any = TemporaryFile()  # noqa: SIM115 (closed with this)
            if file is None:
                spooled.writelines(self._pieces)
                spooled.seek(self._position)
            else:
                spooled.write(file.getbuffer())
                spooled.seek(file.tell())
            self._file = file = spooled
            self._forget()
        assert file is not None
        return file

    def _forget(self) -> None:
        self._pieces = []
        taken, self._taken = self._taken, 0
        if taken:
            self._room.give_back(taken)

    def _check(self) -> None:
        if self.closed:
            raise ValueError("The body is closed: its request is finished.")

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as many octets; all that are left if `size` is negative or None."""
        return self._opened().read(-1 if size is None else size)

    def read1(self, size: int = -1, /) -> bytes:
        """The same as `read`."""
        return self.read(size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read to the end of a line, or as many octets."""
        return self._opened().readline(-1 if size is None else size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move the position, and return where it is."""
        self._check()
        if self._file is not None:
            return self._file.seek(offset, whence)
        position = offset + (0, self._position, self._size)[whence]
        if position < 0:
            raise ValueError(f"A position is not negative: {position}")
        self._position = position
        return position

    def tell(self) -> int:
        """Return the position."""
        self._check()
        return self._position if self._file is None else self._file.tell()

    def truncate(self, size: int | None = None, /) -> int:
        """Cut it off, at the position if `size` is None."""
        return self._on_disk().truncate(size)

    def fileno(self) -> int:
        """Move it into one of the system's files, and return the descriptor."""
        return self._on_disk().fileno()

    def flush(self) -> None:
        """Give the system what was written, if one of its files has it."""
        self._check()
        if self._file is not None:
            self._file.flush()

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def close(self) -> None:
        """Let go of it all."""
        if not self.closed:
            super().close()
            self._forget()
            if self._file is not None:
                self._file.close()
