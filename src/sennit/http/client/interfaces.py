"""The interfaces of an HTTP client: agents, requests, responses, bodies."""

# ruff: noqa: N805 (zope interfaces have no self)

from __future__ import annotations

from typing import Any

from zope.interface import Attribute, Interface

from sennit.core.deferred import Deferred
from sennit.core.interfaces import IPushProducer

__all__ = [
    "UNKNOWN_LENGTH",
    "IAgent",
    "IAgentEndpointFactory",
    "IBodyProducer",
    "IClientRequest",
    "IPolicyForHTTPS",
    "IResponse",
]

UNKNOWN_LENGTH = "twisted.web.iweb.UNKNOWN_LENGTH"
"""The length of a body that only its end tells; programs compare with it, by identity or by value."""


class IClientRequest(Interface):
    """A request as it was sent."""

    method = Attribute("The method, bytes.")
    absoluteURI = Attribute("The absolute URI asked for, bytes, or None if it is not known.")
    headers = Attribute("The request's fields, a Headers.")


class IResponse(Interface):
    """A response to a client's request."""

    version = Attribute("The protocol's name, major and minor version, for example (b'HTTP', 1, 1).")
    code = Attribute("The status code, an int.")
    phrase = Attribute("The reason phrase, bytes.")
    headers = Attribute("The response's fields, a Headers.")
    length = Attribute("The body's length, or UNKNOWN_LENGTH.")
    request = Attribute("The IClientRequest that this answers.")
    previousResponse = Attribute("The response that led to this one by redirection, or None.")

    def deliverBody(protocol: Any) -> None:
        """Have a protocol receive the body; its connectionLost tells how it ended, once."""

    def setPreviousResponse(response: Any) -> None:
        """Note which response led to this one."""


class IBodyProducer(IPushProducer):
    """Produces the body of a request."""

    length = Attribute("How many octets the body has, or UNKNOWN_LENGTH.")

    def startProducing(consumer: Any) -> Deferred[None]:
        """Write the body to the consumer; the Deferred fires when all is written."""

    def stopProducing() -> None:
        """Write no more; the Deferred that startProducing returned is never to fire after this."""


class IAgent(Interface):
    """Makes requests."""

    def request(method: bytes, uri: bytes, headers: Any = None, bodyProducer: Any = None) -> Any:
        """Send a request.

        Args:
            method: The method.
            uri: The absolute URI.
            headers: The fields, a Headers or None.
            bodyProducer: The body, an IBodyProducer or None.

        Returns:
            A Deferred that fires with an IResponse when its head has come.
        """


class IPolicyForHTTPS(Interface):
    """Says how the server of an https URI is to be verified."""

    def creatorForNetloc(hostname: bytes, port: int) -> Any:
        """Return the TLS settings for a server, an IOpenSSLClientConnectionCreator."""


class IAgentEndpointFactory(Interface):
    """Says how the server of a URI is to be reached."""

    def endpointForURI(uri: Any) -> Any:
        """Return an IStreamClientEndpoint for a URI.

        Raises:
            SchemeNotSupported: If there is none for its scheme.
        """
