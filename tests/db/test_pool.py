from __future__ import annotations

import pickle
import sqlite3
import sys
import threading
from contextvars import ContextVar
from types import SimpleNamespace

import pytest

import sennit
from sennit.core.combinators import DeferredList, gatherResults
from sennit.core.deferred import CancelledError
from sennit.db import ConnectionLost, ConnectionPool, Transaction, open_pool, open_sqlite
from sennit.threads import deferToThread

who = ContextVar("who", default="nobody")


def mark(pool):
    """How the pool's driver writes a placeholder."""
    return "?" if pool.dbapi.paramstyle == "qmark" else "%s"


async def made(opened, url, **settings):
    """A pool with a table, which is empty."""
    pool = opened(url, **settings)
    await pool.runOperation("DROP TABLE IF EXISTS notes")
    await pool.runOperation("CREATE TABLE notes (number INTEGER PRIMARY KEY, text VARCHAR(100))")
    return pool


def waited(event):
    return deferToThread(event.wait, 10)


async def notes(pool):
    return [tuple(row) for row in await pool.runQuery("SELECT number, text FROM notes ORDER BY number")]


async def test_an_operation_is_committed_and_a_query_gives_rows(url, opened):
    pool = await made(opened, url)
    insert = f"INSERT INTO notes VALUES ({mark(pool)}, {mark(pool)})"
    assert await pool.runOperation(insert, (1, "grün")) is None
    await pool.runOperation(insert, (2, "x'); DROP TABLE notes; --"))
    assert await notes(pool) == [(1, "grün"), (2, "x'); DROP TABLE notes; --")]


async def test_an_interaction_is_one_transaction_and_gives_what_it_returned(url, opened):
    pool = await made(opened, url)

    def interaction(transaction, first, *, second):
        assert isinstance(transaction, Transaction)
        for number in (first, second):
            transaction.execute(f"INSERT INTO notes VALUES ({number}, 'text')")
        transaction.execute("SELECT count(*) FROM notes")
        return transaction.fetchone()[0]

    assert await pool.runInteraction(interaction, 1, second=2) == 2


async def test_an_error_in_an_interaction_rolls_it_back_and_is_the_result(url, opened):
    pool = await made(opened, url)

    def interaction(transaction):
        transaction.execute("INSERT INTO notes VALUES (1, 'text')")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await pool.runInteraction(interaction)
    assert await notes(pool) == []


async def test_an_error_of_the_driver_is_the_result_and_the_connection_goes_on(url, opened):
    pool = await made(opened, url)
    with pytest.raises(pool.dbapi.Error):
        await pool.runQuery("SELECT nothing FROM nowhere")
    with pytest.raises(pool.dbapi.IntegrityError):
        await pool.runInteraction(
            lambda transaction: [transaction.execute("INSERT INTO notes VALUES (1, 'x')") for _ in range(2)]
        )
    assert await notes(pool) == []


async def test_a_function_gets_the_connection_itself(url, opened):
    pool = await made(opened, url)

    def function(connection, text):
        cursor = connection.cursor()
        cursor.execute(f"INSERT INTO notes VALUES (1, {mark(pool)})", (text,))
        cursor.close()
        connection.close()
        return connection._connection

    connection = await pool.runWithConnection(function, "text")
    assert connection in pool.connections.values()
    assert await notes(pool) == [(1, "text")]


async def test_each_thread_has_a_connection_of_its_own(url, opened):
    pool = opened(url, cp_min=3, cp_max=3)
    together = threading.Barrier(3)

    def interaction(transaction):
        together.wait(10)
        return threading.get_ident(), id(transaction._connection._connection)

    seen = await gatherResults([pool.runInteraction(interaction) for _ in range(3)])
    again = await gatherResults([pool.runInteraction(interaction) for _ in range(3)])
    assert len(set(seen)) == len({thread for thread, _ in seen}) == len({one for _, one in seen}) == 3
    assert set(again) == set(seen)


async def test_the_callers_context_goes_along(url, opened):
    pool = await made(opened, url)
    who.set("alice")
    first = pool.runInteraction(lambda transaction: who.get())
    who.set("bob")
    second = pool.runWithConnection(lambda connection: who.get())
    assert (await first, await second) == ("alice", "bob")


