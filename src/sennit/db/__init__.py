"""Relational databases by Python's DB-API (PEP 249), which blocks: each call runs in a thread of a pool.

Drivers that do not block, such as asyncpg and aiosqlite, need nothing of this: a coroutine awaits them as it
awaits a Deferred.
"""

from __future__ import annotations

from sennit.db.connection import Connection, ConnectionLost, Transaction
from sennit.db.opening import open_pool, open_sqlite
from sennit.db.pool import ConnectionPool

__all__ = ["Connection", "ConnectionLost", "ConnectionPool", "Transaction", "open_pool", "open_sqlite"]
