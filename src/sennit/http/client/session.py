"""`Client`: HTTP for coroutines, with everything in its place: pool, proxies, cookies, redirections, codings.

    async with Client() as client:
        response = await client.get("https://example.com/")
        print(await response.text())

Each request has a time limit for each of its phases, and may have one for all of them.
"""

from __future__ import annotations

import base64
import json as _json
from collections.abc import AsyncIterable, Generator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from sennit.core.coroutine import ensureDeferred
from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.http.client.cookies import JarResponse, jar_request
from sennit.http.client.decoding import available_decoders, decoded
from sennit.http.client.errors import ResponseDone, WrapperError
from sennit.http.client.limits import DEFAULT_CLIENT_LIMITS, ClientLimits, Timeouts
from sennit.http.client.multiplexing import MultiplexingPool, speaks_http2
from sennit.http.client.policy import BrowserLikePolicyForHTTPS
from sennit.http.client.producers import body_producer, can_repeat
from sennit.http.client.proxying import Proxies, Router
from sennit.http.client.redirect import BODY_FIELDS, SENSITIVE_FIELDS, hold_body, same_origin
from sennit.http.client.request import Request, check_method
from sennit.http.client.streamed import BodyStream, ClientResponse, plain_reason
from sennit.http.client.timing import TimeLimit
from sennit.http.client.uri import URI, resolve, uri_from_text
from sennit.http.headers import Headers
from sennit.http.status_errors import InfiniteRedirection
from sennit.version import __version__

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

__all__ = ["DEFAULT_TIMEOUTS", "Client", "PendingResponse"]

DEFAULT_TIMEOUTS = Timeouts(connect=30.0, tls=30.0, first_byte=60.0, between_bytes=60.0)
_REDIRECTS = (301, 302, 303, 307, 308)
_Headers = Headers | Mapping[str, str] | None
_Body = bytes | str | AsyncIterable[bytes] | Any


def _fields(given: _Headers) -> Headers:
    if isinstance(given, Headers):
        return given
    return Headers({name: [value] for name, value in (given or {}).items()})


class PendingResponse:
    """A request on its way: ``await`` gives the response, ``async with`` gives it and closes it."""

    __slots__ = ("_perform", "_response")

    def __init__(self, perform: Any) -> None:
        self._perform = perform
        self._response: ClientResponse | None = None

    def __await__(self) -> Generator[Any, None, ClientResponse]:
        answered: Generator[Any, None, ClientResponse] = self._perform().__await__()
        return answered

    async def __aenter__(self) -> ClientResponse:
        self._response = await self
        return self._response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._response is not None:
            self._response.close()


