"""asyncio's loop in GTK's main loop, which is GLib's: for GTK 3 and 4 alike.

Closing a window does not stop the reactor: connect its ``close-request`` (GTK 4) or ``destroy`` (GTK 3).
"""

from __future__ import annotations

import asyncio

from sennit.reactor.loops import LoopNotAvailable, glib

__all__ = ["new"]


def new() -> asyncio.AbstractEventLoop:
    """Make a loop in GTK's main loop; GTK itself, of whichever version, is the program's to import.

    Raises:
        LoopNotAvailable: If PyGObject 3.50 or later, or any GTK for it, is not installed.
    """
    loop = glib.new()
    import gi

    if not gi.Repository.get_default().enumerate_versions("Gtk"):
        loop.close()
        raise LoopNotAvailable(
            "PyGObject finds no GTK: install its introspection data (on Debian `apt install gir1.2-gtk-4.0`)."
        )
    return loop
