"""pyOpenSSL, loaded where it is needed; a sentence that says what to install where it is missing."""

from __future__ import annotations

import functools
from typing import Any

from sennit.core.extras import missing_extra

__all__ = ["have_pyopenssl", "openssl_crypto", "openssl_ssl", "x509_from_der", "x509_to_der"]


@functools.cache
def have_pyopenssl() -> bool:
    """Tell whether pyOpenSSL can be loaded."""
    try:
        from OpenSSL import SSL  # noqa: F401 - only whether it loads
    except ImportError:
        return False
    return True


def openssl_ssl() -> Any:
    """Give the module ``OpenSSL.SSL``.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        from OpenSSL import SSL
    except ImportError:
        raise missing_extra("A pyOpenSSL context", "tls") from None
    return SSL


def openssl_crypto() -> Any:
    """Give the module ``OpenSSL.crypto``.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        from OpenSSL import crypto
    except ImportError:
        raise missing_extra("A certificate or key as an object", "tls") from None
    return crypto


def x509_from_der(data: bytes) -> Any:
    """Make an `OpenSSL.crypto.X509`."""
    crypto = openssl_crypto()
    return crypto.load_certificate(crypto.FILETYPE_ASN1, data)


def x509_to_der(certificate: Any) -> bytes:
    """Give the DER form of an `OpenSSL.crypto.X509`."""
    crypto = openssl_crypto()
    data: bytes = crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
    return data
