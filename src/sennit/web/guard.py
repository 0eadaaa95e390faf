"""HTTP authentication in front of resources: Basic (RFC 7617) and Digest (RFC 7616), over `sennit.cred`.

`HTTPAuthSessionWrapper` stands where a resource would; it logs each request in at a portal and hands it to
the avatar, which is the resource that this user sees.  Without an Authorization field the login is anonymous.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zope.interface import implementer

from sennit.core.components import proxyForInterface
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.cred import digest
from sennit.cred.credentials import Anonymous, UsernamePassword
from sennit.cred.errors import LoginFailed, Unauthorized
from sennit.cred.source import login_from
from sennit.http.codes import INTERNAL_SERVER_ERROR, UNAUTHORIZED
from sennit.log import Logger
from sennit.web.interfaces import ICredentialFactory, IResource
from sennit.web.redirect import DeferredResource
from sennit.web.resource import PlainErrorPage

__all__ = [
    "BasicCredentialFactory",
    "DigestCredentialFactory",
    "HTTPAuthSessionWrapper",
    "UnauthorizedResource",
]

_log = Logger()
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")


@implementer(ICredentialFactory)
class BasicCredentialFactory:
    """Basic authentication: the password itself, so to be used under TLS.

    Args:
        authenticationRealm: What the user is shown.
    """

    scheme = b"basic"

    def __init__(self, authenticationRealm: str | bytes) -> None:
        self.authenticationRealm = authenticationRealm

    def getChallenge(self, request: Any) -> dict[str, str | bytes]:
        """Return the realm."""
        return {"realm": self.authenticationRealm}

    def decode(self, response: bytes, request: Any) -> UsernamePassword:
        """Return the credentials in an Authorization field.

        Args:
            response: The field's value after the scheme's name.
            request: The request it came with.

        Raises:
            LoginFailed: If there are none in it.
        """
        try:
            decoded = b64decode(response + b"=" * (-len(response) % 4), validate=True)
        except (Base64Error, ValueError):
            raise LoginFailed("Invalid credentials") from None
        username, colon, password = decoded.partition(b":")
        if not colon:
            raise LoginFailed("Invalid credentials")
        return UsernamePassword(username, password)


@implementer(ICredentialFactory)
class DigestCredentialFactory:
    """Digest authentication.

    Args:
        algorithm: ``b"md5"``, ``b"sha"``, ``b"sha-256"``...
        authenticationRealm: What the user is shown.
        body_integrity: Whether to let clients protect bodies too (``auth-int``).

    Attributes:
        digest: The scheme itself, which knows nothing of HTTP.
    """

    scheme = b"digest"

    def __init__(self, algorithm: bytes, authenticationRealm: bytes, *, body_integrity: bool = False) -> None:
        self.digest = digest.DigestCredentialFactory(
            algorithm, authenticationRealm, body_integrity=body_integrity
        )

    def getChallenge(self, request: Any) -> dict[str, bytes]:
        """Return a new challenge, good for this client for a while."""
        return self.digest.getChallenge(_client_host(request))

    def decode(self, response: bytes, request: Any) -> digest.DigestedCredentials:
        """Return the credentials in an Authorization field.

        Args:
            response: The field's value after the scheme's name.
            request: The request it came with.

        Raises:
            LoginFailed: If they answer no challenge that is still good.
        """
        found = self.digest.decode(response, request.method, _client_host(request))
        if found is not None and found.fields.get("qop") == b"auth-int":
            request.content.seek(0)
            found.entity = request.content.read()
            request.content.seek(0)
        return found


def _client_host(request: Any) -> Any:
    return getattr(request.getClientAddress(), "host", None)


@implementer(IResource)
class UnauthorizedResource:
    """Answers 401, and says how to log in.

    Args:
        factories: The schemes that are offered.
    """

    isLeaf = True

    def __init__(self, factories: Sequence[Any]) -> None:
        self._credentialFactories = factories

    def render(self, request: Any) -> bytes:
        """Answer 401."""
        request.setResponseCode(UNAUTHORIZED)
        for factory in self._credentialFactories:
            challenge = factory.getChallenge(request)
            request.responseHeaders.addRawHeader(b"www-authenticate", _challenge(factory.scheme, challenge))
        if request.method == b"HEAD":
            return b""
        return b"Unauthorized"

    def getChildWithDefault(self, path: bytes, request: Any) -> Any:
        """Return this same resource."""
        return self

    def putChild(self, path: bytes, child: Any) -> None:
        """Refuse: there is nothing below.

        Raises:
            TypeError: Always.
        """
        raise TypeError("A resource that answers 401 has no children.")


def _challenge(scheme: bytes, parameters: Mapping[str, str | bytes]) -> bytes:
    pairs = []
    for name, value in parameters.items():
        octets = value.encode("utf-8") if isinstance(value, str) else value
        quoted = _CONTROLS.sub(b"", octets).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        pairs.append(b'%b="%b"' % (name.encode("ascii"), quoted))
    return b"%b %b" % (scheme, b", ".join(pairs))


@implementer(IResource)
class HTTPAuthSessionWrapper:
    """A place in a site that only users of a portal reach.

    Args:
        portal: The portal; its realm gives avatars that are `IResource`.
        credentialFactories: The schemes that are offered (`ICredentialFactory`).
    """

    isLeaf = False

    def __init__(self, portal: Any, credentialFactories: Sequence[Any]) -> None:
        self._portal = portal
        self._credentialFactories = credentialFactories

    def render(self, request: Any) -> Any:
        """Let the avatar answer."""
        return self._authorizedResource(request).render(request)

    def getChildWithDefault(self, path: bytes, request: Any) -> Any:
        """Return what looks the path up in the avatar, once there is one."""
        # The avatar's own children are found by it, from this segment on.
        request.postpath.insert(0, request.prepath.pop())
        return self._authorizedResource(request)

    def putChild(self, path: bytes, child: Any) -> None:
        """Refuse: what is below is the avatar's.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("Put children under the avatar: it is what answers.")

    def _authorizedResource(self, request: Any) -> Any:
        header = request.getHeader(b"authorization")
        if not header:
            return DeferredResource(self._login(Anonymous(), request))
        factory, response = self._selectParseHeader(header)
        if factory is None:
            return UnauthorizedResource(self._credentialFactories)
        try:
            credentials = factory.decode(response, request)
        except LoginFailed:
            return UnauthorizedResource(self._credentialFactories)
        except Exception:
            return _failed("Unexpected failure from credentials factory", Failure())
        return DeferredResource(self._login(credentials, request))

    def _selectParseHeader(self, header: bytes) -> tuple[Any, Any]:
        scheme, space, response = header.partition(b" ")
        if space:
            for factory in self._credentialFactories:
                if factory.scheme == scheme.lower():
                    return factory, response.strip(b" ")
        return None, None

    def _login(self, credentials: Any, request: Any) -> Deferred[Any]:
        with login_from(request.getClientAddress()):
            login: Deferred[Any] = self._portal.login(credentials, None, IResource)
        return login.addCallbacks(_logged_in, self._login_failed)

    def _login_failed(self, reason: Failure) -> Any:
        if reason.check(Unauthorized, LoginFailed):
            return UnauthorizedResource(self._credentialFactories)
        return _failed("HTTPAuthSessionWrapper.getChildWithDefault encountered unexpected error", reason)


def _failed(message: str, reason: Failure) -> PlainErrorPage:
    _log.failure(message, reason)
    return PlainErrorPage(INTERNAL_SERVER_ERROR, "Internal Error", "The login could not be carried out.")


def _logged_in(result: tuple[Any, Any, Callable[[], object]]) -> Any:
    """Return an avatar whose user is logged out when the response is over."""
    _, avatar, logout = result
    return _UntilFinished(avatar, logout)


class _UntilFinished(proxyForInterface(IResource, "resource")):  # type: ignore[misc]  # the base is made here
    """An avatar, and how to log it out."""

    def __init__(self, resource: Any, logout: Callable[[], object]) -> None:
        super().__init__(resource)
        self._logout = logout

    def getChildWithDefault(self, path: bytes, request: Any) -> Any:
        """Return the avatar's child; what was said of the avatar goes for it too."""
        return type(self)(self.resource.getChildWithDefault(path, request), self._logout)

    def render(self, request: Any) -> Any:
        """Let the avatar answer."""
        request.notifyFinish().addBoth(self._over)
        return self.resource.render(request)

    def _over(self, result: object) -> None:
        self._logout()
