"""SCRAM-SHA-256: a password proved both ways and never sent (RFC 5802, RFC 7677), both sides.

The server's side works with a checker that knows the password: the salt is drawn for each dialogue.  There is
no channel binding; a client that insists on one is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from secrets import token_bytes

from zope.interface import implementer

from sennit.cred import IUsernameHashedPassword
from sennit.framing.numbers import NumberError, parse_decimal
from sennit.smtp.interfaces import IClientAuthentication

__all__ = ["SCRAMAuthenticator", "SCRAMCredentials"]

_ITERATIONS = 4096
_MOST_ITERATIONS = 100_000
"""More than this a server could ask for only to keep its clients busy."""

_LONGEST = 4096


def _fields(message: bytes) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for part in message.split(b","):
        name, separator, value = part.partition(b"=")
        if len(name) != 1 or not separator or name in fields:
            raise ValueError("A message of SCRAM is letters with values, parted by commas.")
        fields[name] = value
    return fields


def _quoted(name: bytes) -> bytes:
    return name.replace(b"=", b"=3D").replace(b",", b"=2C")


def _unquoted(name: bytes) -> bytes:
    return name.replace(b"=2C", b",").replace(b"=3D", b"=")


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _proofs(password: bytes, salt: bytes, iterations: int, conversation: bytes) -> tuple[bytes, bytes]:
    """Return the client's proof and the server's signature."""
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, iterations)
    client_key = _mac(salted, b"Client Key")
    signature = _mac(hashlib.sha256(client_key).digest(), conversation)
    proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
    return proof, _mac(_mac(salted, b"Server Key"), conversation)


@implementer(IUsernameHashedPassword)
class SCRAMCredentials:
    """What a server learns of a client by SCRAM-SHA-256.

    Attributes:
        username: The client's name.
        final: After `checkPassword` said yes, what proves the server to the client.
    """

    def __init__(self) -> None:
        self.username: bytes | None = None
        self.final = b""
        self._client_first = b""
        self._server_first = b""
        self._without_proof = b""
        self._proof = b""
        self._salt = token_bytes(16)
        self._header = b""

    def getChallenge(self) -> bytes:
        """Return what to send next: nothing at first, then the salt and the nonce."""
        return self._server_first

    def setResponse(self, response: bytes) -> None:
        """Take the client's next message.

        Raises:
            ValueError: If it is none.
        """
        if len(response) > _LONGEST:
            raise ValueError("A message of SCRAM is not that long.")
        if self.username is None:
            self._begin(response)
        else:
            self._finish(response)

    def _begin(self, response: bytes) -> None:
        binding, separator, rest = response.partition(b",")
        _, more, bare = rest.partition(b",")
        if not separator or not more or binding not in {b"n", b"y"}:
            raise ValueError("There is no channel binding here.")
        self._header = response[: len(response) - len(bare)]
        fields = _fields(bare)
        if not fields.get(b"n") or not fields.get(b"r"):
            raise ValueError("The first message of SCRAM has a name and a nonce.")
        self.username = _unquoted(fields[b"n"])
        self._client_first = bare
        nonce = fields[b"r"] + b64encode(token_bytes(18))
        self._server_first = b"r=%b,s=%b,i=%d" % (nonce, b64encode(self._salt), _ITERATIONS)

    def _finish(self, response: bytes) -> None:
        self._without_proof, separator, _ = response.rpartition(b",p=")
        fields = _fields(response)
        nonce = _fields(self._server_first)[b"r"]
        if not separator or fields.get(b"r") != nonce or fields.get(b"c") != b64encode(self._header):
            raise ValueError("The last message of SCRAM does not go with the first ones.")
        self._proof = b64decode(fields.get(b"p", b""), validate=True)

    def moreChallenges(self) -> bool:
        """Tell whether there is more to ask."""
        return not self._without_proof

    def checkPassword(self, password: bytes) -> bool:
        """Tell whether the client knows a password."""
        conversation = b",".join((self._client_first, self._server_first, self._without_proof))
        proof, signature = _proofs(password, self._salt, _ITERATIONS, conversation)
        if not hmac.compare_digest(proof, self._proof):
            return False
        self.final = b"v=" + b64encode(signature)
        return True


@implementer(IClientAuthentication)
class SCRAMAuthenticator:
    """Answers SCRAM-SHA-256, and holds the server to it.

    Args:
        user: Who.
    """

    def __init__(self, user: bytes | str) -> None:
        self.user = user.encode() if isinstance(user, str) else user
        self._nonce = b""
        self._signature = b""

    def getName(self) -> bytes:
        """Return the mechanism's name."""
        return b"SCRAM-SHA-256"

    def challengeResponse(self, secret: bytes, chal: bytes) -> bytes:
        """Return the next message.

        Raises:
            ValueError: If the server's is none, asks for too much work, or proves nothing.
        """
        if not chal and not self._nonce:
            self._nonce = b64encode(token_bytes(18))
            return b"n,,n=%b,r=%b" % (_quoted(self.user), self._nonce)
        fields = _fields(chal)
        if b"v" in fields:
            expected, self._nonce = self._signature, b""
            if not expected or not hmac.compare_digest(b64decode(fields[b"v"]), expected):
                raise ValueError("The server does not know the password.")
            return b""
        return self._proof(secret, chal, fields)

    def _proof(self, secret: bytes, chal: bytes, fields: dict[bytes, bytes]) -> bytes:
        nonce = fields.get(b"r", b"")
        if not nonce.startswith(self._nonce) or len(nonce) <= len(self._nonce):
            raise ValueError("The server's nonce does not go on from ours.")
        try:
            iterations = parse_decimal(fields.get(b"i", b""), _MOST_ITERATIONS)
            salt = b64decode(fields.get(b"s", b""), validate=True)
        except (NumberError, Base64Error):
            raise ValueError("The server's salt is none, or it asks for too much work.") from None
        if iterations < _ITERATIONS:
            raise ValueError("The server asks for too little work to keep a password safe.")
        first = b"n=%b,r=%b" % (_quoted(self.user), self._nonce)
        last = b"c=biws,r=" + nonce
        proof, self._signature = _proofs(secret, salt, iterations, b",".join((first, chal, last)))
        return last + b",p=" + b64encode(proof)
