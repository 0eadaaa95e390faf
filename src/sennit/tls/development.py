"""A certificate for development: signed by itself, for a few names, for some days."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import re
from collections.abc import Sequence
from pathlib import Path

import idna

from sennit.core.extras import missing_extra

__all__ = ["make_certificate", "write_certificate"]

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*")


def make_certificate(names: Sequence[str], days: int = 30) -> tuple[bytes, bytes]:
    """Make a key and a certificate that it signs itself.

    Args:
        names: Host names and IP addresses; the first is also the common name.
        days: How long it is valid, from now on.

    Returns:
        The key and the certificate, in PEM.

    Raises:
        MissingExtraError: If cryptography is not installed.
        ValueError: If there is no name, or one is none, or `days` is not above 0.
    """
    if not names or days < 1:
        raise ValueError("A certificate needs a name and at least one day.")
    hosts = [_host(name) for name in names]
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        from sennit.tls.extensions import with_keys
    except ImportError:
        raise missing_extra("To make a certificate", "tls") from None
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, str(hosts[0]))])
    now = dt.datetime.now(dt.UTC)
    alternatives = [x509.DNSName(host) if isinstance(host, str) else x509.IPAddress(host) for host in hosts]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks differ a little.
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage(
                [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH, x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]
            ),
            critical=False,
        )
    )
    public = key.public_key()
    certificate = with_keys(builder, public, public, path_length=0).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return secret, certificate.public_bytes(pem)


def _host(name: str) -> str | ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Give a name as certificates have it.

    Raises:
        ValueError: If it is neither an address nor a name.
    """
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        pass
    bare = name.removeprefix("*.")
    if not bare.isascii():
        bare = idna.encode(bare, uts46=True).decode("ascii")
    if not _NAME.fullmatch(bare):
        raise ValueError(f"{name!r} is neither a host name nor an IP address.")
    return f"*.{bare}" if name.startswith("*.") else bare


def write_certificate(
    directory: Path, names: Sequence[str], days: int = 30, *, replace: bool = False
) -> tuple[Path, Path]:
    """Make a key and a certificate, and put them into files that only their owner can read.

    Args:
        directory: The folder; made if it is missing.
        names: As for `make_certificate`; the first gives the files their name.
        days: As for `make_certificate`.
        replace: Whether files that are there may be replaced.

    Returns:
        The paths: of the key and the certificate together, as a server takes it; and of the certificate
        alone, as a client does that should trust it.

    Raises:
        FileExistsError: If a file is there and must not be replaced.
        OSError: If a file cannot be written.
    """
    key, certificate = make_certificate(names, days)
    stem = names[0].replace("*", "_").replace(":", "_")
    directory.mkdir(parents=True, exist_ok=True)
    both, alone = directory / f"{stem}.pem", directory / f"{stem}.crt"
    if not replace:
        for path in (both, alone):
            if path.exists():
                raise FileExistsError(f"The file {path} exists already.")
    for path, content, mode in ((both, key + certificate, 0o600), (alone, certificate, 0o644)):
        path.unlink(missing_ok=True)
        with open(path, "xb", opener=lambda name, flags, mode=mode: os.open(name, flags, mode)) as file:  # type: ignore[misc]
            file.write(content)
    return both, alone
