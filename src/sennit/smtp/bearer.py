"""Tokens instead of passwords: OAUTHBEARER (RFC 7628) and XOAUTH2, both sides."""

from __future__ import annotations

from zope.interface import implementer

from sennit.cred import IBearerToken
from sennit.smtp.interfaces import IClientAuthentication

__all__ = ["BearerCredentials", "OAUTHBEARERAuthenticator", "XOAUTH2Authenticator"]


@implementer(IBearerToken)
class BearerCredentials:
    """What a server learns of a client by either.

    Attributes:
        username: Who the client says it is; the token decides.
        token: The token.
    """

    def __init__(self) -> None:
        self.username = b""
        self.token = b""

    def getChallenge(self) -> bytes:
        """Return what to ask: nothing."""
        return b""

    def setResponse(self, response: bytes) -> None:
        """Take the token.

        Raises:
            ValueError: If there is none.
        """
        head, *fields = response.split(b"\1")
        if head.startswith(b"user="):
            self.username = head[5:]
        else:
            self.username = next((part[2:] for part in head.split(b",") if part.startswith(b"a=")), b"")
        for field in fields:
            name, _, value = field.partition(b"=")
            scheme, _, token = value.partition(b" ")
            if name == b"auth" and scheme.lower() == b"bearer" and token:
                self.token = token
        if not self.token:
            raise ValueError("There is no token: auth=Bearer and the token, parted by control-A.")

    def moreChallenges(self) -> bool:
        """Tell whether there is more to ask: there is not."""
        return False


class _BearerAuthenticator:
    """A client's name; the secret is the token.

    Args:
        user: The name.
    """

    def __init__(self, user: bytes | str) -> None:
        self.user = user.encode() if isinstance(user, str) else user
        self._said = False


@implementer(IClientAuthentication)
class XOAUTH2Authenticator(_BearerAuthenticator):
    """Answers XOAUTH2."""

    def getName(self) -> bytes:
        """Return the mechanism's name."""
        return b"XOAUTH2"

    def challengeResponse(self, secret: bytes, chal: bytes) -> bytes:
        """Return the token; a second challenge says why it was refused, and is answered by nothing."""
        if self._said:
            self._said = False
            return b""
        self._said = True
        return b"user=%b\1auth=Bearer %b\1\1" % (self.user, secret)


@implementer(IClientAuthentication)
class OAUTHBEARERAuthenticator(_BearerAuthenticator):
    """Answers OAUTHBEARER."""

    def getName(self) -> bytes:
        """Return the mechanism's name."""
        return b"OAUTHBEARER"

    def challengeResponse(self, secret: bytes, chal: bytes) -> bytes:
        """Return the token; a second challenge says why it was refused, and is answered by control-A."""
        if self._said:
            self._said = False
            return b"\1"
        self._said = True
        user = self.user.replace(b"=", b"=3D").replace(b",", b"=2C")
        return b"n,a=%b,\1auth=Bearer %b\1\1" % (user, secret)
