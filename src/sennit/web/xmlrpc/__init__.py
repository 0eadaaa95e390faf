"""XML-RPC: remote calls in XML over HTTP, server and client.

The codec is the standard library's `xmlrpc.client`, in front of which a parser stands that refuses entity
declarations.

    class Arithmetic(XMLRPC):
        def xmlrpc_add(self, a, b):
            return a + b

    addIntrospection(arithmetic := Arithmetic())
    site = Site(arithmetic)

    total = await Proxy(b"http://localhost:8080/").callRemote("add", 3, 5)
"""

from __future__ import annotations

from xmlrpc.client import Binary, Boolean, DateTime, Fault

from sennit.web.xmlrpc.client import Proxy, QueryProtocol
from sennit.web.xmlrpc.codec import dumps, loads
from sennit.web.xmlrpc.server import (
    XMLRPC,
    Handler,
    NoSuchFunction,
    XMLRPCIntrospection,
    addIntrospection,
    withRequest,
)

__all__ = [
    "XMLRPC",
    "Binary",
    "Boolean",
    "DateTime",
    "Fault",
    "Handler",
    "NoSuchFunction",
    "Proxy",
    "QueryProtocol",
    "XMLRPCIntrospection",
    "addIntrospection",
    "dumps",
    "loads",
    "withRequest",
]
