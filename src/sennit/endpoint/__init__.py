"""Endpoints: where a connection is made or accepted, apart from the protocol that speaks over it.

A client endpoint connects (`HostnameEndpoint` by name, with Happy Eyeballs, RFC 8305; TCP, UNIX, TLS,
a child process); a server endpoint listens (TCP, UNIX, TLS, an inherited descriptor, standard input and
output); a datagram endpoint takes datagrams (UDP, multicast, UNIX).  `clientFromString`, `serverFromString`
and `datagram_from_string` make them from configuration text.  After connecting, nothing of an endpoint stays
between the loop and the protocol.
"""

from __future__ import annotations

from sennit.endpoint.adopted import AdoptedStreamServerEndpoint
from sennit.endpoint.datagrams import (
    IDatagramEndpoint,
    MulticastEndpoint,
    UDPEndpoint,
    UNIXDatagramEndpoint,
    datagram_from_string,
)
from sennit.endpoint.hostname import HostnameEndpoint
from sennit.endpoint.one import connectProtocol
from sennit.endpoint.plugins import add_parser_source, register_parser
from sennit.endpoint.process import ProcessEndpoint, StandardErrorBehavior
from sennit.endpoint.stdio import StandardIOEndpoint
from sennit.endpoint.strings import clientFromString, quoteStringArgument, serverFromString
from sennit.endpoint.tcp import TCP4ClientEndpoint, TCP4ServerEndpoint, TCP6ClientEndpoint, TCP6ServerEndpoint
from sennit.endpoint.tls import (
    MissingExtraError,
    SSL4ClientEndpoint,
    SSL4ServerEndpoint,
    wrapClientTLS,
    wrapServerTLS,
)
from sennit.endpoint.unix import UNIXClientEndpoint, UNIXServerEndpoint

__all__ = [
    "AdoptedStreamServerEndpoint",
    "HostnameEndpoint",
    "IDatagramEndpoint",
    "MissingExtraError",
    "MulticastEndpoint",
    "ProcessEndpoint",
    "SSL4ClientEndpoint",
    "SSL4ServerEndpoint",
    "StandardErrorBehavior",
    "StandardIOEndpoint",
    "TCP4ClientEndpoint",
    "TCP4ServerEndpoint",
    "TCP6ClientEndpoint",
    "TCP6ServerEndpoint",
    "UDPEndpoint",
    "UNIXClientEndpoint",
    "UNIXDatagramEndpoint",
    "UNIXServerEndpoint",
    "add_parser_source",
    "clientFromString",
    "connectProtocol",
    "datagram_from_string",
    "quoteStringArgument",
    "register_parser",
    "serverFromString",
    "wrapClientTLS",
    "wrapServerTLS",
]
