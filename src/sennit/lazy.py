"""Names of a package that are loaded when they are first asked for (PEP 562).

`sennit` itself does so on its own: importing it loads no other module but its version.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sennit.loading import load

__all__ = ["loaded_when_asked"]


def loaded_when_asked(
    package: str, homes: Mapping[str, str], names: Iterable[str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and the ``__dir__`` of a package.

    Args:
        package: Its ``__name__``.
        homes: The module that each of these names is in.
        names: Its ``__all__``.
    """

    def look_up(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(load(home), name)
        # The next time nobody has to ask.
        setattr(sys.modules[package], name, value)
        return value

    return look_up, lambda: sorted(names)
