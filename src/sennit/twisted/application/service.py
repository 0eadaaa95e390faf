"""``twisted.application.service``: an application can be saved in a file there."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from sennit.app import service
from sennit.core.components import Componentized
from sennit.twisted.persisted import sob
from sennit.twisted.persisted.sob import Persistent
from sennit.twisted.plugin import IPlugin

__all__ = ["Application", "ServiceMaker", "loadApplication"]


@implementer(IPlugin)
class ServiceMaker(service.ServiceMaker):
    """A service maker that is loaded when it is used, and a plugin.

    Args:
        name: A name for people.
        module: The module's full name, which has ``Options`` and ``makeService``.
        description: One line for the list of services.
        tapname: The name the service is asked for by.
    """


def loadApplication(filename: str, kind: str, passphrase: str | None = None) -> Any:
    """Return the application that a file makes or holds; this runs what is in it.

    Args:
        filename: The file's path.
        kind: ``"python"`` for a program that sets ``application``, ``"pickle"`` or ``"source"`` for
            a saved one.
        passphrase: None: nothing is encrypted.

    Raises:
        Exception: Whatever is wrong with the file.
    """
    if kind == "python":
        return sob.loadValueFromFile(filename, "application")
    return sob.load(filename, kind)


def Application(name: str, uid: int | None = None, gid: int | None = None) -> Componentized:
    """Make an application that can be saved.

    Args:
        name: The application's name, and that of its service and of its file.
        uid: The user it runs as; None to leave it.
        gid: The group it runs as; None to leave it.

    Returns:
        An object that adapts to `IService`, `IServiceCollection`, `IProcess` and `IPersistable`.
    """
    application = service.Application(name, uid, gid)
    application.addComponent(Persistent(application, name), ignoreClass=True)
    return application
