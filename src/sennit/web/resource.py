"""Resources: a tree of objects whose paths are URLs.

A request walks down from the root, one path segment a step, until a leaf or the end of the path; what it
finds there answers.  Children are found by name; whoever makes its children on the way overrides `getChild`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zope.interface import implementer

from sennit.core.components import proxyForInterface
from sennit.http.codes import FORBIDDEN, NOT_FOUND
from sennit.log import Logger
from sennit.web.errors import UnsupportedMethod
from sennit.web.interfaces import IRequestEncoderFactory, IResource

__all__ = [
    "EncodingResourceWrapper",
    "ErrorPage",
    "ForbiddenResource",
    "IResource",
    "NoResource",
    "PlainErrorPage",
    "Resource",
    "UnsupportedMethod",
    "allowed_methods",
    "getChildForRequest",
]


def getChildForRequest(resource: Any, request: Any) -> Any:
    """Walk down from a resource as far as a request's path leads.

    Args:
        resource: Where to begin.
        request: Its `postpath` is moved to its `prepath`, segment by segment.

    Returns:
        The resource that answers.
    """
    postpath = request.postpath
    while postpath and not resource.isLeaf:
        segment = postpath.pop(0)
        request.prepath.append(segment)
        resource = resource.getChildWithDefault(segment, request)
    return resource


_log = Logger()
_renderers: dict[bytes, str] = {}


@implementer(IResource)
class Resource:
    """A place in a site.

    Give it methods ``render_GET``, ``render_POST`` and so on.  Each takes the request and returns the body in
    bytes, `NOT_DONE_YET` if it finishes the request itself, or a Deferred or coroutine (it may be ``async
    def``) that gives the body, or None when it has finished the request itself.

    Attributes:
        isLeaf: Whether this answers for every path below it.
        server: The site's server, if it has set itself here.
        children: The children that were put, by name.
        allowedMethods: The methods to name in a 405; found among the methods of the class if not set.
        streams_body: Whether a request is to be answered while its body arrives, which is then read from
            `Request.body` (`Site.routes_early`).
        body_limit: Octets that a request's body may have here; None for what the site's limits say.
    """

    isLeaf: bool | int = 0
    server: Any = None
    streams_body: bool = False
    body_limit: int | None = None
    entityType: ClassVar[Any] = IResource

    def __init__(self) -> None:
        self.children: dict[bytes, Any] = {}

    # Children

    def getChild(self, path: bytes, request: Any) -> Any:
        """Return a child that was not put; override this to make children as they are asked for.

        Args:
            path: The child's name, percent-decoded.
            request: The request on its way.

        Returns:
            A resource; by default one that answers 404.
        """
        return NoResource()

    def getChildWithDefault(self, path: bytes, request: Any) -> Any:
        """Return the child of a name: the one that was put, or what `getChild` gives."""
        child = self.children.get(path)
        return self.getChild(path, request) if child is None else child

    def getChildForRequest(self, request: Any) -> Any:
        """Walk down from here as far as a request's path leads."""
        return getChildForRequest(self, request)

    def putChild(self, path: bytes, child: Any) -> None:
        """Put a child under a name, replacing what was there.

        Args:
            path: One path segment, percent-decoded; ``b""`` is what a trailing slash leads to.
            child: The resource.

        Raises:
            TypeError: If path is not bytes.
        """
        if not isinstance(path, bytes):
            raise TypeError(f"Path segment must be bytes, but {path!r} is {type(path)}")
        self.children[path] = child
        child.server = self.server

    # Children as entities: the older names

    def reallyPutEntity(self, name: bytes, entity: Any) -> None:
        """Put a child, as `putChild`."""
        self.children[name] = entity

    def delEntity(self, name: bytes) -> None:
        """Remove a child.

        Raises:
            KeyError: If there is none of that name.
        """
        del self.children[name]

    def getStaticEntity(self, name: bytes) -> Any:
        """Return a child that was put, None if none was."""
        return self.children.get(name)

    def getDynamicEntity(self, name: bytes, request: Any) -> Any:
        """Return a child made for a request, None if none was."""
        return self.children.get(name)

    def listStaticNames(self) -> list[bytes]:
        """Return the names of the children that were put."""
        return list(self.children)

    def listStaticEntities(self) -> list[tuple[bytes, Any]]:
        """Return the children that were put, as (name, child)."""
        return list(self.children.items())

    def listNames(self) -> list[bytes]:
        """Return the names of all children."""
        return [*self.listStaticNames(), *self.listDynamicNames()]

    def listEntities(self) -> list[tuple[bytes, Any]]:
        """Return all children, as (name, child)."""
        return [*self.listStaticEntities(), *self.listDynamicEntities()]

    def listDynamicNames(self) -> list[bytes]:
        """Return the names of children that are made as they are asked for."""
        return []

    def listDynamicEntities(self, request: Any = None) -> list[tuple[bytes, Any]]:
        """Return the children that are made as they are asked for, as (name, child)."""
        return []

    # Answering

    def render(self, request: Any) -> Any:
        """Answer a request by the method named for its method.

        Returns:
            The body, `NOT_DONE_YET`, or an awaitable.

        Raises:
            UnsupportedMethod: If there is none.
        """
        method = request.method
        name = _renderers.get(method)
        if name is None:
            name = f"render_{method if isinstance(method, str) else method.decode('latin-1')}"
            # Bounded: peers choose methods.
            if len(_renderers) < 64:
                _renderers[method] = name
        renderer = getattr(self, name, None)
        if renderer is None:
            raise UnsupportedMethod(getattr(self, "allowedMethods", None) or allowed_methods(self))
        return renderer(request)

    def render_HEAD(self, request: Any) -> Any:
        """Answer a HEAD as a GET; the body is left out on the way."""
        render = getattr(self, "render_GET", None)
        if render is None:
            raise UnsupportedMethod(getattr(self, "allowedMethods", None) or allowed_methods(self))
        body = render(request)
        if isinstance(body, bytes) and body:
            _log.info(
                "HEAD request {request} for resource {resource} has a message body, which is left out.",
                request=request,
                resource=self,
            )
        return body


