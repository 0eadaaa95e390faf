"""Checkers that need nothing but memory; the others are in modules of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from zope.interface import implementer

from sennit.core.deferred import Deferred, succeed
from sennit.cred.comparing import NOBODYS_PASSWORD, as_bytes, check_password
from sennit.cred.interfaces import (
    IAnonymous,
    ICredentialsChecker,
    IUsernameHashedPassword,
    IUsernamePassword,
)

__all__ = [
    "ANONYMOUS",
    "AllowAnonymousAccess",
    "ICredentialsChecker",
    "InMemoryUsernamePasswordDatabaseDontUse",
]

ANONYMOUS: Final[tuple[()]] = ()


@implementer(ICredentialsChecker)
class AllowAnonymousAccess:
    """Lets in whoever presents nothing, as `ANONYMOUS`."""

    credentialInterfaces: ClassVar[Any] = (IAnonymous,)

    def requestAvatarId(self, credentials: Any) -> Deferred[tuple[()]]:
        """Return a Deferred that has fired with `ANONYMOUS`."""
        return succeed(ANONYMOUS)


@implementer(ICredentialsChecker)
class InMemoryUsernamePasswordDatabaseDontUse:
    """Users and their passwords in a dict: for trying things out.

    Args:
        **users: The password of each user, in bytes.

    Attributes:
        users: The passwords by name, in bytes.
    """

    credentialInterfaces: ClassVar[Any] = (IUsernamePassword, IUsernameHashedPassword)
    _friends: Iterator[Any] = iter(())
    _strangers = 0

    def __init__(self, **users: bytes) -> None:
        self.users: dict[Any, Any] = {name.encode("utf-8"): password for name, password in users.items()}

    def addUser(self, username: bytes, password: bytes) -> None:
        """Add a user, or change his password."""
        self.users[username] = password

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """Compare what was presented with the user's password.

        Returns:
            A Deferred that fires with the user's name, or fails with `UnauthorizedLogin`.
        """
        username = credentials.username
        if isinstance(username, str) and username not in self.users:
            username = as_bytes(username)
        users = self.users
        # Each login looks for one name that is there, which a hash table compares, and for one that is not,
        # which it seeks in more places.
        friend, stranger = self._decoys()
        password = users.get(username)
        if password is not None:
            users.get(stranger)
            return check_password(credentials, password)
        users.get(friend)
        return check_password(credentials, NOBODYS_PASSWORD)

    def _decoys(self) -> tuple[Any, bytes]:
        """Return a name that is there, each in turn, and one that is not; both as new as one presented."""
        try:
            friend = next(self._friends)
        except (StopIteration, RuntimeError):
            self._friends = iter(self.users)
            friend = next(self._friends, b"")
        self._strangers += 1
        return bytes(memoryview(friend)) if isinstance(friend, bytes) else friend, b"\0%d" % self._strangers
