"""Certificates and requests for them, as objects.  Everything here needs the extra ``tls``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import crypto

from sennit.core.components import registerAdapter
from sennit.core.errors import CertificateError, VerifyError
from sennit.tls.keys import KeyPair, PublicKey
from sennit.tls.names import DistinguishedName
from sennit.tls.options import CertificateOptions
from sennit.tls.trust import IOpenSSLTrustRoot, OpenSSLCertificateAuthorities

__all__ = ["CertBase", "Certificate", "CertificateRequest", "PrivateCertificate"]


class CertBase:
    """What certificates and requests share.

    Args:
        original: The object of pyOpenSSL or cryptography.

    Attributes:
        original: The same.
    """

    def __init__(self, original: Any) -> None:
        self.original = original

    def getSubject(self) -> DistinguishedName:
        """Give the name that is certified, or to be certified."""
        return DistinguishedName.from_x509_name(self.original.to_cryptography().subject)

    def dump(self, format: int = crypto.FILETYPE_ASN1) -> bytes:
        """Give it in a format: ``crypto.FILETYPE_ASN1`` (DER) or ``crypto.FILETYPE_PEM``."""
        raise AssertionError("Each kind has its own.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CertBase):
            return NotImplemented
        return self.dump() == other.dump()

    def __hash__(self) -> int:
        return hash(self.dump())


class CertificateRequest(CertBase):
    """A request to certify a key (PKCS #10, RFC 2986).

    Args:
        original: A `cryptography.x509.CertificateSigningRequest`.
    """

    @classmethod
    def load(cls, requestData: bytes, requestFormat: int = crypto.FILETYPE_ASN1) -> CertificateRequest:
        """Load a request.

        Raises:
            ValueError: If it is in another format.
            VerifyError: If it is not signed with the key that it is for.
        """
        if _encoding(requestFormat) is Encoding.PEM:
            original = x509.load_pem_x509_csr(requestData)
        else:
            original = x509.load_der_x509_csr(requestData)
        if not original.is_signature_valid:
            raise VerifyError("The certificate request is not signed with the key that it is for.")
        return cls(original)

    def getSubject(self) -> DistinguishedName:
        """Give the name to be certified."""
        return DistinguishedName.from_x509_name(self.original.subject)

    def dump(self, format: int = crypto.FILETYPE_ASN1) -> bytes:
        """Give it in a format.

        Raises:
            ValueError: If there is no such format.
        """
        data: bytes = self.original.public_bytes(_encoding(format))
        return data


def _shown(transport: Any, whose: str, *ways: str) -> Any:
    """Give a certificate by the first of several methods that a connection's handle has."""
    handle = transport.getHandle() if hasattr(transport, "getHandle") else None
    for way in ways:
        ask = getattr(handle, way, None)
        if ask is not None:
            found = ask()
            if found is None:
                raise CertificateError(f"TLS transport {transport!r} did not show the {whose} certificate")
            return found
    raise CertificateError(f"non-TLS transport {transport!r} has no certificates")


def _encoding(format: int) -> Encoding:
    if format == crypto.FILETYPE_PEM:
        return Encoding.PEM
    if format == crypto.FILETYPE_ASN1:
        return Encoding.DER
    raise ValueError(f"A request is in PEM or in DER (FILETYPE_ASN1), not in {format!r}.")


class Certificate(CertBase):
    """A certificate.

    Args:
        original: An `OpenSSL.crypto.X509`.
    """

    def __repr__(self) -> str:
        subject = self.getSubject().get("commonName", b"")
        issuer = self.getIssuer().get("commonName", b"")
        return f"<{type(self).__name__} Subject={subject!r} Issuer={issuer!r}>"

    @classmethod
    def load(cls, requestData: bytes, format: int = crypto.FILETYPE_ASN1, args: tuple[Any, ...] = ()) -> Self:
        """Load a certificate.

        Args:
            requestData: The certificate.
            format: ``crypto.FILETYPE_ASN1`` (DER) or ``crypto.FILETYPE_PEM``.
            args: Further arguments for the class.

        Raises:
            OpenSSL.crypto.Error: If it is none.
        """
        return cls(crypto.load_certificate(format, requestData), *args)

    @classmethod
    def loadPEM(cls, data: bytes) -> Any:
        """Load a certificate in PEM, the first if there are several."""
        return cls.load(data if isinstance(data, bytes) else data.encode("ascii"), crypto.FILETYPE_PEM)

    def dump(self, format: int = crypto.FILETYPE_ASN1) -> bytes:
        """Give it in a format."""
        return crypto.dump_certificate(format, self.original)

    def dumpPEM(self) -> bytes:
        """Give it in PEM."""
        return Certificate.dump(self, crypto.FILETYPE_PEM)

    @classmethod
    def peerFromTransport(cls, transport: Any) -> Certificate:
        """Give the other side's certificate of a connection under TLS.

        Raises:
            CertificateError: If it showed none, or the connection is not under TLS.
        """
        return cls(_shown(transport, "peer", "get_peer_certificate"))

    @classmethod
    def hostFromTransport(cls, transport: Any) -> Certificate:
        """Give our own certificate of a connection under TLS.

        Raises:
            CertificateError: If we show none, or the connection is not under TLS.
        """
        return cls(_shown(transport, "host", "get_host_certificate", "get_certificate"))

    def getIssuer(self) -> DistinguishedName:
        """Give the name of the authority."""
        return DistinguishedName.from_x509_name(self.original.to_cryptography().issuer)

    def getPublicKey(self) -> PublicKey:
        """Give the key that is certified."""
        return PublicKey(self.original.get_pubkey())

    def serialNumber(self) -> int:
        """Give the number that the authority gave it."""
        number: int = self.original.get_serial_number()
        return number

    def digest(self, method: str = "md5") -> bytes:
        """Give its hash as pairs of digits with colons between them; use ``"sha256"`` to tell them apart."""
        digest: bytes = self.original.digest(method)
        return digest

    def inspect(self) -> str:
        """Give it in several lines, for people."""
        return f"{self._describe()}\n{self.getPublicKey().inspect()}"

    def _describe(self) -> str:
        return "\n".join(
            (
                "Certificate For Subject:",
                self.getSubject().inspect(),
                "",
                "Issuer:",
                self.getIssuer().inspect(),
                "",
                f"Serial Number: {self.serialNumber()}",
                f"Digest: {self.digest().decode('ascii')}",
            )
        )

    def options(self, *authorities: Certificate) -> CertificateOptions:
        """Make the settings of one who trusts this certificate, and `authorities`."""
        trusted = [one.original for one in (self, *authorities)]
        return CertificateOptions(trustRoot=OpenSSLCertificateAuthorities(trusted))


class PrivateCertificate(Certificate):
    """A certificate, with its key.

    Attributes:
        privateKey: The `KeyPair`.
    """

    privateKey: KeyPair

    def __repr__(self) -> str:
        return f"{super().__repr__()} with {self.privateKey!r}"

    @classmethod
    def load(  # type: ignore[override]  # the key stands where the format does; the contract says so
        cls, data: bytes, privateKey: KeyPair, format: int = crypto.FILETYPE_ASN1
    ) -> PrivateCertificate:
        """Load a certificate, and put it together with its key.

        Raises:
            OpenSSL.crypto.Error: If it is none.
            VerifyError: If the key is not its own.
        """
        return cls(crypto.load_certificate(format, data))._with_key(privateKey)

    @classmethod
    def loadPEM(cls, data: bytes) -> PrivateCertificate:
        """Load both from PEM."""
        pem = data if isinstance(data, bytes) else data.encode("ascii")
        return cls.load(pem, KeyPair.load(pem, crypto.FILETYPE_PEM), crypto.FILETYPE_PEM)

    @classmethod
    def fromCertificateAndKeyPair(
        cls, certificateInstance: Certificate, privateKey: KeyPair
    ) -> PrivateCertificate:
        """Put a certificate and its key together."""
        return cls(certificateInstance.original)._with_key(privateKey)

    def _with_key(self, privateKey: KeyPair) -> PrivateCertificate:
        if not privateKey.matches(self.getPublicKey()):
            raise VerifyError("Certificate public and private keys do not match.")
        self.privateKey = privateKey
        return self

    def dumpPEM(self) -> bytes:
        """Give both in PEM: keep it secret."""
        return self.dump(crypto.FILETYPE_PEM) + self.privateKey.dump(crypto.FILETYPE_PEM)

    def inspect(self) -> str:
        """Give it in several lines, for people."""
        return f"{self._describe()}\n{self.privateKey.inspect()}"

    def options(self, *authorities: Certificate) -> CertificateOptions:
        """Make the settings of one who is this; given authorities, the other side must show a certificate."""
        trust = None
        if authorities:
            trust = OpenSSLCertificateAuthorities([one.original for one in authorities])
        return CertificateOptions(
            privateKey=self.privateKey.original, certificate=self.original, trustRoot=trust
        )

    def newCertificate(self, newCertData: bytes, format: int = crypto.FILETYPE_ASN1) -> PrivateCertificate:
        """Put another certificate for the same key together with it."""
        return self.load(newCertData, self.privateKey, format)

    def certificateRequest(
        self, format: int = crypto.FILETYPE_ASN1, digestAlgorithm: str = "sha256"
    ) -> bytes:
        """Make a request to certify the same name and key anew."""
        return self.privateKey.certificateRequest(self.getSubject(), format, digestAlgorithm)

    def signCertificateRequest(
        self,
        requestData: bytes,
        verifyDNCallback: Callable[[DistinguishedName], Any],
        serialNumber: int,
        requestFormat: int = crypto.FILETYPE_ASN1,
        certificateFormat: int = crypto.FILETYPE_ASN1,
    ) -> Any:
        """Certify what a request asks for, if a function agrees, as `KeyPair.signCertificateRequest`."""
        return self.privateKey.signCertificateRequest(
            self.getSubject(), requestData, verifyDNCallback, serialNumber, requestFormat, certificateFormat
        )

    def signRequestObject(
        self,
        certificateRequest: CertificateRequest,
        serialNumber: int,
        secondsToExpiry: int = 60 * 60 * 24 * 365,
        digestAlgorithm: str = "sha256",
    ) -> Certificate:
        """Certify what a request asks for."""
        signed: Certificate = self.privateKey.signRequestObject(
            self.getSubject(), certificateRequest, serialNumber, secondsToExpiry, digestAlgorithm
        )
        return signed


def _authority(certificate: Certificate) -> OpenSSLCertificateAuthorities:
    return OpenSSLCertificateAuthorities([certificate.original])


registerAdapter(_authority, Certificate, IOpenSSLTrustRoot)
