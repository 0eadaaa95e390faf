"""Interfaces of TLS: its transports, its settings, its connections.

A *context* is an `OpenSSL.SSL.Context`, a *connection* an `OpenSSL.SSL.Connection`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zope.interface import Attribute, Interface

from sennit.core.interfaces.protocol import IClientFactory, IProtocolFactory
from sennit.core.interfaces.transport import IConnector, IListeningPort, ITCPTransport

__all__ = [
    "IAcceptableCiphers",
    "ICipher",
    "INegotiated",
    "IOpenSSLClientConnectionCreator",
    "IOpenSSLContextFactory",
    "IOpenSSLServerConnectionCreator",
    "IProtocolNegotiationFactory",
    "IReactorSSL",
    "ISSLTransport",
    "ITLSTransport",
]


class ITLSTransport(ITCPTransport):
    """A connection that can change to TLS."""

    def startTLS(contextFactory: IOpenSSLClientConnectionCreator | IOpenSSLServerConnectionCreator) -> None:
        """Change to TLS, once everything written before is sent.

        Args:
            contextFactory: What makes the TLS connection; its role, client or server, is the connection's.
        """


class ISSLTransport(ITCPTransport):
    """A connection under TLS."""

    def getPeerCertificate() -> Any:
        """Give the other side's certificate; None if it showed none."""


class INegotiated(ISSLTransport):
    """A connection under TLS on which the two sides agree on a protocol (ALPN, RFC 7301)."""

    negotiatedProtocol: bytes | None = Attribute(
        "The name of the protocol agreed on; None if there is none, or before the handshake is done."
    )


class IProtocolNegotiationFactory(Interface):
    """A protocol factory that takes part in the negotiation of a protocol (ALPN, RFC 7301)."""

    def acceptableProtocols() -> list[bytes]:
        """List the protocols it speaks, the preferred first; names as IANA registers them."""


class IOpenSSLServerConnectionCreator(Interface):
    """Makes the server's side of TLS connections."""

    def serverConnectionForTLS(tlsProtocol: Any) -> Any:
        """Make a connection without a socket, ready to accept.

        Args:
            tlsProtocol: The TLS layer that the connection is for.
        """


class IOpenSSLClientConnectionCreator(Interface):
    """Makes the client's side of TLS connections."""

    def clientConnectionForTLS(tlsProtocol: Any) -> Any:
        """Make a connection without a socket, ready to connect.

        Args:
            tlsProtocol: The TLS layer that the connection is for.
        """


class IOpenSSLContextFactory(Interface):
    """Gives the context for TLS connections."""

    def getContext() -> Any:
        """Give the context, which may be the same each time."""


class ICipher(Interface):
    """A cipher suite."""

    fullName: str = Attribute("The name that OpenSSL uses.")


class IAcceptableCiphers(Interface):
    """A choice among cipher suites."""

    def selectCiphers(availableCiphers: Sequence[ICipher]) -> Sequence[ICipher]:
        """Choose from what is there, the preferred first."""


class IReactorSSL(Interface):
    """A reactor that makes TLS connections over TCP."""

    def connectSSL(
        host: str,
        port: int,
        factory: IClientFactory,
        contextFactory: IOpenSSLClientConnectionCreator | IOpenSSLContextFactory,
        timeout: float,
        bindAddress: tuple[str, int] | None,
    ) -> IConnector:
        """Make a connection.

        Args:
            host: A name, or an IPv4 or IPv6 address.
            port: The port number.
            factory: Builds the protocol, and hears of failure and loss.
            contextFactory: The TLS settings.
            timeout: Seconds until the attempt fails.
            bindAddress: The local ``(host, port)``, or None for any.
        """

    def listenSSL(
        port: int,
        factory: IProtocolFactory,
        contextFactory: IOpenSSLServerConnectionCreator | IOpenSSLContextFactory,
        backlog: int = 50,
        interface: str = "",
    ) -> IListeningPort:
        """Accept connections.

        Args:
            port: The port number; 0 for any that is free.
            factory: Builds a protocol for each connection.
            contextFactory: The TLS settings.
            backlog: How many connections may wait to be accepted.
            interface: The local address; empty for every IPv4 address.

        Raises:
            sennit.core.errors.CannotListenError: If the address cannot be had.
        """
