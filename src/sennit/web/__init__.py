"""Publishing objects over HTTP: sites, resources, requests, static files.

from sennit.web import Resource, Site

class Hello(Resource):
isLeaf = True

def render_GET(self, request):
return b"Hello"

reactor.listenTCP(8080, Site(Hello()))
"""

from __future__ import annotations

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