async def test_a_transaction_cancelled_between_statements_is_rolled_back(url, opened):
    narrow = await made(opened, url, cp_min=1, cp_max=1)
    begun, cancelled = threading.Event(), threading.Event()
    after = []

    def interaction(transaction):
        transaction.execute("INSERT INTO notes VALUES (1, 'text')")
        begun.set()
        cancelled.wait(10)
        transaction.execute("INSERT INTO notes VALUES (2, 'text')")
        after.append("it went on")

    running = narrow.runInteraction(interaction)
    await waited(begun)
    running.cancel()
    cancelled.set()
    with pytest.raises(CancelledError):
        await running
    assert await narrow.runQuery("SELECT * FROM notes") in ([], ())
    assert after == []


async def test_a_transaction_cancelled_after_its_last_statement_is_rolled_back(url, opened):
    narrow = await made(opened, url, cp_min=1, cp_max=1)
    begun, cancelled = threading.Event(), threading.Event()

    def interaction(transaction):
        transaction.execute("INSERT INTO notes VALUES (1, 'text')")
        begun.set()
        cancelled.wait(10)

    running = narrow.runInteraction(interaction)
    await waited(begun)
    running.cancel()
    cancelled.set()
    with pytest.raises(CancelledError):
        await running
    assert await narrow.runQuery("SELECT * FROM notes") in ([], ())


async def test_a_call_cancelled_before_its_turn_is_never_made(url, opened):
    pool = opened(url, cp_min=1, cp_max=1)
    let_go = threading.Event()
    first = pool.runInteraction(lambda transaction: let_go.wait(10))
    called = []
    second = pool.runInteraction(lambda transaction: called.append(1))
    second.cancel()
    let_go.set()
    with pytest.raises(CancelledError):
        await second
    assert await first
    assert [tuple(row) for row in await pool.runQuery("SELECT 1")] == [(1,)]
    assert called == []


ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}


@pytest.mark.parametrize(
    "url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.interop)], indirect=True
)
async def test_a_statement_that_runs_is_broken_off_where_the_driver_can(url, opened):
    narrow = await made(opened, url, cp_min=1, cp_max=1)
    begun = threading.Event()

    def interaction(transaction):
        transaction.execute("INSERT INTO notes VALUES (1, 'text')")
        begun.set()
        transaction.execute(ENDLESS[url.partition(":")[0]])

    running = narrow.runInteraction(interaction)
    await waited(begun)
    running.cancel()
    with pytest.raises(CancelledError):
        await running
    assert await narrow.runQuery("SELECT * FROM notes") == []


async def test_what_is_cancelled_disturbs_no_call_after_it(url, opened):
    pool = opened(url, cp_min=2, cp_max=2)
    calls = [pool.runQuery("SELECT 1") for _ in range(200)]
    for call in calls[::2]:
        call.cancel()
    outcomes = await DeferredList(calls, consumeErrors=True)
    for succeeded, result in outcomes[1::2]:
        assert succeeded
        assert [tuple(row) for row in result] == [(1,)]
    for succeeded, result in outcomes[::2]:
        assert not succeeded
        assert result.check(CancelledError)


async def test_a_pool_can_be_closed_and_then_takes_no_calls(url):
    pool = open_pool(url)
    await pool.runQuery("SELECT 1")
    connections = list(pool.connections.values())
    assert connections
    pool.close()
    assert not pool.running
    assert pool.connections == {}
    with pytest.raises(pool.dbapi.Error):
        connections[0].cursor().execute("SELECT 1")
    with pytest.raises(Exception, match="is stopped"):
        await pool.runQuery("SELECT 1")


def test_a_pool_made_without_a_reactor_starts_with_its_first_call_and_closes_with_the_reactor(tmp_path):
    pool = open_sqlite(tmp_path / "test.db")
    assert not pool.running

    async def main():
        assert await pool.runQuery("SELECT 1") == [(1,)]
        assert pool.running

    sennit.run(main)
    assert not pool.running
    assert pool.connections == {}


async def test_a_pool_can_be_pickled_before_it_has_a_reactor(tmp_path):
    pool = ConnectionPool("sqlite3", str(tmp_path / "test.db"), cp_min=2, cp_max=4, cp_good_sql="select 2")
    copy = pickle.loads(pickle.dumps(pool))
    try:
        assert (copy.min, copy.max, copy.good_sql) == (2, 4, "select 2")
        assert copy.connargs == pool.connargs
        assert await copy.runQuery("SELECT 1") == [(1,)]
    finally:
        copy.close()
        pool.close()


