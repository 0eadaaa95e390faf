"""TLS over any transport (RFC 8446; TLS 1.2, RFC 5246): settings, certificates, and the layer itself.

Names are loaded when they are first used.  Connections, `CertificateOptions` made from files, and clients
that verify their server need nothing but Python; certificates and keys as objects, and pyOpenSSL's contexts,
need the extra ``tls``, and say so.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sennit.core.native import prefer_compiled

prefer_compiled(__path__, "tls")

if TYPE_CHECKING:
    from OpenSSL import SSL, crypto

    from sennit.tls.alpn import (
        ProtocolNegotiationSupport,
        protocolNegotiationMechanisms,
        set_acceptable_protocols,
    )
    from sennit.tls.certificates import Certificate, CertificateRequest, PrivateCertificate
    from sennit.tls.ciphers import AcceptableCiphers, DiffieHellmanParameters, OpenSSLCipher
    from sennit.tls.client import ClientTLSOptions, optionsForClientTLS
    from sennit.tls.contexts import ClientContextFactory, ContextFactory, DefaultOpenSSLContextFactory
    from sennit.tls.development import make_certificate, write_certificate
    from sennit.tls.errors import TLSError, VerificationError
    from sennit.tls.factory import TLSMemoryBIOFactory
    from sennit.tls.folder import NamedCertificates, certificates_by_name
    from sennit.tls.identity import IdentityFiles, IdentityPEM
    from sennit.tls.keys import KeyPair, PublicKey
    from sennit.tls.layer import CONNECTION_LOST, TLSLayer
    from sennit.tls.names import DN, DistinguishedName
    from sennit.tls.options import METHOD_NAMES, CertificateOptions
    from sennit.tls.trust import (
        IOpenSSLTrustRoot,
        OpenSSLCertificateAuthorities,
        OpenSSLDefaultPaths,
        TrustFiles,
        platformTrust,
        trustRootFromCertificates,
    )
    from sennit.tls.versions import TLSVersion
    from sennit.tls.wrapper import BufferingTLSTransport, TLSMemoryBIOProtocol

__all__ = [
    "CONNECTION_LOST",
    "DN",
    "METHOD_NAMES",
    "SSL",
    "AcceptableCiphers",
    "BufferingTLSTransport",
    "Certificate",
    "CertificateOptions",
    "CertificateRequest",
    "ClientContextFactory",
    "ClientTLSOptions",
    "ContextFactory",
    "DefaultOpenSSLContextFactory",
    "DiffieHellmanParameters",
    "DistinguishedName",
    "IOpenSSLTrustRoot",
    "IdentityFiles",
    "IdentityPEM",
    "KeyPair",
    "NamedCertificates",
    "OpenSSLCertificateAuthorities",
    "OpenSSLCipher",
    "OpenSSLDefaultPaths",
    "PrivateCertificate",
    "ProtocolNegotiationSupport",
    "PublicKey",
    "TLSError",
    "TLSLayer",
    "TLSMemoryBIOFactory",
    "TLSMemoryBIOProtocol",
    "TLSVersion",
    "TrustFiles",
    "VerificationError",
    "certificates_by_name",
    "crypto",
    "make_certificate",
    "optionsForClientTLS",
    "platformTrust",
    "protocolNegotiationMechanisms",
    "set_acceptable_protocols",
    "trustRootFromCertificates",
    "write_certificate",
]

_HOMES = {
    "alpn": ("ProtocolNegotiationSupport", "protocolNegotiationMechanisms", "set_acceptable_protocols"),
    "certificates": ("Certificate", "CertificateRequest", "PrivateCertificate"),
    "ciphers": ("AcceptableCiphers", "DiffieHellmanParameters", "OpenSSLCipher"),
    "client": ("ClientTLSOptions", "optionsForClientTLS"),
    "contexts": ("ClientContextFactory", "ContextFactory", "DefaultOpenSSLContextFactory"),
    "development": ("make_certificate", "write_certificate"),
    "errors": ("TLSError", "VerificationError"),
    "factory": ("TLSMemoryBIOFactory",),
    "folder": ("NamedCertificates", "certificates_by_name"),
    "identity": ("IdentityFiles", "IdentityPEM"),
    "keys": ("KeyPair", "PublicKey"),
    "layer": ("CONNECTION_LOST", "TLSLayer"),
    "names": ("DN", "DistinguishedName"),
    "options": ("METHOD_NAMES", "CertificateOptions"),
    "trust": (
        "IOpenSSLTrustRoot",
        "OpenSSLCertificateAuthorities",
        "OpenSSLDefaultPaths",
        "TrustFiles",
        "platformTrust",
        "trustRootFromCertificates",
    ),
    "versions": ("TLSVersion",),
    "wrapper": ("BufferingTLSTransport", "TLSMemoryBIOProtocol"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in {"SSL", "crypto"}:
        from sennit.tls.bridge import openssl_crypto, openssl_ssl

        value = openssl_ssl() if name == "SSL" else openssl_crypto()
    elif name in _HOME:
        try:
            module = importlib.import_module(f"sennit.tls.{_HOME[name]}")
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in {"OpenSSL", "cryptography"}:
                raise
            from sennit.core.extras import missing_extra

            raise missing_extra(f"sennit.tls.{name}", "tls") from None
        value = getattr(module, name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=None)
    globals()[name] = value
    return value
