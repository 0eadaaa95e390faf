"""`URLPath`: the URL of a request, to make other URLs from, by ``twisted.python.urlpath``'s names."""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import unquote_to_bytes

from hyperlink import URL

__all__ = ["URLPath"]


class URLPath:
    """A URL that gives others: children, siblings, parents.

    Its parts can be set, to bytes or to ASCII text.

    Args:
        scheme: For example ``b"http"``, which is also what none means.
        netloc: Host, and port where it is not the scheme's own.
        path: The path, percent-encoded.
        query: The query, percent-encoded.
        fragment: The fragment, percent-encoded.
    """

    def __init__(
        self,
        scheme: bytes = b"",
        netloc: bytes = b"localhost",
        path: bytes = b"",
        query: bytes = b"",
        fragment: bytes = b"",
    ) -> None:
        text = (scheme or b"http") + b"://" + netloc
        if path:
            text += path if path.startswith(b"/") else b"/" + path
        if query:
            text += b"?" + query
        if fragment:
            text += b"#" + fragment
        self._take(URL.from_text(text.decode("ascii")))

    def _take(self, url: URL) -> None:
        if not url.path:
            url = url.replace(path=("",))
        try:
            self._url = url.to_uri()
        except UnicodeError:
            if not url.host.isascii():
                raise
            # No name that IDNA allows, but Host fields may hold it, and it is written as it is.
            self._url = url.replace(host="").to_uri().replace(host=url.host)

    @classmethod
    def _of(cls, url: URL) -> Self:
        made = cls.__new__(cls)
        made._take(url)
        return made

    @classmethod
    def fromString(cls, url: str) -> Self:
        """Make one of a URL in text.

        Raises:
            ValueError: If it is not a str, or no URL.
        """
        if not isinstance(url, str):
            raise ValueError("'url' must be a str")  # noqa: TRY004 (Twisted's choice)
        return cls._of(URL.from_text(url))

    @classmethod
    def fromBytes(cls, url: bytes) -> Self:
        """Make one of a URL in bytes; those that a URL cannot have are percent-encoded.

        Raises:
            ValueError: If it is not bytes, or no URL.
        """
        if not isinstance(url, bytes):
            raise ValueError("'url' must be bytes")  # noqa: TRY004 (Twisted's choice)
        return cls.fromString("".join(chr(each) if 0x20 < each < 0x7F else f"%{each:02X}" for each in url))

    @classmethod
    def fromRequest(cls, request: Any) -> Self:
        """Make one of the URL of the resource that answers a request."""
        return cls.fromBytes(request.prePathURL())

    @property
    def scheme(self) -> bytes:
        """The scheme."""
        return self._url.scheme.encode("ascii")

    @scheme.setter
    def scheme(self, value: bytes | str) -> None:
        self._put(scheme=value)

    @property
    def netloc(self) -> bytes:
        """Host, and port where it is not the scheme's own."""
        return self._url.authority().encode("ascii")

    @netloc.setter
    def netloc(self, value: bytes | str) -> None:
        self._put(netloc=value)

    @property
    def path(self) -> bytes:
        """The path, percent-encoded."""
        return URL(path=self._url.path, rooted=True).to_text().encode("ascii")

    @path.setter
    def path(self, value: bytes | str) -> None:
        self._put(path=value)

    @property
    def query(self) -> bytes:
        """The query, percent-encoded."""
        return URL(query=self._url.query).to_text()[1:].encode("ascii")

    @query.setter
    def query(self, value: bytes | str) -> None:
        self._put(query=value)

    @property
    def fragment(self) -> bytes:
        """The fragment, percent-encoded."""
        return self._url.fragment.encode("ascii")

    @fragment.setter
    def fragment(self, value: bytes | str) -> None:
        self._put(fragment=value)

    def _put(self, **changed: bytes | str) -> None:
        """Give some parts other values."""
        parts = {name: getattr(self, name) for name in ("scheme", "netloc", "path", "query", "fragment")}
        for name, value in changed.items():
            parts[name] = value.encode("ascii") if isinstance(value, str) else value
        self._take(URLPath(**parts)._url)

    def pathList(self, unquote: bool = False, copy: bool = True) -> list[bytes]:
        """Return the path's segments, the first always empty.

        Args:
            unquote: Whether to decode them.
            copy: Not used; the list is always the caller's own.
        """
        segments = self.path.split(b"/")
        return [unquote_to_bytes(segment) for segment in segments] if unquote else segments

    def _with_query(self, url: URL, keep: bool) -> Self:
        return self._of(url.replace(fragment="", query=self._url.query if keep else ()))

    def sibling(self, path: bytes, keepQuery: bool = False) -> Self:
        """Return the URL beside this one.

        Args:
            path: Its last segment, not encoded.
            keepQuery: Whether it has this one's query.
        """
        return self._with_query(self._url.sibling(path.decode("ascii")), keepQuery)

    def child(self, path: bytes, keepQuery: bool = False) -> Self:
        """Return the URL below this one.

        Args:
            path: Its last segment, not encoded.
            keepQuery: Whether it has this one's query.
        """
        return self._with_query(self._url.child(path.decode("ascii")), keepQuery)

    def parent(self, keepQuery: bool = False) -> Self:
        """Return the URL above this one, with a slash at its end."""
        return self._with_query(self._url.click(".."), keepQuery)

    def here(self, keepQuery: bool = False) -> Self:
        """Return the URL of the directory this one is in."""
        return self._with_query(self._url.click("."), keepQuery)

    def click(self, st: bytes) -> Self:
        """Return the URL that a link leads to from here.

        Args:
            st: The link: absolute or relative.

        Raises:
            ValueError: If it is no link, or has a scheme and a path without a root.
        """
        try:
            return self._of(self._url.click(st.decode("ascii")))
        except NotImplementedError as error:
            raise ValueError(str(error)) from None

    def __str__(self) -> str:
        return self._url.to_text()

    def __repr__(self) -> str:
        parts = ", ".join(
            f"{name}={getattr(self, name)!r}" for name in ("scheme", "netloc", "path", "query", "fragment")
        )
        return f"URLPath({parts})"
