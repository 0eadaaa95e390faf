"""SASL mechanisms, as a server asks and as a client answers (RFC 4422).

A server's are credentials that the dialogue fills in (`getChallenge`, `setResponse`, `moreChallenges`)
and are then given to the portal; a client's are `IClientAuthentication`.
"""

from __future__ import annotations

import hmac

from zope.interface import implementer

from sennit.cred import CramMD5Credentials, IUsernamePassword
from sennit.cred.comparing import same_secret
from sennit.smtp.interfaces import IClientAuthentication

__all__ = [
    "CramMD5ClientAuthenticator",
    "CramMD5Credentials",
    "LOGINAuthenticator",
    "LOGINCredentials",
    "PLAINAuthenticator",
    "PLAINCredentials",
]


class _Password:
    """What a mechanism that sends the password as it is leads to."""

    username: bytes | None = None
    password: bytes | None = None

    def checkPassword(self, password: bytes) -> bool:
        """Tell whether a password is the one that was sent."""
        return self.password is not None and same_secret(self.password, password)


@implementer(IUsernamePassword)
class LOGINCredentials(_Password):
    """LOGIN: a name and a password, each asked for (draft-murchison-sasl-login)."""

    def __init__(self) -> None:
        self._challenges = [b"Password\0", b"User Name\0"]

    def getChallenge(self) -> bytes:
        """Return what to ask next."""
        return self._challenges.pop()

    def setResponse(self, response: bytes) -> None:
        """Take the name, and then the password."""
        if self.username is None:
            self.username = response
        else:
            self.password = response

    def moreChallenges(self) -> bool:
        """Tell whether there is more to ask."""
        return bool(self._challenges)


@implementer(IUsernamePassword)
class PLAINCredentials(_Password):
    """PLAIN: a name and a password in one response (RFC 4616).

    Attributes:
        authorization: Whom the client wants to act as; empty for the one whose name it is.
    """

    authorization: bytes = b""

    def getChallenge(self) -> bytes:
        """Return what to ask: nothing."""
        return b""

    def setResponse(self, response: bytes) -> None:
        """Take both.

        Raises:
            ValueError: If the response is not three words parted by NUL.
        """
        parts = response.split(b"\0")
        if len(parts) != 3 or not parts[1]:
            raise ValueError("A response in PLAIN is an authorization, a name and a password, parted by NUL.")
        self.authorization, self.username, self.password = parts

    def moreChallenges(self) -> bool:
        """Tell whether there is more to ask: there is not."""
        return False


class _Authenticator:
    """A client's name.

    Args:
        user: It.
    """

    def __init__(self, user: bytes | str) -> None:
        self.user = user.encode() if isinstance(user, str) else user


@implementer(IClientAuthentication)
class PLAINAuthenticator(_Authenticator):
    """Answers PLAIN."""

    def getName(self) -> bytes:
        """Return the mechanism's name."""
        return b"PLAIN"

    def challengeResponse(self, secret: bytes, chal: bytes | int = 1) -> bytes:
        """Return the name and the password; `chal` says nothing."""
        return b"\0" + self.user + b"\0" + secret


@implementer(IClientAuthentication)
class LOGINAuthenticator(_Authenticator):
    """Answers LOGIN, whatever words the server asks in."""

    _asked = False

    def getName(self) -> bytes:
        """Return the mechanism's name."""
        return b"LOGIN"

    def challengeResponse(self, secret: bytes, chal: bytes) -> bytes:
        """Return the name to the first challenge, and the password to the second."""
        if self._asked:
            return self.challengeSecret(secret, chal)
        self._asked = True
        return self.challengeUsername(secret, chal)

    def challengeUsername(self, secret: bytes, chal: bytes) -> bytes:
        """Return the name."""
        return self.user

    def challengeSecret(self, secret: bytes, chal: bytes) -> bytes:
        """Return the password, and be ready for another dialogue."""
        self._asked = False
        return secret


@implementer(IClientAuthentication)
class CramMD5ClientAuthenticator(_Authenticator):
    """Answers CRAM-MD5 (RFC 2195)."""

    def getName(self) -> bytes:
        """Return the mechanism's name."""
        return b"CRAM-MD5"

    def challengeResponse(self, secret: bytes, chal: bytes) -> bytes:
        """Return the name and the HMAC of the challenge."""
        return self.user + b" " + hmac.new(secret, chal, "md5").hexdigest().encode()
