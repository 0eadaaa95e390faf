"""What `importlib.metadata` says of Twisted in a process that has the drop-in: which version, and whose.

An environment for which the drop-in is enabled has this in files; this is for processes that install it by
hand.
"""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path

from sennit.twisted.copyright import __version__

__all__ = ["StandIn"]


class StandIn(importlib.metadata.Distribution):
    """The distribution that ``importlib.metadata.version("twisted")`` finds."""

    def read_text(self, filename: str) -> str | None:
        """Return the text of METADATA; there are no other files."""
        if filename != "METADATA":
            return None
        return f"Metadata-Version: 2.1\nName: Twisted\nVersion: {__version__}+sennit\nRequires-Dist: sennit\n"

    def locate_file(self, path: str | os.PathLike[str]) -> Path:
        """Return where a file would be."""
        return Path(__file__).parent / path
