from __future__ import annotations

import pytest
from tests.cred.kit import NAMES, QUICK

from sennit.core.combinators import DeferredList
from sennit.cred import UnauthorizedLogin, UsernamePassword
from sennit.cred.sql import SQLChecker


async def test_a_thousand_logins_at_once_are_checked_against_a_table(url, opened):
    pool = opened(url)
    await pool.runOperation("DROP TABLE IF EXISTS users")
    await pool.runOperation("CREATE TABLE users (username VARCHAR(50) PRIMARY KEY, password VARCHAR(200))")

    def fill(transaction):
        mark = "?" if pool.dbapi.paramstyle == "qmark" else "%s"
        for name in NAMES:
            transaction.execute(
                f"INSERT INTO users VALUES ({mark}, {mark})", (name.decode(), QUICK["sha512"]().decode())
            )

    await pool.runInteraction(fill)
    checker = SQLChecker(pool, scheme="sha512")
    presented = [(NAMES[n % 3], b"secret" if n % 10 < 7 else b"guess") for n in range(1000)]
    outcomes = await DeferredList(
        [checker.requestAvatarId(UsernamePassword(*each)) for each in presented], consumeErrors=True
    )
    for (name, password), (succeeded, result) in zip(presented, outcomes, strict=True):
        assert succeeded == (password == b"secret")
        assert result == name if succeeded else result.check(UnauthorizedLogin)
    for hostile in (b"' OR 1=1 --", b"alice' --", b"\0", b"\xff", b"%", b"x" * 100_000):
        with pytest.raises(UnauthorizedLogin):
            await checker.requestAvatarId(UsernamePassword(hostile, b"secret"))
