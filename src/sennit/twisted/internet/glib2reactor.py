"""The reactor on the loop of GLib, under the names of its older module."""

from __future__ import annotations

from sennit.twisted.internet.gireactor import GIReactor, install

__all__ = ["Glib2Reactor", "install"]

Glib2Reactor = GIReactor
