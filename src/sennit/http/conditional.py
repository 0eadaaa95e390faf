"""Entity tags and conditional requests (RFC 9110 sections 8.8 and 13).

`evaluate` follows the order of section 13.2.2.  Comparison of dates is by the second, the resolution of an
HTTP date; a date that does not parse makes its condition absent, as section 13.1.3 demands.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sennit.http.codes import NOT_MODIFIED, PRECONDITION_FAILED
from sennit.http.dates import parse_date

__all__ = ["etag_matches", "evaluate", "if_range_holds", "parse_etags"]

# Programs set tags without quotes, and clients send back what they got: a bare word is a tag too.
_TAG = re.compile(rb'(?:W/)?"[^"]*"|[^\s,"]+')


def parse_etags(value: bytes) -> list[bytes]:
    """Return the tags of an If-Match or If-None-Match value, quotes and weakness marks kept."""
    return _TAG.findall(value)


def _opaque(tag: bytes) -> bytes:
    return tag[2:] if tag.startswith(b"W/") else tag


def etag_matches(etag: bytes, value: bytes, *, weak: bool) -> bool:
    """Tell whether a list of tags names this one.

    Args:
        etag: The representation's tag.
        value: The field's value: a list of tags, or ``*``.
        weak: Whether a weak tag may match (section 8.8.3.2); If-Match and If-Range demand strong ones.
    """
    if value.strip(b" \t") == b"*":
        return True
    tags = parse_etags(value)
    if weak:
        wanted = _opaque(etag)
        return any(_opaque(tag) == wanted for tag in tags)
    return not etag.startswith(b"W/") and etag in tags


def evaluate(
    method: bytes,
    header: Callable[[bytes], bytes | None],
    etag: bytes | None,
    last_modified: int | None,
) -> int | None:
    """Decide whether a request goes on.

    Args:
        method: The request's method.
        header: Gives a request field's value, or None.
        etag: The current representation's tag, None if it has none.
        last_modified: When it changed, in whole seconds since the epoch, None if unknown.

    Returns:
        304 or 412 to answer with, or None to go on.
    """
    if (value := header(b"if-match")) is not None:
        if etag is None or not etag_matches(etag, value, weak=False):
            return PRECONDITION_FAILED
    elif (value := header(b"if-unmodified-since")) is not None and last_modified is not None:
        since = parse_date(value)
        if since is not None and last_modified > since:
            return PRECONDITION_FAILED
    reads = method in (b"GET", b"HEAD")
    if (value := header(b"if-none-match")) is not None:
        if etag is not None and etag_matches(etag, value, weak=True):
            return NOT_MODIFIED if reads else PRECONDITION_FAILED
    elif reads and (value := header(b"if-modified-since")) is not None and last_modified is not None:
        since = parse_date(value)
        if since is not None and last_modified <= since:
            return NOT_MODIFIED
    return None


def if_range_holds(value: bytes | None, etag: bytes | None, last_modified: int | None) -> bool:
    """Tell whether the Range of a request with this If-Range value applies (RFC 9110 section 13.1.5)."""
    if value is None:
        return True
    value = value.strip(b" \t")
    if value.startswith((b'"', b"W/")):
        return etag is not None and not value.startswith(b"W/") and value == etag
    since = parse_date(value)
    return since is not None and last_modified == since
