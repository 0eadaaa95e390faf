"""Resources that send the client elsewhere, or wait for another resource."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

from sennit.core.deferred import Deferred
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import Resource, getChildForRequest
from sennit.web.urlpath import URLPath

__all__ = ["DeferredResource", "ParentRedirect", "Redirect", "redirectTo"]

_PAGE = """<!DOCTYPE html>
<html><head><title>Found</title><meta http-equiv="refresh" content="0;URL={url}"></head>
<body><a href="{url}">click here</a></body></html>
"""


def redirectTo(URL: bytes, request: Any) -> bytes:
    """Redirect a request with a 302, and return a body that leads there too.

    Args:
        URL: Where to, percent-encoded.
        request: The request.

    Returns:
        The body, for `render` to return.

    Raises:
        TypeError: If URL is not bytes.
    """
    if not isinstance(URL, bytes):
        raise TypeError("URL must be bytes")
    request.setHeader(b"content-type", b"text/html; charset=utf-8")
    # What no URL holds is encoded; what is encoded already stays as it is.
    url = quote(URL, safe=_URL_CHARACTERS)
    request.redirect(url.encode("ascii"))
    return _PAGE.format(url=escape(url)).encode("ascii")


_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"


class Redirect(Resource):
    """Redirects every request.

    Args:
        url: Where to, percent-encoded.
    """

    isLeaf = True

    def __init__(self, url: bytes) -> None:
        super().__init__()
        self.url = url

    def render(self, request: Any) -> bytes:
        """Redirect."""
        return redirectTo(self.url, request)

    def getChild(self, name: bytes, request: Any) -> Any:
        """Return this same resource."""
        return self


class ParentRedirect(Resource):
    """Redirects every request to the directory it is in."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()

    def render(self, request: Any) -> bytes:
        """Redirect."""
        return redirectTo(str(URLPath.fromRequest(request).here()).encode("ascii"), request)

    def getChild(self, name: bytes, request: Any) -> Any:
        """Return this same resource."""
        return self


class DeferredResource(Resource):
    """Stands for a resource that is still being made.

    Args:
        d: A Deferred that gives the resource.
    """

    isLeaf = True

    def __init__(self, d: Deferred[Any]) -> None:
        super().__init__()
        self.d = d

    def getChild(self, name: bytes, request: Any) -> Any:
        """Return this same resource."""
        return self

    def render(self, request: Any) -> int:
        """Render the resource when it is there."""
        self.d.addCallback(self._have_resource, request).addErrback(request.processingFailed)
        return NOT_DONE_YET

    def _have_resource(self, resource: Any, request: Any) -> Any:
        request.render(getChildForRequest(resource, request))
        return resource
