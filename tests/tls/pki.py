"""Certificates for tests: an authority, and what it signs; made once for each process."""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


class Issued:
    """A certificate and its key."""

    def __init__(self, certificate, key, *, chain=b""):
        self.certificate = certificate
        self.key = key
        self.certificate_pem = certificate.public_bytes(serialization.Encoding.PEM)
        self.key_pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.pem = self.key_pem + self.certificate_pem + chain

    @functools.cached_property
    def path(self):
        """A file with all of it."""
        return self.write(Path(tempfile.mkdtemp(prefix="sennit-pki-")))

    def write(self, directory, name="one"):
        path = directory / f"{name}.pem"
        path.write_bytes(self.pem)
        return path


SIGNS = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def issue(*names, issuer=None, ca=False, days=(-1, 30), common_name=None, alternatives=True):
    """Make a certificate for some names, signed by an authority or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name or names[0])])
    signer = key if issuer is None else issuer.key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + days[0] * DAY)
        .not_valid_after(NOW + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if ca:
        builder = builder.add_extension(SIGNS, critical=True)
    if alternatives:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
        )
    chain = b"" if issuer is None or issuer is AUTHORITY else issuer.certificate_pem
    return Issued(builder.sign(signer, hashes.SHA256()), key, chain=chain)


def _alternative(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


AUTHORITY = issue("Test authority", ca=True, alternatives=False)
SERVER = issue("localhost", "127.0.0.1", "xn--bcher-kva.example", issuer=AUTHORITY)
CLIENT = issue("a client", issuer=AUTHORITY)


@functools.cache
def server_context():
    """A context of the standard library for SERVER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SERVER.path)
    return context


@functools.cache
def client_context():
    """A context of the standard library that trusts AUTHORITY."""
    return ssl.create_default_context(cadata=AUTHORITY.certificate_pem.decode())
