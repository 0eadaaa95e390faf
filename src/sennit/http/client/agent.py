"""`Agent`: asks the server of a URI; `ProxyAgent`: asks a proxy.

An agent chooses an endpoint and a pool's connection, fills in Host, and sends; what a response means is for
the agents around it.
"""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred, fail
from sennit.core.failure import Failure
from sennit.endpoint import HostnameEndpoint, wrapClientTLS
from sennit.http.client.errors import SchemeNotSupported
from sennit.http.client.interfaces import IAgent, IAgentEndpointFactory
from sennit.http.client.policy import BrowserLikePolicyForHTTPS, policy_of
from sennit.http.client.pool import HTTPConnectionPool
from sennit.http.client.request import Request, check_method, check_uri
from sennit.http.client.uri import URI
from sennit.http.headers import Headers

__all__ = ["Agent", "AgentBase", "ProxyAgent", "StandardEndpointFactory"]

_DEFAULT_PORTS = {b"http": 80, b"https": 443}
_KEPT_ENDPOINTS = 64
_get_connection = HTTPConnectionPool.getConnection


@implementer(IAgentEndpointFactory)
class StandardEndpointFactory:
    """Reaches servers by TCP, those of https with TLS.

    Args:
        reactor: What connects.
        contextFactory: The `IPolicyForHTTPS`.
        connectTimeout: How many seconds connecting may take; None for the endpoint's own limit.
        bindAddress: The local address; None lets the system choose.
    """

    def __init__(
        self, reactor: Any, contextFactory: Any, connectTimeout: float | None, bindAddress: Any
    ) -> None:
        self._reactor = reactor
        self._policyForHTTPS = contextFactory
        self._connectTimeout = connectTimeout
        self._bindAddress = bindAddress
        self._kept: dict[tuple[bytes, int], Any] = {}

    def endpointForURI(self, uri: URI) -> Any:
        """Return an endpoint for the server of a URI.

        Raises:
            SchemeNotSupported: If its scheme is neither http nor https.
        """
        if uri.scheme == b"http":
            # Nothing in them changes, and making one costs more than a request on a kept connection.
            kept = self._kept.get((uri.host, uri.port))
            if kept is None:
                if len(self._kept) >= _KEPT_ENDPOINTS:
                    self._kept.clear()
                kept = self._kept[uri.host, uri.port] = self._tcp(uri)
            return kept
        if uri.scheme == b"https":
            settings = self._policyForHTTPS.creatorForNetloc(uri.host, uri.port)
            return wrapClientTLS(settings, self._tcp(uri), self._reactor)
        raise SchemeNotSupported(f"Unsupported scheme: {uri.scheme!r}")

    def _tcp(self, uri: URI) -> Any:
        options: dict[str, Any] = {}
        if self._connectTimeout is not None:
            options["timeout"] = self._connectTimeout
        options["bindAddress"] = self._bindAddress
        try:
            host = uri.host.decode("ascii")
        except UnicodeDecodeError:
            raise ValueError(
                f"The host of the provided URI ({uri.host!r}) contains non-ASCII octets, it should be ASCII "
                "decodable."
            ) from None
        return HostnameEndpoint(self._reactor, host, uri.port, **options)


class AgentBase:
    """What agents share.

    Args:
        reactor: What measures time.
        pool: Where connections come from; None for one that keeps none.
    """

    def __init__(self, reactor: Any, pool: HTTPConnectionPool | None) -> None:
        if pool is None:
            pool = HTTPConnectionPool(reactor, False)
        self._reactor = reactor
        self._pool: Any = pool

    @staticmethod
    def _computeHostValue(scheme: bytes, host: bytes, port: int) -> bytes:
        """Return what the Host field says (RFC 9110 section 7.2)."""
        if b":" in host:
            host = b"[" + host + b"]"
        return host if _DEFAULT_PORTS.get(scheme) == port else b"%b:%d" % (host, port)

    def _requestWithEndpoint(
        self,
        key: Any,
        endpoint: Any,
        method: bytes,
        parsedURI: URI,
        headers: Headers | None,
        bodyProducer: Any,
        requestPath: bytes,
    ) -> Deferred[Any]:
        """Send a request on a connection of the pool.

        Args:
            key: The pool's key for the connection.
            endpoint: Where to connect if the pool has none.
            method: The method.
            parsedURI: The URI asked for.
            headers: The fields; Host is added if it is not there.
            bodyProducer: The body, or None.
            requestPath: The request target.

        Raises:
            TypeError: If the method is not bytes.
            ValueError: If it may not go on the wire.
        """
        method = check_method(method)
        headers = Headers() if headers is None else headers.copy()
        if b"Host" not in headers._fields:
            host = self._computeHostValue(parsedURI.scheme, parsedURI.host, parsedURI.port)
            headers._fields[b"Host"] = [host]
        pool = self._pool
        request = Request._construct(method, requestPath, headers, bodyProducer, pool.persistent, parsedURI)
        if pool.getConnection.__func__ is _get_connection:
            # What most requests find; a Deferred in between would cost as much as all the rest of the pool.
            connection = pool.take_idle(key)
            if connection is not None:
                answered: Deferred[Any] = pool.retrying(connection, key, endpoint).request(request)
                return answered
        connected: Deferred[Any] = pool.getConnection(key, endpoint)
        return connected.addCallback(lambda connection: connection.request(request))


