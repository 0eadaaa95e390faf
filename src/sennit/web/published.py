"""A site in another process: the octets between a `ResourceSubscription` and a `ResourcePublisher`.

Requests travel as HTTP over a UNIX socket (or TCP), each with one field more, `IDENTITY`: there the process
in front says what the connection cannot: who asks, under which name, whether by TLS, and how much of the path
has been walked.  A publisher believes whoever can connect to it, so its socket is for the process in front
alone.
"""

from __future__ import annotations

import json
from typing import Any

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.http.codes import BAD_REQUEST
from sennit.web.request import Request
from sennit.web.resource import getChildForRequest
from sennit.web.site import Site

__all__ = ["IDENTITY", "PublishedRequest", "PublishingSite", "identity_of"]

IDENTITY = b"Sennit-Published-Request"
"""The field that says who asks."""


def identity_of(request: Any) -> bytes:
    """Return what a publisher is told of a request, one line of JSON in ASCII."""
    client, host = request.getClientAddress(), request.getHost()
    return json.dumps(
        {
            "client": [getattr(client, "host", None), getattr(client, "port", None)],
            "host": [getattr(host, "host", None), getattr(host, "port", None)],
            "secure": bool(request.isSecure()),
            "prepath": [segment.decode("latin-1") for segment in request.prepath],
            "postpath": [segment.decode("latin-1") for segment in request.postpath],
        }
    ).encode("ascii")


def _address(pair: Any) -> Any:
    name, port = pair
    if not isinstance(name, str) or not isinstance(port, int):
        return None
    return (IPv6Address if ":" in name else IPv4Address)("TCP", name, port)


class PublishedRequest(Request):
    """A request that another process was asked."""

    def process(self) -> None:
        """Be the request that the other process has, and answer it."""
        site = self.site = self.channel.site
        try:
            told = json.loads(self.getHeader(IDENTITY) or b"")
            self.prepath = [segment.encode("latin-1") for segment in told["prepath"]]
            self.postpath = [segment.encode("latin-1") for segment in told["postpath"]]
            client, host = _address(told["client"]), _address(told["host"])
            self._forceSSL = int(told["secure"])
        except (ValueError, KeyError, TypeError, AttributeError):
            self.setResponseCode(BAD_REQUEST)
            self.setHeader(b"content-type", b"text/plain")
            self.write(b"A publisher answers the process in front of it alone.\n")
            self.finish()
            return
        self.requestHeaders.removeHeader(IDENTITY)
        if client is not None:
            self.client = client
        if host is not None:
            self.host = host
        self.sitepath = self.prepath[:]
        try:
            resource = site.published.resource
            self.site = site.published
            self.render(resource if resource.isLeaf else getChildForRequest(resource, self))
        except Exception:
            from sennit.core.failure import Failure

            self.processingFailed(Failure())


class PublishingSite(Site):
    """Listens for the process in front, for a site that is published to it.

    Args:
        published: The site.
        **options: As for `Site`.
    """

    requestFactory = PublishedRequest

    def __init__(self, published: Any, **options: Any) -> None:
        super().__init__(published.resource, **options)
        self.published = published
