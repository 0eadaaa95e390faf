"""`URI`: an http URI in its parts (RFC 3986, RFC 9110 section 4.2)."""

from __future__ import annotations

import re
from urllib.parse import urljoin as _urljoin
from urllib.parse import urlsplit

from sennit.http.client.request import check_uri

__all__ = ["URI", "resolve", "uri_from_text"]

_DEFAULT_PORTS = {b"http": 80, b"https": 443}
_PARTS = re.compile(
    rb"(?:([A-Za-z][A-Za-z0-9+.\-]*):)?(?://([^/?#]*))?([^?#;]*)(?:;([^?#]*))?(?:\?([^#]*))?(?:#(.*))?",
    re.DOTALL,
)
_INVALID = re.compile(rb"[^\x21-\x7e]")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")
_PORT = re.compile(rb"[0-9]{1,5}")


class URI:
    """An http URI.

    Args:
        scheme: The scheme, in lower case.
        netloc: Host and port as they were written.
        host: The host; an IPv6 address is without its brackets.
        port: The port number.
        path: The path.
        params: What follows the last segment's semicolon.
        query: The query.
        fragment: The fragment.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "fragment",
        "host",
        "netloc",
        "params",
        "path",
        "port",
        "query",
        "scheme",
    )

    def __init__(
        self,
        scheme: bytes,
        netloc: bytes,
        host: bytes,
        port: int,
        path: bytes,
        params: bytes,
        query: bytes,
        fragment: bytes,
    ) -> None:
        self.scheme = scheme
        self.netloc = netloc
        self.host = host.strip(b"[]")
        self.port = port
        self.path = path
        self.params = params
        self.query = query
        self.fragment = fragment

    @classmethod
    def fromBytes(cls, uri: bytes, defaultPort: int | None = None) -> URI:
        """Take a URI apart.

        Args:
            uri: An absolute URI.
            defaultPort: The port where the URI has none; None for the scheme's.

        Raises:
            ValueError: If its port is none.
        """
        uri = uri.strip(b" \t\r\n\f\v")
        match = _PARTS.fullmatch(uri)
        assert match is not None
        scheme, netloc, path, params, query, fragment = [part or b"" for part in match.groups()]
        scheme = scheme.lower()
        if params and b"/" in params:
            # The parameters are the last segment's.
            path, _, params = uri_path(path + b";" + params)
        if defaultPort is None:
            defaultPort = _DEFAULT_PORTS.get(scheme, 80)
        # Who one is does not belong to the host (RFC 9110 section 4.2.4); it goes into no field.
        host, port = netloc.rpartition(b"@")[2], defaultPort
        before, colon, digits = host.rpartition(b":")
        if colon and _PORT.fullmatch(digits) and not (before.startswith(b"[") and not before.endswith(b"]")):
            host, port = before, int(digits)
            if port > 65535:
                raise ValueError(f"A port is a number up to 65535, not {port}.")
        return cls(scheme, netloc, host, port, path, params, query, fragment)

    def toBytes(self) -> bytes:
        """Put it together."""
        start = self.scheme + b":" if self.scheme else b""
        if self.netloc or self.scheme:
            start += b"//" + self.netloc
        path = self.path
        if self.netloc and path and not path.startswith(b"/"):
            path = b"/" + path
        return start + path + self._after_path() + (b"#" + self.fragment if self.fragment else b"")

    def _after_path(self) -> bytes:
        tail = b";" + self.params if self.params else b""
        return tail + b"?" + self.query if self.query else tail

    @property
    def originForm(self) -> bytes:
        """The request target that asks its own server for it (RFC 9112 section 3.2.1)."""
        path = self.path
        if not path.startswith(b"/") and (self.netloc or not path):
            path = b"/" + path
        return path + self._after_path()

    def __repr__(self) -> str:
        return f"<URI {self.toBytes()!r}>"


def uri_from_text(text: str) -> bytes:
    """Return the URI for what a person writes: international names by IDNA, the rest percent-encoded.

    Raises:
        ValueError: If it is none.
    """
    text = text.strip(" ")
    if text.isascii() and _INVALID.search(raw := text.encode("ascii")) is None:
        return raw
    if _CONTROL.search(text) is not None:
        raise ValueError(f"A URL has no control characters: {text!r}")
    import hyperlink

    uri = hyperlink.URL.from_text(text).to_uri().to_text().encode("ascii")
    return _INVALID.sub(lambda match: b"%%%02X" % match.group()[0], uri)


def uri_path(path: bytes) -> tuple[bytes, bytes, bytes]:
    """Split a path at the semicolon of its last segment."""
    slash = path.rfind(b"/") + 1
    segment, semicolon, params = path[slash:].partition(b";")
    return path[:slash] + segment, semicolon, params


def resolve(base: bytes, reference: bytes) -> bytes:
    """Return the absolute URI that a reference stands for (RFC 3986 section 5); a fragment is inherited.

    Args:
        base: The URI of the request.
        reference: What Location says; what may not be in a URI is percent-encoded, as browsers do.

    Raises:
        ValueError: If the outcome is no URI.
    """
    reference = _INVALID.sub(lambda match: b"%%%02X" % match.group()[0], reference.strip())
    absolute = _urljoin(base, reference)
    if b"#" not in reference:
        # RFC 9110 section 10.2.2.
        _, _, fragment = base.partition(b"#")
        if fragment:
            absolute += b"#" + fragment
    urlsplit(absolute)
    return check_uri(absolute)
