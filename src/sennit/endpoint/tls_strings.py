"""What the TLS kinds of descriptions name: certificate and key files, and directories of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sennit.endpoint.tls import (
    SSL4ClientEndpoint,
    SSL4ServerEndpoint,
    wrapClientTLS,
    wrapServerTLS,
)

__all__ = ["ssl_client", "ssl_server", "tls_client", "tls_server"]


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
        OSError: If a file cannot be read.
        ValueError: If a file does not hold what it must.
    """
    from sennit import tls as room

    options: dict[str, Any] = {}
    if method is not None:
        if method not in room.METHOD_NAMES:
            raise ValueError(f"There is no sslmethod {method!r}; there are {', '.join(room.METHOD_NAMES)}.")
        options["method"] = room.METHOD_NAMES[method]
    if dh_parameters is not None:
        options["dhParameters"] = room.DiffieHellmanParameters.fromFile(Path(dh_parameters))
    key_pem = Path(private_key).read_bytes()
    identity = room.IdentityPEM(
        key_pem if certificate is None else Path(certificate).read_bytes(),
        key_pem,
        None if extra_chain is None else Path(extra_chain).read_bytes(),
    )
    context = room.CertificateOptions.from_identity(identity, **options)
    # What is wrong with a file should be known before anybody connects.
    context.standard_context(is_client=False)
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
        OSError: If a file cannot be read.
    """
    options = _client_options(hostname or host, certificate, private_key, trust_directory)
    return SSL4ClientEndpoint(reactor, host, port, options, timeout, bind_address)


def tls_client(
    below: Any, host: str, certificate: str | None, private_key: str | None, trust_directory: str | None
) -> Any:
    """Return the endpoint of a ``tls:`` description for clients.

    Raises:
        OSError: If a file cannot be read.
    """
    return wrapClientTLS(_client_options(host, certificate, private_key, trust_directory), below)


def _client_options(
    host: str, certificate: str | None, private_key: str | None, trust_directory: str | None
) -> Any:
    from sennit import tls as room

    own = None
    if certificate is not None:
        pem = Path(certificate).read_bytes()
        own = room.IdentityPEM(pem, pem if private_key is None else Path(private_key).read_bytes())
    trust = None
    if trust_directory is not None:
        trust = room.TrustFiles(*sorted(Path(trust_directory).glob("*.pem")))
    return room.optionsForClientTLS(host, trustRoot=trust, clientCertificate=own)


def tls_server(below: Any, directory: str) -> Any:
    """Return the endpoint of a ``tls:`` description for servers: one certificate by name and file.

    Raises:
        OSError: If the directory or a file cannot be read.
        ValueError: If there is no PEM file.
    """
    from sennit.tls import certificates_by_name

    return wrapServerTLS(certificates_by_name(Path(directory)), below)
