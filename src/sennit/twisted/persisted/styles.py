"""Pickles that outlive the program's text: objects that know their version, others that are not kept.

When this module is imported, modules can be pickled, by their names.
"""

from __future__ import annotations

import copyreg
import importlib
import io
import pickle
from types import MethodType, ModuleType
from typing import Any, ClassVar

from sennit.twisted.python import log, reflect

__all__ = [
    "Ephemeral",
    "Versioned",
    "doUpgrade",
    "oldModules",
    "pickleMethod",
    "pickleModule",
    "pickleStringI",
    "pickleStringO",
    "requireUpgrade",
    "unpickleMethod",
    "unpickleModule",
    "unpickleStringI",
    "unpickleStringO",
    "upgraded",
    "versionedsToUpgrade",
]

# What modules are called now, by the names that old pickles have for them.
oldModules: dict[str, str] = {}
# Objects that were loaded and may be of an older version, by their ids; and those that were brought up to
# date.
versionedsToUpgrade: dict[int, Versioned] = {}
upgraded: dict[int, Versioned] = {}

_UniversalPicklingError = pickle.PicklingError


def pickleMethod(method: MethodType) -> tuple[Any, ...]:
    """Return how to pickle a bound method: by its name, its object and that object's class."""
    return unpickleMethod, (method.__name__, method.__self__, type(method.__self__))


def unpickleMethod(im_name: str, im_self: Any, im_class: type) -> Any:
    """Return a method that was pickled.

    Args:
        im_name: Its name.
        im_self: The object that it is bound to; None for the class's own function.
        im_class: The class that it was of; where it has none of that name, the object's own is taken.

    Raises:
        AttributeError: If there is none of that name.
    """
    if im_self is None:
        return getattr(im_class, im_name)
    function = getattr(im_class, im_name, None)
    if function is None:
        function = getattr(type(im_self), im_name)
    return MethodType(function, im_self)


def pickleModule(module: ModuleType) -> tuple[Any, ...]:
    """Return how to pickle a module: by its name."""
    return unpickleModule, (module.__name__,)


def unpickleModule(name: str) -> ModuleType:
    """Return a module that was pickled, imported."""
    if name in oldModules:
        log.msg(f"The module {name} is {oldModules[name]} now.")
        name = oldModules[name]
    return importlib.import_module(name)


def pickleStringO(stringo: io.StringIO) -> tuple[Any, ...]:
    """Return how to pickle a StringIO that is written to: by its text and its place there."""
    return unpickleStringO, (stringo.getvalue(), stringo.tell())


def unpickleStringO(val: str | bytes, sek: int) -> io.StringIO | io.BytesIO:
    """Return a StringIO that was pickled, or a BytesIO if that is what it has."""
    file: io.StringIO | io.BytesIO = io.BytesIO(val) if isinstance(val, bytes) else io.StringIO(val)
    file.seek(sek)
    return file


def pickleStringI(stringi: io.StringIO) -> tuple[Any, ...]:
    """Return how to pickle a StringIO that is read: by its text and its place there."""
    return unpickleStringI, (stringi.getvalue(), stringi.tell())


def unpickleStringI(val: str | bytes, sek: int) -> io.StringIO | io.BytesIO:
    """Return a StringIO that was pickled, or a BytesIO if that is what it has."""
    return unpickleStringO(val, sek)


copyreg.pickle(ModuleType, pickleModule)


class Ephemeral:
    """An object that is not kept: what is loaded in its place is an empty `Ephemeral`."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Ephemeral, ()

    def __getstate__(self) -> None:
        log.msg(f"A {reflect.qual(type(self))} is left out of what is kept.")

    def __setstate__(self, state: object) -> None:
        log.msg(f"A {reflect.qual(type(self))} was left out of what was kept.")


def _aybabtu(c: type) -> list[type[Versioned]]:
    """Return the classes between `c` and Versioned, without the two."""
    return [base for base in c.__mro__[1:] if issubclass(base, Versioned) and base is not Versioned]


class Versioned:
    """An object that is brought up to date when it was kept by an older version of its class.

    A subclass counts `persistenceVersion` up, and has a method ``upgradeToVersionN`` for each step that must
    do something.  It is called by `doUpgrade`, once all is loaded.

    Attributes:
        persistenceVersion: The version that the class has now.
        persistenceForgets: Names of attributes that are not kept.
    """

    persistenceVersion: ClassVar[int] = 0
    persistenceForgets: ClassVar[tuple[str, ...]] = ()

    def __setstate__(self, state: dict[str, Any]) -> None:
        versionedsToUpgrade[id(self)] = self
        self.__dict__ = state

    def __getstate__(self, dict: dict[str, Any] | None = None) -> dict[str, Any]:
        state = (self.__dict__ if dict is None else dict).copy()
        for base in [*reversed(_aybabtu(type(self))), type(self)]:
            if "persistenceForgets" in base.__dict__:
                for name in base.persistenceForgets:
                    state.pop(name, None)
            if "persistenceVersion" in base.__dict__:
                state[f"{reflect.qual(base)}.persistenceVersion"] = base.persistenceVersion
        return state

    def versionUpgrade(self) -> None:
        """Bring it up to date; what it was brought up to before is done no more.

        Raises:
            ValueError: If it was kept by a newer version of its class.
        """
        # The classes that it inherits from first.
        for base in [*reversed(_aybabtu(type(self))), type(self)]:
            if "persistenceVersion" not in base.__dict__:
                continue
            now: int = base.persistenceVersion
            then: int = self.__dict__.pop(f"{reflect.qual(base)}.persistenceVersion", 0)
            if then > now:
                raise ValueError(
                    f"{self!r} was kept by version {then} of {reflect.qual(base)}; this is {now}."
                )
            for version in range(then + 1, now + 1):
                upgrade = base.__dict__.get(f"upgradeToVersion{version}")
                if upgrade is None:
                    log.msg(f"{reflect.qual(base)} has nothing to do for version {version}.")
                    continue
                log.msg(f"Bringing a {reflect.qual(base)} up to version {version}.")
                upgrade(self)


def requireUpgrade(obj: Any) -> None:
    """Bring an object up to date now, for what is being brought up to date itself and uses it."""
    key = id(obj)
    if key in versionedsToUpgrade and key not in upgraded:
        upgraded[key] = obj
        obj.versionUpgrade()


def doUpgrade() -> None:
    """Bring everything up to date that was loaded.

    An upgrade may load more, and call this for it.
    """
    for loaded in list(versionedsToUpgrade.values()):
        requireUpgrade(loaded)
    versionedsToUpgrade.clear()
    upgraded.clear()
