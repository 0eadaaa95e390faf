"""What a certificate says of keys, so that those who verify strictly take it (RFC 5280, section 4.2.1).

Python does so from 3.13 on.  It wants to know whose key has signed, and of who signs others, that he may.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPublicKeyTypes,
    CertificatePublicKeyTypes,
)

__all__ = ["with_keys"]


def with_keys(
    builder: x509.CertificateBuilder,
    key: CertificatePublicKeyTypes,
    issuer_key: CertificateIssuerPublicKeyTypes,
    *,
    path_length: int | None = None,
) -> x509.CertificateBuilder:
    """Add the extensions that name the keys; to a certificate that signs itself, that it may sign others.

    Args:
        builder: What is to be signed.
        key: The key that is certified.
        issuer_key: The key that will sign; the same for a certificate that signs itself.
        path_length: How many authorities may follow such a certificate; None for any number.

    Returns:
        The builder that has them.
    """
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    if key != issuer_key:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)
        return builder.add_extension(identifier, critical=False)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=isinstance(key, rsa.RSAPublicKey),
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return builder.add_extension(constraints, critical=True).add_extension(usage, critical=True)
