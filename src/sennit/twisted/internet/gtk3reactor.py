"""The reactor on the loop of GTK 3, under the names of its module."""

from __future__ import annotations

from sennit.twisted.internet.gireactor import GIReactor, install

__all__ = ["Gtk3Reactor", "PortableGtk3Reactor", "install"]

Gtk3Reactor = PortableGtk3Reactor = GIReactor
