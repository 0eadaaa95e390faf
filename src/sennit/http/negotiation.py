"""Proactive negotiation (RFC 9110 section 12.5): lists with quality values."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["accepts_coding", "best_coding", "parse_qualities"]

_QVALUE = re.compile(rb"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def parse_qualities(value: bytes, max_items: int = 64) -> list[tuple[bytes, float]]:
    """Return the members of an Accept-like list with their weights, in the order sent.

    Args:
        value: The field's value.
        max_items: Members past this number are not looked at.

    Returns:
        Lower-case members, each with its weight: 1.0 without one, 0.0 for one that does not parse.
    """
    found = []
    for item in value.split(b",", max_items)[:max_items]:
        token, *parameters = item.split(b";")
        token = token.strip(b" \t").lower()
        if not token:
            continue
        weight = 1.0
        for parameter in parameters:
            name, _, text = parameter.partition(b"=")
            if name.strip(b" \t").lower() == b"q":
                text = text.strip(b" \t")
                weight = float(text) if _QVALUE.fullmatch(text) else 0.0
        found.append((token, weight))
    return found


def accepts_coding(values: Sequence[bytes], coding: bytes) -> bool:
    """Tell whether Accept-Encoding fields let a content coding be sent (RFC 9110 section 12.5.3).

    Args:
        values: The values of all the request's Accept-Encoding fields.
        coding: A lower-case coding, for example ``b"gzip"``; ``x-gzip`` in the list stands for ``gzip``.
    """
    anything = 0.0
    for value in values:
        for token, weight in parse_qualities(value):
            if token in (coding, b"x-" + coding):
                return weight > 0
            if token == b"*":
                anything = weight
    return anything > 0


def best_coding(values: Sequence[bytes], offered: Sequence[bytes]) -> bytes | None:
    """Return the content coding that a client likes best (RFC 9110 section 12.5.3).

    Args:
        values: The values of all the request's Accept-Encoding fields.
        offered: What can be sent, the preferred first.

    Returns:
        The coding, None if the body is better left as it is.
    """
    weights: dict[bytes, float] = {}
    for value in values:
        for token, weight in parse_qualities(value):
            weights.setdefault(b"gzip" if token == b"x-gzip" else token, weight)
    anything = weights.get(b"*", 0.0)
    best, most = None, weights.get(b"identity", 0.0)
    for coding in offered:
        weight = weights.get(coding, anything)
        if weight > 0 and (weight > most or (best is None and weight == most)):
            best, most = coding, weight
    return best
