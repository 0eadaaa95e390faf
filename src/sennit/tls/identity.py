"""Who we are: a certificate and its key, as files or as objects, put into a context of either library."""

from __future__ import annotations

import contextlib
import os
import re
import ssl
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from sennit.tls.bridge import openssl_crypto

__all__ = ["Identity", "IdentityFiles", "IdentityObjects", "IdentityPEM", "dump_key"]

_CERTIFICATE = re.compile(b"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_KEY = re.compile(rb"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----.*?-----END ([A-Z]+ )?PRIVATE KEY-----", re.DOTALL)


class Identity(ABC):
    """A certificate, its key, and the certificates between it and the authority."""

    @abstractmethod
    def into_standard(self, context: ssl.SSLContext) -> None:
        """Load it into a context of the standard library."""

    @abstractmethod
    def into_openssl(self, context: Any) -> None:
        """Load it into a context of pyOpenSSL."""

    @abstractmethod
    def certificate(self) -> Any:
        """Give the certificate as `OpenSSL.crypto.X509`."""


class IdentityFiles(Identity):
    """Files in PEM.

    Args:
        certificate: The certificate and what stands between it and the authority, in this order.
        key: The key; None if it is in the same file.
    """

    def __init__(
        self, certificate: str | os.PathLike[str], key: str | os.PathLike[str] | None = None
    ) -> None:
        self._certificate = certificate
        self._key = key

    def into_standard(self, context: ssl.SSLContext) -> None:
        """Load it into a context of the standard library."""
        context.load_cert_chain(self._certificate, self._key)

    def into_openssl(self, context: Any) -> None:
        """Load it into a context of pyOpenSSL."""
        context.use_certificate_chain_file(os.fspath(self._certificate))
        context.use_privatekey_file(os.fspath(self._key or self._certificate))

    def certificate(self) -> Any:
        """Give the certificate as `OpenSSL.crypto.X509`."""
        crypto = openssl_crypto()
        with open(self._certificate, "rb") as file:  # noqa: PTH123 - a path of any kind
            return crypto.load_certificate(crypto.FILETYPE_PEM, file.read())


class IdentityPEM(Identity):
    """Bytes in PEM.

    Args:
        certificate: The certificate, and perhaps what stands between it and the authority.
        key: Where the key is; None if it is there too.
        chain: What stands between, if it is elsewhere.

    Raises:
        ValueError: If something is missing.
    """

    def __init__(self, certificate: bytes, key: bytes | None = None, chain: bytes | None = None) -> None:
        found = _CERTIFICATE.findall(certificate)
        own_key = _KEY.search(certificate if key is None else key)
        if not found:
            raise ValueError("There is no certificate in PEM where it should be.")
        if own_key is None:
            raise ValueError("There is no private key in PEM where it should be.")
        if chain is not None:
            between = _CERTIFICATE.findall(chain)
            if not between:
                raise ValueError("There is no certificate in PEM where the chain should be.")
            found = [found[0], *between]
        self._pem = b"\n".join([own_key[0], *found, b""])

    def into_standard(self, context: ssl.SSLContext) -> None:
        """Load it into a context of the standard library."""
        with _readable(self._pem) as path:
            context.load_cert_chain(path)

    def into_openssl(self, context: Any) -> None:
        """Load it into a context of pyOpenSSL."""
        with _readable(self._pem) as path:
            context.use_certificate_chain_file(path)
            context.use_privatekey_file(path)

    def certificate(self) -> Any:
        """Give the certificate as `OpenSSL.crypto.X509`."""
        crypto = openssl_crypto()
        return crypto.load_certificate(crypto.FILETYPE_PEM, self._pem)


class IdentityObjects(Identity):
    """Objects of pyOpenSSL, or of cryptography.

    Args:
        certificate: An `OpenSSL.crypto.X509`, or a `cryptography.x509.Certificate`.
        key: An `OpenSSL.crypto.PKey`, or cryptography's private key.
        chain: The certificates between it and the authority.
    """

    def __init__(self, certificate: Any, key: Any, chain: Sequence[Any] = ()) -> None:
        self._certificate = certificate
        self._key = key
        self._chain = chain

    def into_standard(self, context: ssl.SSLContext) -> None:
        """Load it into a context of the standard library, which takes it from files alone."""
        from cryptography.hazmat.primitives.serialization import Encoding

        pem = [dump_key(self._key, Encoding.PEM)]
        pem += [
            _cryptographys_certificate(one).public_bytes(Encoding.PEM)
            for one in (self._certificate, *self._chain)
        ]
        with _readable(b"".join(pem)) as path:
            context.load_cert_chain(path)

    def into_openssl(self, context: Any) -> None:
        """Load it into a context of pyOpenSSL."""
        context.use_certificate(_cryptographys_certificate(self._certificate))
        context.use_privatekey(_cryptographys_key(self._key))
        for one in self._chain:
            context.add_extra_chain_cert(_cryptographys_certificate(one))
        context.check_privatekey()

    def certificate(self) -> Any:
        """Give the certificate as `OpenSSL.crypto.X509`."""
        X509 = openssl_crypto().X509
        found = self._certificate
        return found if isinstance(found, X509) else X509.from_cryptography(found)


def dump_key(key: Any, encoding: Any) -> bytes:
    """Give an `OpenSSL.crypto.PKey`, or cryptography's private key, as bytes, unencrypted (PKCS #8)."""
    from cryptography.hazmat.primitives import serialization

    data: bytes = _cryptographys_key(key).private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return data


def _cryptographys_key(key: Any) -> Any:
    convert = getattr(key, "to_cryptography_key", None)
    return key if convert is None else convert()


def _cryptographys_certificate(certificate: Any) -> Any:
    convert = getattr(certificate, "to_cryptography", None)
    return certificate if convert is None else convert()


@contextlib.contextmanager
def _readable(secret: bytes) -> Iterator[str]:
    """Give a path under which `secret` can be read meanwhile, in memory where the system allows it."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("sennit-tls", os.MFD_CLOEXEC)
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(secret)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        # Readable by its owner alone.
        with tempfile.NamedTemporaryFile() as file:
            file.write(secret)
            file.flush()
            yield file.name
