"""Description strings of others: where parsers for further endpoint types come from.

A parser is an object with a ``prefix`` and one or both of ``parseStreamServer(reactor, *args, **kwargs)``
and ``parseStreamClient(reactor, *args, **kwargs)``.  Parsers are found in three places: those given to
`register_parser`, those of sources given to `add_parser_source` (asked again for every unknown prefix, so
that a source may look around lazily), and the entry points of the group ``sennit.endpoint_parsers``
(loaded once, when the first unknown prefix is met).  An entry point names a parser or a class of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["ENTRY_POINT_GROUP", "add_parser_source", "find_parser", "register_parser"]

ENTRY_POINT_GROUP = "sennit.endpoint_parsers"

_registered: list[Any] = []
_sources: list[Callable[[], Iterable[Any]]] = []
_from_entry_points: list[Any] | None = None


def register_parser(parser: Any) -> Callable[[], None]:
    """Make a parser known to `serverFromString` and `clientFromString`.

    Args:
        parser: The parser, as this module describes it.

    Returns:
        A function that takes it out again.
    """
    _registered.append(parser)
    return lambda: _registered.remove(parser)


def add_parser_source(source: Callable[[], Iterable[Any]]) -> Callable[[], None]:
    """Name a function that gives further parsers when a prefix is not known otherwise.

    Returns:
        A function that takes it out again.
    """
    _sources.append(source)
    return lambda: _sources.remove(source)


def _entry_points() -> list[Any]:
    global _from_entry_points
    if _from_entry_points is None:
        from importlib.metadata import entry_points

        found = (point.load() for point in entry_points(group=ENTRY_POINT_GROUP))
        _from_entry_points = [one() if isinstance(one, type) else one for one in found]
    return _from_entry_points


def find_parser(prefix: str, method: str) -> Callable[..., Any] | None:
    """Return the bound parsing method for a prefix.

    Args:
        prefix: What stands before the description's first colon.
        method: ``"parseStreamServer"`` or ``"parseStreamClient"``.

    Returns:
        The method of the first parser that has both, or None.
    """
    for candidates in (lambda: _registered, *_sources, _entry_points):
        for parser in candidates():
            if parser.prefix == prefix and (found := getattr(parser, method, None)) is not None:
                parse: Callable[..., Any] = found
                return parse
    return None
