"""One call to a database: how it is cancelled in the reactor's thread while it runs in another.

Cancelling marks the call, and asks the driver to break off the statement that runs, where the driver can be
asked.  The thread looks for the mark before it begins, before each statement and before it commits; so a
transaction that was cancelled in time is rolled back.  The lock is what keeps the request from
reaching the connection's next call: it is held while the driver is asked, and when the call ends.
"""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from typing import Any, Final

from sennit.core.deferred import CancelledError
from sennit.log import Logger

__all__ = ["CALL", "Call"]

_log = Logger()

# What drivers have for it: psycopg, sqlite3, psycopg2.
_INTERRUPTS: Final = ("cancel_safe", "interrupt", "cancel")
_PAUSES: Final = (0.05, 0.5, 2.0)


class Call:
    """A call under way."""

    __slots__ = ("_cancelled", "_connection", "_lock")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._connection: Any = None

    def begin(self, connection: Any) -> None:
        """Say which connection of the driver's the call runs on."""
        with self._lock:
            self._connection = connection
        self.check()

    def end(self) -> None:
        """Say that there is no more statement to break off."""
        with self._lock:
            self._connection = None

    def check(self) -> None:
        """Raise what ends the call if it was cancelled.

        Raises:
            CancelledError: If so.
        """
        if self._cancelled:
            raise CancelledError

    def mark(self) -> None:
        """Cancel the call, and leave the statement that runs alone."""
        self._cancelled = True

    def interrupt(self) -> None:
        """Have the driver break off the statement that runs; this blocks.

        It is asked again after a while: the statement may have been about to begin.
        """
        for pause in _PAUSES:
            with self._lock:
                if self._connection is None or not self._stop():
                    return
            time.sleep(pause)

    def _stop(self) -> bool:
        for name in _INTERRUPTS:
            stop = getattr(self._connection, name, None)
            if stop is not None:
                try:
                    stop()
                except Exception as error:
                    _log.warn("A statement could not be broken off: {error}", error=error)
                return True
        return False


CALL: Final[ContextVar[Call | None]] = ContextVar("sennit.db.call", default=None)
