"""Range requests (RFC 9110 section 14): which octets of a representation are asked for.

A client may ask for many small or overlapping ranges to make a server work; past `max_ranges`, or when the
ranges together are longer than the whole, the header is ignored and the whole is sent, as section 14.2
allows.
"""

from __future__ import annotations

import re

__all__ = [
    "UNSATISFIABLE",
    "content_range",
    "parseContentRange",
    "ranges_within",
    "read_ranges",
    "unsatisfied_range",
]

Range = tuple[int, int]
"""First octet and the octet after the last."""

UNSATISFIABLE: list[Range] = []
"""What `ranges_within` returns when no range asked for lies inside the representation."""

_MAX_DIGITS = 19
_SHOWN = 64
"""How much of what is no range is told, in octets."""
_SPEC = rb"([0-9]{0,%d})\s*-\s*([0-9]{0,%d})" % (_MAX_DIGITS, _MAX_DIGITS)
_CONTENT_RANGE = r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)"


def read_ranges(value: bytes, max_ranges: int = 16) -> list[tuple[int | None, int | None]]:
    """Read a Range field, whatever the representation's length.

    Args:
        value: The field's value.
        max_ranges: How many ranges one request may name.

    Returns:
        The ranges as (first, last), in the order asked for; without a first, the last is how many octets from
        the end; without a last, all from the first on.

    Raises:
        ValueError: If the field is to be ignored: another unit, bad syntax, or too much asked.
    """
    unit, equals, specs = value.partition(b"=")
    if not equals or unit.strip(b" \t").lower() != b"bytes":
        raise ValueError("There are ranges of bytes alone.")
    items = specs.split(b",", 2 * max_ranges)
    ranges: list[tuple[int | None, int | None]] = []
    for item in items:
        text = item.strip()
        if not text:
            # RFC 9110 section 5.6.1.2: lists have empty members at times.
            continue
        match = re.fullmatch(_SPEC, text)
        if match is None or match.groups() == (b"", b""):
            raise ValueError(f"This is no range: {text[:_SHOWN]!r}")
        first, last = [int(digits) if digits else None for digits in match.groups()]
        if first is not None and last is not None and last < first:
            raise ValueError(f"A range ends before it begins: {text!r}")
        ranges.append((first, last))
    if not 0 < len(ranges) <= max_ranges:
        raise ValueError("There is no range, or there are too many.")
    return ranges


def ranges_within(asked: list[tuple[int | None, int | None]], size: int) -> list[Range] | None:
    """Return where ranges that were asked for lie in a representation.

    Args:
        asked: What `read_ranges` returned.
        size: The representation's length, in octets.

    Returns:
        The ranges as (start, stop), in the order asked for; `UNSATISFIABLE` (empty) for a 416; None when the
        field is to be ignored, since too much is asked.
    """
    ranges: list[Range] = []
    for first, last in asked:
        if first is None:
            start, stop = size - min(last or 0, size), size
        else:
            start, stop = first, size if last is None else min(last + 1, size)
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
    match = re.fullmatch(_CONTENT_RANGE, header.strip(" \t"))
    if match is None:
        raise ValueError(f"This is no Content-Range of bytes: {header!r}")
    start, end, length = match.groups()
    return int(start), int(end), None if length == "*" else int(length)
