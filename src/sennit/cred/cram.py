"""CRAM-MD5: a password proved by an HMAC over the server's challenge (RFC 2195).

The server must have the password itself; and who listens may guess at it afterwards.  It is here for the
protocols that have nothing better.
"""

from __future__ import annotations

import hmac
import time
from secrets import randbelow
from socket import gethostname

from zope.interface import implementer

from sennit.cred.comparing import same_secret
from sennit.cred.interfaces import IUsernameHashedPassword

__all__ = ["CramMD5Credentials"]


@implementer(IUsernameHashedPassword)
class CramMD5Credentials:
    """One exchange of challenge and response.

    Args:
        host: The server's name for the challenge; the machine's own if None.

    Attributes:
        challenge: What was sent, empty before `getChallenge`.
        response: What came back, None before `setResponse`.
        username: The name that came with it.
    """

    challenge: bytes = b""
    response: bytes | None = None
    username: bytes | None = None

    def __init__(self, host: bytes | None = None) -> None:
        self.host = host

    def getChallenge(self) -> bytes:
        """Return the challenge to send: the same one, however often it is asked for."""
        if not self.challenge:
            host = gethostname().encode() if self.host is None else self.host
            self.challenge = b"<%d.%d@%s>" % (randbelow(2**63), time.time(), host)
        return self.challenge

    def setResponse(self, response: bytes) -> None:
        """Take what the client answered.

        Args:
            response: A name, a space, and the HMAC in hexadecimal digits.

        Raises:
            ValueError: If it is not of that form.
        """
        name, separator, digest = response.rpartition(b" ")
        if not separator:
            raise ValueError("A response in CRAM-MD5 is a name, a space and a digest.")
        self.username, self.response = name, digest

    def moreChallenges(self) -> bool:
        """Return False: there is one challenge."""
        return False

    def checkPassword(self, password: bytes) -> bool:
        """Say whether the response was made with `password`."""
        if self.response is None or not self.challenge:
            return False
        return same_secret(hmac.new(password, self.challenge, "md5").hexdigest().encode(), self.response)
