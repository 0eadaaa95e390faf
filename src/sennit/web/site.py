"""`Site`: a server for a tree of resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from zope.interface import implementer

from sennit.http.factory import HTTPFactory
from sennit.web.interfaces import IResource
from sennit.web.request import Request
from sennit.web.resource import EncodingResourceWrapper, getChildForRequest
from sennit.web.session import Session

__all__ = ["Site"]


@implementer(IResource)
class Site(HTTPFactory):
    """Serves a tree of resources over HTTP.

    Args:
        resource: The root of the tree.
        requestFactory: Makes requests; `Request` if None.
        *args: As for `HTTPFactory`.
        parsePOSTFormSubmission: Whether form bodies are read into `Request.args`.
        stream_bodies: Whether resources are found before a request's body arrives, so that their
            ``streams_body`` and ``body_limit`` count; then no ``getChild`` may look at the body.  By default
            only where the root answers every path itself, and wants it so.
        headers: Fields for every response that has none of their name.
        hsts: Seconds for which clients are to use TLS only, told under TLS (RFC 6797); None to say nothing.
        https_port: Where requests without TLS are sent; None to answer them.
        trusted_proxies: Networks whose ``Forwarded`` and ``X-Forwarded-*`` fields are believed; None for no
            such fields.
        **kwargs: As for `HTTPFactory`.

    Attributes:
        resource: The root of the tree.
        sessions: The sessions that have not expired, by identifier.
        sessionFactory: Makes sessions.
        displayTracebacks: Whether clients are shown tracebacks: for developers alone.
        counter: How many sessions were made.
        session_cookie: What the cookie is called by which sessions are found again.
        secure_session_cookie: What it is called under TLS.
    """

    counter = 0
    requestFactory: Callable[..., Any] = Request
    displayTracebacks = False
    isLeaf = 0
    sessionFactory: Callable[..., Any] = Session
    sessionCheckTime: float = 1800
    session_cookie = b"SENNIT_SESSION"
    secure_session_cookie = b"SENNIT_SECURE_SESSION"

    def __init__(
        self,
        resource: Any,
        requestFactory: Callable[..., Any] | None = None,
        *args: Any,
        parsePOSTFormSubmission: bool = True,
        stream_bodies: bool | None = None,
        headers: Mapping[str, str] | None = None,
        hsts: int | None = None,
        https_port: int | None = None,
        trusted_proxies: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sessions: dict[bytes, Any] = {}
        self.resource = resource
        self.stream_bodies = stream_bodies
        if requestFactory is not None:
            self.requestFactory = requestFactory
        if headers or hsts is not None or https_port is not None or trusted_proxies is not None:
            from sennit.web.site_policy import requests_with_policy

            self.requestFactory = requests_with_policy(
                self.requestFactory,
                headers=headers,
                hsts=hsts,
                https_port=https_port,
                trusted_proxies=trusted_proxies,
            )
        if not parsePOSTFormSubmission:
            self.requestFactory = partial(self.requestFactory, parsePOSTFormSubmission=False)

    def prepare(self, channel: Any) -> None:
        """Give a new channel what it needs of the site's."""
        super().prepare(channel)
        channel.site = self
        channel.requestFactory = self.requestFactory

    @property
    def routes_early(self) -> bool:
        """Whether resources are found before a request's body arrives."""
        if self.stream_bodies is not None:
            return self.stream_bodies
        root = self.resource
        if isinstance(root, EncodingResourceWrapper):
            root = root.original
        return bool(root.isLeaf) and (
            getattr(root, "streams_body", False) or getattr(root, "body_limit", None) is not None
        )

    def makeSession(self) -> Any:
        """Begin a session."""
        # It brings the ciphers of the standard library with it.
        import secrets

        uid = secrets.token_hex(32).encode("ascii")
        session = self.sessions[uid] = self.sessionFactory(self, uid)
        self.counter += 1
        session.startCheckingExpiration()
        return session

    def getSession(self, uid: bytes) -> Any:
        """Return a session.

        Args:
            uid: Its identifier.

        Raises:
            KeyError: If there is none, or none any more.
        """
        return self.sessions[uid]

    def getResourceFor(self, request: Any) -> Any:
        """Return the resource that answers a request."""
        request.site = self
        # Traversal changes the lists; a resource may move the site's root by what it leaves in this one.
        request.sitepath = request.prepath[:]
        resource = self.resource
        return resource if resource.isLeaf else getChildForRequest(resource, request)

    # A site can stand in another's tree.

    def render(self, request: Any) -> Any:
        """Send a client that asked for this site's place to its root."""
        request.redirect(request.prePathURL() + b"/")
        request.finish()

    def getChildWithDefault(self, pathEl: bytes, request: Any) -> Any:
        """Return a child of the root."""
        request.site = self
        return self.resource.getChildWithDefault(pathEl, request)

    def putChild(self, path: bytes, child: Any) -> None:
        """Put a child under the root."""
        self.resource.putChild(path, child)
