"""Clients of TLS that know whom they want to talk to, and make sure.

With the standard library's engine OpenSSL itself looks for the name in the certificate, in the middle of
the handshake, so that the other side learns by an alert why it was left.  With pyOpenSSL's, service-identity
does, when the handshake is complete and before any data is handed on.  Both follow RFC 9525: the name must be
among the certificate's subjectAltNames; its common name does not count.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Sequence
from typing import Any

import idna
from zope.interface import implementer

from sennit.core.extras import missing_extra
from sennit.core.failure import Failure
from sennit.core.interfaces import IOpenSSLClientConnectionCreator
from sennit.tls.bridge import openssl_ssl
from sennit.tls.engine import Engine
from sennit.tls.identity import Identity
from sennit.tls.options import CertificateOptions
from sennit.tls.standard import StandardEngine
from sennit.tls.trust import platformTrust

__all__ = ["ClientTLSOptions", "optionsForClientTLS", "verify_hostname"]


def optionsForClientTLS(
    hostname: str,
    trustRoot: Any | None = None,
    clientCertificate: Any | None = None,
    acceptableProtocols: Sequence[bytes] | None = None,
    *,
    extraCertificateOptions: dict[str, Any] | None = None,
    sendServerName: bool | None = None,
) -> ClientTLSOptions:
    """Make the TLS settings of a client that talks to one host, and to nobody else.

    Args:
        hostname: The host's name, or its IP address.
        trustRoot: The authorities to trust, or a `Certificate`; by default those of the platform.
        clientCertificate: The `PrivateCertificate` or `IdentityPEM` to show, if asked.
        acceptableProtocols: What to negotiate by ALPN, the preferred first.
        extraCertificateOptions: More arguments for `CertificateOptions`.
        sendServerName: Whether to tell the server which host is meant (SNI, RFC 6066, section 3); by
            default a name is told and an IP address is not.

    Raises:
        TypeError: If the name is not text.
        idna.IDNAError: If it is no name.
    """
    if not isinstance(hostname, str):
        raise TypeError(f"optionsForClientTLS requires text for host names, not {type(hostname).__name__}")
    options = dict(extraCertificateOptions or {})
    identity = clientCertificate if isinstance(clientCertificate, Identity) else None
    if clientCertificate is not None and identity is None:
        options.setdefault("privateKey", clientCertificate.privateKey.original)
        options.setdefault("certificate", clientCertificate.original)
    settings = CertificateOptions(
        trustRoot=platformTrust() if trustRoot is None else trustRoot,
        acceptableProtocols=acceptableProtocols,
        **options,
    )
    if identity is not None:
        settings._identity = identity
    return ClientTLSOptions(hostname, settings, sendServerName)


@implementer(IOpenSSLClientConnectionCreator)
class ClientTLSOptions:
    """The TLS settings of a client that talks to one host.

    Args:
        createConnection: A function that makes a connection for a layer; or `CertificateOptions`; or an
            `OpenSSL.SSL.Context`.
        hostname: The host's name, or its IP address; it may also come first.
        sendServerName: Whether to tell the server which host is meant; None to tell a name.
    """

    def __init__(self, createConnection: Any, hostname: Any, sendServerName: bool | None = None) -> None:
        if isinstance(createConnection, str):
            createConnection, hostname = hostname, createConnection
        self._hostname = hostname
        self._hostnameIsDnsName = not _is_address(hostname)
        self._hostnameASCII = _ascii_name(hostname) if self._hostnameIsDnsName else hostname
        self._hostnameBytes = self._hostnameASCII.encode("ascii")
        self._sendServerName = self._hostnameIsDnsName if sendServerName is None else sendServerName
        self._settings = createConnection if isinstance(createConnection, CertificateOptions) else None
        self._source = createConnection
        self._session: ssl.SSLSession | None = None

    @property
    def _ctx(self) -> Any:
        return self._source if self._settings is None else self._settings.getContext()

    @property
    def _createConnection(self) -> Any:
        """What makes the connections, under the name that programs which need it look for."""
        return self._source if self._settings is None else self._settings._makeTLSConnection

    def standard_engine(self, is_client: bool, protocols: Sequence[bytes] | None) -> Engine | None:
        """Make the client's end by the standard library; None where pyOpenSSL must serve."""
        settings = self._settings
        kind = type(self)
        if (
            settings is None
            or not is_client
            or settings._needs_openssl(is_client=True)
            or self._sendServerName != self._hostnameIsDnsName
            or kind.clientConnectionForTLS is not ClientTLSOptions.clientConnectionForTLS
            or kind._identityVerifyingInfoCallback is not ClientTLSOptions._identityVerifyingInfoCallback
        ):
            return None
        resumes = settings.enableSessions or settings.enableSessionTickets
        return StandardEngine(
            settings.standard_context(is_client=True, protocols=protocols, check_hostname=settings.verify),
            server=False,
            hostname=self._hostnameASCII,
            session=self._session,
            keep_session=self._keep if resumes else None,
            identity=settings._identity,
        )

    def _keep(self, session: ssl.SSLSession) -> None:
        self._session = session

    def resume_from(self, transport: Any) -> None:
        """Have connections from now on resume the session of one that is not over yet, as FTP's do.

        Args:
            transport: The connection, made with these settings; if pyOpenSSL serves it, nothing is resumed.
        """
        tls = getattr(transport.getHandle(), "tls", None)
        session = getattr(tls, "session", None)
        if session is not None:
            self._keep(session)

    def clientConnectionForTLS(self, tlsProtocol: Any) -> Any:
        """Make the client's end of a connection: an `OpenSSL.SSL.Connection` that verifies the name.

        Raises:
            MissingExtraError: If pyOpenSSL or service-identity is not installed.
        """
        SSL = openssl_ssl()
        source = self._source
        if self._settings is not None:
            connection = self._settings.clientConnectionForTLS(tlsProtocol)
        elif isinstance(source, SSL.Context):
            connection = SSL.Connection(source, None)
        else:
            connection = source(tlsProtocol)
        connection.set_app_data(tlsProtocol)
        if callable(source):
            # A subclass may verify in another way, by a callback of its own after this one.
            _verify_by_certificate(connection, self._hostnameASCII)
        else:
            connection.set_info_callback(_guarded(self._identityVerifyingInfoCallback))
        if self._sendServerName:
            connection.set_tlsext_host_name(self._hostnameBytes)
        return connection

    def _identityVerifyingInfoCallback(self, connection: Any, where: int, ret: int) -> None:
        """Verify the name when the handshake is complete; may be overridden."""
        if where & openssl_ssl().SSL_CB_HANDSHAKE_DONE:
            verify_hostname(connection, self._hostnameASCII)


