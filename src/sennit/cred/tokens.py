"""Checkers of secrets that say by themselves whose they are: bearer tokens and client certificates.

Both are looked up by their SHA-256, so how long the look-up takes says nothing of how near a guess was.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, ClassVar

from zope.interface import implementer

from sennit.core.deferred import Deferred, fail, succeed
from sennit.cred.comparing import as_bytes
from sennit.cred.errors import UnauthorizedLogin
from sennit.cred.interfaces import IBearerToken, IClientCertificate, ICredentialsChecker

__all__ = ["CertificateChecker", "TokenChecker", "new_token"]


def new_token() -> tuple[str, bytes]:
    """Make a token of 256 random bits.

    Returns:
        The token, for the user; and its digest, for a `TokenChecker`.
    """
    token = token_urlsafe(32)
    return token, sha256(token.encode()).digest()


@implementer(ICredentialsChecker)
class TokenChecker:
    """Knows tokens by their digests, so whoever reads those has no token yet.

    Tokens must be random, as `new_token` makes them: the digest of a guessable one is found by guessing.

    Args:
        tokens: The avatar's name for each digest; it may be changed at any time.
    """

    credentialInterfaces: ClassVar[Any] = (IBearerToken,)

    def __init__(self, tokens: Mapping[bytes, Any]) -> None:
        self.tokens = tokens

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """Return a Deferred of the name that the token stands for."""
        return _found(self.tokens.get(sha256(as_bytes(credentials.token)).digest()))


@implementer(ICredentialsChecker)
class CertificateChecker:
    """Knows users by their certificates' SHA-256 fingerprints.

    The TLS layer has verified that the peer has the certificate's key; this does not ask who signed it.

    Args:
        fingerprints: The avatar's name for each fingerprint; it may be changed at any time.
    """

    credentialInterfaces: ClassVar[Any] = (IClientCertificate,)

    def __init__(self, fingerprints: Mapping[bytes, Any]) -> None:
        self.fingerprints = fingerprints

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """Return a Deferred of the name that the certificate stands for."""
        return _found(self.fingerprints.get(sha256(credentials.certificate).digest()))


def _found(name: Any) -> Deferred[Any]:
    return fail(UnauthorizedLogin()) if name is None else succeed(name)
