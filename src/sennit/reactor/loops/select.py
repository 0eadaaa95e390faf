"""asyncio's loop on select(2): everywhere, up to FD_SETSIZE descriptors, plain files included."""

from __future__ import annotations

import asyncio
import errno
import os
import selectors


class _Selector(selectors.SelectSelector):
    """A SelectSelector that outlives descriptors closed under it.

    select(2) refuses the whole call for one bad descriptor, where epoll and poll name the culprit.
    Here the culprits are reported as ready, so that their owners meet the error.
    """

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        try:
            return super().select(timeout)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
            gone = [key for key in self.get_map().values() if _is_closed(key.fd)]
            if not gone:
                raise
            return [(key, key.events) for key in gone]


def _is_closed(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return True
    return False


def new() -> asyncio.AbstractEventLoop:
    """Make a loop on select."""
    return asyncio.SelectorEventLoop(_Selector())
