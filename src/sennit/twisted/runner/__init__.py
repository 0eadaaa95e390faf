"""``twisted.runner``: programs that are kept running, and programs that are run for each connection."""

from __future__ import annotations
