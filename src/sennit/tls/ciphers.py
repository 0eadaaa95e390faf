"""Which cipher suites may be used, and the parameters of Diffie-Hellman.

TLS 1.3 has its own few suites, all of them good, and OpenSSL offers them whatever is chosen here.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from zope.interface import implementer

from sennit.core.interfaces import IAcceptableCiphers, ICipher

__all__ = ["AcceptableCiphers", "DiffieHellmanParameters", "OpenSSLCipher", "available_ciphers"]


@implementer(ICipher)
@dataclass(frozen=True, slots=True)
class OpenSSLCipher:
    """A cipher suite.

    Attributes:
        fullName: The name that OpenSSL uses.
    """

    fullName: str


@implementer(IAcceptableCiphers)
class AcceptableCiphers:
    """A choice of cipher suites, the preferred first.

    Args:
        ciphers: The suites (`ICipher`).
    """

    def __init__(self, ciphers: Iterable[Any]) -> None:
        self._ciphers = tuple(ciphers)

    @classmethod
    def fromOpenSSLCipherString(cls, cipherString: str) -> AcceptableCiphers:
        """Make the choice that OpenSSL makes of a cipher string (``openssl-ciphers(1)``).

        Suites that this OpenSSL does not know are left out.
        """
        return cls(_expand(cipherString))

    def selectCiphers(self, availableCiphers: Sequence[Any]) -> tuple[Any, ...]:
        """Give those that are available, in our order."""
        available: Collection[Any]
        try:
            available = frozenset(availableCiphers)
        except TypeError:
            available = availableCiphers
        return tuple(cipher for cipher in self._ciphers if cipher in available)


@cache
def available_ciphers() -> tuple[OpenSSLCipher, ...]:
    """List the suites that this OpenSSL has."""
    return _expand("ALL:!COMPLEMENTOFALL")


def _expand(cipher_string: str) -> tuple[OpenSSLCipher, ...]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.set_ciphers(cipher_string)
    except ssl.SSLError:
        return ()
    return tuple(OpenSSLCipher(cipher["name"]) for cipher in context.get_ciphers())


class DiffieHellmanParameters:
    """Parameters of finite-field Diffie-Hellman, for clients that have nothing better (TLS 1.2 and before).

    Args:
        parameters: The file with the parameters (PEM): a path, or an object that has one as ``path``.
    """

    def __init__(self, parameters: Any) -> None:
        self._dhFile = parameters

    @classmethod
    def fromFile(cls, filePath: Any) -> DiffieHellmanParameters:
        """Take the parameters from a file, as ``openssl dhparam`` writes it."""
        return cls(filePath)

    @property
    def path(self) -> str:
        """The file."""
        found = getattr(self._dhFile, "path", self._dhFile)
        return found.decode() if isinstance(found, bytes) else str(found)
