"""The kinds of checkers, by the names that they have in Twisted's plugin modules."""

from __future__ import annotations

from typing import Any, Final

from sennit.cred.comparing import as_bytes
from sennit.cred.hashes import verify_password
from sennit.cred.strcred import findCheckerFactory

__all__ = [
    "theAnonymousCheckerFactory",
    "theFileCheckerFactory",
    "theInMemoryCheckerFactory",
    "theUnixCheckerFactory",
    "verifyCryptedPassword",
]

theAnonymousCheckerFactory: Final[Any] = findCheckerFactory("anonymous")
theFileCheckerFactory: Final[Any] = findCheckerFactory("file")
theInMemoryCheckerFactory: Final[Any] = findCheckerFactory("memory")
theUnixCheckerFactory: Final[Any] = findCheckerFactory("unix")


def verifyCryptedPassword(crypted: str | bytes, pw: str | bytes) -> bool:
    """Say whether a password is the one that was hashed.

    Args:
        crypted: The hash, as in ``/etc/shadow``.
        pw: The password.
    """
    return verify_password(as_bytes(pw), as_bytes(crypted))
