"""Pools opened with what is sensible for each database, by an address."""

from __future__ import annotations

import os
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from sennit.db.pool import ConnectionPool

__all__ = ["open_pool", "open_sqlite"]

_MYSQL_PORT: Final = 3306
_AGAIN: Final = 0.005


def open_sqlite(
    path: str | os.PathLike[str] = ":memory:", *, busy_timeout: float = 5.0, **settings: Any
) -> ConnectionPool:
    """Open a pool on an SQLite database: what a program embeds when nothing else is there.

    A file is opened with a write-ahead log, so readers do not wait for the writer, and holds foreign keys.
    A database in memory has one connection, since every further one would have a database of its own.

    Args:
        path: The file, made if it is not there.
        busy_timeout: Seconds to wait for another writer.
        **settings: Further arguments of `ConnectionPool`.
    """
    memory = os.fspath(path) == ":memory:"
    if memory:
        settings |= {"cp_min": 1, "cp_max": 1}
    then = settings.pop("cp_openfun", None)

    def opened(connection: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        if not memory:
            _write_ahead(connection, busy_timeout)
            connection.execute("PRAGMA synchronous = NORMAL")
        if then is not None:
            then(connection)

    return ConnectionPool(
        "sqlite3", os.fspath(path), timeout=busy_timeout, cp_openfun=opened, cp_name="sqlite", **settings
    )


def _write_ahead(connection: Any, patience: float) -> None:
    """Give a file a write-ahead log, which its other connections may be about to do too.

    Of two that do so at once SQLite refuses one without waiting, lest each wait for the other.
    """
    from sqlite3 import SQLITE_BUSY, OperationalError

    until = monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except OperationalError as error:
            # The low octet; what is above it tells which kind of busy.
            if error.sqlite_errorcode & 0xFF != SQLITE_BUSY or monotonic() >= until:
                raise
            sleep(_AGAIN)
        else:
            return


def open_pool(url: str, **settings: Any) -> ConnectionPool:
    """Open a pool on the database at an address.

    Args:
        url: ``sqlite:PATH`` or ``sqlite::memory:``; ``postgresql://USER:PASSWORD@HOST:PORT/NAME``, by
            psycopg; ``mariadb://USER:PASSWORD@HOST:PORT/NAME`` or ``mysql://...``, by PyMySQL, where
            ``?unix_socket=PATH`` and its other arguments may follow.
        **settings: Further arguments of `ConnectionPool`, such as `cp_max`.

    Raises:
        ValueError: If the address is of another kind.
        ImportError: If the driver is not installed.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite":
        return open_sqlite(rest, **settings)
    settings = {"cp_reconnect": True, "cp_name": scheme, **settings}
    if scheme in {"postgresql", "postgres"}:
        return _made("psycopg", "postgresql", url, **settings)
    if scheme in {"mariadb", "mysql"}:
        return _made("pymysql", "mariadb", **_mysql_arguments(url), **settings)
    raise ValueError(f"{url!r} is no address of a database: it begins with sqlite:, postgresql: or mariadb:.")


def _made(driver: str, extra: str, *args: Any, **kw: Any) -> ConnectionPool:
    try:
        return ConnectionPool(driver, *args, **kw)
    except ModuleNotFoundError as error:
        if error.name != driver:
            raise
        raise ImportError(f'{driver} is not installed: pip install "sennit[{extra}]".') from error


def _mysql_arguments(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    arguments: dict[str, Any] = {
        "host": parts.hostname or "localhost",
        "port": parts.port or _MYSQL_PORT,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path[1:]) or None,
        "charset": "utf8mb4",
    }
    return arguments | {
        name: int(value) if value.isdecimal() else value for name, value in parse_qsl(parts.query)
    }