def verify_hostname(connection: Any, hostname: str) -> None:
    """Make sure that the other side's certificate is for a host.

    Args:
        connection: An `OpenSSL.SSL.Connection` whose handshake is complete.
        hostname: The host's name, or its IP address.

    Raises:
        VerificationError: If it is not.
        MissingExtraError: If service-identity is not installed.
    """
    verify_certificate(connection.get_peer_certificate(), hostname)


def _verify_by_certificate(connection: Any, hostname: str) -> None:
    """Have a connection verify its server's name as soon as it sees the certificate.

    Whether the certificate must be trusted as well is as the connection's context says.
    """
    SSL = openssl_ssl()
    trusts_any = connection.get_context().get_verify_mode() == SSL.VERIFY_NONE

    def verify(connection: Any, certificate: Any, _error: int, depth: int, ok: int) -> bool:
        if not (ok or trusts_any):
            return False
        if depth == 0:
            try:
                verify_certificate(certificate, hostname)
            except BaseException:
                connection.get_app_data().failVerification(Failure())
                return False
        return True

    connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, verify)


def verify_certificate(certificate: Any, hostname: str) -> None:
    """Make sure that a certificate is for a host.

    Args:
        certificate: An `OpenSSL.crypto.X509`.
        hostname: The host's name, or its IP address.

    Raises:
        VerificationError: If it is not.
        MissingExtraError: If service-identity is not installed.
    """
    try:
        from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
        from service_identity.pyopenssl import extract_patterns
    except ImportError:
        raise missing_extra("The verification of host names by service-identity", "tls") from None
    identity = IPAddress_ID(hostname) if _is_address(hostname) else DNS_ID(hostname)
    verify_service_identity(extract_patterns(certificate), [identity], [])


def _guarded(callback: Callable[[Any, int, int], None]) -> Callable[[Any, int, int], None]:
    """Have what a callback raises end its connection: OpenSSL would go on without a word."""

    def guarded(connection: Any, where: int, ret: int) -> None:
        try:
            callback(connection, where, ret)
        except BaseException:
            connection.get_app_data().failVerification(Failure())

    return guarded


def _is_address(hostname: str) -> bool:
    try:
        ipaddress.ip_address(hostname)
    except ValueError:
        return False
    return True


def _ascii_name(hostname: str) -> str:
    """Give a name as the certificate has it (IDNA 2008; what is ASCII already is left as it is)."""
    try:
        hostname.encode("ascii")
    except UnicodeEncodeError:
        return idna.encode(hostname, uts46=True).decode("ascii")
    return hostname.removesuffix(".") or hostname
