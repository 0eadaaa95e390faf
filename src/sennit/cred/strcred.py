"""Checkers from descriptions: ``memory:alice:secret``, ``htpasswd:/etc/users``, ``unix``.

A description is a kind, and after a colon whatever that kind reads.  A kind is an `ICheckerFactory`.  Besides
those of `sennit.cred.factories` they come from three places: given to `register_factory`, from the sources
given to `add_factory_source`, and as entry points of the group ``sennit.checker_factories``, each of which
names a factory or a class of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from sennit.cred.factories import FACTORIES, InvalidAuthArgumentString, StrcredException
from sennit.cred.interfaces import ICheckerFactory

__all__ = [
    "ENTRY_POINT_GROUP",
    "ICheckerFactory",
    "InvalidAuthArgumentString",
    "InvalidAuthType",
    "StrcredException",
    "UnsupportedInterfaces",
    "add_factory_source",
    "findCheckerFactories",
    "findCheckerFactory",
    "makeChecker",
    "register_factory",
]

ENTRY_POINT_GROUP = "sennit.checker_factories"

_registered: list[Any] = []
_sources: list[Callable[[], Iterable[Any]]] = []


class InvalidAuthType(StrcredException):
    """There is no such kind of checker."""


class UnsupportedInterfaces(StrcredException):
    """The program has no use for the credentials that a checker checks."""


def register_factory(factory: Any) -> Callable[[], None]:
    """Make a kind of checker known.

    Args:
        factory: An `ICheckerFactory`.

    Returns:
        A function that takes it out again.
    """
    _registered.append(factory)
    return lambda: _registered.remove(factory)


def add_factory_source(source: Callable[[], Iterable[Any]]) -> Callable[[], None]:
    """Name a function that gives further kinds, called whenever a kind is looked for.

    Returns:
        A function that takes it out again.
    """
    _sources.append(source)
    return lambda: _sources.remove(source)


@cache
def _entry_points() -> tuple[Any, ...]:
    from importlib.metadata import entry_points

    found = (point.load() for point in entry_points(group=ENTRY_POINT_GROUP))
    return tuple(one() if isinstance(one, type) else one for one in found)


def findCheckerFactories() -> Iterator[Any]:
    """Yield all kinds of checkers that there are."""
    yield from FACTORIES
    yield from list(_registered)
    for source in _sources:
        yield from source()
    yield from _entry_points()


def findCheckerFactory(authType: str) -> Any:
    """Return a kind of checker by its name.

    Raises:
        InvalidAuthType: If there is none of this name.
    """
    for factory in findCheckerFactories():
        if factory.authType == authType:
            return factory
    raise InvalidAuthType(authType)


def makeChecker(description: str) -> Any:
    """Make a checker.

    Args:
        description: A kind's name, and after a colon what it reads.

    Raises:
        InvalidAuthType: If there is no such kind.
        InvalidAuthArgumentString: If what follows is not written as the kind wants it.
    """
    kind, _, argument = description.partition(":")
    return findCheckerFactory(kind).generateChecker(argument)
