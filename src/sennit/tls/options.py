"""TLS settings as one object, which serves both engines.

`CertificateOptions` remembers what it was given.  From that it makes a context of the standard library, which
is what connections use; and, when somebody asks for it with ``getContext()``, one of pyOpenSSL.  Whoever has
the latter in hand may change it, so from then on connections use it.  The same holds for a subclass that
makes its own, and for the few settings that the standard library cannot express.
"""

from __future__ import annotations

import os
import ssl
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from zope.interface import implementer

from sennit.core.interfaces import (
    IOpenSSLClientConnectionCreator,
    IOpenSSLContextFactory,
    IOpenSSLServerConnectionCreator,
    IProtocolNegotiationFactory,
)
from sennit.tls.alpn import set_acceptable_protocols
from sennit.tls.bridge import openssl_ssl
from sennit.tls.ciphers import available_ciphers
from sennit.tls.engine import Engine
from sennit.tls.identity import Identity, IdentityFiles, IdentityObjects
from sennit.tls.standard import StandardEngine
from sennit.tls.trust import IOpenSSLTrustRoot, OpenSSLCertificateAuthorities, StandardTrust
from sennit.tls.versions import TLSVersion, standard_version

if TYPE_CHECKING:
    from sennit.tls.ciphers import DiffieHellmanParameters

__all__ = ["CertificateOptions"]

DEFAULT_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES:!aNULL:!SHA1:!AESCCM"
DEFAULT_CURVE = "prime256v1"
_DEFAULT_DEPTH = 9
_TLS_METHOD = 7
_NAME = "sennit.tls.CertificateOptions"
METHOD_NAMES = {
    "SSLv23_METHOD": 3,
    "TLSv1_METHOD": 4,
    "TLSv1_1_METHOD": 5,
    "TLSv1_2_METHOD": 6,
    "TLS_METHOD": _TLS_METHOD,
    "TLS_SERVER_METHOD": 8,
    "TLS_CLIENT_METHOD": 9,
}
"""The numbers of pyOpenSSL's methods."""
# What pyOpenSSL's methods limit the version to; None is no limit.
_METHODS: dict[int, TLSVersion | None] = {
    3: None,  # SSLv23_METHOD
    4: TLSVersion.TLSv1_0,
    5: TLSVersion.TLSv1_1,
    6: TLSVersion.TLSv1_2,
    _TLS_METHOD: None,
    8: None,  # TLS_SERVER_METHOD
    9: None,  # TLS_CLIENT_METHOD
}


