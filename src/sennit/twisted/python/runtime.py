"""Which platform this is, and what it can do."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import time as seconds

__all__ = ["Platform", "knownPlatforms", "platform", "platformType", "seconds", "shortPythonVersion"]

knownPlatforms = {
    "nt": "win32",
    "ce": "win32",
    "posix": "posix",
    "java": "java",
    "org.python.modules.os": "java",
}


def shortPythonVersion() -> str:
    """Return the running Python's version, such as ``3.11.7``."""
    return ".".join(str(part) for part in sys.version_info[:3])


class Platform:
    """A platform: the running one, unless told otherwise.

    Args:
        name: What ``os.name`` says there.
        platform: What ``sys.platform`` says there.
    """

    type: str | None = knownPlatforms.get(os.name)
    seconds = staticmethod(seconds)
    _platform = sys.platform

    def __init__(self, name: str | None = None, platform: str | None = None) -> None:
        if name is not None:
            self.type = knownPlatforms.get(name)
        if platform is not None:
            self._platform = platform

    def isKnown(self) -> bool:
        """Return whether the platform's kind is known."""
        return self.type is not None

    def getType(self) -> str | None:
        """Return the platform's kind: ``"posix"``, ``"win32"``, ``"java"``; or None if it is not known."""
        return self.type

    def isMacOSX(self) -> bool:
        """Return whether this is macOS."""
        return self._platform == "darwin"

    def isWinNT(self) -> bool:
        """Return whether this is Windows."""
        return self.isWindows()

    def isWindows(self) -> bool:
        """Return whether this is Windows."""
        return self.type == "win32"

    def isVista(self) -> bool:
        """Return whether this is Windows Vista or a later release that reports its version."""
        version = getattr(sys, "getwindowsversion", None)
        return version is not None and version()[0] >= 6

    def isLinux(self) -> bool:
        """Return whether this is Linux."""
        return self._platform.startswith("linux")

    def isDocker(self, _initCGroupLocation: str = "/proc/1/cgroup") -> bool:
        """Return whether this is Linux inside a container that Docker made."""
        if not self.isLinux():
            return False
        try:
            groups = Path(_initCGroupLocation).read_text(encoding="utf-8")
        except OSError:
            return False
        return any("/docker/" in line.rpartition(":")[2] for line in groups.splitlines())

    def supportsThreads(self) -> bool:
        """Return True: every Python that Sennit runs on has threads."""
        return True

    def supportsINotify(self) -> bool:
        """Return whether the kernel tells of changes to files."""
        return self.isLinux()


platform = Platform()
platformType = platform.getType()
