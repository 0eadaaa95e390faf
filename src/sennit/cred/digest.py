"""Digest access authentication (RFC 7616, and the older RFC 2617 where ``qop`` is absent).

The server sends a nonce, and an `opaque` value that the client gives back.  `opaque` holds the nonce, the
client's address and the time, and is authenticated with a key of this factory's: so the server keeps nothing
between challenge and response.  A response is good for `CHALLENGE_LIFETIME_SECS`, however often it is sent;
to allow nobody to send another's again is TLS's task.

The functions are the RFC's formulas: A1 (3.4.2), A2 (3.4.3) and the response (3.4.1), all in lower-case
hexadecimal digits.
"""

from __future__ import annotations

import re
import time
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from hashlib import md5, new, sha1, sha256
from hmac import HMAC
from secrets import token_bytes, token_hex
from typing import Any, Final

from zope.interface import implementer

from sennit.cred.comparing import same_secret
from sennit.cred.errors import LoginFailed
from sennit.cred.interfaces import IUsernameDigestHash, IUsernameHashedPassword

__all__ = [
    "ALGORITHMS",
    "DigestCredentialFactory",
    "DigestedCredentials",
    "calcHA1",
    "calcHA2",
    "calcResponse",
]


def _sha512_256(data: bytes) -> Any:
    return new("sha512_256", data)


# By name in lower case; ``sha`` is in no RFC, but in programs.
ALGORITHMS: Final[dict[bytes, Callable[[bytes], Any]]] = {
    b"md5": md5,
    b"md5-sess": md5,
    b"sha": sha1,
    b"sha-256": sha256,
    b"sha-256-sess": sha256,
    b"sha-512-256": _sha512_256,
    b"sha-512-256-sess": _sha512_256,
}

# Possessive throughout: no input makes it go back.
_FIELD: Final = re.compile(
    rb'[\s,]*+([A-Za-z0-9*_-]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"\s*+|([^,"]*+))(?:,|$)', re.DOTALL
)
_QUOTED_PAIR: Final = re.compile(rb"\\(.)", re.DOTALL)
_MAX_RESPONSE: Final = 16384
_MAX_CLOCK_SKEW: Final = 1.0


def _hex(algorithm: bytes, *parts: bytes) -> bytes:
    digest: str = ALGORITHMS[algorithm](b":".join(parts)).hexdigest()
    return digest.encode()


def calcHA1(
    pszAlg: bytes,
    pszUserName: bytes | None,
    pszRealm: bytes | None,
    pszPassword: bytes | None,
    pszNonce: bytes,
    pszCNonce: bytes,
    preHA1: bytes | None = None,
) -> bytes:
    """Return the digest of A1.

    Args:
        pszAlg: The algorithm, one of `ALGORITHMS`.
        pszUserName: The user's name.
        pszRealm: The realm.
        pszPassword: The password.
        pszNonce: The server's nonce; it counts for ``-sess`` algorithms alone, as does the client's.
        pszCNonce: The client's nonce.
        preHA1: The digest of ``username:realm:password`` in hexadecimal digits, in the place of these three.

    Raises:
        TypeError: If `preHA1` is given together with any of the three, or neither is.
    """
    if preHA1 is not None:
        if not pszUserName is pszRealm is pszPassword is None:
            raise TypeError("preHA1 stands in the place of the name, the realm and the password: give one.")
    elif pszUserName is None or pszRealm is None or pszPassword is None:
        raise TypeError("A1 needs a name, a realm and a password, or preHA1.")
    else:
        preHA1 = _hex(pszAlg, pszUserName, pszRealm, pszPassword)
    return _hex(pszAlg, preHA1, pszNonce, pszCNonce) if pszAlg.endswith(b"-sess") else preHA1


