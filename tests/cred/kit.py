"""Every checker of names and passwords, each with the same users, whose password is ``secret``."""

from __future__ import annotations

import hashlib
import os
from types import SimpleNamespace

import argon2
import bcrypt

from sennit.core.deferred import succeed
from sennit.cred import FilePasswordDB, InMemoryUsernamePasswordDatabaseDontUse
from sennit.cred.hashed import HashedFileChecker
from sennit.cred.hashes import _system
from sennit.cred.remembering import RememberingChecker
from sennit.cred.sql import SQLChecker
from sennit.cred.unix import UNIXChecker

NAMES = [b"alice", b"bob", b"carol"]

# The cheapest of each kind, so that the tests are quick.
QUICK = {
    "argon2": lambda: argon2.PasswordHasher(1, 8, 1).hash(b"secret").encode(),
    "bcrypt": lambda: bcrypt.hashpw(b"secret", bcrypt.gensalt(4)),
    "sha512": lambda: _system().hash(b"secret", b"$6$rounds=1000$saltsalt$"),
    "sha": lambda: b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
}


def memory(folder):
    checker = InMemoryUsernamePasswordDatabaseDontUse()
    for name in NAMES:
        checker.addUser(name, b"secret")
    return checker


def written(folder, stored):
    path = folder / "users"
    path.write_bytes(b"# users\n" + b"".join(b"%s:%s\n" % (name, stored()) for name in NAMES))
    return path


def file(folder):
    return FilePasswordDB(str(written(folder, lambda: b"secret")))


def cached_file(folder):
    return FilePasswordDB(str(written(folder, lambda: b"secret")), cache=True)


def hashed_by(name, password, stored):
    return hashlib.sha256(password).hexdigest().encode()


def file_with_a_hash(folder):
    digest = hashed_by(b"", b"secret", b"")
    return FilePasswordDB(str(written(folder, lambda: digest)), hash=hashed_by)


def htpasswd(scheme):
    def make(folder):
        return HashedFileChecker(written(folder, QUICK[scheme]))

    make.__name__ = f"htpasswd_{scheme}"
    return make


def unix(folder):
    path = folder / "shadow"
    path.write_bytes(b"".join(b"%s:%s:19000:0:99999:7:::\n" % (name, QUICK["sha512"]()) for name in NAMES))

    def lookup(name):
        if os.fsencode(name) not in NAMES:
            raise KeyError(name)
        return SimpleNamespace(pw_name=name, pw_passwd="x")

    return UNIXChecker(path, lookup=lookup)


class Table:
    """A pool whose one table has the users."""

    def __init__(self, stored):
        self.rows = {name.decode(): stored for name in NAMES}

    def runQuery(self, query, parameters):
        assert query == "SELECT password FROM users WHERE username = ?"
        stored = self.rows.get(*parameters)
        return succeed([] if stored is None else [(stored,)])


def sql(folder):
    return SQLChecker(Table(QUICK["sha512"]().decode()), scheme="sha512")


def remembering(folder):
    return RememberingChecker(htpasswd("sha512")(folder))


CHECKERS = [
    *(memory, file, cached_file, file_with_a_hash, unix, sql, remembering),
    *(htpasswd(scheme) for scheme in QUICK),
]
