"""SOCKS, by which a client behind a host has that host connect for it: versions 4, 4a and 5 (RFC 1928, 1929).

`SOCKSFactory` serves all of them; `SOCKS5ClientEndpoint` connects through such a server.  `SOCKSv4` and its
relations are the version 4 server that programs subclass.

The core (`events`, `parser`, `serializer`, `state`, `connection`, `errors`) does no input or output.
"""

from __future__ import annotations

from sennit.endpoint.socks import SOCKS5ClientEndpoint, SOCKSHandshake
from sennit.socks.connection import ServerConnection
from sennit.socks.errors import LocalProtocolError, RemoteProtocolError, SOCKSError
from sennit.socks.events import Choice, Command, Greeting, Login, Method, Reply, ReplyCode, Request, Verdict
from sennit.socks.interfaces import IProxyUser
from sennit.socks.server import Everybody, SOCKSFactory, SOCKSServer
from sennit.socks.version4 import (
    SOCKSv4,
    SOCKSv4Factory,
    SOCKSv4Incoming,
    SOCKSv4IncomingFactory,
    SOCKSv4Outgoing,
)

__all__ = [
    "Choice",
    "Command",
    "Everybody",
    "Greeting",
    "IProxyUser",
    "LocalProtocolError",
    "Login",
    "Method",
    "RemoteProtocolError",
    "Reply",
    "ReplyCode",
    "Request",
    "SOCKS5ClientEndpoint",
    "SOCKSError",
    "SOCKSFactory",
    "SOCKSHandshake",
    "SOCKSServer",
    "SOCKSv4",
    "SOCKSv4Factory",
    "SOCKSv4Incoming",
    "SOCKSv4IncomingFactory",
    "SOCKSv4Outgoing",
    "ServerConnection",
    "Verdict",
]
