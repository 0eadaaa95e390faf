"""The reactor on wxWidgets' loop, by wxPython."""

from __future__ import annotations

from sennit.twisted.internet.main import installReactor
from sennit.twisted.internet.toolkit import ToolkitReactor, toolkit_reactor

__all__ = ["WxReactor", "install"]


class WxReactor(ToolkitReactor):
    """The reactor whose loop is wxWidgets'."""

    def __init__(self) -> None:
        super().__init__("wx")

    def registerWxApp(self, wxapp: object) -> None:
        """Take note of the program's ``wx.App``, which is found by itself."""


def install() -> WxReactor:
    """Make a `WxReactor` the process's reactor.

    Returns:
        It.

    Raises:
        ImportError: If wxPython is not installed.
        ReactorAlreadyInstalledError: If there is a reactor already.
    """
    return toolkit_reactor(WxReactor(), installReactor)
