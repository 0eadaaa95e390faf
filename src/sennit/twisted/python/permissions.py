"""The permissions in a file's mode, as objects that can be asked and compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sennit.twisted.python.util import FancyEqMixin

__all__ = ["RWX", "Permissions"]


class RWX(FancyEqMixin):
    """What one class of users may do with a file.

    Args:
        readable: Whether they may read it.
        writable: Whether they may write it.
        executable: Whether they may run it, or enter it.
    """

    compareAttributes: ClassVar[Sequence[str]] = ("read", "write", "execute")

    def __init__(self, readable: bool, writable: bool, executable: bool) -> None:
        self.read = readable
        self.write = writable
        self.execute = executable

    def __repr__(self) -> str:
        return f"RWX(read={self.read}, write={self.write}, execute={self.execute})"

    def shorthand(self) -> str:
        """Return the three letters, such as ``r-x``."""
        letters = zip((self.read, self.write, self.execute), "rwx", strict=True)
        return "".join(letter if allowed else "-" for allowed, letter in letters)


class Permissions(FancyEqMixin):
    """The permissions in a file's mode: `user`, `group` and `other`, each an `RWX`.

    Args:
        statModeInt: The mode.
    """

    compareAttributes: ClassVar[Sequence[str]] = ("user", "group", "other")

    def __init__(self, statModeInt: int) -> None:
        self.user, self.group, self.other = (
            RWX(*(bool(statModeInt >> shift & bit) for bit in (4, 2, 1))) for shift in (6, 3, 0)
        )

    def __repr__(self) -> str:
        return f"[{self.user} | {self.group} | {self.other}]"

    def shorthand(self) -> str:
        """Return the nine letters, such as ``rwxr-x---``."""
        return self.user.shorthand() + self.group.shorthand() + self.other.shorthand()
