"""What `sennit drop-in enable` copies into an environment: it hands ``import twisted`` to Sennit.

Every process of that environment runs this file as it starts, so it does and imports next to nothing until
the name is asked for.
"""

from __future__ import annotations

import sys

# Type checkers know this name; the module that it is commonly taken from loads longer than all of this.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["DropIn", "watch"]


class DropIn:
    """A finder that waits for Twisted's name, then gives way to Sennit's own."""

    stands_for = "twisted"

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Put Sennit's finder in place and ask it, if the name is Twisted's.

        Raises:
            ModuleNotFoundError: If Sennit is gone from the environment, or has no such module.
        """
        if fullname != "twisted" and not fullname.startswith("twisted."):
            return None
        try:
            from sennit.twisted.finder import FINDER, install
        except ModuleNotFoundError as error:
            if error.name not in ("sennit", "sennit.twisted"):
                raise
            raise ModuleNotFoundError(
                f"Sennit stands in for Twisted in {sys.prefix}, but is not installed there any more: "
                "pip install sennit, or pip uninstall twisted.",
                name=fullname,
            ) from None
        install()
        if cls in sys.meta_path:
            sys.meta_path.remove(cls)
        return FINDER.find_spec(fullname, path, target)


def watch() -> None:
    """Stand first among the finders of this process."""
    if DropIn not in sys.meta_path:
        sys.meta_path.insert(0, DropIn)
