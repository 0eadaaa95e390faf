"""``python -m sennit.twisted.scripts.trial_worker REACTOR``: a worker that runs tests under the drop-in."""

from __future__ import annotations

import importlib
import sys

from sennit.twisted.finder import install

__all__ = ["REACTORS", "install_reactor", "worker_arguments"]

REACTORS = {
    "asyncio": ("sennit.twisted.internet.asyncioreactor", "An asyncio loop, the best there is."),
    "default": (
        "sennit.twisted.internet.defaultreactor",
        "The best loop there is: native, uvloop's, or asyncio's.",
    ),
    "epoll": ("sennit.twisted.internet.epollreactor", "asyncio's loop on epoll(7)."),
    "poll": ("sennit.twisted.internet.pollreactor", "asyncio's loop on poll(2)."),
    "select": ("sennit.twisted.internet.selectreactor", "asyncio's loop on select(2)."),
}
"""Each reactor's name, the module that installs it, and what it is."""


def install_reactor(name: str) -> None:
    """Make a reactor the process's own.

    Args:
        name: One of `REACTORS`.

    Raises:
        ReactorAlreadyInstalledError: If there is one already.
    """
    importlib.import_module(REACTORS[name][0]).install()


def worker_arguments(reactor: str) -> tuple[str, ...]:
    """Return with which arguments Python runs a worker, for a reactor's name."""
    return ("-m", __name__, reactor)


if __name__ == "__main__":
    from sennit.trial.parallel.worker import main

    install()
    if sys.argv[1:] != ["default"]:
        install_reactor(sys.argv[1])
    main()
