"""Objects kept in files, in the ways that Twisted has for it; all but `dirdbm` trust what they read."""

from __future__ import annotations
