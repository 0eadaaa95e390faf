"""Range requests (RFC 9110 section 14): which octets of a representation are asked for.

A client may ask for many small or overlapping ranges to make a server work; past `max_ranges`, or when the
ranges together are longer than the whole, the header is ignored and the whole is sent, as section 14.2
allows.
"""

from __future__ import annotations

import re

__all__ = ["UNSATISFIABLE", "content_range", "parseContentRange", "parse_range", "unsatisfied_range"]

Range = tuple[int, int]
"""First octet and the octet after the last."""

UNSATISFIABLE: list[Range] = []
"""What `parse_range` returns when no range asked for lies inside the representation."""

_MAX_DIGITS = 19
_SPEC = re.compile(rb"([0-9]{0,%d})-([0-9]{0,%d})" % (_MAX_DIGITS, _MAX_DIGITS))
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")


def parse_range(value: bytes, size: int, max_ranges: int = 16) -> list[Range] | None:
    """Read a Range field.

    Args:
        value: The field's value.
        size: The representation's length, in octets.
        max_ranges: How many ranges one request may name.

    Returns:
        The ranges as (start, stop), in the order asked for; `UNSATISFIABLE` (empty) for a 416; None when the
        field is to be ignored: another unit, bad syntax, or too much asked.
    """
    unit, equals, specs = value.partition(b"=")
    if not equals or unit.strip(b" \t").lower() != b"bytes":
        return None
    items = specs.split(b",", max_ranges)
    if len(items) > max_ranges:
        return None
    ranges: list[Range] = []
    for item in items:
        match = _SPEC.fullmatch(item.strip(b" \t"))
        if match is None:
            return None
        first, last = match.groups()
        if not first:
            if not last:
                return None
            length = min(int(last), size)
            start, stop = size - length, size
        else:
            start = int(first)
            if last and int(last) < start:
                return None
            stop = min(int(last) + 1, size) if last else size
        if start < stop:
            ranges.append((start, stop))
    if not ranges:
        return UNSATISFIABLE
    if len(ranges) > 1 and sum(stop - start for start, stop in ranges) > size:
        return None
    return ranges


def content_range(start: int, stop: int, size: int) -> bytes:
    """Return the Content-Range value for the octets from `start` up to `stop`."""
    return b"bytes %d-%d/%d" % (start, stop - 1, size)


def unsatisfied_range(size: int) -> bytes:
    """Return the Content-Range value of a 416."""
    return b"bytes */%d" % size


def parseContentRange(header: str) -> tuple[int, int, int | None]:
    """Return (start, end inclusive, length or None when unknown) of a Content-Range value.

    Raises:
        ValueError: If it is not a range of bytes.
    """
    match = _CONTENT_RANGE.fullmatch(header.strip(" \t"))
    if match is None:
        raise ValueError(f"This is no Content-Range of bytes: {header!r}")
    start, end, length = match.groups()
    return int(start), int(end), None if length == "*" else int(length)
