"""Stand-ins for private names of Twisted's that Sennit has nothing for.

Any name may be taken from here: it is a class, or an interface if it begins like one, that cannot be made or
called.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NoReturn

from zope.interface.interface import InterfaceClass

__all__ = ["PrivateNameError", "as_bytes", "coerced", "idna_text", "open_descriptors", "symlinks"]


class PrivateNameError(AssertionError):
    """A test uses something private."""


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name.lstrip("_")[:2].isupper() and name.lstrip("_").startswith("I"):
        return InterfaceClass(name, __module__=__name__)

    def refuse(*args: object, **options: object) -> NoReturn:
        raise PrivateNameError(f"{name} is private")

    return type(name, (), {"__new__": refuse})


def coerced(path: str | bytes, new: str | bytes, encoding: str | None = None) -> str | bytes:
    """Return `new` as a string or bytes, whichever `path` is."""
    return os.fsencode(new) if isinstance(path, bytes) else os.fsdecode(new)


def as_bytes(path: str | bytes, encoding: str | None = None) -> bytes:
    """Return a path as bytes."""
    return os.fsencode(path)


def idna_text(name: bytes) -> str:
    """Return a host name from a certificate or a handshake as people write it."""
    import idna

    return idna.decode(name)


def open_descriptors() -> list[int]:
    """Return the numbers of the descriptors that this process has open."""
    return [int(each.name) for each in Path("/dev/fd").iterdir()]


def symlinks() -> bool:
    """Return whether there are symbolic links here."""
    return hasattr(os, "symlink")
