# ruff: noqa: N805 - zope interfaces have no self
"""What services, their collections and their makers are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zope.interface import Attribute, Interface

from sennit.core.deferred import Deferred

__all__ = ["IProcess", "IService", "IServiceCollection", "IServiceMaker"]


class IService(Interface):
    """Something that can be started and stopped, and that belongs to a collection of such things."""

    name = Attribute("The service's name, unique in its collection, or None.")
    running = Attribute("Whether the service runs.")
    parent = Attribute("The collection that the service belongs to, or None.")

    def setName(name: str) -> None:
        """Set the name.

        Args:
            name: The name, a str.

        Raises:
            RuntimeError: If the service has a parent.
        """

    def setServiceParent(parent: Any) -> None:
        """Join a collection.

        Args:
            parent: An `IServiceCollection`, or what adapts to one.

        Raises:
            RuntimeError: If the service has a parent, or the collection has a service of that name.
        """

    def disownServiceParent() -> Deferred[Any] | None:
        """Leave the collection.

        Returns:
            A Deferred that fires once the service has stopped, or None.
        """

    def startService() -> None:
        """Start."""

    def stopService() -> Deferred[Any] | None:
        """Stop.

        Returns:
            A Deferred that fires once the service has stopped, or None when it has already.
        """

    def privilegedStartService() -> None:
        """Do what needs privileges that the process gives up before `startService`."""


class IServiceCollection(Interface):
    """Services under one parent."""

    def getServiceNamed(name: str) -> Any:
        """Return the service of that name.

        Raises:
            KeyError: If there is none.
        """

    def __iter__() -> Iterator[Any]:
        """Iterate over the services."""

    def addService(service: Any) -> None:
        """Add a service; start it if the collection runs.

        Raises:
            RuntimeError: If there is one of the same name.
        """

    def removeService(service: Any) -> Deferred[Any] | None:
        """Remove a service; stop it if the collection runs.

        Returns:
            A Deferred that fires once the service has stopped, or None.

        Raises:
            ValueError: If it is not in the collection.
        """


class IProcess(Interface):
    """How the process of an application presents itself to the system."""

    processName = Attribute("What the process is to be called, or None.")
    uid = Attribute("The user it runs as, or None.")
    gid = Attribute("The group it runs as, or None.")


class IServiceMaker(Interface):
    """Something that makes a service from a command line."""

    tapname = Attribute("The name the service is asked for by.")
    description = Attribute("One line for the list of services.")
    options = Attribute("The class that parses the command line.")

    def makeService(options: Any) -> Any:
        """Make the service.

        Args:
            options: An instance of `options` that has parsed a command line.

        Returns:
            The `IService`.
        """
