"""Notes in an embedded database: statements, a transaction, and one that is cancelled in time."""

from __future__ import annotations

import sennit
from sennit.core.deferred import CancelledError
from sennit.db import open_sqlite


def move(transaction, amount, source, target):
    transaction.execute("UPDATE accounts SET amount = amount - ? WHERE name = ?", (amount, source))
    transaction.execute("UPDATE accounts SET amount = amount + ? WHERE name = ?", (amount, target))
    transaction.execute("SELECT amount FROM accounts WHERE name = ?", (source,))
    (left,) = transaction.fetchone()
    if left < 0:
        raise ValueError(f"{source} has too little")
    return left


async def main():
    pool = open_sqlite()
    await pool.runOperation("CREATE TABLE accounts (name TEXT PRIMARY KEY, amount INTEGER)")
    for name in ("alice", "bob"):
        await pool.runOperation("INSERT INTO accounts VALUES (?, 100)", (name,))
    print("alice has", await pool.runInteraction(move, 30, "alice", "bob"), "left")
    try:
        await pool.runInteraction(move, 1000, "alice", "bob")
    except ValueError as error:
        print("rolled back:", error)
    moving = pool.runInteraction(move, 10, "alice", "bob")
    moving.cancel()
    try:
        await moving
    except CancelledError:
        print("cancelled, and rolled back")
    print(await pool.runQuery("SELECT name, amount FROM accounts ORDER BY name"))
    pool.close()


if __name__ == "__main__":
    sennit.run(main)
