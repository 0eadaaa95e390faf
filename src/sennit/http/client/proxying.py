"""Which way a request takes: straight to its server, or by a proxy.

An HTTP proxy is asked for http URIs in absolute form, and opens a tunnel for https ones by CONNECT; so what
is said under TLS stays between client and server.  A SOCKS proxy opens a tunnel for both.
"""

from __future__ import annotations

import base64
import ipaddress
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from sennit.endpoint import HostnameEndpoint
from sennit.endpoint.socks import SOCKS5ClientEndpoint
from sennit.endpoint.tls import WrapperClientEndpoint
from sennit.http.client.errors import SchemeNotSupported
from sennit.http.client.limits import Timeouts
from sennit.http.client.tunnel import HTTPTunnelEndpoint
from sennit.http.client.uri import URI
from sennit.http.headers import Headers

__all__ = ["Proxies", "Route", "Router"]

_PORTS = {b"http": 80, b"https": 443, b"socks5": 1080, b"socks5h": 1080}
_CONNECT_TIMEOUT = 30.0
_SHUTDOWN_TIMEOUT = 5.0


class Route:
    """How one request goes.

    Attributes:
        key: What the pool is to know its connection by.
        endpoint: Where to connect.
        target: The request target.
        headers: Fields for the proxy, to be sent with the request.
    """

    __slots__ = ("endpoint", "headers", "key", "target")

    def __init__(self, key: Any, endpoint: Any, target: bytes, headers: Headers | None = None) -> None:
        self.key = key
        self.endpoint = endpoint
        self.target = target
        self.headers = headers


