"""Which code runs: the compiled one, where there is one of these very sources, or the sources themselves.

The modules that `ROOMS` names are plain Python, and each can be compiled to an extension module of the same
name: by Cython, with the types in the ``.pxd`` file beside it.  A few, with the suffix ``.pyx``, exist only
compiled, and what uses them does without where they are missing.  The package's build puts what it made into
a folder of ``_native``, named for the kind of Python and for the digest of the sources that it was made of.
`compiled_folder` finds the folder for the sources that are there now, and each of these rooms looks for its
modules there first (`prefer_compiled`).  So what was edited since has no compiled form: nothing can be stale.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import find_spec, source_hash

__all__ = [
    "ROOMS",
    "compiled_folder",
    "core_in_use",
    "digest",
    "folder_for",
    "modules",
    "prefer_compiled",
    "sources",
]

#: What each room, a folder of the package, gives to the compiler: modules, and with a suffix other files.
ROOMS: dict[str, tuple[str, ...]] = {
    "core": (
        "steps.pxd",
        "chain",
        "making.pyx",
        "driver",
        "deferred",
        "coroutine",
        "combinators",
        "at_work.pxd",
        "at_work.pyx",
    ),
    "framing": ("buffer", "answering", "lines"),
    "log": ("interest.pyx",),
    "reactor": ("heap.pxd", "heap.pyx", "inbox.pyx", "schedule"),
    "tls": ("engine", "standard", "sending", "layer"),
    # Windows has no recvmmsg(2), and its loops watch no descriptors.
    "transport": (
        "gathering",
        "consumer",
        "stream",
        *(("socket_addresses.pxd", "datagram_batch.pyx") if os.name == "posix" else ()),
    ),
    "websocket": ("frames", "conversation"),
}
if sys.platform == "linux":
    # It stands on epoll(7).
    ROOMS["reactor/loops/native"] = (
        *("poller.pxd", "poller.pyx", "handles.pxd", "handles.pyx", "streams.pxd", "streams.pyx"),
        "turning.pyx",
    )

_PACKAGE = os.path.dirname(os.path.dirname(__file__))
_PRODUCTS = os.path.join(_PACKAGE, "_native")


def sources() -> Iterator[str]:
    """Return the paths, within the package, of all that goes into the compiled modules."""
    for room, names in ROOMS.items():
        for name in names:
            if "." in name:
                yield f"{room}/{name}"
            else:
                yield f"{room}/{name}.py"
                yield f"{room}/{name}.pxd"


def modules() -> Iterator[str]:
    """Return those of the `sources` that each become an extension module."""
    return (path for path in sources() if not path.endswith(".pxd"))


def digest(package: str = _PACKAGE) -> str:
    """Return the digest of all that goes into the compiled modules, as hexadecimal digits.

    Args:
        package: The folder that the rooms are in.

    Raises:
        OSError: If one of the sources is missing.
    """
    hashes = b""
    for path in sources():
        with open(os.path.join(package, path), "rb", buffering=0) as source:
            hashes += source_hash(source.read())
    return source_hash(hashes).hex()


def folder_for(made_of: str) -> str:
    """Return where the modules are that were compiled for this kind of Python.

    Args:
        made_of: The digest of the sources.
    """
    # Such as ".cpython-311-x86_64-linux-gnu.so", ".cp311-win_amd64.pyd".
    kind = EXTENSION_SUFFIXES[0].split(".")[1]
    return os.path.join(_PRODUCTS, f"{kind}-{made_of}")


@cache
def compiled_folder() -> str | None:
    """Return the folder of the compiled modules; None if there is none, or if SENNIT_PURE=1 forbids it."""
    if os.environ.get("SENNIT_PURE", "0") not in {"", "0"}:
        return None
    if not os.path.isdir(_PRODUCTS):
        return None
    try:
        folder = folder_for(digest())
    except OSError:
        return None
    return folder if os.path.isdir(folder) else None


def prefer_compiled(path: list[str], room: str) -> None:
    """Let a room's modules be imported compiled where they are; called by the room's ``__init__``.

    Args:
        path: The room's ``__path__``.
        room: Its name in `ROOMS`.
    """
    folder = compiled_folder()
    if folder is not None:
        path.insert(0, os.path.join(folder, room))


def core_in_use() -> str:
    """Return ``"compiled"`` or ``"pure"``: which of the two cores this process runs."""
    spec = find_spec("sennit.core.chain")
    return "compiled" if spec is not None and isinstance(spec.loader, ExtensionFileLoader) else "pure"
