"""`CookieAgent`: keeps cookies, by the rules of the standard library's cookie jars (RFC 6265).

The jar decides which cookies a URI gets, by domain, path, scheme and age: so none leaves its origin, however
many redirections lie between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.request import Request

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.http.client.interfaces import IAgent
from sennit.http.headers import Headers

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from http.cookiejar import CookieJar

__all__ = ["CookieAgent", "JarResponse", "jar_request"]


def jar_request(uri: bytes) -> Request:
    """Make a request as a jar wants to see it."""
    return Request(uri.decode("ascii", "replace"))  # noqa: S310 (it is not opened)


class JarResponse:
    """A response as a jar wants to see it.

    Args:
        response: The `IResponse`.
    """

    def __init__(self, response: Any) -> None:
        self._response = response

    def info(self) -> JarResponse:
        """Return what has the fields."""
        return self

    def get_all(self, name: str, default: Any = None) -> Any:
        """Return the values of a field."""
        values = self._response.headers.getRawHeaders(name)
        return default if values is None else list(values)


@implementer(IAgent)
class CookieAgent:
    """Sends the cookies that a jar has for a URI, and puts those that come into it.

    Args:
        agent: The agent that makes the requests.
        cookieJar: The jar.
    """

    def __init__(self, agent: Any, cookieJar: CookieJar) -> None:
        self._agent = agent
        self.cookieJar = cookieJar

    def request(
        self, method: bytes, uri: bytes, headers: Headers | None = None, bodyProducer: Any = None
    ) -> Deferred[Any]:
        """Send a request with its cookies, unless it has a Cookie field; see `IAgent`."""
        headers = Headers() if headers is None else headers.copy()
        question = jar_request(uri)
        if not headers.hasHeader(b"cookie"):
            self.cookieJar.add_cookie_header(question)
            cookies = question.get_header("Cookie")
            if cookies is not None:
                headers.setRawHeaders(b"cookie", [cookies.encode("latin-1", "replace")])
        answered: Deferred[Any] = self._agent.request(method, uri, headers, bodyProducer)
        return answered.addCallback(self._extractCookies, question)

    def _extractCookies(self, response: Any, request: Any) -> Any:
        """Put the cookies of a response into the jar."""
        self.cookieJar.extract_cookies(cast("HTTPResponse", JarResponse(response)), request)
        return response
