"""Users in a table of a relational database, with their passwords hashed as `hash_password` does."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Protocol

from zope.interface import implementer

from sennit.core.deferred import Deferred, maybeDeferred
from sennit.cred.blocking import in_thread
from sennit.cred.comparing import as_bytes, name_if
from sennit.cred.hashes import hash_password, verify_password
from sennit.cred.interfaces import ICredentialsChecker, IUsernamePassword
from sennit.threads import ThreadPool

__all__ = ["QueryRunner", "SQLChecker"]

_QUERY = "SELECT password FROM users WHERE username = {}"


class QueryRunner(Protocol):
    """What runs the query: a `sennit.db.ConnectionPool`, or anything with this method."""

    def runQuery(self, *args: Any, **kw: Any) -> Any:
        """Return a Deferred, or another awaitable, of the rows that a query gives."""


@cache
def _nobodys_hash(scheme: str) -> bytes:
    return hash_password(b"", scheme)


@implementer(ICredentialsChecker)
class SQLChecker:
    """Checks passwords against hashes in a table.

    Args:
        pool: Runs the query.
        query: Gives one row, whose first column is the hash, for the name that is its one parameter; None for
            the column ``password`` of a table ``users``, where ``username`` is the name.
        scheme: How the table's hashes are made: what an unknown name costs.
        threadpool: Where to hash; the reactor's own if None.
    """

    credentialInterfaces: ClassVar[Any] = (IUsernamePassword,)

    def __init__(
        self,
        pool: QueryRunner,
        query: str | None = None,
        *,
        scheme: str = "argon2",
        threadpool: ThreadPool | None = None,
    ) -> None:
        self.pool = pool
        style = getattr(getattr(pool, "dbapi", None), "paramstyle", "qmark")
        mark = "%s" if style in {"format", "pyformat"} else "?"
        self.query = _QUERY.format(mark) if query is None else query
        self.scheme = scheme
        self.threadpool = threadpool

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """Check a name and a password.

        Returns:
            A Deferred that fires with the name, or fails with `UnauthorizedLogin`, or with what the database
            says.
        """
        try:
            name = as_bytes(credentials.username).decode("utf-8")
        except UnicodeDecodeError:
            name = ""
        rows: Deferred[Any] = maybeDeferred(self.pool.runQuery, self.query, (name.replace("\0", ""),))
        return rows.addCallback(self._verify, credentials, sound=bool(name) and "\0" not in name)

    def _verify(self, rows: Any, credentials: Any, *, sound: bool) -> Deferred[Any]:
        stored = as_bytes(rows[0][0]) if rows and rows[0][0] and sound else None
        checked = in_thread(self.threadpool, self._matches, as_bytes(credentials.password), stored)
        return checked.addCallback(name_if, credentials.username)

    def _matches(self, password: bytes, stored: bytes | None) -> bool:
        if stored is None:
            verify_password(password, _nobodys_hash(self.scheme))
            return False
        return verify_password(password, stored)
