"""The kinds of checkers that descriptions can name, each a class of one small method."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar, Final, TextIO
from urllib.parse import unquote, urlsplit

from zope.interface import implementer

from sennit.cred.checkers import AllowAnonymousAccess, InMemoryUsernamePasswordDatabaseDontUse
from sennit.cred.hashed import HashedFileChecker
from sennit.cred.interfaces import (
    IAnonymous,
    ICheckerFactory,
    IPluggableAuthenticationModules,
    ISSHPrivateKey,
    IUsernameHashedPassword,
    IUsernamePassword,
)
from sennit.cred.ldap import LDAPChecker
from sennit.cred.pam import PAMChecker
from sennit.cred.passwordfile import FilePasswordDB
from sennit.cred.sshkeys import SSHKeyChecker, read_authorized_keys
from sennit.cred.unix import UNIXChecker

__all__ = [
    "FACTORIES",
    "INVALID_FILE_WARNING",
    "AnonymousCheckerFactory",
    "FileCheckerFactory",
    "HtpasswdCheckerFactory",
    "InMemoryCheckerFactory",
    "InvalidAuthArgumentString",
    "LDAPCheckerFactory",
    "PAMCheckerFactory",
    "SSHKeyCheckerFactory",
    "StrcredException",
    "UNIXCheckerFactory",
]

INVALID_FILE_WARNING: Final = "Warning: not a valid file"
_NO_ARGUMENT: Final = "No argstring required."


class StrcredException(Exception):
    """A description of a checker is not right."""


class InvalidAuthArgumentString(StrcredException):
    """What follows the kind in a description is not as the kind wants it."""


@implementer(ICheckerFactory)
class AnonymousCheckerFactory:
    """Makes checkers that let anybody in as nobody."""

    authType = "anonymous"
    authHelp = "Lets in everybody who presents no credentials, in servers that have something for them."
    argStringFormat = _NO_ARGUMENT
    credentialInterfaces: ClassVar[Any] = (IAnonymous,)

    def generateChecker(self, argstring: str = "") -> AllowAnonymousAccess:
        """Make the checker; there is nothing to be said."""
        return AllowAnonymousAccess()


@implementer(ICheckerFactory)
class InMemoryCheckerFactory:
    """Makes checkers of the users that are named in the description."""

    authType = "memory"
    authHelp = (
        "Users and passwords from the command line, where everybody on this machine can read them: "
        "for trying a server out."
    )
    argStringFormat = "A colon-separated list (name:password:...)"
    credentialInterfaces: ClassVar[Any] = (IUsernamePassword, IUsernameHashedPassword)

    def generateChecker(self, argstring: str) -> InMemoryUsernamePasswordDatabaseDontUse:
        """Make a checker.

        Raises:
            InvalidAuthArgumentString: If there is a name without a password.
        """
        checker = InMemoryUsernamePasswordDatabaseDontUse()
        fields = argstring.split(":") if argstring else []
        if len(fields) % 2:
            raise InvalidAuthArgumentString("Users are written as name:password:name:password.")
        for name, password in zip(fields[::2], fields[1::2], strict=True):
            checker.addUser(name.encode(), password.encode())
        return checker


@implementer(ICheckerFactory)
class FileCheckerFactory:
    """Makes checkers of files with plain passwords.

    Attributes:
        errorOutput: Where a warning goes if there is no such file.
    """

    authType = "file"
    authHelp = "A file of lines name:password, the passwords in plain text."
    argStringFormat = "Location of a FilePasswordDB-formatted file."
    credentialInterfaces: ClassVar[Any] = (IUsernamePassword, IUsernameHashedPassword)
    errorOutput: TextIO = sys.stderr

    def generateChecker(self, argstring: str) -> FilePasswordDB:
        """Make a checker; a warning is written if there is no such file now.

        Raises:
            ValueError: If no file is named.
        """
        if not argstring.strip():
            raise ValueError("'file' requires a filename")
        if not Path(argstring).is_file():
            self.errorOutput.write(f"{INVALID_FILE_WARNING}: {argstring}\n")
        return FilePasswordDB(argstring)


@implementer(ICheckerFactory)
class HtpasswdCheckerFactory:
    """Makes checkers of files with hashed passwords."""

    authType = "htpasswd"
    authHelp = "A file of lines name:hash, as htpasswd writes it; hashes are bcrypt, Argon2, SHA or crypt's."
    argStringFormat = "Location of the file."
    credentialInterfaces: ClassVar[Any] = (IUsernamePassword,)

    def generateChecker(self, argstring: str) -> HashedFileChecker:
        """Make a checker.

        Raises:
            InvalidAuthArgumentString: If there is no such file.
        """
        if not Path(argstring).is_file():
            raise InvalidAuthArgumentString(f"htpasswd: needs a file; {argstring!r} is none.")
        return HashedFileChecker(argstring)


@implementer(ICheckerFactory)
class UNIXCheckerFactory:
    """Makes checkers of the system's users."""

    authType = "unix"
    authHelp = "The users of this system, by /etc/passwd and /etc/shadow; pam knows of other ways too."
    argStringFormat = _NO_ARGUMENT
    credentialInterfaces: ClassVar[Any] = (IUsernamePassword,)

    def generateChecker(self, argstring: str = "") -> UNIXChecker:
        """Make the checker; there is nothing to be said."""
        return UNIXChecker()