async def test_arguments_of_the_pool_are_not_the_drivers(tmp_path):
    opened = []
    pool = ConnectionPool(
        *("sqlite3", str(tmp_path / "test.db")),
        timeout=7,
        cp_min=1,
        cp_max=1,
        cp_name="it",
        cp_noisy=True,
        cp_openfun=opened.append,
    )
    try:
        assert pool.connkw == {"timeout": 7, "check_same_thread": False}
        assert (pool.min, pool.max, pool.name, pool.noisy) == (1, 1, "it", True)
        await pool.runQuery("SELECT 1")
        await pool.runQuery("SELECT 1")
        assert opened == list(pool.connections.values())
    finally:
        pool.close()


async def test_a_connection_is_closed_by_its_own_thread_alone(tmp_path):
    pool = open_sqlite(tmp_path / "test.db")
    try:
        await pool.runQuery("SELECT 1")
        with pytest.raises(Exception, match="wrong connection for thread"):
            pool.disconnect(next(iter(pool.connections.values())))
    finally:
        pool.close()


class Flaky:
    """A driver whose connections can be cut."""

    apilevel = "2.0"
    threadsafety = 1
    Error = sqlite3.Error

    def __init__(self):
        self.connections = []
        self.cut = False

    def connect(self, *args, **kw):
        self.cut = False
        connection = SimpleNamespace(
            cursor=self._cursor, commit=lambda: None, rollback=self._check, close=lambda: None
        )
        self.connections.append(connection)
        return connection

    def _check(self, *args):
        if self.cut:
            raise OSError("the server has gone away")

    def _cursor(self):
        self._check()
        return SimpleNamespace(execute=self._check, fetchall=lambda: [(1,)], close=lambda: None)


@pytest.fixture
def flaky(monkeypatch):
    monkeypatch.setitem(sys.modules, "flaky", Flaky())


async def test_a_lost_connection_is_made_anew_before_the_cursor(flaky, flush_logged_errors):
    pool = ConnectionPool("flaky", cp_reconnect=True, cp_min=1, cp_max=1)
    try:
        await pool.runQuery("SELECT 1")
        pool.dbapi.cut = True
        assert await pool.runQuery("SELECT 1") == [(1,)]
        assert len(pool.dbapi.connections) == 2
        assert len(flush_logged_errors(OSError)) == 1
    finally:
        pool.close()


async def test_a_connection_lost_in_a_transaction_is_dropped_and_the_error_is_the_result(
    flaky, flush_logged_errors
):
    pool = ConnectionPool("flaky", cp_reconnect=True, cp_min=1, cp_max=1)

    def interaction(transaction):
        pool.dbapi.cut = True
        transaction.execute("SELECT 1")

    try:
        with pytest.raises(OSError, match="gone away"):
            await pool.runInteraction(interaction)
        assert pool.connections == {}
        assert len(flush_logged_errors(ConnectionLost)) == 1
        flush_logged_errors(OSError)
        assert await pool.runQuery("SELECT 1") == [(1,)]
    finally:
        pool.close()


async def test_a_pool_that_does_not_reconnect_says_so_each_time(flaky, flush_logged_errors):
    pool = ConnectionPool("flaky", cp_min=1, cp_max=1)
    try:
        await pool.runQuery("SELECT 1")
        pool.dbapi.cut = True
        for _ in range(2):
            with pytest.raises(OSError, match="gone away"):
                await pool.runQuery("SELECT 1")
        flush_logged_errors(OSError)
    finally:
        pool.close()


CUT = {
    "postgresql": "SELECT pg_terminate_backend(%s)",
    "mariadb": "KILL CONNECTION %s",
}
NUMBER = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT connection_id()"}


@pytest.mark.interop
@pytest.mark.parametrize("url", ["postgresql", "mariadb"], indirect=True)
async def test_a_connection_that_the_server_cut_is_made_anew(url, opened, flush_logged_errors):
    kind = url.partition(":")[0]
    pool, other = opened(url, cp_min=1, cp_max=1), opened(url)
    ((number,),) = await pool.runQuery(NUMBER[kind])
    await other.runQuery(CUT[kind], (number,))
    with pytest.raises(pool.dbapi.OperationalError):
        await pool.runQuery("SELECT 1")
    assert len(flush_logged_errors(ConnectionLost)) == 1
    flush_logged_errors()
    ((again,),) = await pool.runQuery(NUMBER[kind])
    assert again != number
