"""What the TLS kinds of descriptions name: certificate and key files, and directories of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sennit.endpoint.tls import (
    SSL4ClientEndpoint,
    SSL4ServerEndpoint,
    tls_room,
    wrapClientTLS,
    wrapServerTLS,
)

__all__ = ["ssl_client", "ssl_server", "tls_client", "tls_server"]

_PEM_END = b"-----END CERTIFICATE-----"


def _certificates(pem: bytes) -> list[bytes]:
    """Split a chain of PEM certificates."""
    return [part.lstrip() + _PEM_END + b"\n" for part in pem.split(_PEM_END)[:-1]]


def _trust(room: Any, directory: str | None) -> Any:
    """Return the trust roots in a directory of PEM files; None for the platform's."""
    if directory is None:
        return None
    found = [
        room.Certificate.loadPEM(one)
        for file in sorted(Path(directory).glob("*.pem"))
        for one in _certificates(file.read_bytes())
    ]
    return room.trustRootFromCertificates(found)


def ssl_server(
    reactor: Any,
    port: int,
    private_key: str,
    certificate: str | None,
    method: str | None,
    interface: str,
    backlog: int,
    extra_chain: str | None,
    dh_parameters: str | None,
) -> SSL4ServerEndpoint:
    """Return the endpoint of an ``ssl:`` description for servers.

    Raises:
        MissingExtraError: If Sennit was installed without TLS.
        OSError: If a file cannot be read.
        ValueError: If a file does not hold what it must.
    """
    room = tls_room()
    key_pem = Path(private_key).read_bytes()
    certificate_pem = key_pem if certificate is None else Path(certificate).read_bytes()
    options: dict[str, Any] = {}
    if method is not None:
        options["method"] = getattr(room.SSL, method)
    if extra_chain is not None:
        chain = _certificates(Path(extra_chain).read_bytes())
        if not chain:
            raise ValueError(f"The file {extra_chain!r} given as extraCertChain holds no certificate.")
        options["extraCertChain"] = [room.Certificate.loadPEM(one).original for one in chain]
    if dh_parameters is not None:
        options["dhParameters"] = room.DiffieHellmanParameters.fromFile(Path(dh_parameters))
    context = room.CertificateOptions(
        privateKey=room.KeyPair.load(key_pem, room.crypto.FILETYPE_PEM).original,
        certificate=room.Certificate.loadPEM(certificate_pem).original,
        **options,
    )
    return SSL4ServerEndpoint(reactor, port, context, backlog, interface)


def ssl_client(
    reactor: Any,
    host: str,
    port: int,
    timeout: float,
    bind_address: Any,
    certificate: str | None,
    private_key: str | None,
    trust_directory: str | None,
    hostname: str | None,
) -> SSL4ClientEndpoint:
    """Return the endpoint of an ``ssl:`` description for clients, which verifies the peer's name.

    Raises:
        MissingExtraError: If Sennit was installed without TLS.
        OSError: If a file cannot be read.
    """
    options = _client_options(hostname or host, certificate, private_key, trust_directory)
    return SSL4ClientEndpoint(reactor, host, port, options, timeout, bind_address)


def tls_client(
    below: Any, host: str, certificate: str | None, private_key: str | None, trust_directory: str | None
) -> Any:
    """Return the endpoint of a ``tls:`` description for clients.

    Raises:
        MissingExtraError: If Sennit was installed without TLS.
        OSError: If a file cannot be read.
    """
    return wrapClientTLS(_client_options(host, certificate, private_key, trust_directory), below)


def _client_options(
    host: str, certificate: str | None, private_key: str | None, trust_directory: str | None
) -> Any:
    room = tls_room()
    own = None
    if certificate is not None:
        pem = Path(certificate).read_bytes()
        own = room.PrivateCertificate.fromCertificateAndKeyPair(
            room.Certificate.loadPEM(pem),
            room.KeyPair.load(
                pem if private_key is None else Path(private_key).read_bytes(), room.crypto.FILETYPE_PEM
            ),
        )
    return room.optionsForClientTLS(host, trustRoot=_trust(room, trust_directory), clientCertificate=own)


def tls_server(below: Any, directory: str) -> Any:
    """Return the endpoint of a ``tls:`` description for servers: one certificate by name and file.

    Raises:
        MissingExtraError: If Sennit was installed without TLS.
    """
    return wrapServerTLS(tls_room().certificates_by_name(Path(directory)), below)
