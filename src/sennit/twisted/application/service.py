"""``twisted.application.service``: an application can be saved in a file there."""

from __future__ import annotations

from sennit.app import service
from sennit.core.components import Componentized
from sennit.twisted.persisted.sob import Persistent

__all__ = ["Application"]


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
