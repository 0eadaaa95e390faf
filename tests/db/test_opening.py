from __future__ import annotations

import importlib
import sqlite3

import pytest

from sennit.db import open_pool, open_sqlite, opening


async def test_a_database_in_memory_has_one_connection(opened):
    pool = opened("sqlite::memory:", cp_max=5)
    await pool.runOperation("CREATE TABLE t (x)")
    assert (pool.min, pool.max) == (1, 1)
    assert await pool.runQuery("SELECT * FROM t") == []


async def test_a_file_holds_foreign_keys_and_has_a_write_ahead_log(tmp_path):
    seen = []
    pool = open_sqlite(tmp_path / "test.db", cp_openfun=seen.append)
    try:
        assert await pool.runQuery("PRAGMA foreign_keys") == [(1,)]
        assert await pool.runQuery("PRAGMA journal_mode") == [("wal",)]
        assert seen == list(pool.connections.values())
    finally:
        pool.close()


class Refusing:
    """A connection whose log two others are about to change, or that may not change it."""

    def __init__(self, times, code=sqlite3.SQLITE_BUSY):
        self.left = times
        self.refusal = sqlite3.OperationalError("database is locked")
        self.refusal.sqlite_errorcode = code

    def execute(self, statement):
        assert statement == "PRAGMA journal_mode = WAL"
        if self.left:
            self.left -= 1
            raise self.refusal


def test_a_log_that_others_are_about_to_change_is_asked_for_again():
    refusing = Refusing(3)
    opening._write_ahead(refusing, 60)
    assert refusing.left == 0


def test_a_log_that_stays_locked_is_an_error():
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        opening._write_ahead(Refusing(2), 0)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY_RECOVERY, sqlite3.SQLITE_BUSY_SNAPSHOT])
def test_every_kind_of_busy_is_waited_for(code):
    refusing = Refusing(1, code)
    opening._write_ahead(refusing, 60)
    assert refusing.left == 0


def test_what_is_no_lock_is_an_error_at_once():
    refusing = Refusing(2, sqlite3.SQLITE_READONLY)
    with pytest.raises(sqlite3.OperationalError):
        opening._write_ahead(refusing, 60)
    assert refusing.left == 1


def test_an_address_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="begins with sqlite:, postgresql: or mariadb:"):
        open_pool("oracle://host/name")


@pytest.mark.parametrize(("url", "extra"), [("postgresql://h/n", "postgresql"), ("mysql://h/n", "mariadb")])
def test_a_driver_that_is_not_installed_is_named(url, extra, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ImportError, match=rf'pip install "sennit\[{extra}\]"'):
        open_pool(url)


async def test_the_parts_of_an_address_are_the_drivers_arguments():
    pytest.importorskip("pymysql")
    pool = open_pool("mariadb://us%40er:p%2Fw@host:3307/name?connect_timeout=3", cp_max=7)
    try:
        assert pool.dbapiName == "pymysql"
        assert pool.max == 7
        assert pool.reconnect
        assert pool.connkw == {
            "host": "host",
            "port": 3307,
            "user": "us@er",
            "password": "p/w",
            "database": "name",
            "charset": "utf8mb4",
            "connect_timeout": 3,
        }
    finally:
        pool.close()
