"""The reactor on Cocoa's loop, by rubicon-objc."""

from __future__ import annotations

from sennit.twisted.internet.main import installReactor
from sennit.twisted.internet.toolkit import ToolkitReactor, toolkit_reactor

__all__ = ["CFReactor", "install"]


class CFReactor(ToolkitReactor):
    """The reactor whose loop is Cocoa's."""

    def __init__(self, runLoop: object = None, runner: object = None) -> None:
        super().__init__("cocoa")


def install(runLoop: object = None, runner: object = None) -> CFReactor:
    """Make a `CFReactor` the process's reactor.

    Args:
        runLoop: The main thread's is used.
        runner: The application's own is used.

    Returns:
        It.

    Raises:
        ImportError: If rubicon-objc is not installed.
        ReactorAlreadyInstalledError: If there is a reactor already.
    """
    return toolkit_reactor(CFReactor(runLoop, runner), installReactor)