class Client:
    """Makes requests, and keeps connections and cookies between them.

    Args:
        headers: Fields to send with every request.
        cookies: True to keep cookies, or the jar to keep them in.
        proxy: The proxy's URI, `Proxies`, or None to use none.
        trust_root: The authorities to trust for https; None for the platform's.
        policy: An `IPolicyForHTTPS`, in place of `trust_root`.
        http2: Whether to speak HTTP/2 where the server does; None if it is installed.
        prior_knowledge: Whether to speak HTTP/2 to servers of http URIs without asking.
        timeouts: How long the phases of a request may take.
        limits: What one response may take up.
        redirects: How many redirections to follow; 0 for none.
        decode: Whether to ask for content codings, and to undo them.
        limit_per_host: How many connections there may be to one server at a time.
        memory_body: How many octets of a body `ClientResponse.read` takes; None for no limit.
        bind_address: The local address; None lets the system choose.
        reactor: What connects; None for the current one.
    """

    def __init__(
        self,
        *,
        headers: _Headers = None,
        cookies: CookieJar | bool = False,
        proxy: str | Proxies | None = None,
        trust_root: Any = None,
        policy: Any = None,
        http2: bool | None = None,
        prior_knowledge: bool = False,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        limits: ClientLimits = DEFAULT_CLIENT_LIMITS,
        redirects: int = 20,
        decode: bool = True,
        limit_per_host: int | None = 64,
        memory_body: int | None = 256 << 20,
        bind_address: Any = None,
        reactor: Any = None,
    ) -> None:
        self._reactor = current_reactor() if reactor is None else reactor
        policy = BrowserLikePolicyForHTTPS(trust_root) if policy is None else policy
        proxies = Proxies(proxy) if isinstance(proxy, str) else proxy
        self._router = Router(self._reactor, policy, proxies, bind_address)
        self._timeouts = timeouts
        self._redirects = redirects
        self._decoders = dict(available_decoders()) if decode else {}
        self._memory_body = memory_body
        self._headers = _fields(headers)
        if not self._headers.hasHeader(b"User-Agent"):
            self._headers.setRawHeaders(b"User-Agent", [f"sennit/{__version__}"])
        if not self._headers.hasHeader(b"Accept"):
            self._headers.setRawHeaders(b"Accept", [b"*/*"])
        self.cookies: CookieJar | None = None
        if cookies is True:
            from http.cookiejar import CookieJar, DefaultCookiePolicy

            # A cookie without a domain is for its host alone (RFC 6265 section 5.3).
            strict = DefaultCookiePolicy.DomainStrictNonDomain
            self.cookies = CookieJar(DefaultCookiePolicy(strict_ns_domain=strict))
        elif cookies is not False:
            self.cookies = cookies
        self._pool = MultiplexingPool(
            self._reactor,
            limit_per_host=limit_per_host,
            http2=speaks_http2() if http2 is None else http2,
            prior_knowledge=prior_knowledge,
            limits=limits,
            timeouts=timeouts,
        )

    # Requests

    def get(self, url: str, **options: Any) -> PendingResponse:
        """Ask for a resource; options are those of `request`."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Any) -> PendingResponse:
        """Ask for a resource's fields; options are those of `request`."""
        return self.request("HEAD", url, **options)

    def post(self, url: str, **options: Any) -> PendingResponse:
        """Have a resource process something; options are those of `request`."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> PendingResponse:
        """Store a resource; options are those of `request`."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> PendingResponse:
        """Change a resource; options are those of `request`."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> PendingResponse:
        """Remove a resource; options are those of `request`."""
        return self.request("DELETE", url, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
        headers: _Headers = None,
        body: _Body = None,
        json: Any = None,
        form: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
        auth: tuple[str, str] | None = None,
        timeouts: Timeouts | None = None,
        redirects: int | None = None,
    ) -> PendingResponse:
        """Make a request.

        Args:
            method: The method.
            url: The absolute URL.
            params: What to add to its query.
            headers: Fields, in place of the client's own of the same name.
            body: The body: bytes, text, a file open for reading bytes, an asynchronous iterable of bytes, or
                an `IBodyProducer`.
            json: What to send as JSON.
            form: What to send as a form.
            auth: User name and password, for Basic authentication (RFC 7617).
            timeouts: How long its phases may take, in place of the client's limits.
            redirects: How many redirections to follow, in place of the client's limit.

        Returns:
            What gives the `ClientResponse` when its head has come, by ``await`` or ``async with``.  It
            raises `PhaseTimeoutError`, `InfiniteRedirection`, `SchemeNotSupported`, ValueError for what may
            not go on the wire, and what `Agent.request` fails with.
        """
        arguments = {"params": params, "headers": headers, "body": body, "json": json, "form": form}

        def perform() -> Deferred[ClientResponse]:
            prepared = self._prepare(method, url, auth, **arguments)
            most = self._redirects if redirects is None else redirects
            return ensureDeferred(self._perform(*prepared, timeouts or self._timeouts, most))

        return PendingResponse(perform)

    def _prepare(
        self,
        method: str,
        url: str,
        auth: tuple[str, str] | None,
        *,
        params: Any,
        headers: _Headers,
        body: _Body,
        json: Any,
        form: Any,
    ) -> tuple[bytes, bytes, Headers, Any]:
        uri = uri_from_text(url)
        if params is not None:
            uri, mark, fragment = uri.partition(b"#")
            query = urlencode(params, doseq=True).encode("ascii")
            uri += (b"&" if b"?" in uri else b"?") + query + mark + fragment
        fields = self._headers.copy()
        for name, values in _fields(headers).getAllRawHeaders():
            fields.setRawHeaders(name, values)
        if sum(each is not None for each in (body, json, form)) > 1:
            raise ValueError("A request has one of body, json and form.")
        if json is not None:
            body = _json.dumps(json, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
            if not fields.hasHeader(b"Content-Type"):
                fields.setRawHeaders(b"Content-Type", [b"application/json"])
        elif form is not None:
            body = urlencode(form, doseq=True).encode("ascii")
            fields.setRawHeaders(b"Content-Type", [b"application/x-www-form-urlencoded"])
        if auth is not None:
            encoded = base64.b64encode(f"{auth[0]}:{auth[1]}".encode())
            fields.setRawHeaders(b"Authorization", [b"Basic " + encoded])
        if self._decoders and not fields.hasHeader(b"Accept-Encoding") and not fields.hasHeader(b"Range"):
            fields.setRawHeaders(b"Accept-Encoding", [b", ".join(self._decoders)])
        return check_method(method.encode("ascii")), uri, fields, body

    async def _perform(
        self, method: bytes, uri: bytes, fields: Headers, body: Any, timeouts: Timeouts, redirects: int
    ) -> ClientResponse:
        history: list[ClientResponse] = []
        watch = TimeLimit(self._reactor, timeouts.total)
        try:
            while True:
                response = await self._send(method, uri, fields, body_producer(body), timeouts, watch)
                location = response.headers.getRawHeaders(b"location", [b""])[0]
                becomes_get = response.code == 303 or (response.code in (301, 302) and method == b"POST")
                follows = redirects > 0 and response.code in _REDIRECTS and location
                if not follows or not (becomes_get or can_repeat(body)):
                    return self._give(response, uri, history, watch)
                if len(history) >= redirects:
                    hold_body(response)
                    raise InfiniteRedirection(response.code, b"There are too many redirections", location=uri)
                history.append(self._passed(response, uri, history))
                target = resolve(uri, location)
                if becomes_get:
                    method = b"HEAD" if method == b"HEAD" else b"GET"
                    body = None
                    for name in BODY_FIELDS:
                        fields.removeHeader(name)
                if not same_origin(uri, target):
                    fields.removeHeader(b"Host")
                    for name in SENSITIVE_FIELDS:
                        fields.removeHeader(name)
                uri = target
        except BaseException:
            watch.stop()
            raise

    async def _send(
        self,
        method: bytes,
        uri: bytes,
        fields: Headers,
        producer: Any,
        timeouts: Timeouts,
        watch: TimeLimit,
    ) -> Any:
        parsed = URI.fromBytes(uri)
        route = self._router.route(parsed, timeouts)
        headers = fields.copy()
        if not headers.hasHeader(b"Host"):
            host = b"[%b]" % parsed.host if b":" in parsed.host else parsed.host
            if parsed.port != {b"http": 80, b"https": 443}[parsed.scheme]:
                host = b"%b:%d" % (host, parsed.port)
            headers.setRawHeaders(b"Host", [host])
        if route.headers is not None:
            for name, values in route.headers.getAllRawHeaders():
                headers.setRawHeaders(name, values)
        question = None
        if self.cookies is not None:
            question = jar_request(uri)
            if not headers.hasHeader(b"Cookie"):
                self.cookies.add_cookie_header(question)
                cookies = question.get_header("Cookie")
                if cookies is not None:
                    headers.setRawHeaders(b"Cookie", [cookies.encode("latin-1", "replace")])
        request = Request._construct(method, route.target, headers, producer, True, parsed)
        request.timeouts = timeouts
        try:
            connection = await watch.limited(
                self._pool.getConnection(route.key, route.endpoint), "connect", timeouts.connect
            )
            response = await watch.limited(connection.request(request))
        except WrapperError as error:
            inner = plain_reason(error)
            if inner is error:
                raise
            raise inner from error
        if question is not None and self.cookies is not None:
            self.cookies.extract_cookies(JarResponse(response), question)  # type: ignore[arg-type]
        return decoded(response, self._decoders) if self._decoders else response

    def _give(
        self, response: Any, uri: bytes, history: list[ClientResponse], watch: TimeLimit
    ) -> ClientResponse:
        stream = BodyStream(watch.stop)
        watch.break_off = stream.fail
        response.deliverBody(stream)
        url = uri.decode("ascii")
        return ClientResponse(response, stream, url, tuple(history), self._memory_body)

    def _passed(self, response: Any, uri: bytes, history: list[ClientResponse]) -> ClientResponse:
        """Keep a response that leads elsewhere; its body is taken in, so that its connection goes on."""
        hold_body(response)
        stream = BodyStream(lambda: None)
        stream.ended = Failure(ResponseDone())
        return ClientResponse(response, stream, uri.decode("ascii"), tuple(history), self._memory_body)

    # The end

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def close(self) -> Deferred[None]:
        """Close all connections, whatever is under way.

        Returns:
            A Deferred that fires when they are closed.
        """
        return self._pool.close()
