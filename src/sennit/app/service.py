"""Services: parts of a program that start and stop together, in a tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zope.interface import implementer

from sennit.app.interfaces import IProcess, IService, IServiceCollection, IServiceMaker
from sennit.app.loading import loadApplication
from sennit.core.combinators import DeferredList
from sennit.core.components import Componentized
from sennit.core.deferred import Deferred, maybeDeferred

__all__ = [
    "Application",
    "IProcess",
    "IService",
    "IServiceCollection",
    "IServiceMaker",
    "MultiService",
    "Process",
    "Service",
    "ServiceMaker",
    "loadApplication",
]


@implementer(IService)
class Service:
    """A service that does nothing yet; subclasses extend its methods and call them."""

    running: bool | int = 0
    name: str | None = None
    parent: Any = None

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("running", None)
        return state

    def setName(self, name: str) -> None:
        """Set the name.

        Raises:
            RuntimeError: If the service has a parent.
        """
        if self.parent is not None:
            raise RuntimeError("cannot change name when parent exists")
        self.name = name

    def setServiceParent(self, parent: Any) -> None:
        """Join a collection, leaving the one that the service is in.

        Args:
            parent: An `IServiceCollection`, or what adapts to one.
        """
        if self.parent is not None:
            self.disownServiceParent()
        self.parent = IServiceCollection(parent, parent)
        try:
            self.parent.addService(self)
        except RuntimeError:
            self.parent = None
            raise

    def disownServiceParent(self) -> Deferred[Any] | None:
        """Leave the collection.

        Returns:
            A Deferred that fires once the service has stopped, or None.
        """
        stopped: Deferred[Any] | None = self.parent.removeService(self)
        self.parent = None
        return stopped

    def privilegedStartService(self) -> None:
        """Do what needs privileges that the process gives up before `startService`."""

    def startService(self) -> None:
        """Start."""
        self.running = 1

    def stopService(self) -> Deferred[Any] | None:
        """Stop.

        Returns:
            A Deferred that fires once the service has stopped, or None when it has already.
        """
        self.running = 0
        return None


@implementer(IServiceCollection)
class MultiService(Service):
    """A service made of services: they start in the order they joined and stop in reverse."""

    def __init__(self) -> None:
        self.services: list[Any] = []
        self.namedServices: dict[str, Any] = {}
        self.parent = None

    def privilegedStartService(self) -> None:
        """Do what each service needs privileges for."""
        super().privilegedStartService()
        for service in self:
            service.privilegedStartService()

    def startService(self) -> None:
        """Start each service."""
        super().startService()
        for service in self:
            service.startService()

    def stopService(self) -> Deferred[Any]:
        """Stop each service, the last first.

        Returns:
            A Deferred that fires once all have stopped.
        """
        super().stopService()
        stopping = [maybeDeferred(service.stopService) for service in reversed(list(self))]
        return DeferredList(stopping)

    def getServiceNamed(self, name: str) -> Any:
        """Return the service of that name.

        Raises:
            KeyError: If there is none.
        """
        return self.namedServices[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.services)

    def addService(self, service: Any) -> None:
        """Add a service; start it if this one runs.

        Raises:
            RuntimeError: If there is one of the same name.
        """
        if service.name is not None:
            if service.name in self.namedServices:
                raise RuntimeError(f"cannot have two services with same name '{service.name}'")
            self.namedServices[service.name] = service
        self.services.append(service)
        if self.running:
            # The process has given its privileges up by now; the call is owed all the same.
            service.privilegedStartService()
            service.startService()

    def removeService(self, service: Any) -> Deferred[Any] | None:
        """Remove a service; stop it if this one runs.

        Returns:
            A Deferred that fires once the service has stopped, or None.

        Raises:
            ValueError: If it is not here.
        """
        if service.name:
            del self.namedServices[service.name]
        self.services.remove(service)
        return maybeDeferred(service.stopService) if self.running else None


@implementer(IProcess)
class Process:
    """How an application's process presents itself to the system.

    Args:
        uid: The user it runs as; None to leave it.
        gid: The group it runs as; None to leave it.
    """

    processName: str | None = None

    def __init__(self, uid: int | None = None, gid: int | None = None) -> None:
        self.uid = uid
        self.gid = gid


@implementer(IServiceMaker)
class ServiceMaker:
    """A service maker that is loaded when it is used.

    Args:
        name: A name for people.
        module: The module's full name, which has ``Options`` and ``makeService``.
        description: One line for the list of services.
        tapname: The name the service is asked for by.
    """

    def __init__(self, name: str, module: str, description: str, tapname: str) -> None:
        self.name = name
        self.module = module
        self.description = description
        self.tapname = tapname

    @property
    def options(self) -> Any:
        """The class that parses the command line."""
        return self._load().Options

    @property
    def makeService(self) -> Any:
        """The function that makes the service."""
        return self._load().makeService

    def _load(self) -> Any:
        from importlib import import_module

        return import_module(self.module)


def Application(name: str, uid: int | None = None, gid: int | None = None) -> Componentized:
    """Make an application: what a program has, under one roof.

    Args:
        name: The application's name, and that of its service.
        uid: The user it runs as; None to leave it.
        gid: The group it runs as; None to leave it.

    Returns:
        An object that adapts to `IService` and `IServiceCollection` (one `MultiService`) and to `IProcess`.
    """
    application = Componentized()
    service = MultiService()
    service.setName(name)
    application.addComponent(service, ignoreClass=True)
    application.addComponent(Process(uid, gid), ignoreClass=True)
    return application
