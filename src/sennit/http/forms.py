"""Query strings and form bodies to argument maps, within limits.

``application/x-www-form-urlencoded`` is read here; ``multipart/form-data`` (RFC 7578) by the `multipart`
library's incremental parser, which bounds each part's header count and size.  What the arguments may take up
in memory is bounded for both, since the body itself may be far larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from sennit.http.codes import REQUEST_ENTITY_TOO_LARGE
from sennit.http.errors import RemoteProtocolError

__all__ = ["parse_form", "parse_qs", "urlparse"]

Arguments = dict[bytes, list[bytes]]

_READ_SIZE = 65536


def _unquote_plus(text: bytes) -> bytes:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    if b"%" not in text:
        return text
    # It brings much with it, and few servers are sent forms.
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(text)


def parse_qs(qs: bytes, keep_blank_values: int = 0, strict_parsing: int = 0) -> Arguments:
    """Return the arguments of a query string, every value in a list.

    Args:
        qs: Names and values, split by ``&`` or ``;``.
        keep_blank_values: Whether to keep names whose value is empty.
        strict_parsing: Whether an item without ``=`` is an error instead of a blank value.

    Raises:
        ValueError: For an item without ``=``, if `strict_parsing`.
    """
    found: Arguments = {}
    for item in qs.replace(b";", b"&").split(b"&"):
        name, equals, value = item.partition(b"=")
        if not equals:
            if strict_parsing:
                raise ValueError(f"This argument has no '=': {item!r}")
            if not item or not keep_blank_values:
                continue
        if value or keep_blank_values:
            found.setdefault(_unquote_plus(name), []).append(_unquote_plus(value))
    return found


def urlparse(url: bytes) -> object:
    """Split a URL in bytes into scheme, netloc, path, params, query and fragment, all bytes.

    Raises:
        TypeError: If `url` is a str.
    """
    given: object = url
    if isinstance(given, str):
        raise TypeError("url must be bytes, not str.")
    from urllib.parse import urlparse as split

    scheme, netloc, path, params, query, fragment = split(url)
    return split(b"")._replace(
        scheme=bytes(scheme),
        netloc=bytes(netloc),
        path=bytes(path),
        params=bytes(params),
        query=bytes(query),
        fragment=bytes(fragment),
    )


def parse_form(
    content_type: bytes, content: IO[bytes], length: int, *, max_fields: int, max_memory: int
) -> Arguments | None:
    """Read a form from a request body and leave the body rewound.

    Args:
        content_type: The Content-Type field's value.
        content: The body, at its start.
        length: The body's length in octets.
        max_fields: How many fields, and parts, a form may have.
        max_memory: How many octets of arguments it may have.

    Returns:
        The arguments, or None if the body is no form.

    Raises:
        RemoteProtocolError: If the form is malformed (400) or passes a limit (413).
    """
    media_type = content_type.partition(b";")[0].strip(b" \t").lower()
    if media_type == b"application/x-www-form-urlencoded":
        if length > max_memory:
            raise RemoteProtocolError("The form is too large.", REQUEST_ENTITY_TOO_LARGE)
        body = content.read()
        content.seek(0)
        if body.count(b"&") + body.count(b";") >= max_fields:
            raise RemoteProtocolError("The form has too many fields.", REQUEST_ENTITY_TOO_LARGE)
        return parse_qs(body, 1)
    if media_type == b"multipart/form-data":
        found = _parse_multipart(content_type, content, max_fields, max_memory)
        content.seek(0)
        return found
    return None


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(_READ_SIZE):
        yield piece


def _parse_multipart(content_type: bytes, content: IO[bytes], max_fields: int, max_memory: int) -> Arguments:
    import multipart

    _, options = multipart.parse_options_header(content_type.decode("latin-1"))
    boundary = options.get("boundary", "")
    # RFC 2046 section 5.1.1: one to seventy characters.
    if not 1 <= len(boundary) <= 70:
        raise RemoteProtocolError("The form's boundary is missing or too long.")
    found: Arguments = {}
    values: list[bytes] = []
    taken = 0
    name = b""
    try:
        parser = multipart.PushMultipartParser(
            boundary.encode("latin-1"), max_segment_count=max_fields, header_charset="latin-1", strict=True
        )
        with parser:
            for piece in _pieces(content):
                for event in parser.parse(piece):
                    if isinstance(event, multipart.MultipartSegment):
                        name = (event.name or "").encode("latin-1")
                        values = []
                    elif event is None:
                        found.setdefault(name, []).append(b"".join(values))
                    else:
                        taken += len(event)
                        if taken > max_memory:
                            raise RemoteProtocolError("The form is too large.", REQUEST_ENTITY_TOO_LARGE)
                        values.append(bytes(event))
    except multipart.ParserLimitReached as error:
        raise RemoteProtocolError("The form passes a limit.", REQUEST_ENTITY_TOO_LARGE) from error
    except (multipart.MultipartError, ValueError) as error:
        raise RemoteProtocolError("The form is malformed.") from error
    return found
