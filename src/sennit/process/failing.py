"""Processes that fail before they are their program: in a folder that is not there, as a user that is not.

Nothing can be raised to a caller who expects a child, so there is one that says what is wrong where its
errors go, as a shell would, and ends with exit code 1.
"""

from __future__ import annotations

import errno
import os

from sennit.process.starting import Argument

__all__ = ["failed_in_child", "say_why"]

_NO_ROOM = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})


def failed_in_child(error: OSError) -> bool:
    """Tell whether there was a process at all."""
    return error.filename is not None or error.errno not in _NO_ROOM


def say_why(descriptor: int, executable: Argument, error: OSError) -> None:
    """Write why `executable` does not run to the end of a pipe or terminal into which nothing was written."""
    os.write(descriptor, f"{os.fsdecode(executable)}: {error}\n".encode(errors="backslashreplace"))
