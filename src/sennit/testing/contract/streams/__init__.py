"""The contract of streams: what every stream transport does, on every loop."""

from __future__ import annotations

from sennit.testing.contract.checks import Check
from sennit.testing.contract.kinds import StreamCase, StreamKind
from sennit.testing.contract.streams import (
    ending,
    failing,
    halves,
    identity,
    passing,
    ports,
    producing,
    reading,
)
from sennit.testing.contract.streams.listed import check

__all__ = [
    "ending",
    "failing",
    "halves",
    "identity",
    "passing",
    "ports",
    "producing",
    "reading",
    "stream_checks",
]


def stream_checks(kind: type[StreamKind]) -> list[Check[StreamCase]]:
    """Return the checks that a kind of stream must pass: all for which it has the abilities.

    Args:
        kind: The kind.
    """
    return [each for each in check if each.needs is None or each.needs in kind.abilities]
