"""Objects saved to a file and loaded from it: pickled, as Python source made for it, or by running a program.

Loading runs what the file says: load only files that you would run.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

from zope.interface import Interface, implementer

from sennit.twisted.persisted import styles
from sennit.twisted.python import log

__all__ = ["IPersistable", "Persistant", "Persistent", "guessType", "load", "loadValueFromFile"]

_STYLES: Final = {
    ".etac": "python",
    ".py": "python",
    ".tac": "python",
    ".etap": "pickle",
    ".tap": "pickle",
    ".etas": "source",
    ".tas": "source",
}


class IPersistable(Interface):
    """An object that can be saved."""

    def setStyle(style: str) -> None:  # noqa: N805 (interfaces have no self)
        """Set how it is saved: ``"pickle"`` or ``"source"``."""

    def save(tag: str | None = None, filename: str | None = None, passphrase: None = None) -> None:  # noqa: N805
        """Save it.

        Args:
            tag: What is added to the file's name, after a dash.
            filename: The file; by default named after the object.
            passphrase: None: nothing is encrypted.
        """


@implementer(IPersistable)
class Persistent:
    """Saves an object.

    Args:
        original: The object.
        name: What the file is named after.
    """

    style = "pickle"

    def __init__(self, original: Any, name: str) -> None:
        self.original = original
        self.name = name

    def setStyle(self, style: str) -> None:
        """Set how it is saved: ``"source"``, or else a pickle."""
        self.style = style

    def save(self, tag: str | None = None, filename: str | None = None, passphrase: None = None) -> None:
        """Save it, at once: a reader finds the old file or the new.

        Args:
            tag: What is added to the file's name, after a dash.
            filename: The file; by default the name, the tag, and ``.tap`` or ``.tas``.
            passphrase: None: nothing is encrypted.

        Raises:
            TypeError: If there is a passphrase.
        """
        if passphrase is not None:
            raise TypeError("passphrase must be None")
        if filename is None:
            extension = ".tas" if self.style == "source" else ".tap"
            filename = f"{self.name}-{tag}{extension}" if tag else f"{self.name}{extension}"
        log.msg(f"Saving {self.name} application to {filename}...")
        beside = Path(f"{filename}-2")
        try:
            with beside.open("wb") as file:
                if self.style == "source":
                    from sennit.twisted.persisted.aot import jellyToSource

                    jellyToSource(self.original, file)
                else:
                    pickle.dump(self.original, file, 2)
            beside.replace(filename)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        log.msg("Saved.")


Persistant = Persistent  # as it was spelled at first


class _EverythingEphemeral(styles.Ephemeral, ModuleType):
    """Stands for ``__main__`` while something is loaded; what it lacks the program that saved had."""

    initRun = 0

    def __init__(self, mainMod: Any) -> None:
        ModuleType.__init__(self, "__main__")
        self.__dict__["mainMod"] = mainMod

    def __getattr__(self, key: str) -> Any:
        try:
            return getattr(self.__dict__["mainMod"], key)
        except AttributeError:
            if self.__dict__.get("initRun"):
                raise
            log.msg(f"There is no __main__.{key} in the program that loads this.")
            return styles.Ephemeral()


def load(filename: str | os.PathLike[str], style: str) -> Any:
    """Load an object, bring it up to date, and tell it how it was saved, for the next time.

    Args:
        filename: The file.
        style: How it was saved: ``"source"``, or else a pickle.

    Raises:
        OSError: If the file cannot be read.
        Exception: Whatever is wrong with what is in it.
    """
    main = sys.modules["__main__"]
    stand_in = _EverythingEphemeral(main)
    sys.modules["__main__"] = stand_in
    try:
        with Path(filename).open("rb") as file:
            if style == "source":
                from sennit.twisted.persisted.aot import unjellyFromSource

                stand_in.__dict__["initRun"] = 1
                value = unjellyFromSource(file)
                stand_in.__dict__["initRun"] = 0
            else:
                value = pickle.load(file)  # noqa: S301 (what was asked for)
        styles.doUpgrade()
        persistable = IPersistable(value, None)
        if persistable is not None:
            persistable.setStyle(style)
    finally:
        sys.modules["__main__"] = main
    return value


def loadValueFromFile(filename: str | os.PathLike[str], variable: str) -> Any:
    """Run a Python file and return what one of its variables is then.

    Args:
        filename: The file.
        variable: The variable's name.

    Raises:
        OSError: If the file cannot be read.
        KeyError: If it has no such variable.
        Exception: Whatever it raises.
    """
    path = Path(filename)
    names: dict[str, Any] = {"__file__": os.fspath(filename)}
    code: CodeType = compile(path.read_bytes(), os.fspath(filename), "exec")
    exec(code, names)  # noqa: S102 (what was asked for)
    return names[variable]


def guessType(filename: str | os.PathLike[str]) -> str:
    """Return how a file was saved, by its extension: ``"python"``, ``"pickle"`` or ``"source"``.

    Raises:
        KeyError: If it has none of those known.
    """
    return _STYLES[Path(filename).suffix]
