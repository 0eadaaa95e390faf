"""Comparing secrets in a time that tells nothing of where they differ, or of whether there was one."""

from __future__ import annotations

from hmac import compare_digest
from secrets import token_hex
from typing import Any, Final

from sennit.core.deferred import Deferred, maybeDeferred
from sennit.cred.errors import UnauthorizedLogin

__all__ = ["NOBODYS_PASSWORD", "as_bytes", "check_password", "name_if", "same_secret"]

# What stands in the place of the password of a user who does not exist.
NOBODYS_PASSWORD: Final = token_hex(16).encode()


def as_bytes(text: Any) -> bytes:
    """Return bytes as they are, and text in UTF-8."""
    return text if isinstance(text, bytes) else str(text).encode("utf-8", "surrogatepass")


def same_secret(expected: bytes | str, given: bytes | str) -> bool:
    """Say whether two secrets are the same, text being its UTF-8.

    The time depends on the length of `given` alone, which whoever presents it knows.

    Args:
        expected: The secret that is right.
        given: The one presented.
    """
    return compare_digest(as_bytes(expected), as_bytes(given))


def check_password(credentials: Any, password: Any) -> Deferred[Any]:
    """Check credentials against a password that is known in plain text.

    Whether the user exists or not, the credentials' `checkPassword` is called once.

    Args:
        credentials: They have a `username`, and a `checkPassword` that may return a Deferred.
        password: The right one, `NOBODYS_PASSWORD` if there is no such user.

    Returns:
        A Deferred that fires with the user's name, or fails with `UnauthorizedLogin`.
    """
    matched = maybeDeferred(credentials.checkPassword, password)
    known = password is not NOBODYS_PASSWORD
    return matched.addCallback(_if_known, known).addCallback(name_if, credentials.username)


def _if_known(matched: Any, known: bool) -> bool:
    return bool(matched) and known


def name_if(matched: Any, username: Any) -> Any:
    """Return a user's name if his credentials were found right.

    Raises:
        UnauthorizedLogin: If they were not.
    """
    if not matched:
        raise UnauthorizedLogin
    return username