def calcHA2(
    algo: bytes, pszMethod: bytes, pszDigestUri: bytes, pszQop: bytes | None, pszHEntity: bytes | None
) -> bytes:
    """Return the digest of A2.

    Args:
        algo: The algorithm, one of `ALGORITHMS`.
        pszMethod: The request's method.
        pszDigestUri: The request's URI, as the client wrote it into the response.
        pszQop: ``auth``, ``auth-int`` or None.
        pszHEntity: With ``auth-int``, the digest of the request's body in hexadecimal digits.

    Raises:
        TypeError: If the body's digest is missing.
    """
    if pszQop != b"auth-int":
        return _hex(algo, pszMethod, pszDigestUri)
    if pszHEntity is None:
        raise TypeError("The quality of protection auth-int needs the digest of the request's body.")
    return _hex(algo, pszMethod, pszDigestUri, pszHEntity)


def calcResponse(
    HA1: bytes,
    HA2: bytes,
    algo: bytes,
    pszNonce: bytes,
    pszNonceCount: bytes | None,
    pszCNonce: bytes | None,
    pszQop: bytes | None,
) -> bytes:
    """Return the response that is right.

    Args:
        HA1: What `calcHA1` returned.
        HA2: What `calcHA2` returned.
        algo: The algorithm, one of `ALGORITHMS`.
        pszNonce: The server's nonce.
        pszNonceCount: The count of requests with this nonce, None as in RFC 2069, and likewise:
        pszCNonce: The client's nonce.
        pszQop: The quality of protection.
    """
    if pszNonceCount and pszCNonce:
        return _hex(algo, HA1, pszNonce, pszNonceCount, pszCNonce, pszQop or b"", HA2)
    return _hex(algo, HA1, pszNonce, HA2)


@implementer(IUsernameHashedPassword, IUsernameDigestHash)
class DigestedCredentials:
    """A response to a challenge.

    Args:
        username: The name in it.
        method: The request's method.
        realm: The realm that the challenge named.
        fields: All that the response said, by name in text.
        entity: The request's body, for ``auth-int``; None if the server does not have it.
    """

    def __init__(
        self,
        username: bytes,
        method: bytes,
        realm: bytes,
        fields: dict[str, bytes],
        *,
        entity: bytes | None = None,
    ) -> None:
        self.username = username
        self.method = method
        self.realm = realm
        self.fields = fields
        self.entity = entity

    def checkPassword(self, password: bytes) -> bool:
        """Say whether the response was made with `password`."""
        return self._matches(self.username, self.realm, password, None)

    def checkHash(self, digestHash: bytes) -> bool:
        """Say whether the response was made with the password of a digest.

        Args:
            digestHash: The digest of ``username:realm:password``, in hexadecimal digits.
        """
        return self._matches(None, None, None, digestHash)

    def _matches(
        self, name: bytes | None, realm: bytes | None, password: bytes | None, kept: bytes | None
    ) -> bool:
        fields = self.fields
        algorithm = fields.get("algorithm", b"md5").lower()
        response, uri, nonce = fields.get("response"), fields.get("uri"), fields.get("nonce")
        if response is None or uri is None or nonce is None or algorithm not in ALGORITHMS:
            return False
        qop = fields.get("qop")
        entity = None
        if qop == b"auth-int":
            if self.entity is None:
                return False
            entity = _hex(algorithm, self.entity)
        count, client_nonce = fields.get("nc"), fields.get("cnonce")
        if qop is not None and not (count and client_nonce):
            return False
        ha1 = calcHA1(algorithm, name, realm, password, nonce, client_nonce or b"", kept)
        ha2 = calcHA2(algorithm, self.method, uri, qop, entity)
        return same_secret(calcResponse(ha1, ha2, algorithm, nonce, count, client_nonce, qop), response)


