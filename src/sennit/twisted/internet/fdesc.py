"""File descriptors that do not wait."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.twisted.internet.main import CONNECTION_DONE, CONNECTION_LOST

__all__ = ["readFromFD", "setBlocking", "setNonBlocking", "writeToFD"]

_MOST_BYTES = 8192
_LATER = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR)


def setNonBlocking(fd: int) -> None:
    """Make reads and writes on `fd` return at once."""
    os.set_blocking(fd, False)


def setBlocking(fd: int) -> None:
    """Make reads and writes on `fd` wait."""
    os.set_blocking(fd, True)


def readFromFD(fd: int, callback: Callable[[bytes], object]) -> ConnectionDone | ConnectionLost | None:
    """Read what there is and hand it to `callback`.

    Args:
        fd: A descriptor that does not wait.
        callback: Called with the bytes, if there are any.

    Returns:
        None; or the error that says why there will be no more.
    """
    try:
        data = os.read(fd, _MOST_BYTES)
    except OSError as error:
        return None if error.errno in _LATER else CONNECTION_LOST
    if not data:
        return CONNECTION_DONE
    callback(data)
    return None


def writeToFD(fd: int, data: bytes) -> int | ConnectionLost:
    """Write what is taken at once.

    Args:
        fd: A descriptor that does not wait.
        data: The bytes.

    Returns:
        How many bytes were taken; or the error that says why none ever will be.
    """
    try:
        return os.write(fd, data)
    except OSError as error:
        return 0 if error.errno in _LATER else CONNECTION_LOST
