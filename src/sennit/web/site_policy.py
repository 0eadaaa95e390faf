"""What a site does to every request alike, whatever resource answers: a class of requests made for it.

A site without any of this uses plain requests, which pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sennit.haproxy.trust import TrustedSources
from sennit.http.codes import PERMANENT_REDIRECT
from sennit.http.headers import Headers, canonical_name, clean_value
from sennit.http.lazily import lazily
from sennit.http.received import ReceivedRequest
from sennit.http.serializer import Openings
from sennit.web.forwarded import Told, read_forwarded

__all__ = ["requests_with_policy"]

_CHALLENGES = b"/.well-known/acme-challenge/"
"""Certificate authorities ask here without TLS (RFC 8555 section 8.3)."""


def requests_with_policy(
    request_class: Any,
    *,
    headers: Mapping[str, str] | None = None,
    hsts: int | None = None,
    https_port: int | None = None,
    trusted_proxies: Iterable[str] | None = None,
) -> Any:
    """Return a class of requests with a site's policy.

    Args:
        request_class: The class to begin with.
        headers: Fields for every response that has none of their name.
        hsts: Seconds for which clients are to use TLS only, told under TLS (RFC 6797).
        https_port: Where requests without TLS are sent.
        trusted_proxies: Networks whose ``Forwarded`` and ``X-Forwarded-*`` fields are believed.

    Raises:
        TypeError: If it is no class.
        ValueError: If a header or a network is malformed.
    """
    if not isinstance(request_class, type):
        raise TypeError(f"A site's policy needs a class of requests, not {request_class!r}.")
    added = {canonical_name(name): clean_value(value) for name, value in (headers or {}).items()}
    made: Any = request_class
    if added or hsts is not None:
        namespace: dict[str, Any] = {"_strict": None if hsts is None else b"max-age=%d" % hsts}
        server = added.pop(b"Server", None)
        if server is not None:
            namespace["_openings"] = Openings(server)
        namespace["_added"] = added
        made = type(made.__name__, (_WithHeaders, made), namespace)
    if https_port is not None:
        made = type(made.__name__, (_OnlySecure, made), {"_https_port": https_port})
    if trusted_proxies is not None:
        made = type(made.__name__, (_Forwarded, made), {"_trusted": TrustedSources(trusted_proxies)})
    return made


class _WithHeaders:
    """Adds fields to every response."""

    _added: dict[bytes, bytes]
    _strict: bytes | None

    def _start(self, data: bytes) -> None:
        request: Any = self
        for name, value in self._added.items():
            if not request._has_field(name):
                request.setHeader(name, value)
        if (
            self._strict is not None
            and request.isSecure()
            and not request._has_field(b"Strict-Transport-Security")
        ):
            request.setHeader(b"strict-transport-security", self._strict)
        super()._start(data)  # type: ignore[misc]  # a request's


class _OnlySecure:
    """Sends clients without TLS to where there is TLS."""

    _https_port: int

    def headReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Let nothing be found, nor anything of the body be used, without TLS."""
        if self.isSecure():  # type: ignore[attr-defined]  # a request's
            super().headReceived(command, path, version)  # type: ignore[misc]  # a request's

    def process(self) -> None:
        """Answer under TLS only."""
        request: Any = self
        if request.isSecure() or request.path.startswith(_CHALLENGES):
            super().process()  # type: ignore[misc]  # a request's
            return
        host = request.getRequestHostname()
        if b":" in host:
            host = b"[%b]" % host
        target = request.uri if request.uri[:1] == b"/" else b"/"
        port = b"" if self._https_port == 443 else b":%d" % self._https_port
        request.setResponseCode(PERMANENT_REDIRECT)
        request.setHeader(b"location", b"https://%b%b%b" % (host, port, target))
        request.setHeader(b"content-length", b"0")
        request.finish()


class _Forwarded(ReceivedRequest):
    """Believes trusted proxies."""

    _trusted: TrustedSources

    @lazily
    def _told(self) -> Told:
        return (
            read_forwarded(Headers.from_wire(self._head.headers), self._connection.getPeer(), self._trusted)
            if (self._head is not None)
            else Told()
        )

    @lazily
    def client(self) -> Any:
        """The client's address, as trusted proxies say it."""
        return self._told.client or self._connection.getPeer()

    @lazily
    def requestHeaders(self) -> Headers:
        """The request's fields, with the Host that the client sent."""
        headers = Headers.from_wire(self._head.headers) if self._head is not None else Headers()
        if self._told.host is not None:
            headers.setRawHeaders(b"host", [self._told.host])
        return headers

    def isSecure(self) -> bool:
        """Tell whether the client speaks TLS, with us or with the proxy."""
        told = self._told.secure
        return super().isSecure() if told is None else told
