"""``twisted.application.reactors``: reactors by their short names, of which plugins may bring more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zope.interface import Attribute, Interface, implementer

from sennit.twisted.plugin import IPlugin, getPlugins
from sennit.twisted.python.reflect import namedAny

__all__ = ["IReactorInstaller", "NoSuchReactor", "Reactor", "getReactorTypes", "installReactor"]


class IReactorInstaller(Interface):
    """Something that can install a reactor."""

    shortName = Attribute("What it is called on a command line.")
    description = Attribute("A line that says what it is.")

    def install() -> None:
        """Make it the process's reactor."""


class NoSuchReactor(KeyError):
    """No plugin brings a reactor of that name."""


@implementer(IPlugin, IReactorInstaller)
class Reactor:
    """A reactor of a module that has a function ``install``.

    Args:
        shortName: What it is called on a command line.
        moduleName: The module.
        description: A line that says what it is.
    """

    def __init__(self, shortName: str, moduleName: str, description: str) -> None:
        self.shortName = shortName
        self.moduleName = moduleName
        self.description = description

    def install(self) -> None:
        """Make it the process's reactor."""
        namedAny(self.moduleName).install()


def getReactorTypes() -> Iterator[Any]:
    """Return an iterator over the installers that plugins bring."""
    return getPlugins(IReactorInstaller)


def installReactor(shortName: str) -> Any:
    """Install a reactor by its short name.

    Returns:
        The reactor.

    Raises:
        NoSuchReactor: If there is none of that name.
    """
    for installer in getReactorTypes():
        if installer.shortName == shortName:
            installer.install()
            return namedAny("twisted.internet.reactor")
    raise NoSuchReactor(shortName)
