"""Users in a text file, a line each, with the password in plain text, or hashed by a function of yours.

A file whose lines tell by themselves how they are hashed is read by `sennit.cred.htpasswd` instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred, fail, maybeDeferred
from sennit.core.failure import Failure
from sennit.cred.comparing import NOBODYS_PASSWORD, as_bytes, check_password, same_secret
from sennit.cred.errors import UnauthorizedLogin
from sennit.cred.interfaces import ICredentialsChecker, IUsernameHashedPassword, IUsernamePassword
from sennit.log import Logger

__all__ = ["FilePasswordDB"]

_log = Logger()


@implementer(ICredentialsChecker)
class FilePasswordDB:
    """Users in a file of lines such as ``name:password``.

    The file is read to its end for every login, whether the user is in it or not, unless it is cached.

    Args:
        filename: The file's path.
        delim: What separates the fields of a line.
        usernameField: Which field is the name, from 0.
        passwordField: Which is the password.
        caseSensitive: Whether upper and lower case of names differ.
        hash: Called with the name, the password presented and the password field; returns what the field
            would be if the password presented were right.  It may return a Deferred.  None if the file has
            plain passwords.
        cache: Whether to keep the file in memory, and read it again only when its time of change differs.
    """

    cache = False

    def __init__(
        self,
        filename: Any,
        delim: bytes = b":",
        usernameField: int = 0,
        passwordField: int = 1,
        caseSensitive: bool = True,
        hash: Callable[[Any, Any, Any], Any] | None = None,
        cache: bool = False,
    ) -> None:
        self.filename = filename
        self.delim = delim
        self.ufield = usernameField
        self.pfield = passwordField
        self.caseSensitive = caseSensitive
        self.hash = hash
        self.cache = cache
        self.credentialInterfaces: Any = (
            (IUsernamePassword,) if hash is not None else (IUsernamePassword, IUsernameHashedPassword)
        )
        self._kept: dict[bytes, bytes] | None = None
        self._kept_of: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """Be copied without what was read from the file."""
        return {**self.__dict__, "_kept": None, "_kept_of": None}

    def getUser(self, username: bytes) -> tuple[bytes, bytes]:
        """Look a user up.

        Returns:
            His name as it was asked for, in lower case if case does not count, and the password field.

        Raises:
            KeyError: If there is no such user.
            UnauthorizedLogin: If the file cannot be read.
        """
        if not self.caseSensitive:
            username = username.lower()
        return username, self._users()[username]

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """Check credentials against the file.

        Returns:
            A Deferred that fires with the user's name, or fails with `UnauthorizedLogin`, also if the file
            cannot be read.
        """
        try:
            users = self._users()
        except UnauthorizedLogin:
            users = {}
        # FTP's are text.
        name = as_bytes(credentials.username)
        stored = users.get(name if self.caseSensitive else name.lower())
        if self.hash is None:
            secret = NOBODYS_PASSWORD if stored is None else stored
            return check_password(credentials, secret).addCallback(self._name)
        if not IUsernamePassword.providedBy(credentials):
            return fail(UnauthorizedLogin())
        known = stored is not None
        # The work for one who is there, done for nothing.
        anybodys = next(iter(users.values()), b"")
        stored = anybodys if stored is None else stored
        hashed = maybeDeferred(self.hash, name, as_bytes(credentials.password), stored)
        return hashed.addCallbacks(
            self._compared, self._unhashed, callbackArgs=(stored, name, known), errbackArgs=(known,)
        )

    def _compared(self, hashed: Any, stored: bytes, name: bytes, known: bool) -> bytes:
        if same_secret(stored, hashed) and known:
            return self._name(name)
        raise UnauthorizedLogin

    def _unhashed(self, failure: Failure, known: bool) -> Failure:
        if known:
            return failure
        raise UnauthorizedLogin

    def _name(self, name: bytes) -> bytes:
        return name if self.caseSensitive else name.lower()

    def _users(self) -> dict[bytes, bytes]:
        path = Path(os.fsdecode(self.filename))
        try:
            return self._read(path)
        except OSError as error:
            _log.error("The password file cannot be read: {error}", error=error)
            raise UnauthorizedLogin from None

    def _read(self, path: Path) -> dict[bytes, bytes]:
        if not self.cache:
            return dict(self._lines(path))
        status = path.stat()
        version = (status.st_mtime_ns, status.st_size, status.st_ino)
        if self._kept is None or version != self._kept_of:
            self._kept = dict(self._lines(path))
            self._kept_of = version
        return self._kept

    def _lines(self, path: Path) -> Iterator[tuple[bytes, bytes]]:
        with path.open("rb") as file:
            for line in file:
                fields = line.rstrip().split(self.delim)
                if max(self.ufield, self.pfield) < len(fields):
                    name = fields[self.ufield]
                    yield name if self.caseSensitive else name.lower(), fields[self.pfield]
