"""Which stream is served first: the Extensible Prioritization Scheme (RFC 9218).

A response has an urgency from 0, the most urgent, to 7, and may be incremental, that is of use in pieces.
More urgent ones go first; among equals, those that are not incremental go one after another in the order
they were asked for, and incremental ones take turns (RFC 9218 section 10).
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["DEFAULT_PRIORITY", "Priority", "parse_priority", "parse_priority_update"]

_MEMBER = re.compile(rb"[ \t]*([a-z*][a-z0-9_\-.*]*)(?:=([^;,]*))?(?:;[^,]*)?[ \t]*")
_MAX_VALUE = 256


class Priority(NamedTuple):
    """How a response is to be served.

    Attributes:
        urgency: From 0, the most urgent, to 7.
        incremental: Whether pieces of it are of use.
    """

    urgency: int = 3
    incremental: bool = False


DEFAULT_PRIORITY = Priority()


def parse_priority(value: bytes) -> Priority:
    """Read a Priority field; what does not parse, or is out of range, is as if it were not there."""
    urgency, incremental = DEFAULT_PRIORITY
    if len(value) > _MAX_VALUE:
        return DEFAULT_PRIORITY
    for item in value.split(b","):
        match = _MEMBER.fullmatch(item)
        if match is None:
            return DEFAULT_PRIORITY
        name, given = match.groups()
        if name == b"u":
            if given is not None and len(given) == 1 and given in b"01234567":
                urgency = int(given)
        elif name == b"i":
            if given is None or given == b"?1":
                incremental = True
            elif given == b"?0":
                incremental = False
    return Priority(urgency, incremental)


def parse_priority_update(body: bytes) -> tuple[int, Priority] | None:
    """Read what a PRIORITY_UPDATE frame holds (RFC 9218 section 7.1).

    Returns:
        The stream, and its priority; None if the frame is too short.
    """
    if len(body) < 4:
        return None
    return int.from_bytes(body[:4], "big") & 0x7FFFFFFF, parse_priority(bytes(body[4:]))
