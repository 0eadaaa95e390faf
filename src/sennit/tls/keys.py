"""Keys, and what is signed with them.  Everything here needs the extra ``tls``."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from OpenSSL import crypto

from sennit.core.deferred import Deferred
from sennit.core.errors import VerifyError
from sennit.tls.extensions import with_keys
from sennit.tls.identity import dump_key
from sennit.tls.names import DistinguishedName

if TYPE_CHECKING:
    from sennit.tls.certificates import CertificateRequest, PrivateCertificate

__all__ = ["KeyPair", "PublicKey"]

_YEAR = 60 * 60 * 24 * 365


class PublicKey:
    """A public key.

    Args:
        osslpkey: An `OpenSSL.crypto.PKey`.

    Attributes:
        original: The same.
    """

    def __init__(self, osslpkey: crypto.PKey) -> None:
        self.original = osslpkey

    def matches(self, otherKey: PublicKey) -> bool:
        """Tell whether both belong to the same pair."""
        return self.keyHash() == otherKey.keyHash()

    def keyHash(self) -> str:
        """Give a number by which people tell keys apart; it is no proof of anything."""
        public = crypto.dump_publickey(crypto.FILETYPE_ASN1, self.original)
        return hashlib.md5(public, usedforsecurity=False).hexdigest()

    def inspect(self) -> str:
        """Say which key it is, for people."""
        return f"Public Key with Hash: {self.keyHash()}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.keyHash()}>"


class KeyPair(PublicKey):
    """A private key, with its public one.

    Args:
        osslpkey: An `OpenSSL.crypto.PKey`.
    """

    @classmethod
    def load(cls, data: bytes, format: int = crypto.FILETYPE_ASN1) -> Self:
        """Load a key.

        Args:
            data: The key.
            format: ``crypto.FILETYPE_ASN1`` (DER) or ``crypto.FILETYPE_PEM``.

        Raises:
            OpenSSL.crypto.Error: If it is none.
        """
        return cls(crypto.load_privatekey(format, data))

    def dump(self, format: int = crypto.FILETYPE_ASN1) -> bytes:
        """Give the key, unencrypted, as `load` takes it."""
        encoding = serialization.Encoding.PEM if format == crypto.FILETYPE_PEM else serialization.Encoding.DER
        return dump_key(self.original, encoding)

    @classmethod
    def generate(cls, kind: int = crypto.TYPE_RSA, size: int = 2048) -> Self:
        """Make a new key.

        Args:
            kind: ``crypto.TYPE_RSA`` or ``crypto.TYPE_DSA``, or ``crypto.TYPE_EC`` for a curve of NIST.
            size: Its size in bits.

        Raises:
            OpenSSL.crypto.Error: If there is no such kind.
        """
        key: Any
        if kind == crypto.TYPE_RSA:
            key = rsa.generate_private_key(65537, size)
        elif kind == crypto.TYPE_DSA:
            key = dsa.generate_private_key(size)
        elif kind == crypto.TYPE_EC and size in _CURVES:
            key = ec.generate_private_key(_CURVES[size]())
        else:
            raise crypto.Error("No such key type")
        return cls(crypto.PKey.from_cryptography_key(key))

    def inspect(self) -> str:
        """Say which key it is, for people."""
        key = self.original.to_cryptography_key()
        kind = next((name for name, types in _KINDS.items() if isinstance(key, types)), "(Unknown Type!)")
        return f"{self.original.bits()}-bit {kind} Key Pair with Hash: {self.keyHash()}"

    def newCertificate(self, newCertData: bytes, format: int = crypto.FILETYPE_ASN1) -> PrivateCertificate:
        """Put a certificate for this key together with it."""
        from sennit.tls.certificates import PrivateCertificate

        return PrivateCertificate.load(newCertData, self, format)

    def requestObject(
        self, distinguishedName: DistinguishedName, digestAlgorithm: str = "sha256"
    ) -> CertificateRequest:
        """Make a request to certify this key.

        Args:
            distinguishedName: Who we are.
            digestAlgorithm: The hash to sign with.
        """
        from sennit.tls.certificates import CertificateRequest

        request = x509.CertificateSigningRequestBuilder().subject_name(distinguishedName.to_x509_name())
        return CertificateRequest(request.sign(self._signing_key(), self._digest(digestAlgorithm)))

    def certificateRequest(
        self,
        distinguishedName: DistinguishedName,
        format: int = crypto.FILETYPE_ASN1,
        digestAlgorithm: str = "sha256",
    ) -> bytes:
        """Make a request to certify this key, as bytes."""
        return self.requestObject(distinguishedName, digestAlgorithm).dump(format)

    def signCertificateRequest(
        self,
        issuerDistinguishedName: DistinguishedName,
        requestData: bytes,
        verifyDNCallback: Callable[[DistinguishedName], Any],
        serialNumber: int,
        requestFormat: int = crypto.FILETYPE_ASN1,
        certificateFormat: int = crypto.FILETYPE_ASN1,
        secondsToExpiry: int = _YEAR,
        digestAlgorithm: str = "sha256",
    ) -> bytes | Deferred[bytes]:
        """Certify what a request asks for, if a function agrees.

        Args:
            issuerDistinguishedName: Who certifies.
            requestData: The request.
            verifyDNCallback: Called with the name in the request; gives, now or as a Deferred, whether to.
            serialNumber: The certificate's number.
            requestFormat: The format of the request.
            certificateFormat: The format of the certificate.
            secondsToExpiry: How long it is valid.
            digestAlgorithm: The hash to sign with.

        Returns:
            The certificate; a Deferred of it if the function gave one.

        Raises:
            VerifyError: If the function does not agree.
        """
        from sennit.tls.certificates import CertificateRequest

        request = CertificateRequest.load(requestData, requestFormat)
        name = request.getSubject()

        def sign(agreed: Any) -> bytes:
            if not agreed:
                raise VerifyError(f"DN callback {verifyDNCallback!r} rejected request DN {name!r}")
            signed = self.signRequestObject(
                issuerDistinguishedName, request, serialNumber, secondsToExpiry, digestAlgorithm
            )
            certificate: bytes = signed.dump(certificateFormat)
            return certificate

        agreed = verifyDNCallback(name)
        if isinstance(agreed, Deferred):
            return agreed.addCallback(sign)
        return sign(agreed)

    def signRequestObject(
        self,
        issuerDistinguishedName: DistinguishedName,
        requestObject: CertificateRequest,
        serialNumber: int,
        secondsToExpiry: int = _YEAR,
        digestAlgorithm: str = "sha256",
    ) -> Any:
        """Certify what a request asks for.

        Returns:
            The `Certificate`.
        """
        from sennit.tls.certificates import Certificate

        now = dt.datetime.now(dt.UTC)
        request = requestObject.original
        key = self._signing_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(request.subject)
            .issuer_name(issuerDistinguishedName.to_x509_name())
            .public_key(request.public_key())
            .serial_number(serialNumber)
            .not_valid_before(now)
            .not_valid_after(now + dt.timedelta(seconds=secondsToExpiry))
        )
        builder = with_keys(builder, request.public_key(), key.public_key())
        made = builder.sign(key, self._digest(digestAlgorithm))
        return Certificate(crypto.X509.from_cryptography(made))

    def selfSignedCert(self, serialNumber: int, **kw: str | bytes) -> PrivateCertificate:
        """Certify this key with itself.

        Args:
            serialNumber: The certificate's number.
            **kw: Who we are, as for `DistinguishedName`.
        """
        from sennit.tls.certificates import PrivateCertificate

        name = DistinguishedName(**kw)
        signed = self.signRequestObject(name, self.requestObject(name), serialNumber)
        return PrivateCertificate.fromCertificateAndKeyPair(signed, self)

    def _signing_key(self) -> Any:
        return self.original.to_cryptography_key()

    def _digest(self, name: str) -> Any:
        """Give the hash called `name`; the Edwards curves have their own."""
        if isinstance(self._signing_key(), (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
            return None
        found = getattr(hashes, name.upper().replace("-", ""), None)
        if found is None:
            raise ValueError(f"There is no digest algorithm {name!r}.")
        return found()


_CURVES: dict[int, type[ec.EllipticCurve]] = {256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1}
_KINDS: dict[str, tuple[type, ...]] = {
    "RSA": (rsa.RSAPrivateKey, rsa.RSAPublicKey),
    "DSA": (dsa.DSAPrivateKey, dsa.DSAPublicKey),
    "EC": (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey),
    "Ed25519": (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey),
    "Ed448": (ed448.Ed448PrivateKey, ed448.Ed448PublicKey),
}
