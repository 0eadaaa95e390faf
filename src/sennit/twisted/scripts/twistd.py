"""``twistd``: runs an application as a daemon."""

from __future__ import annotations

from typing import Any

from sennit.twisted.application import app
from sennit.twisted.python.runtime import platformType
from sennit.twisted.scripts.twistd_unix import ServerOptions
from sennit.twisted.scripts.twistd_unix import UnixApplicationRunner as _SomeApplicationRunner

__all__ = ["ServerOptions", "platformType", "run", "runApp"]


def runApp(config: Any) -> None:
    """Run the application that options name, until its reactor stops.

    Args:
        config: The `ServerOptions`, parsed.
    """
    runner = _SomeApplicationRunner(config)
    runner.run()
    if runner._exitSignal is not None:
        app._exitWithSignal(runner._exitSignal)


def run() -> None:
    """Read the command line and run what it says."""
    app.run(runApp, ServerOptions)


if __name__ == "__main__":
    run()
