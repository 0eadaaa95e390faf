"""``python -m sennit.cli`` is the ``sennit`` command."""

from __future__ import annotations

from sennit.cli import main

if __name__ == "__main__":
    main()
