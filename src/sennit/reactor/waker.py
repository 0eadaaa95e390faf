"""What threads wake a loop with that sleeps: a descriptor of our own, which the loop watches.

A loop can be woken by ``call_soon_threadsafe``.  uvloop's writes while it holds the interpreter: the loop's
thread wakes up at once, finds the interpreter taken, and goes back to sleep until the writer lets go; a
thread that waits for each of its calls pays for that every time.  Here the interpreter is free during
the write.
"""

from __future__ import annotations

import os
import sys

__all__ = ["Waker"]

# What an eventfd wants to have written, and a pipe takes as well.
_ONE = (1).to_bytes(8, sys.byteorder)


class Waker:
    """A descriptor that is readable once somebody has called `wake`, in any thread or signal handler.

    It is closed when nobody has this object any more: so no writer finds the number to be another's.

    Attributes:
        descriptor: Its number, to be watched for reading.
    """

    __slots__ = ("_writable", "descriptor")

    def __init__(self) -> None:
        if hasattr(os, "eventfd"):
            self.descriptor = self._writable = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        else:
            self.descriptor, self._writable = os.pipe()
            os.set_blocking(self.descriptor, False)
            os.set_blocking(self._writable, False)

    def wake(self) -> None:
        """Make the descriptor readable."""
        try:
            os.write(self._writable, _ONE)
        except BlockingIOError:
            """It is full, so it is readable."""

    def rest(self) -> None:
        """Make the descriptor unreadable until the next `wake`."""
        try:
            os.read(self.descriptor, 4096)
        except BlockingIOError:
            """A process forked from this one has read it."""

    def __del__(self) -> None:
        for descriptor in {self.descriptor, self._writable}:
            os.close(descriptor)
