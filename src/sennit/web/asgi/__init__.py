"""ASGI applications on Sennit's server: lifespan, HTTP and WebSocket, over HTTP/1.1 and HTTP/2.

`ASGIResource` is an application as a place in a site; `ASGISite` is a site of one alone.
"""

from __future__ import annotations

from sennit.web.asgi.errors import ClientDisconnected, LifespanFailed, ProtocolMisuse
from sennit.web.asgi.resource import ASGIResource, ASGISite

__all__ = ["ASGIResource", "ASGISite", "ClientDisconnected", "LifespanFailed", "ProtocolMisuse"]
