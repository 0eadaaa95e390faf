"""The import hook that answers for every module whose name starts with ``twisted``.

Invariants:

- Our finder stands first on ``sys.meta_path`` and answers for the whole ``twisted`` tree, so a Twisted
  that is also installed is never reached: the two are not mixed in one process.
- A row with one whole module of ours makes ``sys.modules["twisted.x"]`` that very module, so assigning to
  its names (as tests do) reaches the code that reads them.  A row made of several becomes a `Face`, which
  looks a name up where it lives and passes assignments on to there.
- ``twisted.internet.reactor`` is the process's one reactor, made when first imported.
"""

from __future__ import annotations

import importlib.machinery
import sys
from types import ModuleType

from sennit.core.current import set_default_reactor
from sennit.loading import load
from sennit.twisted.table import PLUGINS, REACTOR, TABLE

TYPE_CHECKING = False  # as in `sennit`
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Final

__all__ = ["FINDER", "Face", "Finder", "install", "installed", "uninstall"]

_ROOT = "twisted"


class Face(ModuleType):
    """A Twisted module made of several of ours.

    Attributes are found in the sources in order, each at its first reading.  Assigning a name that a source
    has assigns it there too.
    """

    def __init__(self, name: str, sources: Sequence[str]) -> None:
        super().__init__(name, f"Twisted's ``{name}``, from {', '.join(sources) or 'Sennit'}.")
        modules: list[str] = []
        picked: dict[str, tuple[str, str]] = {}
        for source in sources:
            module, colon, names = source.partition(":")
            if not colon:
                modules.append(module)
            for item in names.split():
                ours, _, theirs = item.partition("=")
                picked[theirs or ours] = (module, ours)
        self.__dict__["_sennit_modules"] = tuple(modules)
        self.__dict__["_sennit_picked"] = picked

    def _sennit_home(self, name: str) -> tuple[ModuleType, str] | None:
        """Return the module of ours that has `name`, and the name it has there."""
        picked = self.__dict__["_sennit_picked"].get(name)
        if picked is not None:
            return load(picked[0]), picked[1]
        if name.startswith("__"):
            return None
        modules = []
        for each in self.__dict__["_sennit_modules"]:
            # Those that come after the one that has it may never be needed.
            module = load(each)
            if name in getattr(module, "__all__", ()):
                return module, name
            modules.append(module)
        for module in modules:
            if name in vars(module):
                return module, name
        return None

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return sorted(self._sennit_public())
        if name == "__file__":
            spec = self.__dict__.get("__spec__")
            if spec is not None and spec.has_location:
                return spec.origin
            # Programs look beside a module's file; the first of ours is as near as can be.
            homes = [*self.__dict__["_sennit_modules"]]
            homes += [home for home, _ in self.__dict__["_sennit_picked"].values()]
            if homes:
                return load(homes[0]).__file__
        home = self._sennit_home(name)
        if home is None:
            raise AttributeError(
                f"module {self.__name__!r} has no attribute {name!r} in Sennit", name=name, obj=self
            )
        value = getattr(*home)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        home = self._sennit_home(name)
        if home is not None:
            setattr(*home, value)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *self._sennit_public()} - {"_sennit_modules", "_sennit_picked"})

    def _sennit_public(self) -> set[str]:
        names = set(self.__dict__["_sennit_picked"])
        for each in self.__dict__["_sennit_modules"]:
            module = load(each)
            names.update(
                getattr(module, "__all__", None) or (n for n in vars(module) if not n.startswith("_"))
            )
        return names


class Finder:
    """Finds and loads the modules of the table.

    A finder and loader by its methods: `importlib.abc` takes longer to import than all the rest of this.
    """

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for ``twisted`` and everything below it; leave all other names to other finders.

        Raises:
            ModuleNotFoundError: If Sennit has no such Twisted module.
        """
        if fullname != _ROOT and not fullname.startswith(_ROOT + "."):
            return None
        if fullname.startswith(PLUGINS + ".") and fullname not in TABLE:
            return importlib.machinery.PathFinder.find_spec(fullname, path)
        if fullname not in TABLE:
            raise ModuleNotFoundError(
                f"{fullname} is not in Sennit, which stands in for Twisted in this process.", name=fullname
            )
        loader: Any = self
        origin = " ".join(TABLE[fullname]) or "sennit"
        spec = importlib.machinery.ModuleSpec(
            fullname, loader, origin=origin, is_package=_is_package(fullname)
        )
        if fullname == PLUGINS:
            spec.submodule_search_locations = _plugin_paths()
        return spec

    def find_distributions(self, context: Any) -> list[Any]:
        """Answer `importlib.metadata` for ``twisted``; leave all other names to other finders."""
        if context.name is None or context.name.lower() != _ROOT:
            return []
        from sennit.twisted.distribution import StandIn

        return [StandIn()]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return a face; what stands for one module of ours is put in its place by `exec_module`."""
        return Face(spec.name, TABLE[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        """Load what the row names."""
        name = module.__name__
        sources = TABLE[name]
        if name == REACTOR:
            del sys.modules[name]
            load(sources[0]).install()
            return
        loaded = [load(source) for source in sources if ":" not in source]
        if len(sources) == len(loaded) == 1 and not _is_package(name):
            sys.modules[name] = loaded[0]

    def get_code(self, fullname: str) -> Any:
        """Return the code of a module that ``python -m`` runs."""
        import importlib.util

        spec = importlib.util.find_spec(TABLE[fullname][0])
        assert spec is not None
        loader: Any = spec.loader
        return loader.get_code(spec.name)


FINDER: Final = Finder()


def install() -> None:
    """Make ``import twisted`` and everything below it give Sennit in this process.

    Call it before the first import of Twisted.  Where Twisted itself is installed too, Sennit goes first,
    and a module that Sennit lacks is an error rather than Twisted's own.  Calling it again changes nothing.

    Raises:
        RuntimeError: If Twisted itself has been imported already.
    """
    if FINDER in sys.meta_path:
        return
    theirs = sys.modules.get(_ROOT)
    if theirs is not None and not isinstance(theirs, Face):
        raise RuntimeError(
            f"Twisted itself is already imported, from {getattr(theirs, '__file__', None)}: "
            "call sennit.twisted.install() before anything imports twisted, "
            "or run the program with python -m sennit.twisted."
        )
    sys.meta_path.insert(0, FINDER)
    set_default_reactor(_default_reactor)


def installed() -> bool:
    """Return whether ``import twisted`` gives Sennit here."""
    return any(_is_ours(finder) for finder in sys.meta_path)


def uninstall() -> None:
    """Undo `install`: forget the modules it gave, and close and forget the process's reactor.

    In an environment where the drop-in is enabled this process alone goes without it.
    """
    if not installed():
        return
    sys.meta_path[:] = [finder for finder in sys.meta_path if not _is_ours(finder)]
    set_default_reactor(None)
    close = getattr(sys.modules.get(REACTOR), "close", None)
    if close is not None:
        close()
    for name in [name for name in sys.modules if name == _ROOT or name.startswith(_ROOT + ".")]:
        del sys.modules[name]


def _is_ours(finder: object) -> bool:
    return finder is FINDER or getattr(finder, "stands_for", None) == _ROOT


def _is_package(name: str) -> bool:
    return name == PLUGINS or any(other.startswith(name + ".") for other in TABLE)


def _plugin_paths() -> list[str]:
    from sennit.twisted.plugin import pluginPackagePaths

    return pluginPackagePaths(PLUGINS)


def _default_reactor() -> Any:
    return load(REACTOR)
