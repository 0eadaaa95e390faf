"""The three system calls of inotify, which Python has no functions for, and the records they give.

They are called in the C library.  A library in between would be a dependency for three calls.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["Event", "INotifyError", "add_watch", "new_descriptor", "read_events", "remove_watch"]

_HEADER: Final = struct.Struct("iIII")
_SIZE: Final = 65536

_HINTS: Final = {
    errno.ENOSPC: "no more can be watched: raise the sysctl fs.inotify.max_user_watches",
    errno.EMFILE: "there are too many watchers: raise the sysctl fs.inotify.max_user_instances",
}


class INotifyError(OSError):
    """The system cannot watch what it was asked to watch."""


class Event(NamedTuple):
    """One thing that happened.

    Attributes:
        watch: The number of the watch; -1 when events were lost because they were not read in time.
        mask: What happened.
        name: The file in the watched folder that it happened to; empty if it was what is watched.
    """

    watch: int
    mask: int
    name: bytes


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "inotify_init1"):
        raise INotifyError(errno.ENOSYS, "This system has no inotify.")
    return library


def _error(path: bytes | None = None) -> INotifyError:
    number = ctypes.get_errno()
    text = _HINTS.get(number, os.strerror(number))
    return INotifyError(number, text) if path is None else INotifyError(number, text, os.fsdecode(path))


def new_descriptor() -> int:
    """Open a descriptor that events can be read from; it does not block.

    Raises:
        INotifyError: If there can be none.
    """
    descriptor: int = _library().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        raise _error()
    return descriptor


def add_watch(descriptor: int, path: bytes, mask: int) -> int:
    """Have `path` watched for what is in `mask`.

    Returns:
        The number of the watch; the same for the same file.

    Raises:
        INotifyError: If it cannot be watched.
    """
    number: int = _library().inotify_add_watch(descriptor, path, ctypes.c_uint32(mask))
    if number < 0:
        raise _error(path)
    return number


def remove_watch(descriptor: int, number: int) -> None:
    """End a watch; nothing happens if it has ended by itself."""
    _library().inotify_rm_watch(descriptor, number)


def read_events(descriptor: int) -> Iterator[Event]:
    """Read what there is.

    Raises:
        BlockingIOError: If there is nothing.
    """
    data = os.read(descriptor, _SIZE)
    position = 0
    while position < len(data):
        watch, mask, _cookie, length = _HEADER.unpack_from(data, position)
        position += _HEADER.size + length
        yield Event(watch, mask, data[position - length : position].rstrip(b"\0"))