@implementer(ICheckerFactory)
class PAMCheckerFactory:
    """Makes checkers that ask PAM."""

    authType = "pam"
    authHelp = "The users of this system, as PAM has it."
    argStringFormat = "The service, a file in /etc/pam.d; login if nothing is said."
    credentialInterfaces: ClassVar[Any] = (IUsernamePassword, IPluggableAuthenticationModules)

    def generateChecker(self, argstring: str = "") -> PAMChecker:
        """Make a checker.

        Raises:
            InvalidAuthArgumentString: If it is no service's name.
        """
        if "/" in argstring or "\0" in argstring:
            raise InvalidAuthArgumentString(f"{argstring!r} is no name of a PAM service.")
        return PAMChecker(argstring or "login")


@implementer(ICheckerFactory)
class LDAPCheckerFactory:
    """Makes checkers that bind to a directory."""

    authType = "ldap"
    authHelp = "A directory, over TLS: a password is right if its user can bind with it."
    argStringFormat = "ldaps://HOST/uid={},ou=people,dc=example,dc=org; over ldap:// TLS is begun first."
    credentialInterfaces: ClassVar[Any] = (IUsernamePassword,)

    def generateChecker(self, argstring: str) -> LDAPChecker:
        """Make a checker.

        Raises:
            InvalidAuthArgumentString: If it is not such an address.
        """
        url = urlsplit(argstring)
        if url.scheme not in {"ldap", "ldaps", "ldapi"}:
            raise InvalidAuthArgumentString(f"{argstring!r} is not of the form {self.argStringFormat}")
        try:
            return LDAPChecker(
                f"{url.scheme}://{url.netloc}", unquote(url.path[1:]), start_tls=url.scheme == "ldap"
            )
        except ValueError as error:
            raise InvalidAuthArgumentString(str(error)) from None


@implementer(ICheckerFactory)
class SSHKeyCheckerFactory:
    """Makes checkers of SSH keys."""

    authType = "sshkey"
    authHelp = "SSH keys: those that each user of this system has authorized, or one file for each user."
    argStringFormat = "A directory with a file of authorized keys for each user; the users' homes if empty."
    credentialInterfaces: ClassVar[Any] = (ISSHPrivateKey,)

    def generateChecker(self, argstring: str = "") -> SSHKeyChecker:
        """Make a checker.

        Raises:
            InvalidAuthArgumentString: If there is no such directory.
        """
        if not argstring:
            return SSHKeyChecker()
        directory = Path(argstring)
        if not directory.is_dir():
            raise InvalidAuthArgumentString(f"sshkey: needs a directory; {argstring!r} is none.")

        def keys_of(username: bytes) -> list[bytes]:
            files = {file.name.encode(): file for file in directory.iterdir() if file.is_file()}
            return read_authorized_keys(files[username].read_bytes()) if username in files else []

        return SSHKeyChecker(keys_of)


FACTORIES: Final = (
    AnonymousCheckerFactory(),
    FileCheckerFactory(),
    HtpasswdCheckerFactory(),
    LDAPCheckerFactory(),
    InMemoryCheckerFactory(),
    PAMCheckerFactory(),
    SSHKeyCheckerFactory(),
    UNIXCheckerFactory(),
)
