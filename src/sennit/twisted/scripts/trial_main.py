"""``python -m twisted.trial``: the command ``trial``."""

from __future__ import annotations

from sennit.twisted.scripts.trial import run

if __name__ == "__main__":
    run()
