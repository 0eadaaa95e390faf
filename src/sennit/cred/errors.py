"""Why a login did not happen."""

from __future__ import annotations

__all__ = [
    "LoginDenied",
    "LoginFailed",
    "TooManyFailures",
    "Unauthorized",
    "UnauthorizedLogin",
    "UnhandledCredentials",
    "ValidPublicKey",
]


class Unauthorized(Exception):
    """Whoever asks may not have this."""


class LoginFailed(Exception):
    """A login did not happen, for any reason."""


class UnauthorizedLogin(LoginFailed, Unauthorized):
    """The credentials are wrong: no such user, or not his password; which of the two is not said."""


class UnhandledCredentials(LoginFailed):
    """The portal has no checker for credentials of this kind."""


class LoginDenied(LoginFailed):
    """The credentials are right, but the realm has nothing for this user."""


class ValidPublicKey(LoginFailed):
    """This key would do, but nothing is proved yet: there was no signature (RFC 4252, section 7)."""


class TooManyFailures(UnauthorizedLogin, LoginDenied):
    """This user or this source failed too often of late, so the credentials were not even looked at.

    To a protocol this is a wrong password, unless it asks for this class.

    Args:
        retry_after: Seconds until another attempt is looked at.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Too many failed logins; try again in {retry_after:.0f} seconds.")
        self.retry_after = retry_after
