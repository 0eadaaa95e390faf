"""Drivers that do not block, in code driven by Deferreds: nothing stands between.

python examples/async_databases.py                          aiosqlite, in memory
python examples/async_databases.py postgresql://host/name   asyncpg too
"""

from __future__ import annotations

import sys

import aiosqlite

import sennit
from sennit.core.combinators import gatherResults
from sennit.core.coroutine import ensureDeferred


async def in_sqlite():
    async with aiosqlite.connect(":memory:") as database:
        await database.execute("CREATE TABLE notes (text TEXT)")
        await database.execute("INSERT INTO notes VALUES (?)", ("by aiosqlite",))
        async with database.execute("SELECT text FROM notes") as rows:
            return [text async for (text,) in rows]


async def in_postgresql(url):
    import asyncpg

    async with asyncpg.create_pool(url, min_size=2) as pool:

        async def square(number):
            return await pool.fetchval("SELECT $1::int * $1", number)

        # Coroutines that await a driver's futures are Deferreds to whoever wants Deferreds.
        squares = gatherResults([ensureDeferred(square(number)) for number in range(5)])
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("CREATE TEMPORARY TABLE notes (text TEXT)")
            await connection.execute("INSERT INTO notes VALUES ($1)", "by asyncpg")
            rows = await connection.fetch("SELECT text FROM notes")
        return [row["text"] for row in rows], await squares


async def main(*urls):
    print(await in_sqlite())
    for url in urls:
        print(*await in_postgresql(url))


if __name__ == "__main__":
    sennit.run(main, *sys.argv[1:])
