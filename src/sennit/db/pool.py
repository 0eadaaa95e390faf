"""A pool of connections, each in a thread of its own.

A thread opens its connection at its first call, and keeps it.  A call is a transaction: it is committed when
the function has returned, and rolled back if it raised or if its Deferred was cancelled before that.  The
context (`contextvars`) of the caller goes along.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.db.call import CALL, Call
from sennit.db.connection import Connection, Transaction
from sennit.log import Logger
from sennit.threads import ThreadPool

__all__ = ["ConnectionPool"]

_log = Logger()
_P = ParamSpec("_P")
_R = TypeVar("_R")


class ConnectionPool:
    """Runs functions and statements on connections to a database.

    Args:
        dbapiName: The name of the driver's module, such as ``"sqlite3"`` or ``"psycopg"``.
        *connargs: Arguments of the driver's `connect`.
        **connkw: Keyword arguments of it, except for these: `cp_min` and `cp_max`, how many connections to
            have at least and at most; `cp_name`, for logs and threads; `cp_noisy`, whether to log when
            connections are opened and closed; `cp_openfun`, called with each new connection of the driver's;
            `cp_reconnect`, whether to make a new connection when one was lost; `cp_good_sql`, a statement
            that works on every connection that is alive; `cp_reactor`, where results come home.

    Attributes:
        min: From `cp_min`.
        max: From `cp_max`.
        name: From `cp_name`.
        noisy: From `cp_noisy`.
        openfun: From `cp_openfun`.
        reconnect: From `cp_reconnect`.
        good_sql: From `cp_good_sql`.
        dbapi: The driver's module.
        connections: The driver's connection of each thread, by the thread's number.
        running: Whether there are threads now.
        connectionFactory: Called with the pool, in a thread, to make what `runWithConnection` passes on.
        transactionFactory: Called with the pool and such a connection, for `runInteraction`.
    """

    CP_ARGS: ClassVar[list[str]] = ["min", "max", "name", "noisy", "openfun", "reconnect", "good_sql"]

    min: int = 3
    max: int = 5
    name: str | None = None
    noisy: bool = False
    openfun: Callable[[Any], object] | None = None
    reconnect: bool = False
    good_sql: str = "select 1"

    running: bool = False
    _reactor: Any = None
    _waits_for_a_reactor: bool = False
    startID: Any = None
    shutdownID: Any = None

    connectionFactory: Callable[..., Any] = Connection
    transactionFactory: Callable[..., Any] = Transaction

    def __init__(self, dbapiName: str, *connargs: Any, **connkw: Any) -> None:
        self.dbapiName = dbapiName
        self.dbapi = importlib.import_module(dbapiName)
        self._check_driver()
        reactor = connkw.pop("cp_reactor", None)
        for name in self.CP_ARGS:
            if f"cp_{name}" in connkw:
                setattr(self, name, connkw.pop(f"cp_{name}"))
        if dbapiName == "sqlite3":
            # Each is used by one thread at a time, but closed by the one that stops the pool.
            connkw.setdefault("check_same_thread", False)
        self.min = min(self.min, self.max)
        self.connargs = connargs
        self.connkw = connkw
        self.connections: dict[int, Any] = {}
        self.threadID: Callable[[], int] = threading.get_ident
        # Threads are kept as long as the pool runs: connections would be lost with them.
        self.threadpool = ThreadPool(self.min, self.max, self.name, idle_seconds=threading.TIMEOUT_MAX)
        self._reactor = reactor
        try:
            reactor = self.reactor
        except RuntimeError:
            self._waits_for_a_reactor = True
        else:
            self.startID = reactor.callWhenRunning(self._start)

    def _check_driver(self) -> None:
        if getattr(self.dbapi, "apilevel", None) != "2.0":
            _log.warn("{driver} does not say that it follows the DB-API 2.0", driver=self.dbapiName)
        if getattr(self.dbapi, "threadsafety", 0) < 1:
            _log.warn("{driver} does not say that threads may use it", driver=self.dbapiName)

    @property
    def reactor(self) -> Any:
        """The reactor that results come home to."""
        if self._reactor is None:
            self._reactor = current_reactor()
        return self._reactor

    def _start(self) -> None:
        self.startID = None
        self.start()

    def start(self) -> None:
        """Start the threads, until `close` or until the reactor shuts down; again is nothing."""
        if not self.running:
            self.threadpool.start()
            self.shutdownID = self.reactor.addSystemEventTrigger("during", "shutdown", self.finalClose)
            self.running = True

    def runWithConnection(
        self, func: Callable[Concatenate[Any, _P], _R], *args: _P.args, **kw: _P.kwargs
    ) -> Deferred[_R]:
        """Call a function with a connection, in a thread.

        Args:
            func: Called with a `Connection`, and what follows.
            *args: Its further arguments.
            **kw: Its keyword arguments.

        Returns:
            A Deferred that fires with what `func` returned, when that is committed.  It fails with what
            `func` or the driver raised; what `func` had done is rolled back then.  To cancel it rolls back
            too, unless the commit is already under way.
        """
        return self._in_thread(self._runWithConnection, func, *args, **kw)

    def _in_thread(self, f: Callable[..., Any], *args: Any, **kw: Any) -> Deferred[Any]:
        if self._waits_for_a_reactor:
            self._waits_for_a_reactor = False
            self.start()
        call = Call()
        result = _Result(self.reactor, call)
        context = copy_context()
        context.run(CALL.set, call)
        hand_in: Callable[..., None] = self.threadpool.callInThreadWithCallback
        context.run(hand_in, result, f, *args, **kw)
        return result.deferred

    def _runWithConnection(self, func: Callable[..., _R], *args: Any, **kw: Any) -> _R:
        call = CALL.get() or Call()
        call.check()
        connection = self.connectionFactory(self)
        try:
            try:
                call.begin(getattr(connection, "_connection", None))
                result = func(connection, *args, **kw)
            finally:
                call.end()
            call.check()
            connection.commit()
        except BaseException:
            try:
                connection.rollback()
            except Exception:
                _log.failure("Rollback failed")
            raise
        return result

    def runInteraction(
        self, interaction: Callable[Concatenate[Any, _P], _R], *args: _P.args, **kw: _P.kwargs
    ) -> Deferred[_R]:
        """Call a function with a cursor, in a thread, as one transaction.

        Args:
            interaction: Called with a `Transaction`, and what follows.
            *args: Its further arguments.
            **kw: Its keyword arguments.

        Returns:
            A Deferred as that of `runWithConnection`.
        """
        return self._in_thread(self._runInteraction, interaction, *args, **kw)

    def _runInteraction(self, interaction: Callable[..., _R], *args: Any, **kw: Any) -> _R:
        def interact(connection: Any) -> _R:
            transaction = self.transactionFactory(self, connection)
            result = interaction(transaction, *args, **kw)
            transaction.close()
            return result

        return self._runWithConnection(interact)

    def runQuery(self, *args: Any, **kw: Any) -> Deferred[Any]:
        """Run one statement that gives rows.

        Args:
            *args: Arguments of the driver's ``cursor.execute``: the statement, and the values for its
                placeholders.  Values belong there, never into the statement.
            **kw: Keyword arguments of it.

        Returns:
            A Deferred that fires with the rows, and fails as that of `runWithConnection`.
        """
        return self.runInteraction(self._runQuery, *args, **kw)

    def runOperation(self, *args: Any, **kw: Any) -> Deferred[None]:
        """Run one statement that gives nothing.

        Args:
            *args: As those of `runQuery`.
            **kw: Likewise.

        Returns:
            A Deferred that fires with None, and fails as that of `runWithConnection`.
        """
        return self.runInteraction(self._runOperation, *args, **kw)

    def _runQuery(self, trans: Any, *args: Any, **kw: Any) -> Any:
        trans.execute(*args, **kw)
        return trans.fetchall()

    def _runOperation(self, trans: Any, *args: Any, **kw: Any) -> None:
        trans.execute(*args, **kw)

    def close(self) -> None:
        """Finish the calls handed in, close all connections, and end the threads."""
        if self.shutdownID is not None:
            self.reactor.removeSystemEventTrigger(self.shutdownID)
            self.shutdownID = None
        if self.startID is not None:
            self.reactor.removeSystemEventTrigger(self.startID)
            self.startID = None
        self.finalClose()

    def finalClose(self) -> None:
        """Do what `close` does, as the reactor shuts down."""
        self.shutdownID = None
        self.threadpool.stop()
        self.running = False
        for connection in list(self.connections.values()):
            self._close(connection)
        self.connections.clear()

    def connect(self) -> Any:
        """Return the driver's connection of this thread, opening one if there is none."""
        thread = self.threadID()
        connection = self.connections.get(thread)
        if connection is None:
            if self.noisy:
                _log.info("connecting by {driver}: {name}", driver=self.dbapiName, name=self.name)
            connection = self.dbapi.connect(*self.connargs, **self.connkw)
            if self.openfun is not None:
                self.openfun(connection)
            self.connections[thread] = connection
        return connection

    def disconnect(self, conn: Any) -> None:
        """Close the driver's connection of this thread.

        Args:
            conn: It; None if there is none.

        Raises:
            Exception: If it is another thread's.
        """
        thread = self.threadID()
        if conn is not self.connections.get(thread):
            raise Exception("wrong connection for thread")  # noqa: TRY002 - what programs catch
        if conn is not None:
            self._close(conn)
            del self.connections[thread]

    def _close(self, conn: Any) -> None:
        if self.noisy:
            _log.info("closing by {driver}: {name}", driver=self.dbapiName, name=self.name)
        try:
            conn.close()
        except Exception:
            _log.failure("A connection to the database could not be closed")

    def __getstate__(self) -> dict[str, Any]:
        """Be copied as a pool of the same connections, not started: threads do not travel."""
        return {
            "dbapiName": self.dbapiName,
            "min": self.min,
            "max": self.max,
            "noisy": self.noisy,
            "reconnect": self.reconnect,
            "good_sql": self.good_sql,
            "connargs": self.connargs,
            "connkw": self.connkw,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become the pool that `__getstate__` described."""
        self.__dict__ = state
        ConnectionPool.__init__(self, self.dbapiName, *self.connargs, **self.connkw)


class _Result:
    """Brings a call's result home to the reactor's thread, and the call's cancellation out to the other."""

    __slots__ = ("_call", "_reactor", "deferred")

    def __init__(self, reactor: Any, call: Call) -> None:
        self._reactor = reactor
        self._call = call
        self.deferred: Deferred[Any] = Deferred(self._cancel)

    def __call__(self, success: bool, result: Any) -> None:
        self._reactor.callFromThread(self._fire, success, result)

    def _fire(self, success: bool, result: Any) -> None:
        deferred = self.deferred
        if not deferred.called:
            (deferred.callback if success else deferred.errback)(result)

    def _cancel(self, _deferred: Deferred[Any]) -> None:
        self._call.mark()
        self._reactor.callInThread(self._call.interrupt)
