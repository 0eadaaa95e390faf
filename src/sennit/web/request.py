"""`Request`: a request to a site, by Twisted's ``twisted.web.server`` names.

It finds its resource, lets it render, and sends what comes back, now or when a Deferred or coroutine gives
it. An error in a resource becomes a 500 and a report; nothing of it reaches the client.
"""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from sennit.core.components import Componentized
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.report import report_error
from sennit.http import codes
from sennit.http import request as http_request
from sennit.http.errors import RemoteProtocolError
from sennit.http.lazily import lazily
from sennit.http.serializer import Openings
from sennit.log import Logger
from sennit.version import __version__
from sennit.web.errors import UnsupportedMethod
from sennit.web.interfaces import IRequest
from sennit.web.resource import EncodingResourceWrapper, PlainErrorPage
from sennit.web.viewed import ViewedRequest

if TYPE_CHECKING:
    from sennit.web.urlpath import URLPath

__all__ = ["NOT_DONE_YET", "Request", "supportedMethods", "version"]

NOT_DONE_YET = 1
"""What a resource returns when it will finish the request itself, later."""

supportedMethods = (b"GET", b"HEAD", b"POST")
"""The methods a site is expected to know: another one gets a 501 where a resource does not answer to it."""

version = b"Sennit/" + __version__.encode("ascii")
"""What the Server field says."""

_log = Logger()
_PERCENT = ord("%")
_FAILED = b"<html><head><title>Processing Failed</title></head><body><b>Processing Failed</b></body></html>"


def _decoded(segments: list[bytes]) -> list[bytes]:
    # Few paths have a character that needs this, and it brings much with it; so has a URL to be made.
    from urllib.parse import unquote_to_bytes

    return [unquote_to_bytes(segment) for segment in segments]


def _quote(segment: bytes) -> str:
    from urllib.parse import quote

    return quote(segment, safe=b"")


def _traceback_page(reason: Failure) -> bytes:
    """Return a page for developers."""
    from sennit.web.failure_page import formatFailure

    return b"<!DOCTYPE html>\n<title>Processing Failed</title>\n" + formatFailure(reason)


