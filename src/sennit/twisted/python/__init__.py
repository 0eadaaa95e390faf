"""What exists only because Twisted has it: the odds and ends of ``twisted.python``."""

from __future__ import annotations
