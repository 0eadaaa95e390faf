"""The reactor on the loop of GLib, and so of GTK, by PyGObject."""

from __future__ import annotations

from typing import Any

from sennit.twisted.internet.main import installReactor
from sennit.twisted.internet.toolkit import ToolkitReactor, toolkit_reactor

__all__ = ["GIReactor", "PortableGIReactor", "install"]


class GIReactor(ToolkitReactor):
    """The reactor whose loop is GLib's."""

    def __init__(self, useGtk: bool = False) -> None:
        super().__init__("glib")

    def registerGApplication(self, app: Any) -> None:
        """Run a ``Gio.Application`` in this reactor's loop, in its own ``run``'s stead.

        Args:
            app: The application; the reactor keeps it alive while it runs.
        """
        app.register()
        self.callWhenRunning(app.activate)
        self._application = app


PortableGIReactor = GIReactor


def install(useGtk: bool = False) -> GIReactor:
    """Make a `GIReactor` the process's reactor.

    Args:
        useGtk: GTK's windows are seen in GLib's loop, with or without this.

    Returns:
        It.

    Raises:
        ImportError: If PyGObject is not installed.
        ReactorAlreadyInstalledError: If there is a reactor already.
    """
    return toolkit_reactor(GIReactor(useGtk), installReactor)
