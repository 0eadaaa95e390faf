"""Cookies as a server sees them (RFC 6265): the Cookie field in, Set-Cookie fields out."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["format_set_cookie", "parse_cookies"]

_BREAKS = bytes.maketrans(bytes([*range(32), 127, ord(";")]), b" " * 34)
_SAME_SITE = (b"lax", b"strict", b"none")


def parse_cookies(values: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return the cookies of Cookie field values; of two with one name the first counts.

    What has no ``=`` is passed over, as RFC 6265 section 5.4 never sends it.  One pass over the input.
    """
    found: dict[bytes, bytes] = {}
    for value in values:
        for pair in value.split(b";"):
            name, equals, content = pair.partition(b"=")
            if equals:
                found.setdefault(name.strip(b" \t"), content.lstrip(b" \t"))
    return found


def _clean(value: bytes | str) -> bytes:
    """Return a value that can end neither its attribute nor its field."""
    raw = value.encode("utf-8") if isinstance(value, str) else value
    return raw.translate(_BREAKS)


def format_set_cookie(
    name: bytes | str,
    value: bytes | str,
    *,
    expires: bytes | str | None = None,
    domain: bytes | str | None = None,
    path: bytes | str | None = None,
    max_age: bytes | str | None = None,
    comment: bytes | str | None = None,
    secure: bool = False,
    http_only: bool = False,
    same_site: bytes | str | None = None,
) -> bytes:
    """Return a Set-Cookie value; what would end an attribute or the field becomes a space.

    Raises:
        ValueError: If `same_site` is not lax, strict or none.
    """
    parts = [_clean(name) + b"=" + _clean(value)]
    attributes = ((b"Expires", expires), (b"Domain", domain), (b"Path", path), (b"Max-Age", max_age))
    for label, attribute in (*attributes, (b"Comment", comment)):
        if attribute is not None:
            parts.append(label + b"=" + _clean(attribute))
    if secure:
        parts.append(b"Secure")
    if http_only:
        parts.append(b"HttpOnly")
    if same_site:
        site = _clean(same_site).lower()
        if site not in _SAME_SITE:
            raise ValueError(f"Invalid value for sameSite: {_clean(same_site)!r}")
        parts.append(b"SameSite=" + site)
    return b"; ".join(parts)