class Proxies:
    """Which proxy is for which URI.

    Args:
        proxies: The proxy's URI for each scheme, ``http``, ``https`` or ``all``; a single URI is for all.
            Its scheme is http, https, socks5 or socks5h, and it may have a user name and a password.
        no_proxy: Hosts that are reached without: names with all names below them, addresses, networks, ``*``.

    Raises:
        ValueError: If something is no URI of a proxy.
    """

    def __init__(self, proxies: str | Mapping[str, str], no_proxy: Sequence[str] = ()) -> None:
        given = {"all": proxies} if isinstance(proxies, str) else dict(proxies)
        self._proxies = {scheme.encode("ascii"): _proxy(uri) for scheme, uri in given.items()}
        self._names = []
        self._networks = []
        self._none = False
        for entry in no_proxy:
            item = entry.strip().lower()
            try:
                self._networks.append(ipaddress.ip_network(item.strip("[]"), strict=False))
            except ValueError:
                if item == "*":
                    self._none = True
                elif item:
                    self._names.append(item.removeprefix("*").removeprefix(".").rstrip("."))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Proxies:
        """Return the proxies that ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy`` name.

        In upper case they are heeded too, but for HTTP_PROXY in a CGI program: there it is what a client sent
        (CVE-2016-1000111).

        Args:
            environment: The variables; None for those of this process.
        """
        variables = os.environ if environment is None else environment
        found = {}
        for scheme in ("http", "https", "all"):
            value = variables.get(f"{scheme}_proxy")
            if value is None and not (scheme == "http" and "REQUEST_METHOD" in variables):
                value = variables.get(f"{scheme.upper()}_PROXY")
            if value:
                found[scheme] = value if "://" in value else f"http://{value}"
        excepted = variables.get("no_proxy", variables.get("NO_PROXY", ""))
        return cls(found, excepted.split(","))

    def proxy_for(self, uri: URI) -> URI | None:
        """Return the URI of the proxy for a URI, None to go straight."""
        proxy = self._proxies.get(uri.scheme, self._proxies.get(b"all"))
        if proxy is None or self._none or self._is_excepted(uri.host.decode("ascii").lower().rstrip(".")):
            return None
        return proxy

    def _is_excepted(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return any(host == name or host.endswith(f".{name}") for name in self._names)
        return any(address in network for network in self._networks)


def _proxy(text: str) -> URI:
    uri = URI.fromBytes(text.encode("ascii"), 0)
    if uri.scheme not in _PORTS or not uri.host:
        raise ValueError(f"A proxy is http://, https://, socks5:// or socks5h:// and a host, not {text!r}.")
    uri.port = uri.port or _PORTS[uri.scheme]
    return uri


def _credentials(proxy: URI) -> tuple[bytes, bytes] | None:
    given, at, _ = proxy.netloc.rpartition(b"@")
    if not at:
        return None
    user, _, password = given.partition(b":")
    return unquote_to_bytes(user), unquote_to_bytes(password)


class Router:
    """Finds the way for requests.

    Args:
        reactor: What connects.
        policy: The `IPolicyForHTTPS`.
        proxies: Which proxy is for which URI; None to use none.
        bind_address: The local address; None lets the system choose.
    """

    def __init__(self, reactor: Any, policy: Any, proxies: Proxies | None, bind_address: Any = None) -> None:
        self._reactor = reactor
        self._policy = policy
        self._proxies = proxies
        self._bind_address = bind_address

    def route(self, uri: URI, timeouts: Timeouts) -> Route:
        """Return the way to the server of a URI.

        Raises:
            SchemeNotSupported: If its scheme is neither http nor https.
            ValueError: If it names no host.
        """
        if uri.scheme not in (b"http", b"https"):
            raise SchemeNotSupported(f"The scheme is http or https, not {uri.scheme!r}.")
        if not uri.host:
            raise ValueError(f"There is no host in {uri.toBytes()!r}.")
        proxy = self._proxies.proxy_for(uri) if self._proxies is not None else None
        key: tuple[Any, ...] = (uri.scheme, uri.host.lower(), uri.port)
        if proxy is None:
            endpoint = self._tcp(uri, timeouts)
            if uri.scheme == b"https":
                endpoint = self._tls(endpoint, uri, timeouts)
            return Route(key, endpoint, uri.originForm)
        by = (proxy.scheme, proxy.netloc)
        endpoint = self._tcp(proxy, timeouts)
        if proxy.scheme == b"https":
            endpoint = self._tls(endpoint, proxy, timeouts)
        if proxy.scheme in (b"socks5", b"socks5h"):
            user, password = _credentials(proxy) or (None, None)
            endpoint = SOCKS5ClientEndpoint(endpoint, uri.host, uri.port, user, password)
        elif uri.scheme == b"http":
            target = URI(uri.scheme, uri.netloc, uri.host, uri.port, uri.path or b"/", b"", b"", b"")
            target.netloc = uri.netloc.rpartition(b"@")[2]
            target.params, target.query = uri.params, uri.query
            return Route(("http-proxy", *by), endpoint, target.toBytes(), _authorization(proxy))
        else:
            endpoint = HTTPTunnelEndpoint(endpoint, uri.host, uri.port, _authorization(proxy))
        if uri.scheme == b"https":
            endpoint = self._tls(endpoint, uri, timeouts)
        return Route((*key, *by), endpoint, uri.originForm)

    def _tcp(self, uri: URI, timeouts: Timeouts) -> Any:
        return HostnameEndpoint(
            self._reactor,
            uri.host.decode("ascii"),
            uri.port,
            timeout=_CONNECT_TIMEOUT if timeouts.connect is None else timeouts.connect,
            bindAddress=self._bind_address,
        )

    def _tls(self, endpoint: Any, uri: URI, timeouts: Timeouts) -> Any:
        from sennit.tls import TLSMemoryBIOFactory

        settings = self._policy.creatorForNetloc(uri.host, uri.port)
        limit = _CONNECT_TIMEOUT if timeouts.tls is None else timeouts.tls
        return WrapperClientEndpoint(
            endpoint,
            lambda factory: TLSMemoryBIOFactory(
                settings,
                True,
                factory,
                clock=self._reactor,
                handshake_timeout=limit,
                shutdown_timeout=_SHUTDOWN_TIMEOUT,
            ),
        )


def _authorization(proxy: URI) -> Headers | None:
    credentials = _credentials(proxy)
    if credentials is None:
        return None
    encoded = base64.b64encode(b"%b:%b" % credentials)
    return Headers({b"Proxy-Authorization": [b"Basic " + encoded]})
