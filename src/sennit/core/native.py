"""Which core runs: the compiled one, where there is one of these very sources, or the sources themselves.

The modules in `MODULES` are plain Python, and each can be compiled to an extension module of the same name:
by Cython, with the types in the ``.pxd`` file beside it.  The package's build puts what it compiled into a
folder of ``_native``, named for the kind of Python and for the digest of the sources that it was made of.
`compiled_folder` finds the folder for the sources that are there now, and the package `sennit.core` looks for
its modules there first.  So a source that was edited since has no compiled form: nothing can be stale.
"""

from __future__ import annotations

import os
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import find_spec, source_hash

__all__ = ["MODULES", "compiled_folder", "core_in_use", "digest", "folder_for"]

MODULES = ("chain", "driver", "deferred", "coroutine", "combinators")

_CORE = os.path.dirname(__file__)
_PRODUCTS = os.path.join(os.path.dirname(_CORE), "_native")


def digest(core: str = _CORE) -> str:
    """Return the digest of all that goes into the compiled core, as hexadecimal digits.

    Args:
        core: The folder of the sources.

    Raises:
        OSError: If one of them is missing.
    """
    hashes = b""
    for name in ("steps.pxd", *(module + suffix for module in MODULES for suffix in (".py", ".pxd"))):
        with open(os.path.join(core, name), "rb") as source:
            hashes += source_hash(source.read())
    return source_hash(hashes).hex()


def folder_for(sources: str) -> str:
    """Return where the core is that was compiled for this kind of Python.

    Args:
        sources: The digest of the sources.
    """
    # Such as ".cpython-311-x86_64-linux-gnu.so", ".cp311-win_amd64.pyd".
    kind = EXTENSION_SUFFIXES[0].split(".")[1]
    return os.path.join(_PRODUCTS, f"{kind}-{sources}")


def compiled_folder() -> str | None:
    """Return the folder of the compiled core; None if there is none, or if SENNIT_PURE=1 forbids it."""
    if os.environ.get("SENNIT_PURE", "0") not in {"", "0"}:
        return None
    if not os.path.isdir(_PRODUCTS):
        return None
    try:
        folder = folder_for(digest())
    except OSError:
        return None
    return folder if os.path.isdir(folder) else None


def core_in_use() -> str:
    """Return ``"compiled"`` or ``"pure"``: which of the two cores this process runs."""
    spec = find_spec("sennit.core.chain")
    return "compiled" if spec is not None and isinstance(spec.loader, ExtensionFileLoader) else "pure"