def allowed_methods(resource: object) -> list[bytes]:
    """Return the methods that a resource has a ``render_`` method for."""
    prefix = "render_"
    methods = sorted(name[len(prefix) :] for name in dir(resource) if name.startswith(prefix))
    if "GET" not in methods and "HEAD" in methods and type(resource).render_HEAD is Resource.render_HEAD:  # type: ignore[attr-defined]
        methods.remove("HEAD")
    return [method.encode("latin-1") for method in methods]


_PAGE = """<!DOCTYPE html>
<html><head><title>{code} - {brief}</title></head><body><h1>{brief}</h1><p>{detail}</p></body></html>
"""


class PlainErrorPage(Resource):
    """A resource that answers everything with an error."""

    def __init__(self, code: int, brief: str, detail: str) -> None:
        super().__init__()
        self.code = code
        self.brief = brief
        self.detail = detail

    def render(self, request: Any) -> bytes:
        """Answer with the page."""
        request.setResponseCode(self.code)
        request.setHeader(b"content-type", b"text/html; charset=utf-8")
        return self._page().encode("utf-8", "replace")

    def _page(self) -> str:
        return _PAGE.format(code=self.code, brief=_escape(self.brief), detail=_escape(self.detail))

    def getChild(self, path: bytes, request: Any) -> Any:
        """Return this same page."""
        return self


def _escape(text: str) -> str:
    # It brings all names of characters with it.
    from html import escape

    return escape(text)


class ErrorPage(PlainErrorPage):
    """A resource that answers with an error; `detail` is HTML, and whoever makes it has escaped it.

    Args:
        status: The status code.
        brief: What happened, in a few words of text.
        detail: What happened, in HTML.

    Attributes:
        template: The page, with places for ``code``, ``brief`` and ``detail``.
    """

    template = _PAGE.replace("{", "%(").replace("}", ")s")

    def __init__(self, status: int, brief: str, detail: str) -> None:
        super().__init__(status, brief, detail)

    def _page(self) -> str:
        return self.template % {"code": self.code, "brief": _escape(self.brief), "detail": self.detail}


class NoResource(ErrorPage):
    """A resource that answers 404.

    Args:
        message: What happened, in text.
    """

    def __init__(self, message: str = "Sorry. No luck finding that resource.") -> None:
        super().__init__(NOT_FOUND, "No Such Resource", message)

    def _page(self) -> str:
        return self.template % {
            "code": self.code,
            "brief": _escape(self.brief),
            "detail": _escape(self.detail),
        }


class ForbiddenResource(NoResource):
    """A resource that answers 403.

    Args:
        message: What happened, in text.
    """

    def __init__(self, message: str = "Sorry, resource is forbidden.") -> None:
        super().__init__(message)
        self.code = FORBIDDEN
        self.brief = "Forbidden Resource"


class EncodingResourceWrapper(proxyForInterface(IResource)):  # type: ignore[misc]  # the base is made here
    """A resource whose responses are encoded as the client accepts.

    Args:
        original: The resource.
        encoders: `IRequestEncoderFactory` objects; the first that takes a request encodes it.
    """

    def __init__(self, original: Any, encoders: Sequence[Any]) -> None:
        super().__init__(original)
        self._encoders = encoders

    def getEncoder(self, request: Any) -> Any:
        """Return the encoder for a request, None to leave its body alone."""
        for factory in self._encoders:
            encoder = IRequestEncoderFactory(factory).encoderForRequest(request)
            if encoder is not None:
                return encoder
        return None
