"""Agents that go where a response sends them (RFC 9110 section 15.4).

Credentials are for the origin that they were given for: on the way to another scheme, host or port, fields
that carry some are left behind, and so is Host.  A request that was redirected has no body any more, and no
fields about one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.http.client.errors import ResponseFailed
from sennit.http.client.interfaces import IAgent
from sennit.http.client.uri import URI, resolve
from sennit.http.headers import Headers, canonical_name
from sennit.http.status_errors import InfiniteRedirection, PageRedirect, RedirectWithNoLocation

__all__ = ["BODY_FIELDS", "SENSITIVE_FIELDS", "BrowserLikeRedirectAgent", "RedirectAgent", "same_origin"]

SENSITIVE_FIELDS = frozenset(
    (b"Authorization", b"Cookie", b"Cookie2", b"Proxy-Authorization", b"WWW-Authenticate")
)
"""Fields that are for the origin that they were given for."""
BODY_FIELDS = (
    b"Content-Length",
    b"Content-Type",
    b"Content-Encoding",
    b"Content-Language",
    b"Content-Location",
    b"Transfer-Encoding",
    b"Trailer",
    b"Expect",
)
"""Fields that go with a body."""
_KEPT = 65536


def same_origin(first: bytes, second: bytes) -> bool:
    """Tell whether two URIs have one scheme, host and port (RFC 6454 section 5)."""
    one, two = URI.fromBytes(first), URI.fromBytes(second)
    return (one.scheme, one.host.lower(), one.port) == (two.scheme, two.host.lower(), two.port)


@implementer(IAgent)
class RedirectAgent:
    """Follows redirections of GET and HEAD; any request may be sent on to a GET by 303.

    Args:
        agent: The agent that makes the requests.
        redirectLimit: How many redirections to follow.
        sensitiveHeaderNames: More fields that are for their own origin alone.
    """

    _redirectResponses: Sequence[int] = (301, 302, 307, 308)
    _seeOtherResponses: Sequence[int] = (303,)

    def __init__(
        self, agent: Any, redirectLimit: int = 20, sensitiveHeaderNames: Iterable[bytes] = ()
    ) -> None:
        self._agent = agent
        self._redirectLimit = redirectLimit
        self._sensitiveHeaderNames = {
            canonical_name(name) for name in sensitiveHeaderNames
        } | SENSITIVE_FIELDS

    def request(
        self, method: bytes, uri: bytes, headers: Headers | None = None, bodyProducer: Any = None
    ) -> Deferred[Any]:
        """Send a request, and follow where it leads; see `IAgent`.

        It fails with `ResponseFailed` for the reason `InfiniteRedirection`, `RedirectWithNoLocation`, or
        `PageRedirect` where the redirection may not be followed; the last response is in it.
        """
        answered: Deferred[Any] = self._agent.request(method, uri, headers, bodyProducer)
        return answered.addCallback(self._handleResponse, method, uri, headers, 0).addErrback(_begun_at, uri)

    def _resolveLocation(self, requestURI: bytes, location: bytes) -> bytes:
        """Return the absolute URI of a Location; may be overridden."""
        return resolve(requestURI, location)

    def _handleRedirect(
        self, response: Any, method: bytes, uri: bytes, headers: Headers | None, redirectCount: int
    ) -> Any:
        """Go where a response leads."""
        if redirectCount >= self._redirectLimit:
            raise _failed(
                InfiniteRedirection(response.code, b"Infinite redirection detected", location=uri), response
            )
        locations = response.headers.getRawHeaders(b"location", [])
        if not locations or not locations[0]:
            raise _failed(RedirectWithNoLocation(response.code, b"No location header field", uri), response)
        location = self._resolveLocation(uri, locations[0])
        if headers is not None:
            headers = self._carried_over(headers, uri, location)
        hold_body(response)
        answered: Deferred[Any] = self._agent.request(method, location, headers)

        def follow(next_response: Any) -> Any:
            return self._handleResponse(next_response, method, location, headers, redirectCount + 1)

        def chain(next_response: Any) -> Any:
            next_response.setPreviousResponse(response)
            return next_response

        return answered.addCallback(chain).addCallback(follow)

    def _carried_over(self, headers: Headers, uri: bytes, location: bytes) -> Headers:
        """Return the fields that go on to a location."""
        carried = headers.copy()
        for name in BODY_FIELDS:
            carried.removeHeader(name)
        if not same_origin(uri, location):
            carried.removeHeader(b"Host")
            for name in self._sensitiveHeaderNames:
                carried.removeHeader(name)
        return carried

    def _handleResponse(
        self, response: Any, method: bytes, uri: bytes, headers: Headers | None, redirectCount: int
    ) -> Any:
        """Decide what a response means."""
        if response.code in self._redirectResponses:
            if method not in (b"GET", b"HEAD"):
                raise _failed(PageRedirect(response.code, location=uri), response)
            return self._handleRedirect(response, method, uri, headers, redirectCount)
        if response.code in self._seeOtherResponses:
            return self._handleRedirect(response, b"GET", uri, headers, redirectCount)
        return response


class BrowserLikeRedirectAgent(RedirectAgent):
    """Follows redirections as browsers do: most of them turn any request into a GET."""

    _redirectResponses = (307,)
    _seeOtherResponses = (301, 302, 303, 308)


def hold_body(response: Any) -> None:
    """Take in a body that nobody may ever ask for, so that its connection can go on."""
    hold = getattr(response, "hold_body", None)
    if hold is not None:
        hold(_KEPT)


def _begun_at(failure: Failure, uri: bytes) -> Any:
    """Have the error of too many redirections tell where the first of them was."""
    if isinstance(failure.value, ResponseFailed):
        reason = failure.value.reasons[0].value
        if isinstance(reason, InfiniteRedirection):
            told = InfiniteRedirection(reason.status, reason.message, location=uri)
            raise _failed(told, failure.value.response)
    return failure


def _failed(error: Exception, response: Any) -> ResponseFailed:
    return ResponseFailed([Failure(error)], response)
