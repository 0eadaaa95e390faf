"""The oldest form of TLS settings: objects with ``getContext()``.  New programs use `CertificateOptions`.

The two that are ready made serve the standard library's engine too, until somebody asks for the context.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from zope.interface import implementer

from sennit.core.interfaces import IOpenSSLContextFactory
from sennit.tls.bridge import openssl_ssl
from sennit.tls.engine import Engine
from sennit.tls.options import CertificateOptions

__all__ = ["ClientContextFactory", "ContextFactory", "DefaultOpenSSLContextFactory"]

_TLS_METHOD = 7


@implementer(IOpenSSLContextFactory)
class ContextFactory:
    """Gives the context for TLS connections; to be subclassed.

    Attributes:
        isClient: Whether it is for clients.
    """

    isClient = 0

    def getContext(self) -> Any:
        """Give an `OpenSSL.SSL.Context`."""
        raise TypeError(f"{type(self).__name__} must say which context to use: override getContext().")


class DefaultOpenSSLContextFactory(ContextFactory):
    """The context of a server with a key and a certificate in files.

    Args:
        privateKeyFileName: The file with the key (PEM).
        certificateFileName: The file with the certificate (PEM) and its chain.
        sslmethod: The pyOpenSSL method; by default any version from TLS 1.2 on.
        _contextFactory: Makes the context; by default `OpenSSL.SSL.Context`.

    Raises:
        OpenSSL.SSL.Error: If a file cannot be used.
    """

    def __init__(
        self,
        privateKeyFileName: str,
        certificateFileName: str,
        sslmethod: int = _TLS_METHOD,
        _contextFactory: Callable[[int], Any] | None = None,
    ) -> None:
        self.privateKeyFileName = privateKeyFileName
        self.certificateFileName = certificateFileName
        self.sslmethod = sslmethod
        self._contextFactory = _contextFactory
        self._context: Any = None
        self._options: CertificateOptions | None = None
        self._given = False
        self.cacheContext()

    def cacheContext(self) -> None:
        """Make the context."""
        if self._context is None:
            make = self._contextFactory or openssl_ssl().Context
            context = make(self.sslmethod)
            if hasattr(context, "set_min_proto_version") and self.sslmethod == _TLS_METHOD:
                context.set_min_proto_version(openssl_ssl().TLS1_2_VERSION)
            context.use_certificate_chain_file(self.certificateFileName)
            context.use_privatekey_file(self.privateKeyFileName)
            self._context = context

    def getContext(self) -> Any:
        """Give the context; connections use it from then on."""
        self._given = True
        return self._context

    def standard_engine(self, is_client: bool, protocols: Sequence[bytes] | None) -> Engine | None:
        """Make one end of a connection with the standard library; None where pyOpenSSL must serve."""
        if (
            self._given
            or self._contextFactory is not None
            or self.sslmethod != _TLS_METHOD
            or type(self).getContext is not DefaultOpenSSLContextFactory.getContext
            or type(self).cacheContext is not DefaultOpenSSLContextFactory.cacheContext
        ):
            return None
        return self._settings().standard_engine(is_client, protocols)

    def _settings(self) -> CertificateOptions:
        if self._options is None:
            self._options = CertificateOptions.from_files(
                self.certificateFileName,
                self.privateKeyFileName,
                enableSessions=True,
                enableSessionTickets=True,
            )
        return self._options


@implementer(IOpenSSLContextFactory)
class ClientContextFactory:
    """The context of a client that talks to anybody, without verifying who it is: `optionsForClientTLS` does.

    Attributes:
        isClient: Whether it is for clients.
        method: The pyOpenSSL method.
    """

    isClient = 1
    method = _TLS_METHOD
    _contextFactory: Callable[[int], Any] | None = None

    def getContext(self) -> Any:
        """Give a new context."""
        SSL = openssl_ssl()
        context = (self._contextFactory or SSL.Context)(self.method)
        if self.method == _TLS_METHOD:
            context.set_min_proto_version(SSL.TLS1_2_VERSION)
        return context
