"""Whom to trust: the authorities whose signatures under a certificate count."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from zope.interface import Interface, implementer

from sennit.tls.bridge import x509_to_der

__all__ = [
    "IOpenSSLTrustRoot",
    "OpenSSLCertificateAuthorities",
    "OpenSSLDefaultPaths",
    "StandardTrust",
    "TrustFiles",
    "platformTrust",
    "trustRootFromCertificates",
]


class IOpenSSLTrustRoot(Interface):
    """Authorities that can be put into a pyOpenSSL context."""

    def _addCACertsToContext(context: Any) -> None:  # noqa: N805 - zope interfaces have no self
        """Have `context` trust them."""


@runtime_checkable
class StandardTrust(Protocol):
    """Authorities that can be put into a context of the standard library."""

    def into_standard(self, context: ssl.SSLContext) -> None:
        """Have `context` trust them."""


@implementer(IOpenSSLTrustRoot)
class OpenSSLDefaultPaths:
    """Those that the platform trusts."""

    def into_standard(self, context: ssl.SSLContext) -> None:
        """Have `context` trust them."""
        context.load_default_certs()

    def _addCACertsToContext(self, context: Any) -> None:
        context.set_default_verify_paths()


@implementer(IOpenSSLTrustRoot)
class OpenSSLCertificateAuthorities:
    """Some certificates, and nobody else.

    Args:
        caCerts: The certificates (`OpenSSL.crypto.X509`).
    """

    def __init__(self, caCerts: Sequence[Any]) -> None:
        self._caCerts = list(caCerts)

    def into_standard(self, context: ssl.SSLContext) -> None:
        """Have `context` trust them."""
        if self._caCerts:
            context.load_verify_locations(cadata=b"".join(map(x509_to_der, self._caCerts)))

    def _addCACertsToContext(self, context: Any) -> None:
        store = context.get_cert_store()
        for one in self._caCerts:
            store.add_cert(one)


@implementer(IOpenSSLTrustRoot)
class TrustFiles:
    """The certificates in some files (PEM), and nobody else; needs no extra.

    Args:
        paths: The files.
    """

    def __init__(self, *paths: str | os.PathLike[str]) -> None:
        self._paths = paths

    def into_standard(self, context: ssl.SSLContext) -> None:
        """Have `context` trust them."""
        for path in self._paths:
            context.load_verify_locations(cafile=path)

    def _addCACertsToContext(self, context: Any) -> None:
        for path in self._paths:
            context.load_verify_locations(os.fspath(path))


def platformTrust() -> OpenSSLDefaultPaths:
    """Give the authorities that the platform trusts."""
    return OpenSSLDefaultPaths()


def trustRootFromCertificates(certificates: Sequence[Any]) -> OpenSSLCertificateAuthorities:
    """Give trust in some certificates, and nobody else.

    Args:
        certificates: `Certificate` or `PrivateCertificate` objects.

    Raises:
        TypeError: If one is something else.
    """
    originals = []
    for one in certificates:
        original = getattr(one, "original", None)
        if original is None or not hasattr(one, "dumpPEM"):
            raise TypeError(f"certificates items must be Certificate instances, not {type(one).__name__}.")
        originals.append(original)
    return OpenSSLCertificateAuthorities(originals)