@implementer(IOpenSSLServerConnectionCreator, IOpenSSLClientConnectionCreator, IOpenSSLContextFactory)
class CertificateOptions:
    """TLS settings: who we are, whom we trust, and how.

    Args:
        privateKey: Our key (`OpenSSL.crypto.PKey`).
        certificate: Our certificate (`OpenSSL.crypto.X509`).
        method: A pyOpenSSL method such as ``SSL.TLS_METHOD``; the version arguments below are better.
        verify: Whether to verify the other side with `caCerts`; `trustRoot` is better.
        caCerts: The authorities to trust (`OpenSSL.crypto.X509`).
        verifyDepth: How many certificates may stand between the other side's and the authority's.
        requireCertificate: Whether a client must show a certificate, if they are verified.
        verifyOnce: Whether to ask for it at the first handshake alone; there is only one.
        enableSingleUseKeys: Make a new Diffie-Hellman key for each connection.
        enableSessions: Let sessions be resumed.
        fixBrokenPeers: Be lenient with old implementations (``SSL_OP_ALL``).
        enableSessionTickets: Let clients keep their sessions as tickets (RFC 5077; RFC 8446, section 4.6.1).
        extraCertChain: The certificates between ours and the authority's.
        acceptableCiphers: The cipher suites to choose from, up to TLS 1.2.
        dhParameters: Parameters of finite-field Diffie-Hellman.
        trustRoot: The authorities to trust, or a `Certificate`; given, the other side is verified.
        acceptableProtocols: What to negotiate by ALPN, the preferred first.
        raiseMinimumTo: The lowest version, unless the default is higher.
        insecurelyLowerMinimumTo: The lowest version.
        lowerMaximumSecurityTo: The highest version.
        contextForServerName: Gives the `OpenSSL.SSL.Context` for the name that a client asks for; None for
            this one.

    Raises:
        TypeError: If arguments exclude each other.
        ValueError: If arguments are missing, or make no sense together.
    """

    _defaultMinimumTLSVersion = TLSVersion.TLSv1_2

    def __init__(
        self,
        privateKey: Any | None = None,
        certificate: Any | None = None,
        method: int | None = None,
        verify: bool = False,
        caCerts: Sequence[Any] | None = None,
        verifyDepth: int = _DEFAULT_DEPTH,
        requireCertificate: bool = True,
        verifyOnce: bool = True,
        enableSingleUseKeys: bool = True,
        enableSessions: bool = False,
        fixBrokenPeers: bool = False,
        enableSessionTickets: bool = False,
        extraCertChain: Sequence[Any] | None = None,
        acceptableCiphers: Any | None = None,
        dhParameters: DiffieHellmanParameters | None = None,
        trustRoot: Any | None = None,
        acceptableProtocols: Sequence[bytes] | None = None,
        raiseMinimumTo: TLSVersion | None = None,
        insecurelyLowerMinimumTo: TLSVersion | None = None,
        lowerMaximumSecurityTo: TLSVersion | None = None,
        contextForServerName: Callable[[bytes | None], Any] | None = None,
    ) -> None:
        _exclude("trustRoot", trustRoot is not None, verify=verify, requireCertificate=not requireCertificate)
        _exclude(
            "method",
            method is not None,
            raiseMinimumTo=raiseMinimumTo,
            insecurelyLowerMinimumTo=insecurelyLowerMinimumTo,
            lowerMaximumSecurityTo=lowerMaximumSecurityTo,
        )
        _exclude(
            "raiseMinimumTo",
            raiseMinimumTo is not None,
            insecurelyLowerMinimumTo=insecurelyLowerMinimumTo,
        )
        if (privateKey is None) != (certificate is None):
            raise ValueError("Specify neither or both of privateKey and certificate")
        if extraCertChain is not None and privateKey is None:
            raise ValueError(
                "A private key and a certificate are required when adding a supplemental certificate chain."
            )
        if verify and not caCerts:
            raise ValueError(
                "Specify client CA certificate information if and only if enabling certificate verification"
            )
        self.privateKey = privateKey
        self.certificate = certificate
        self.method = _TLS_METHOD if method is None else method
        self.verify = verify
        self.caCerts = caCerts
        self.verifyDepth = verifyDepth
        self.requireCertificate = requireCertificate
        self.verifyOnce = verifyOnce
        self.enableSingleUseKeys = enableSingleUseKeys
        self.enableSessions = enableSessions
        self.fixBrokenPeers = fixBrokenPeers
        self.enableSessionTickets = enableSessionTickets
        self.extraCertChain = list(extraCertChain or ())
        self.dhParameters = dhParameters
        self.trustRoot: Any = None
        self._acceptableProtocols = acceptableProtocols
        self._contextForServerName = contextForServerName
        self._identity: Identity | None = None
        if privateKey is not None:
            self._identity = IdentityObjects(certificate, privateKey, self.extraCertChain)
        if trustRoot is not None:
            self.verify = True
            if not isinstance(trustRoot, StandardTrust):
                trustRoot = IOpenSSLTrustRoot(trustRoot)
            self.trustRoot = trustRoot
        elif verify:
            self.trustRoot = OpenSSLCertificateAuthorities(caCerts or ())
        self._minimum, self._maximum = self._versions(
            method, raiseMinimumTo, insecurelyLowerMinimumTo, lowerMaximumSecurityTo
        )
        self._cipherString = DEFAULT_CIPHERS
        if acceptableCiphers is not None:
            chosen = acceptableCiphers.selectCiphers(available_ciphers())
            self._cipherString = ":".join(cipher.fullName for cipher in chosen)
            if not self._cipherString:
                raise ValueError("Supplied IAcceptableCiphers yielded no usable ciphers on this platform.")
        self._context: Any = None
        self._standard: dict[tuple[bool, bool, tuple[bytes, ...]], ssl.SSLContext] = {}

    @classmethod
    def from_files(
        cls, certificate: str | os.PathLike[str], key: str | os.PathLike[str] | None = None, **options: Any
    ) -> Self:
        """Make settings of files in PEM; needs no extra.

        Args:
            certificate: The certificate and what stands between it and the authority, in this order.
            key: The key; None if it is in the same file.
            **options: As for the class.
        """
        return cls.from_identity(IdentityFiles(certificate, key), **options)

    @classmethod
    def from_identity(cls, identity: Identity, **options: Any) -> Self:
        """Make settings of one who is `identity`; needs no extra.

        Args:
            identity: Who we are.
            **options: As for the class.
        """
        made = cls(**options)
        made._identity = identity
        return made

    def _versions(
        self,
        method: int | None,
        raised: TLSVersion | None,
        lowered: TLSVersion | None,
        maximum: TLSVersion | None,
    ) -> tuple[TLSVersion | None, TLSVersion | None]:
        if method is not None:
            only = _METHODS.get(method)
            return only, only
        if raised is not None and maximum is not None and raised > maximum:
            raise ValueError("raiseMinimumTo needs to be lower than lowerMaximumSecurityTo")
        if lowered is not None and maximum is not None and lowered > maximum:
            raise ValueError("insecurelyLowerMinimumTo needs to be lower than lowerMaximumSecurityTo")
        minimum = self._defaultMinimumTLSVersion
        if raised is not None:
            minimum = max(minimum, raised)
        elif lowered is not None:
            minimum = lowered
        if maximum is TLSVersion.SSLv3:
            raise ValueError("No OpenSSL speaks SSLv3 any more.")
        if maximum is not None and maximum < minimum:
            minimum = maximum
        # No OpenSSL has the oldest any more: whoever allows it allows whatever there is.
        return None if minimum is TLSVersion.SSLv3 else minimum, maximum

    # For pyOpenSSL.

    def getContext(self) -> Any:
        """Give the settings as an `OpenSSL.SSL.Context`, the same each time; connections use it from then on.

        Raises:
            MissingExtraError: If pyOpenSSL is not installed.
        """
        if self._context is None:
            self._context = self._makeContext()
        return self._context

    def clientConnectionForTLS(self, protocol: Any) -> Any:
        """Make the client's end of a connection: an `OpenSSL.SSL.Connection`, without verifying a name."""
        return openssl_ssl().Connection(self.getContext(), None)

    def serverConnectionForTLS(self, protocol: Any) -> Any:
        """Make the server's end of a connection: an `OpenSSL.SSL.Connection`."""
        return self._makeTLSConnection(protocol)

    def _makeTLSConnection(self, protocol: Any) -> Any:
        """Make either end of a connection, which offers or accepts by ALPN what the layer's factory says."""
        wrapped = getattr(getattr(protocol, "factory", None), "wrappedFactory", None)
        context = self.getContext()
        if IProtocolNegotiationFactory.providedBy(wrapped):
            context = self._makeContext()
            set_acceptable_protocols(context, wrapped.acceptableProtocols())
        return openssl_ssl().Connection(context, None)

    def _makeContext(self, skipCiphers: bool = False) -> Any:
        """Make a context of these settings; may be overridden.

        Args:
            skipCiphers: Whether to leave the ciphers at OpenSSL's own choice.
        """
        SSL = openssl_ssl()
        context = SSL.Context(self.method)
        flags = SSL.OP_NO_COMPRESSION | SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_RENEGOTIATION
        if self.fixBrokenPeers:
            flags |= SSL.OP_ALL
        if self.enableSingleUseKeys:
            flags |= SSL.OP_SINGLE_DH_USE | SSL.OP_SINGLE_ECDH_USE
        if not self.enableSessionTickets:
            flags |= SSL.OP_NO_TICKET
        context.set_options(flags)
        if self._minimum is not None:
            context.set_min_proto_version(_wire_version(self._minimum))
        if self._maximum is not None:
            context.set_max_proto_version(_wire_version(self._maximum))
        if self._identity is not None:
            self._identity.into_openssl(context)
        mode = SSL.VERIFY_NONE
        if self.verify:
            mode = SSL.VERIFY_PEER | SSL.VERIFY_CLIENT_ONCE * self.verifyOnce
            if self.requireCertificate:
                mode |= SSL.VERIFY_FAIL_IF_NO_PEER_CERT
            self.trustRoot._addCACertsToContext(context)
        context.set_verify(mode)
        context.set_verify_depth(self.verifyDepth)
        context.set_session_id(b"sennit")
        context.set_session_cache_mode(SSL.SESS_CACHE_SERVER if self.enableSessions else SSL.SESS_CACHE_OFF)
        if not skipCiphers:
            context.set_cipher_list(self._cipherString.encode("ascii"))
        if self.dhParameters is not None:
            context.load_tmp_dh(self.dhParameters.path.encode())
        if self._acceptableProtocols:
            set_acceptable_protocols(context, self._acceptableProtocols)
        choose = self._contextForServerName
        if choose is not None:
            context.set_tlsext_servername_callback(_switch(choose))
        return context

    # For the standard library.

    def standard_engine(self, is_client: bool, protocols: Sequence[bytes] | None) -> Engine | None:
        """Make one end of a connection with the standard library; None where pyOpenSSL must serve."""
        if self._needs_openssl(is_client):
            return None
        context = self.standard_context(is_client, protocols)
        return StandardEngine(context, server=not is_client, identity=self._identity)

    def standard_context(
        self, is_client: bool, protocols: Sequence[bytes] | None = None, check_hostname: bool = False
    ) -> ssl.SSLContext:
        """Give the settings as an `ssl.SSLContext`, the same each time.

        Args:
            is_client: Which end it is for.
            protocols: What to negotiate by ALPN; None for what these settings say.
            check_hostname: Whether a connection must find its server's name in the certificate.
        """
        offered = tuple((self._acceptableProtocols or ()) if protocols is None else protocols)
        key = (is_client, check_hostname, offered)
        context = self._standard.get(key)
        if context is None:
            context = self._standard[key] = self._make_standard(*key)
        return context

    def _needs_openssl(self, is_client: bool) -> bool:
        return (
            self._context is not None
            or self._contextForServerName is not None
            or self.verifyDepth != _DEFAULT_DEPTH
            or self.method not in _METHODS
            or (self.trustRoot is not None and not isinstance(self.trustRoot, StandardTrust))
            or (type(self) is not CertificateOptions and self._makes_its_own(is_client))
        )

    def _makes_its_own(self, is_client: bool) -> bool:
        """Tell whether a subclass makes contexts or connections in another way."""
        kind = type(self)
        connection = "clientConnectionForTLS" if is_client else "serverConnectionForTLS"
        return (
            kind.getContext is not CertificateOptions.getContext
            or kind._makeContext is not CertificateOptions._makeContext
            or getattr(kind, connection) is not getattr(CertificateOptions, connection)
        )

    def _make_standard(
        self, is_client: bool, check_hostname: bool, protocols: tuple[bytes, ...]
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if is_client else ssl.PROTOCOL_TLS_SERVER)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_RENEGOTIATION
        if self.enableSingleUseKeys:
            context.options |= ssl.OP_SINGLE_DH_USE | ssl.OP_SINGLE_ECDH_USE
        if not self.enableSessionTickets:
            context.options |= ssl.OP_NO_TICKET
        if not is_client and not (self.enableSessionTickets or self.enableSessions):
            context.num_tickets = 0
        with warnings.catch_warnings():
            # Who asks for an old version has been told, by the argument's name.
            warnings.simplefilter("ignore", DeprecationWarning)
            if self._minimum is not None:
                context.minimum_version = standard_version(self._minimum)
            if self._maximum is not None:
                context.maximum_version = standard_version(self._maximum)
        context.set_ciphers(self._cipherString)
        if self._identity is not None:
            self._identity.into_standard(context)
        if self.verify:
            self.trustRoot.into_standard(context)
            context.verify_mode = ssl.CERT_REQUIRED if self.requireCertificate else ssl.CERT_OPTIONAL
        if check_hostname:
            # A name stands in subjectAltName, or it does not count (RFC 9525, section 6.3).
            context.hostname_checks_common_name = False
            context.check_hostname = True
        if self.dhParameters is not None:
            context.load_dh_params(self.dhParameters.path)
        if protocols:
            context.set_alpn_protocols([name.decode("latin-1") for name in protocols])
        return context


def _exclude(name: str, given: bool, **others: Any) -> None:
    """Refuse arguments that exclude each other."""
    if given:
        for other, value in others.items():
            if value:
                raise TypeError(f"The {name!r} and {other!r} arguments to {_NAME} are mutually exclusive.")


def _wire_version(version: TLSVersion) -> int:
    """Give the number of a version in the protocol (RFC 8446, section 4.2.1)."""
    return 0x0300 + version.value


def _switch(choose: Callable[[bytes | None], Any]) -> Callable[[Any], None]:
    def switch(connection: Any) -> None:
        context = choose(connection.get_servername())
        if context is not None:
            connection.set_context(context)

    return switch
