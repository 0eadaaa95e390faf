"""Publishing objects over HTTP: sites, resources, requests, static files.

Each name below is loaded when it is first asked for: who serves resources need not wait for static files.

    from sennit.web import Resource, Site

    class Hello(Resource):
        isLeaf = True

        def render_GET(self, request):
            return b"Hello"

    reactor.listenTCP(8080, Site(Hello()))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sennit.lazy import loaded_when_asked

if TYPE_CHECKING:
    from sennit.http.headers import Headers
    from sennit.web import static
    from sennit.web.encoding import GzipEncoderFactory
    from sennit.web.errors import UnsupportedMethod
    from sennit.web.interfaces import IRequest, IResource
    from sennit.web.pages import errorPage, forbidden, notFound
    from sennit.web.redirect import DeferredResource, ParentRedirect, Redirect, redirectTo
    from sennit.web.request import NOT_DONE_YET, Request
    from sennit.web.resource import EncodingResourceWrapper, Resource, getChildForRequest
    from sennit.web.session import Session
    from sennit.web.site import Site

__all__ = [
    "NOT_DONE_YET",
    "DeferredResource",
    "EncodingResourceWrapper",
    "GzipEncoderFactory",
    "Headers",
    "IRequest",
    "IResource",
    "ParentRedirect",
    "Redirect",
    "Request",
    "Resource",
    "Session",
    "Site",
    "UnsupportedMethod",
    "errorPage",
    "forbidden",
    "getChildForRequest",
    "notFound",
    "redirectTo",
    "static",
]

_HOMES = {
    "DeferredResource": "sennit.web.redirect",
    "EncodingResourceWrapper": "sennit.web.resource",
    "GzipEncoderFactory": "sennit.web.encoding",
    "Headers": "sennit.http.headers",
    "IRequest": "sennit.web.interfaces",
    "IResource": "sennit.web.interfaces",
    "NOT_DONE_YET": "sennit.web.request",
    "ParentRedirect": "sennit.web.redirect",
    "Redirect": "sennit.web.redirect",
    "Request": "sennit.web.request",
    "Resource": "sennit.web.resource",
    "Session": "sennit.web.session",
    "Site": "sennit.web.site",
    "UnsupportedMethod": "sennit.web.errors",
    "errorPage": "sennit.web.pages",
    "forbidden": "sennit.web.pages",
    "getChildForRequest": "sennit.web.resource",
    "notFound": "sennit.web.pages",
    "redirectTo": "sennit.web.redirect",
}

_load, __dir__ = loaded_when_asked(__name__, _HOMES, __all__)


def __getattr__(name: str) -> Any:
    return importlib.import_module("sennit.web.static") if name == "static" else _load(name)
