"""The interfaces of object publishing: requests, resources, encoders."""

# ruff: noqa: N805 (zope interfaces have no self)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

from sennit.lazy import loaded_when_asked

if TYPE_CHECKING:
    from sennit.cred.interfaces import IUsernameDigestHash

__all__ = [
    "ICredentialFactory",
    "IRenderable",
    "IRequest",
    "IRequestEncoder",
    "IRequestEncoderFactory",
    "IResource",
    "ISession",
    "ITemplateLoader",
    "IUsernameDigestHash",
]


class IRequest(Interface):
    """A request, and the response to it."""

    method = Attribute("The method, bytes.")
    uri = Attribute("The request target as sent, bytes.")
    path = Attribute("The target's path, still percent-encoded, bytes.")
    args = Attribute("Arguments of the query and of a form body: name to list of values, bytes.")
    prepath = Attribute("The decoded path segments that led to the resource, a list of bytes.")
    postpath = Attribute("The decoded path segments after the resource, a list of bytes.")
    requestHeaders = Attribute("The request's fields, a Headers.")
    responseHeaders = Attribute("The response's fields, a Headers.")
    content = Attribute("The body, a file at its start.")

    def getHeader(key: Any) -> Any:
        """Return the last value of a request field, None if there is none."""

    def getCookie(key: Any) -> Any:
        """Return the value of a cookie that came, None if there is none."""

    def getAllHeaders() -> dict[bytes, bytes]:
        """Return the last value of every request field by lower-case name."""

    def getRequestHostname() -> bytes:
        """Return the host the client asked for, without port."""

    def getHost() -> Any:
        """Return our address on this connection."""

    def getClientAddress() -> Any:
        """Return the client's address."""

    def getClientIP() -> Any:
        """Return the client's IP address as text, None if it has none."""

    def getUser() -> bytes:
        """Return the user name of Basic credentials, empty without any."""

    def getPassword() -> bytes:
        """Return the password of Basic credentials, empty without any."""

    def isSecure() -> bool:
        """Tell whether the request came over TLS."""

    def getSession(sessionInterface: Any = None) -> Any:
        """Return the client's session, begun now if there is none, or an adapter of it."""

    def URLPath() -> Any:
        """Return the URL of this request as an object."""

    def prePathURL() -> bytes:
        """Return the URL of the resource that answers."""

    def rememberRootURL() -> None:
        """Remember the URL of the resource being traversed as the root of its application."""

    def getRootURL() -> Any:
        """Return the URL that `rememberRootURL` remembered."""

    def finish() -> None:
        """End the response."""

    def write(data: Any) -> None:
        """Send a piece of the body."""

    def addCookie(
        k: Any,
        v: Any,
        expires: Any = None,
        domain: Any = None,
        path: Any = None,
        max_age: Any = None,
        comment: Any = None,
        secure: Any = None,
    ) -> None:
        """Set a cookie at the client."""

    def setResponseCode(code: Any, message: Any = None) -> None:
        """Set the status code and the reason phrase."""

    def setHeader(k: Any, v: Any) -> None:
        """Set a response field, in place of others of its name."""

    def redirect(url: Any) -> None:
        """Send the client elsewhere, with a 302."""

    def setLastModified(when: Any) -> Any:
        """Say when the resource last changed; return CACHED if the client has it already."""

    def setETag(etag: Any) -> Any:
        """Set the entity tag; return CACHED if the client has it already."""

    def setHost(host: Any, port: Any, ssl: Any = 0) -> None:
        """Say under which name and port the client reaches us."""


class IResource(Interface):
    """A place in a site: it answers requests, or has children that do."""

    isLeaf = Attribute("Whether this answers for every path below it.")

    def getChildWithDefault(name: Any, request: Any) -> Any:
        """Return the child of a name, one made for the occasion if none was put."""

    def putChild(path: Any, child: Any) -> None:
        """Put a child under a name."""

    def render(request: Any) -> Any:
        """Answer: return the body, NOT_DONE_YET, or an awaitable that gives the body."""


class IRequestEncoder(Interface):
    """Encodes one response's body."""

    def encode(data: Any) -> bytes:
        """Return what there is to send after this piece."""

    def finish() -> bytes:
        """Return what is left to send at the end."""


class IRequestEncoderFactory(Interface):
    """Chooses an encoder for a response."""

    def encoderForRequest(request: Any) -> Any:
        """Return an `IRequestEncoder`, or None to leave the body alone."""


class ISession(Interface):
    """A client's visit."""

    uid = Attribute("The session's identifier, bytes.")

    def touch() -> None:
        """Note that the client is still there."""

    def expire() -> None:
        """End the session."""

    def notifyOnExpire(callback: Any) -> None:
        """Have a function called at the end."""


class IRenderable(Interface):
    """Something that a page can hold, with renderers for the directives of its template."""

    def lookupRenderMethod(name: Any) -> Any:
        """Return the renderer of a name: a callable that takes the request and the tag.

        Raises:
            MissingRenderMethod: If there is none.
        """

    def render(request: Any) -> Any:
        """Return what stands for this: tags, text, and all else that can be flattened."""


class ITemplateLoader(Interface):
    """Knows a template."""

    def load() -> Any:
        """Return the template, a list of what can be flattened."""


class ICredentialFactory(Interface):
    """One of HTTP's authentication schemes."""

    scheme = Attribute("The scheme's name, bytes in lower case.")

    def getChallenge(request: Any) -> Any:
        """Return what a 401 tells the client about this scheme: a dict of parameters."""

    def decode(response: Any, request: Any) -> Any:
        """Return the credentials that an Authorization field holds.

        Args:
            response: The field's value after the scheme's name.
            request: The request it came with.

        Raises:
            sennit.cred.errors.LoginFailed: If there are none in it.
        """


__getattr__, __dir__ = loaded_when_asked(__name__, {"IUsernameDigestHash": "sennit.cred.interfaces"}, __all__)
