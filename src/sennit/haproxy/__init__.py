"""The PROXY protocol, versions 1 and 2: who connects, as told by a proxy in front of us.

A proxy, such as HAProxy, sends a header before everything else on a connection; it names the addresses of
the connection that the proxy accepted.  `HAProxyWrappingFactory` takes it off and builds the program's
protocol when it knows who is there.  Specification: "The PROXY protocol, versions 1 & 2", haproxy.org, 2020.

The core (`events`, `parser`, `serializer`, `checksum`, `errors`) does no input or output.
"""

from __future__ import annotations

from sennit.haproxy.errors import InvalidNetworkProtocol, InvalidProxyHeader, MissingAddressData
from sennit.haproxy.events import ProxyInfo
from sennit.haproxy.interfaces import IProxyInfo, IProxyParser
from sennit.haproxy.parser import HeaderParser, V1Parser, V2Parser, parse_v1, parse_v2
from sennit.haproxy.serializer import serialize_local, serialize_v1, serialize_v2
from sennit.haproxy.server import HAProxyProtocolWrapper, HAProxyWrappingFactory
from sennit.haproxy.trust import TRUSTED_BY_DEFAULT, TrustedSources

__all__ = [
    "TRUSTED_BY_DEFAULT",
    "HAProxyProtocolWrapper",
    "HAProxyWrappingFactory",
    "HeaderParser",
    "IProxyInfo",
    "IProxyParser",
    "InvalidNetworkProtocol",
    "InvalidProxyHeader",
    "MissingAddressData",
    "ProxyInfo",
    "TrustedSources",
    "V1Parser",
    "V2Parser",
    "parse_v1",
    "parse_v2",
    "serialize_local",
    "serialize_v1",
    "serialize_v2",
]