@implementer(IRequest)
class Request(http_request.Request, Componentized, ViewedRequest):
    """A request to a site.

    Attributes:
        site: The site it is to.
        prepath: The decoded path segments that led to the resource.
        postpath: The decoded path segments after the resource.
        sitepath: Those that led to the site, when it stands in another's tree.
        appRootURL: What `rememberRootURL` remembered.
    """

    defaultContentType: bytes | None = b"text/html"
    site: Any = None
    appRootURL: bytes | None = None
    # Empty until the request is there; not made on demand, since CPython 3.11 is slow with attributes that a
    # class has as an object of Python's.
    prepath: list[bytes] = ()  # type: ignore[assignment]
    postpath: list[bytes] = ()  # type: ignore[assignment]
    sitepath: list[bytes]
    __pychecker__ = "unusednames=issuer"

    _secure_session: Any = None
    _plain_session: Any = None

    _openings = Openings(version)

    @lazily
    def _adapterCache(self) -> dict[str, Any]:
        """The adapters kept by `Componentized`."""
        return {}

    # Answering

    def headReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Find the resource before the body arrives, where the site wants that or nothing else would do.

        A resource's `body_limit` holds from here on, and one that says ``streams_body`` answers from here on.
        """
        site = self.channel.site
        head = self._head
        tunnels = head is not None and head.protocol is not None
        if not tunnels and not getattr(site, "routes_early", False):
            return
        self._take_line(command, path, version)
        streaming = False
        try:
            resource = self._find()
            original = resource.original if isinstance(resource, EncodingResourceWrapper) else resource
            limit = self._body_limit = getattr(original, "body_limit", None)
            if limit is not None and head is not None and (head.length or 0) > limit:
                error = RemoteProtocolError("The body is too large.", codes.REQUEST_ENTITY_TOO_LARGE)
                self.channel.refuse(error)
            elif tunnels or getattr(original, "streams_body", False):
                streaming = True
                self.stream_body()
                self._render_found(resource)
            else:
                self.process = partial(self._process_found, resource)  # type: ignore[method-assign]
        except Exception:
            if not streaming:
                self.stream_body()
            self.processingFailed(Failure())

    def _find(self) -> Any:
        """Return the resource that the path leads to."""
        self.site = self.channel.site
        path = self.path
        self.prepath = []
        segments = path[1:].split(b"/") if path[:1] == b"/" else self._unusual_path()
        self.postpath = _decoded(segments) if _PERCENT in path else segments
        return self.site.getResourceFor(self)

    def _process_found(self, resource: Any) -> None:
        try:
            self._render_found(resource)
        except Exception:
            self.processingFailed(Failure())

    def _render_found(self, resource: Any) -> None:
        if isinstance(resource, EncodingResourceWrapper):
            self._encoder = resource.getEncoder(self)
            resource = resource.original
        self.render(resource)

    def process(self) -> None:
        """Find the resource and let it render."""
        self.site = self.channel.site
        path = self.path
        self.prepath = []
        segments = path.split(b"/")
        if segments[0]:
            segments = self._unusual_path()
        else:
            del segments[0]
        self.postpath = _decoded(segments) if _PERCENT in path else segments
        try:
            if path == b"*":
                self._answer_for_server()
                return
            resource = self.site.getResourceFor(self)
            if isinstance(resource, EncodingResourceWrapper):
                self._encoder = resource.getEncoder(self)
                resource = resource.original
            self.render(resource)
        except Exception:
            self.processingFailed(Failure())

    def _unusual_path(self) -> list[bytes]:
        """Return the path segments of a target that is a whole URL or an authority (RFC 9112 section 3.2)."""
        scheme, separator, rest = self.path.partition(b"://")
        if separator and scheme.lower() in (b"http", b"https"):
            self.path = b"/" + rest.partition(b"/")[2]
            return self.path[1:].split(b"/")
        return self.path.split(b"/")

    def _answer_for_server(self) -> None:
        """Answer a request that is to the server as a whole (RFC 9110 section 9.3.7)."""
        if self.method != b"OPTIONS":
            self.setResponseCode(codes.NOT_ALLOWED)
            self.setHeader(b"allow", b"OPTIONS")
        self.setHeader(b"content-length", b"0")
        self.finish()

    def render(self, resrc: Any) -> None:
        """Let a resource render, and send what it gives.

        Args:
            resrc: The resource.
        """
        try:
            body = resrc.render(self)
        except UnsupportedMethod as error:
            body = self._unsupported(resrc, error)
        if type(body) is bytes:
            self._send(body)
        elif body is not NOT_DONE_YET and body != NOT_DONE_YET:
            self._send_unusual(resrc, body)

    def _send(self, body: bytes) -> None:
        """Send a whole body and finish."""
        if self._unusual:
            if self._disconnected:
                return
            if self._encoder is not None and not self.startedWriting:
                body = self._encode_whole(body)
        if self.startedWriting:
            if self.finished:
                return
        # An empty body may stand for one left out: then nothing is known of its length.
        elif (body or (self.method != b"HEAD" and self.code not in codes.NO_BODY_CODES)) and not (
            self._unusual and self._encoder is not None
        ):
            if self._headers is not None or b"Content-Length" in self._lines:
                self.setHeader(b"content-length", b"%d" % len(body))
            else:
                self._length = len(body)
        self.write(body)
        self.finish()

    def _encode_whole(self, body: bytes) -> bytes:
        """Encode a whole body, if its encoder can do that at once: then its length is known."""
        encode = getattr(self._encoder, "encode_whole", None)
        if encode is None:
            return body
        encoded: bytes = encode(body)
        self._encoder = None
        return encoded

    def _send_unusual(self, resrc: Any, body: Any) -> None:
        if isinstance(body, Deferred) or iscoroutine(body):
            self._send_when_ready(resrc, body)
        elif isinstance(body, bytes | bytearray | memoryview):
            self._send(bytes(body))
        else:
            _log.error(
                "{resource!r} answered {request!r} with {body!r}: render returns bytes.",
                resource=resrc,
                request=self,
                body=body,
            )
            page = PlainErrorPage(
                codes.INTERNAL_SERVER_ERROR, "Request did not return bytes", "The resource is at fault."
            )
            self._send(page.render(self))

    def _send_when_ready(self, resrc: Any, body: Deferred[Any] | Coroutine[Any, Any, Any]) -> None:
        """Wait for the body, and stop what makes it when the client goes away."""
        deferred = body if isinstance(body, Deferred) else Deferred.fromCoroutine(body)
        deferred.addCallback(self._have_body, resrc)
        deferred.addErrback(self._have_failure)
        if not self.finished:
            self.notifyFinish().addErrback(_cancel, deferred)

    def _have_body(self, body: Any, resrc: Any) -> None:
        if self.finished or self._disconnected or body is None or body == NOT_DONE_YET:
            return
        if isinstance(body, bytes):
            self._send(body)
        else:
            self._send_unusual(resrc, body)

    def _have_failure(self, reason: Failure) -> None:
        if self._disconnected:
            # Nobody is left to be told; being cancelled is how a resource learns of it.
            return
        if reason.check(UnsupportedMethod) and not self.startedWriting:
            self._send(self._unsupported(None, reason.value))
        else:
            self.processingFailed(reason)

    def _unsupported(self, resrc: Any, error: Any) -> Any:
        """Answer a method that the resource does not know: 405, or 501 if no resource does."""
        allowed = error.allowedMethods
        if self.method == b"HEAD" and b"GET" in allowed and resrc is not None:
            # The resource takes care of GET by its own means; leave the body out on the way.
            _log.info("Using GET to fake a HEAD request for {resource}", resource=resrc)
            self.method = b"GET"
            self.write = self._write_head  # type: ignore[method-assign]  # for this request alone
            try:
                body: Any = resrc.render(self)
            finally:
                self.method = b"HEAD"
            if body == NOT_DONE_YET:
                _log.info(
                    "Tried to fake a HEAD request for {resource}, but it got away from me.", resource=resrc
                )
            return body
        self.setHeader(b"allow", b", ".join(allowed))
        if self.method in supportedMethods or self.method in _KNOWN_METHODS:
            code, brief = codes.NOT_ALLOWED, "Method Not Allowed"
            detail = f"This resource answers to {', '.join(name.decode('latin-1') for name in allowed)} only."
        else:
            code, brief = codes.NOT_IMPLEMENTED, "Huh?"
            detail = f"I don't know how to treat a {self.method.decode('latin-1')} request."
        return PlainErrorPage(code, brief, detail).render(self)

    def _write_head(self, data: bytes) -> None:
        """Send the head alone, whatever the method is taken for."""
        method, self.method = self.method, b"HEAD"
        try:
            http_request.Request.write(self, data)
        finally:
            self.method = method

    def processingFailed(self, reason: Failure) -> None:
        """Answer 500, or end a response already begun, and report an error.

        A RemoteProtocolError is the client's, and answered with its status, unreported.

        Args:
            reason: What happened.
        """
        at_fault = reason.check(RemoteProtocolError)
        if at_fault is None:
            report_error(reason, "A resource failed:", request=repr(self))
        if self.finished or self._disconnected:
            return
        if self.startedWriting:
            # The client must not take what it has for the whole.
            if self.producer is not None:
                self.unregisterProducer()
            self.channel.loseConnection()
            return
        self._lines = {}
        self._headers = self._length = None
        self.cookies = []
        self.chunked = 0
        self._encoder = None
        self.etag = None
        self.lastModified = None
        if at_fault is None:
            self.setResponseCode(codes.INTERNAL_SERVER_ERROR)
            self._send(_traceback_page(reason) if getattr(self.site, "displayTracebacks", False) else _FAILED)
        else:
            status = reason.value.status
            brief = codes.RESPONSES.get(status, b"Error").decode("latin-1")
            self._send(PlainErrorPage(status, brief, str(reason.value)).render(self))

    # URLs

    def prePathURL(self) -> bytes:
        """Return the URL of the resource that answers."""
        return self._url(self.prepath)

    def _url(self, segments: list[bytes]) -> bytes:
        secure = self.isSecure()
        port = getattr(self.getHost(), "port", None)
        host = self.getRequestHostname()
        if b":" in host:
            host = b"[%b]" % host
        if port is not None and port != (443 if secure else 80):
            host = b"%b:%d" % (host, port)
        path = b"/".join(_quote(segment).encode("ascii") for segment in segments)
        return b"%b://%b/%b" % (b"https" if secure else b"http", host, path)

    def URLPath(self) -> URLPath:
        """Return the URL of the resource that answers, as an object."""
        from sennit.web.urlpath import URLPath

        return URLPath.fromRequest(self)

    def rememberRootURL(self) -> None:
        """Remember the URL of the parent of the resource being traversed as its application's root."""
        self.appRootURL = self._url(self.prepath[:-1])

    def getRootURL(self) -> bytes | None:
        """Return what `rememberRootURL` remembered."""
        return self.appRootURL

    def childLink(self, name: bytes) -> bytes:
        """Return a relative link to a child of the resource that answers."""
        if self.postpath:
            return b"../" * (len(self.postpath) - 1) + name
        last = self.prepath[-1] if self.prepath else b""
        return _quote(last).encode("ascii") + b"/" + name if last else name

    def sibLink(self, name: bytes) -> bytes:
        """Return a relative link to a sibling of the resource that answers."""
        return b"../" * len(self.postpath) + name

    # Sessions

    @property
    def session(self) -> Any:
        """The session that `getSession` gave, None if it was not asked."""
        return self._secure_session if self.isSecure() else self._plain_session

    def getSession(self, sessionInterface: Any = None, forceNotSecure: bool = False) -> Any:
        """Return the client's session, begun now if there is none.

        A TLS connection has a session of its own, whose cookie is never sent in the clear.

        Args:
            sessionInterface: An interface; the session's adapter to it is returned instead.
            forceNotSecure: Whether to share the session of connections in the clear.
        """
        secure = self.isSecure() and not forceNotSecure
        session = self._secure_session if secure else self._plain_session
        if session is not None and session.uid not in self.site.sessions:
            session = None
        if session is None:
            session = self._find_session(secure)
        session.touch()
        if secure:
            self._secure_session = session
        else:
            self._plain_session = session
        return session if sessionInterface is None else session.getComponent(sessionInterface)

    def _find_session(self, secure: bool) -> Any:
        prefix = self.site.secure_session_cookie if secure else self.site.session_cookie
        name = b"_".join([prefix, *[_cookie_name(segment) for segment in self.sitepath]])
        uid = self.getCookie(name)
        if uid is not None:
            try:
                return self.site.getSession(uid)
            except KeyError:
                pass
        session = self.site.makeSession()
        self.addCookie(name, session.uid, path=b"/", secure=secure, httpOnly=True, sameSite=b"lax")
        return session


def _cookie_name(segment: bytes) -> bytes:
    return _quote(segment).replace("%", "_").encode("ascii")


def _cancel(reason: Failure, deferred: Deferred[Any]) -> None:
    deferred.cancel()


_KNOWN_METHODS = frozenset((b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE"))