class DigestCredentialFactory:
    """Makes challenges, and credentials of the responses.

    Args:
        algorithm: One of `ALGORITHMS`: ``md5``, ``sha-256``...
        authenticationRealm: What the user is shown, and part of what is hashed.
        body_integrity: Whether to offer ``auth-int`` too, which covers the request's body.

    Attributes:
        privateKey: The key that authenticates `opaque`; servers that answer for one another share it.
        CHALLENGE_LIFETIME_SECS: How long a challenge may be answered, in seconds.
    """

    CHALLENGE_LIFETIME_SECS = 15 * 60
    scheme = b"digest"

    def __init__(self, algorithm: bytes, authenticationRealm: bytes, *, body_integrity: bool = False) -> None:
        self.algorithm = algorithm
        self.authenticationRealm = authenticationRealm
        self.privateKey = token_bytes(32)
        self._qop = b"auth,auth-int" if body_integrity else b"auth"

    def getChallenge(self, address: Any) -> dict[str, bytes]:
        """Make a challenge.

        Args:
            address: The client's host, as text or bytes; None if unknown.

        Returns:
            The challenge's fields.
        """
        nonce = self._generateNonce()
        return {
            "nonce": nonce,
            "opaque": self._generateOpaque(nonce, address),
            "qop": self._qop,
            "algorithm": self.algorithm,
            "realm": self.authenticationRealm,
        }

    def decode(
        self, response: bytes, method: bytes, host: Any, *, entity: bytes | None = None
    ) -> DigestedCredentials:
        """Make credentials of a response.

        Args:
            response: The fields, as they follow the word ``Digest`` in the header.
            method: The request's method.
            host: The client's host, as in `getChallenge`.
            entity: The request's body, for ``auth-int``.

        Raises:
            LoginFailed: If it is no response to a challenge of this factory's, or too late.
        """
        fields = _fields_of(response)
        for name in ("username", "opaque", "nonce"):
            if not fields.get(name):
                raise LoginFailed(f"Invalid response, no {name} given.")
        self._verifyOpaque(fields["opaque"], fields["nonce"], host)
        return DigestedCredentials(
            fields["username"], method, self.authenticationRealm, fields, entity=entity
        )

    def _generateNonce(self) -> bytes:
        return token_hex(16).encode()

    def _getTime(self) -> float:
        return time.time()

    def _sign(self, data: bytes) -> bytes:
        return HMAC(self.privateKey, data, "sha256").hexdigest().encode()

    def _generateOpaque(self, nonce: bytes, clientip: Any) -> bytes:
        data = b"%s,%s,%d" % (nonce, _host_in_bytes(clientip), self._getTime())
        return self._sign(data) + b"-" + b64encode(data)

    def _verifyOpaque(self, opaque: bytes, nonce: bytes, clientip: Any) -> bool:
        signature, separator, encoded = opaque.partition(b"-")
        if not separator:
            raise LoginFailed("Invalid response, invalid opaque value")
        try:
            data = b64decode(encoded, validate=True)
        except (Base64Error, ValueError):
            raise LoginFailed("Invalid response, invalid opaque value") from None
        # What it says is looked at only once it is known to be ours.
        if not same_secret(self._sign(data), signature):
            raise LoginFailed("Invalid response, invalid opaque value")
        made_for, _, rest = data.partition(b",")
        address, _, made_at = rest.rpartition(b",")
        if made_for != nonce:
            raise LoginFailed("Invalid response, incompatible opaque/nonce values")
        if address != _host_in_bytes(clientip):
            raise LoginFailed("Invalid response, incompatible opaque/client values")
        age = self._getTime() - int(made_at)
        if not -_MAX_CLOCK_SKEW <= age <= self.CHALLENGE_LIFETIME_SECS:
            raise LoginFailed("Invalid response, incompatible opaque/nonce too old")
        return True


def _host_in_bytes(host: Any) -> bytes:
    if host is None:
        return b""
    return host if isinstance(host, bytes) else str(host).encode()


def _fields_of(response: bytes) -> dict[str, bytes]:
    """Read ``name=value`` fields, quoted or not, up to the first that is not of this form."""
    fields: dict[str, bytes] = {}
    if len(response) > _MAX_RESPONSE:
        raise LoginFailed("Invalid response, too long.")
    at = 0
    while (found := _FIELD.match(response, at)) is not None and found.end() > at:
        name, quoted, token = found.groups()
        fields[name.decode("ascii")] = token.strip() if quoted is None else _QUOTED_PAIR.sub(rb"\1", quoted)
        at = found.end()
    return fields
