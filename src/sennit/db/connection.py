"""What a pool gives to the functions that it runs: connections and cursors of the driver's, wrapped."""

from __future__ import annotations

from typing import Any

from sennit.db.call import CALL
from sennit.log import Logger

__all__ = ["Connection", "ConnectionLost", "Transaction"]

_log = Logger()


class ConnectionLost(Exception):
    """The connection to the database is gone; the next call makes a new one."""


class Connection:
    """A connection: its attributes are those of the driver's, except for what is here.

    Args:
        pool: Whose connection for this thread it is.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._connection: Any = None
        self.reconnect()

    def close(self) -> None:
        """Do nothing: the connection is the thread's, and stays open for its next call."""

    def rollback(self) -> None:
        """Roll the transaction back, and make sure that the connection is alive, if the pool reconnects.

        Raises:
            ConnectionLost: If it is not; it has been closed then.
        """
        if not self._pool.reconnect:
            self._connection.rollback()
            return
        try:
            self._connection.rollback()
            cursor = self._connection.cursor()
            cursor.execute(self._pool.good_sql)
            cursor.close()
            self._connection.commit()
        except Exception as error:
            _log.failure("The connection to the database is lost: rollback failed")
            self._pool.disconnect(self._connection)
            raise ConnectionLost(f"The connection to the database is lost: {error}") from error

    def reconnect(self) -> None:
        """Close the driver's connection, if there is one, and make a new one."""
        if self._connection is not None:
            self._pool.disconnect(self._connection)
        self._connection = self._pool.connect()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Transaction:
    """A cursor: its attributes are those of the driver's, except for what is here.

    Args:
        pool: The pool.
        connection: The connection, a `Connection`.
    """

    _cursor: Any = None

    def __init__(self, pool: Any, connection: Any) -> None:
        self._pool = pool
        self._connection = connection
        self.reopen()

    def close(self) -> None:
        """Close the cursor."""
        cursor, self._cursor = self._cursor, None
        cursor.close()

    def reopen(self) -> None:
        """Open a new cursor; on a new connection, if this one is lost and the pool reconnects."""
        if self._cursor is not None:
            self.close()
        try:
            self._cursor = self._connection.cursor()
        except Exception:
            if not self._pool.reconnect:
                raise
            _log.failure("The connection to the database is lost: there is no new cursor")
            self.reconnect()
            self._cursor = self._connection.cursor()

    def reconnect(self) -> None:
        """Go on with a new connection and without a cursor, until `reopen`."""
        self._connection.reconnect()
        self._cursor = None

    def __getattr__(self, name: str) -> Any:
        call = CALL.get()
        if call is not None:
            call.check()
        return getattr(self._cursor, name)
