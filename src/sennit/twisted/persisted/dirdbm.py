"""A mapping of bytes to bytes that is a directory: each key is a file's name, each value its contents.

A value is written beside the old one and moved over it, so a crash leaves one of the two; what it leaves of
the writing is tidied up when the directory is opened the next time.
"""

from __future__ import annotations

import base64
import glob
import os
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

from sennit.twisted.python.filepath import FilePath

__all__ = ["DirDBM", "Shelf", "open"]

# A value is written to a file of the one kind if its key is new, of the other if it replaces another.
_NEW = ".new"
_REPLACING = ".rpl"


class DirDBM:
    """The mapping.

    Args:
        name: The directory; it is made if it is not there.
    """

    def __init__(self, name: str | bytes) -> None:
        self.dname: Any = os.path.abspath(name)
        self._dnamePath: FilePath[Any] = FilePath(name)
        if not self._dnamePath.isdir():
            self._dnamePath.createDirectory()
            return
        for left in self._left_behind(_NEW):
            os.remove(left)
        for left in self._left_behind(_REPLACING):
            whole = left[: -len(_REPLACING)]
            if os.path.exists(whole):
                os.remove(left)
            else:
                os.rename(left, whole)

    def _left_behind(self, ending: str) -> list[str]:
        directory = os.fsdecode(self.dname)
        return glob.glob(os.path.join(glob.escape(directory), "*" + ending))

    def _encode(self, k: bytes) -> bytes:
        """Return the file's name for a key: base64, with no character that means something in a path."""
        return base64.encodebytes(k).replace(b"\n", b"_").replace(b"/", b"-") or b"_"

    def _decode(self, k: bytes) -> bytes:
        return base64.decodebytes(k.replace(b"_", b"\n").replace(b"-", b"/"))

    def _path(self, k: object) -> FilePath[bytes]:
        if not isinstance(k, bytes):
            raise TypeError("DirDBM key must be bytes")
        return self._dnamePath.child(self._encode(k))

    def _readFile(self, path: FilePath[bytes]) -> bytes:
        with path.open() as file:
            return file.read()

    def _writeFile(self, path: FilePath[bytes], data: bytes) -> None:
        with path.open("w") as file:
            file.write(data)
            file.flush()

    def __len__(self) -> int:
        return len(self._dnamePath.listdir())

    def __setitem__(self, k: bytes, v: Any) -> None:
        old = self._path(k)
        if not isinstance(v, bytes):
            raise TypeError("DirDBM value must be bytes")
        beside = old.siblingExtension(os.fsencode(_REPLACING if old.exists() else _NEW))
        try:
            self._writeFile(beside, v)
            beside.moveTo(old)
        except BaseException:
            beside.changed()
            if beside.exists():
                beside.remove()
            raise

    def __getitem__(self, k: bytes) -> Any:
        try:
            return self._readFile(self._path(k))
        except OSError:
            raise KeyError(k) from None

    def __delitem__(self, k: bytes) -> None:
        try:
            self._path(k).remove()
        except OSError:
            raise KeyError(k) from None

    def __contains__(self, k: bytes) -> bool:
        return self._path(k).isfile()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.keys())

    def has_key(self, key: bytes) -> bool:
        """Return whether there is a value for `key`."""
        return key in self

    def keys(self) -> list[bytes]:
        """Return the keys."""
        return [self._decode(os.fsencode(name)) for name in self._dnamePath.listdir()]

    def values(self) -> list[Any]:
        """Return the values."""
        return [self[key] for key in self.keys()]

    def items(self) -> list[tuple[bytes, Any]]:
        """Return the keys with their values."""
        return [(key, self[key]) for key in self.keys()]

    def get(self, key: bytes, default: Any = None) -> Any:
        """Return the value for `key`, or `default` if there is none."""
        try:
            return self[key]
        except KeyError:
            return default

    def setdefault(self, key: bytes, value: Any) -> Any:
        """Return the value for `key`; set it to `value` if there is none."""
        if key not in self:
            self[key] = value
        return self[key]

    def update(self, other: Mapping[bytes, Any]) -> None:
        """Set all that is in another mapping."""
        for key, value in other.items():
            self[key] = value

    def clear(self) -> None:
        """Remove everything."""
        for key in self.keys():
            del self[key]

    def copyTo(self, path: str | bytes) -> DirDBM:
        """Copy it.

        Args:
            path: The directory of the copy, which has nothing else then.

        Returns:
            The copy.
        """
        directory: FilePath[Any] = FilePath(path)
        if directory.exists():
            if os.path.samefile(directory.path, self.dname):
                raise ValueError(f"{path!r} cannot be copied to itself.")
            type(self)(path).clear()
        copy = type(self)(path)
        for key, value in self.items():
            copy[key] = value
        return copy

    def close(self) -> None:
        """Do nothing: a directory is not open."""

    def getModificationTime(self, key: bytes) -> float:
        """Return when the value for `key` was set, in seconds since the epoch.

        Raises:
            KeyError: If there is none.
        """
        path = self._path(key)
        if not path.exists():
            raise KeyError(key)
        return path.getModificationTime()


class Shelf(DirDBM):
    """A mapping of bytes to anything that can be pickled.

    Reading a pickle runs whatever it says: keep out those who may write to the directory and are not trusted.
    """

    def __setitem__(self, k: bytes, v: Any) -> None:
        super().__setitem__(k, pickle.dumps(v))

    def __getitem__(self, k: bytes) -> Any:
        return pickle.loads(super().__getitem__(k))  # noqa: S301 (what a shelf is)


def open(file: str | bytes, flag: object = None, mode: object = None) -> DirDBM:
    """Open a directory as a mapping, as the module dbm's function does a file.

    Args:
        file: The directory.
        flag: Not looked at: it is made if it is not there, and may be written.
        mode: Not looked at.
    """
    return DirDBM(file)
