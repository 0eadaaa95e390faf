"""``python -m benchmarks.login_timing``: does a failed login's time tell whether the user exists?

For each checker, a wrong password and an unknown user take turns, in random order, through a portal.  What
is printed of their times is what somebody who guesses could use: the medians, and the chance that an unknown
user took longer than a wrong password, which is 50 % when the times say nothing (Mann-Whitney).  ``z`` is by
how many standard errors that differs from 50 %: up to about 3 is noise.  The last row is a checker that does
no work for unknown users, to show that the measure sees it.  In memory the places that a hash table happens
to have for the names in this process are seen too, some 10 ns to either side: PYTHONHASHSEED changes them.

Besides, a thousand logins at once: how long they take together, and how much of the processor.  Hashes are
made at the lowest cost of each kind, where a difference would show most; ``--full-cost`` takes the usual one.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import argon2
import bcrypt
from zope.interface import implementer

import sennit
from sennit.core.combinators import DeferredList
from sennit.cred import (
    FilePasswordDB,
    InMemoryUsernamePasswordDatabaseDontUse,
    IRealm,
    Portal,
    UnauthorizedLogin,
    UsernamePassword,
)
from sennit.cred.hashed import HashedFileChecker
from sennit.cred.hashes import hash_password, verify_password
from sennit.cred.sql import SQLChecker
from sennit.cred.unix import UNIXChecker
from sennit.db import open_sqlite

USERS = [b"user%d" % number for number in range(20)]


class Leaky(HashedFileChecker):
    def check(self, username, password):
        stored = self._read()[0].get(username)
        return stored is not None and verify_password(password, stored)


@implementer(IRealm)
class Realm:
    def requestAvatar(self, avatarId, mind, *interfaces):
        return interfaces[0], avatarId, lambda: None


async def checkers(folder, full_cost):
    memory = InMemoryUsernamePasswordDatabaseDontUse()
    for name in USERS:
        memory.addUser(name, b"secret")
    yield "in memory", memory

    def written(name, stored):
        path = folder / name
        path.write_bytes(b"".join(b"%s:%s\n" % (user, stored) for user in USERS))
        return path

    yield "plain file", FilePasswordDB(str(written("plain", b"secret")))
    hashes = {scheme: hash_password(b"secret", scheme) for scheme in ("yescrypt", "sha512")}
    if full_cost:
        hashes |= {scheme: hash_password(b"secret", scheme) for scheme in ("argon2", "bcrypt")}
    else:
        hashes["argon2"] = argon2.PasswordHasher(1, 8, 1).hash(b"secret").encode()
        hashes["bcrypt"] = bcrypt.hashpw(b"secret", bcrypt.gensalt(4))
    for scheme, stored in hashes.items():
        yield f"htpasswd, {scheme}", HashedFileChecker(written(scheme, stored))
    shadow = folder / "shadow"
    shadow.write_bytes(b"".join(b"%s:%s:19000::::::\n" % (user, hashes["sha512"]) for user in USERS))

    def lookup(name):
        if name.encode() not in USERS:
            raise KeyError(name)
        return SimpleNamespace(pw_passwd="x")

    yield "unix, sha512", UNIXChecker(shadow, lookup=lookup)
    pool = open_sqlite(folder / "users.db")
    await pool.runOperation("CREATE TABLE users (username TEXT PRIMARY KEY, password TEXT)")

    def fill(transaction):
        for user in USERS:
            transaction.execute("INSERT INTO users VALUES (?, ?)", (user.decode(), hashes["sha512"].decode()))

    await pool.runInteraction(fill)
    yield "sqlite, sha512", SQLChecker(pool, scheme="sha512")
    pool.close()
    yield "leaky, sha512", Leaky(folder / "sha512")


async def attempt(portal, name):
    began = time.perf_counter()
    try:
        await portal.login(UsernamePassword(name, b"a guess"), None, IRealm)
    except UnauthorizedLogin:
        return time.perf_counter() - began
    raise AssertionError("a wrong password was let in")


def compare(wrong, unknown):
    """The chance that an unknown user took longer, and the z of its difference from one half."""
    ranked = sorted([(each, 0) for each in wrong] + [(each, 1) for each in unknown])
    ranks = sum(rank for rank, (_, kind) in enumerate(ranked, 1) if kind)
    n, m = len(unknown), len(wrong)
    chance = (ranks - n * (n + 1) / 2) / (n * m)
    return chance, (chance - 0.5) / ((n + m + 1) / (12 * n * m)) ** 0.5


async def measure(seconds, full_cost):
    print(f"{'checker':<20}{'n':>7}{'wrong':>12}{'unknown':>12}{'chance':>9}{'z':>7}   1,000 at once")
    with tempfile.TemporaryDirectory() as folder:
        async for name, checker in checkers(Path(folder), full_cost):
            portal = Portal(Realm(), [checker], limiter=None)
            times = ([], [])
            for _ in range(4):
                await attempt(portal, USERS[0])
                await attempt(portal, b"nobody")
            until = time.monotonic() + seconds
            while time.monotonic() < until or len(times[0]) < 50:
                for kind in random.sample((0, 1), 2):
                    # Made anew either way: an object that was looked up before is looked up faster.
                    user = (b"none%d" if kind else b"user%d") % random.randrange(20)
                    times[kind].append(await attempt(portal, user))
            chance, z = compare(*times)
            wrong, unknown = (statistics.median(each) for each in times)
            began, used = time.perf_counter(), time.process_time()
            outcomes = await DeferredList(
                [
                    portal.login(UsernamePassword(random.choice(USERS), b"secret"), None, IRealm)
                    for _ in range(1000)
                ]
            )
            assert all(succeeded for succeeded, _ in outcomes)
            together = f"{time.perf_counter() - began:.2f} s, {time.process_time() - used:.2f} s of processor"
            print(
                f"{name:<20}{len(times[0]):>7}{wrong * 1e6:>9.1f} us{unknown * 1e6:>9.1f} us"
                f"{chance:>9.1%}{z:>7.1f}   {together}",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.login_timing", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each checker is measured")
    parser.add_argument("--full-cost", action="store_true", help="hash at the usual cost: takes minutes")
    arguments = parser.parse_args()

    async def run():
        await measure(arguments.seconds, arguments.full_cost)

    sennit.run(run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