@implementer(IAgent)
class Agent(AgentBase):
    """Asks the servers of http and https URIs.

    Args:
        reactor: What connects.
        contextFactory: The `IPolicyForHTTPS`; by default servers are verified as browsers do.
        connectTimeout: How many seconds connecting may take; None for the endpoint's own limit.
        bindAddress: The local address; None lets the system choose.
        pool: Where connections come from; None for one that keeps none.
    """

    def __init__(
        self,
        reactor: Any,
        contextFactory: Any = BrowserLikePolicyForHTTPS(),  # noqa: B008 (it has no state that matters)
        connectTimeout: float | None = None,
        bindAddress: Any = None,
        pool: HTTPConnectionPool | None = None,
    ) -> None:
        factory = StandardEndpointFactory(reactor, policy_of(contextFactory), connectTimeout, bindAddress)
        self._init(reactor, factory, pool)

    @classmethod
    def usingEndpointFactory(
        cls, reactor: Any, endpointFactory: Any, pool: HTTPConnectionPool | None = None
    ) -> Agent:
        """Make an agent that reaches servers in another way.

        Args:
            reactor: What measures time.
            endpointFactory: The `IAgentEndpointFactory`.
            pool: Where connections come from; None for one that keeps none.
        """
        agent = cls.__new__(cls)
        agent._init(reactor, endpointFactory, pool)
        return agent

    def _init(self, reactor: Any, endpointFactory: Any, pool: HTTPConnectionPool | None) -> None:
        AgentBase.__init__(self, reactor, pool)
        self._endpointFactory = endpointFactory

    def _getEndpoint(self, uri: URI) -> Any:
        """Return the endpoint for a URI's server; may be overridden."""
        return self._endpointFactory.endpointForURI(uri)

    def request(
        self, method: bytes, uri: bytes, headers: Headers | None = None, bodyProducer: Any = None
    ) -> Deferred[Any]:
        """Send a request.

        Args:
            method: The method.
            uri: The absolute URI.
            headers: The fields; Host is added if it is not there.
            bodyProducer: The body, an `IBodyProducer`; None for none.

        Returns:
            A Deferred that fires with an `IResponse` when its head has come.  It fails with
            `SchemeNotSupported`; as the endpoint does, if there is no connection; or as
            `HTTP11ClientProtocol` says.

        Raises:
            ValueError: If the URI may not go on the wire.
        """
        parsed = URI.fromBytes(check_uri(uri.strip()))
        try:
            endpoint = self._getEndpoint(parsed)
        except SchemeNotSupported:
            return fail(Failure())
        key = (parsed.scheme, parsed.host, parsed.port)
        return self._requestWithEndpoint(
            key, endpoint, method, parsed, headers, bodyProducer, parsed.originForm
        )


@implementer(IAgent)
class ProxyAgent(AgentBase):
    """Asks a proxy for http URIs (RFC 9112 section 3.2.2).

    Args:
        endpoint: Where the proxy is.
        reactor: What measures time; None for the current one.
        pool: Where connections come from; None for one that keeps none.
    """

    def __init__(self, endpoint: Any, reactor: Any = None, pool: HTTPConnectionPool | None = None) -> None:
        if reactor is None:
            from sennit.core.current import current_reactor

            reactor = current_reactor()
        super().__init__(reactor, pool)
        self._proxyEndpoint = endpoint

    def request(
        self, method: bytes, uri: bytes, headers: Headers | None = None, bodyProducer: Any = None
    ) -> Deferred[Any]:
        """Send a request; see `Agent.request`."""
        uri = check_uri(uri.strip())
        # The proxy is one server, whatever it is asked for.
        key = ("http-proxy", self._proxyEndpoint)
        return self._requestWithEndpoint(
            key, self._proxyEndpoint, method, URI.fromBytes(uri), headers, bodyProducer, uri
        )
