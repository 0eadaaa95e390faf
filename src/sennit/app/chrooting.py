"""What a process imports before it changes its root: afterwards Python finds its files no more.

Rooms import some of their modules when these are first needed; `import_ahead` does so for the rooms that are
loaded.  What a program imports later has to be in the new root.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import sys

__all__ = ["import_ahead"]

# Modules of the standard library that are loaded by what is first done, not by an import one sees.
_STANDARD = ("concurrent.futures.thread", "encodings.idna", "encodings.punycode", "linecache", "traceback")
# Loops are made by name; those of toolkits are as large as these.
_NOT_AHEAD = (
    "sennit.reactor.loops",
    "sennit.cli",
    "sennit.sim",
    "sennit.testing",
    "sennit.trial",
    "sennit.twisted",
)


def import_ahead(loop: str | None = None) -> None:
    """Import what the loaded rooms may import later.

    Args:
        loop: The name of the event loop that will run; None for the default.
    """
    from sennit.reactor import new_loop

    new_loop(loop).close()
    for name in _STANDARD:
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.count(".") == 1 and name.startswith("sennit.")]:
        room = sys.modules[name]
        path = getattr(room, "__path__", None)
        if path is None or name.startswith(_NOT_AHEAD):
            continue
        for module in pkgutil.walk_packages(path, f"{name}.", lambda _: None):
            if not module.name.startswith(_NOT_AHEAD):
                # One whose extra is not installed is not going to be needed.
                with contextlib.suppress(Exception):
                    importlib.import_module(module.name)
