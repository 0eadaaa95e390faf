"""The drop-in: `install` makes ``import twisted...`` give Sennit.

A program written for Twisted runs unchanged after ``sennit.twisted.install()``, or from the command line
with ``python -m sennit.twisted SCRIPT``.  Which Twisted module is made of which of ours is one table
(`sennit.twisted.table`); nothing here is loaded before the program asks for it.
"""

from __future__ import annotations

from sennit.twisted.finder import install, installed, uninstall

__all__ = ["install", "installed", "uninstall"]
