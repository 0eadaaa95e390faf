"""What could be imported, and what has been: Python's modules as objects with paths, without importing them.

`getModule` finds one; `iterModules` and `walkModules` list those on ``sys.path``, with and without what is in
packages.  A package that is loaded is looked through by its ``__path__``; one that is not, in its own
directory alone, unless it may be imported for that.
"""

from __future__ import annotations

import inspect
import os
import sys
import warnings
import zipimport
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any, Final

from zope.interface import Interface, implementer

from sennit.core.components import registerAdapter
from sennit.twisted.python.filepath import FilePath, UnlistableError
from sennit.twisted.python.reflect import namedAny
from sennit.twisted.python.zippath import ZipArchive

__all__ = [
    "OPTIMIZED_MODE",
    "PYTHON_EXTENSIONS",
    "IPathImportMapper",
    "PathEntry",
    "PythonAttribute",
    "PythonModule",
    "PythonPath",
    "getModule",
    "iterModules",
    "theSystemPath",
    "walkModules",
]

OPTIMIZED_MODE: Final = not __debug__
PYTHON_EXTENSIONS: Final = [".py", ".pyc"]  # the first is taken where a module has both

_NOTHING: Final = object()


class IPathImportMapper(Interface):
    """Knows what the paths mean that an importer on ``sys.path_importer_cache`` takes."""

    def mapPath(pathLikeString: str) -> Any:  # noqa: N805 (interfaces have no self)
        """Return a FilePath, or something like it, for an entry of ``sys.path``."""


@implementer(IPathImportMapper)
class _InFiles:
    """Entries that are directories."""

    def mapPath(self, pathLikeString: str) -> Any:
        return FilePath(pathLikeString)


@implementer(IPathImportMapper)
class _InArchive:
    """Entries that are zip archives, or directories in them."""

    def __init__(self, importer: zipimport.zipimporter) -> None:
        self._importer = importer

    def mapPath(self, pathLikeString: str) -> Any:
        path: Any = ZipArchive(self._importer.archive)
        inside = os.path.abspath(pathLikeString)[len(os.path.abspath(self._importer.archive)) :]
        for part in filter(None, inside.split(os.sep)):
            path = path.child(part)
        return path


registerAdapter(_InArchive, zipimport.zipimporter, IPathImportMapper)


class PythonAttribute:
    """An attribute of a module, or of an attribute.

    Args:
        name: Its whole dotted name.
        onObject: What it is an attribute of.
        loaded: Whether `pythonValue` is it.
        pythonValue: Its value.
    """

    def __init__(self, name: str, onObject: Any, loaded: bool, pythonValue: Any) -> None:
        self.name = name
        self.onObject = onObject
        self._loaded = loaded
        self.pythonValue = pythonValue

    def __repr__(self) -> str:
        return f"PythonAttribute<{self.name!r}>"

    def isLoaded(self) -> bool:
        """Return whether its value is known."""
        return self._loaded

    def load(self, default: Any = _NOTHING) -> Any:
        """Return its value."""
        return self.pythonValue

    def iterAttributes(self) -> Iterator[PythonAttribute]:
        """Yield the attributes of its value."""
        return _attributes(self, self.load())


def _attributes(owner: Any, value: Any) -> Iterator[PythonAttribute]:
    for name, each in inspect.getmembers(value):
        yield PythonAttribute(f"{owner.name}.{name}", owner, True, each)


class _Holder:
    """What holds modules: an entry of the path, or a package."""

    def _paths(self) -> Iterator[tuple[Any, PathEntry]]:
        raise NotImplementedError(type(self))

    def _full_name(self, name: str) -> str:
        return name

    def __getitem__(self, name: str) -> PythonModule:
        wanted = self._full_name(name)
        for module in self.iterModules():
            if module.name == wanted:
                return module
        raise KeyError(name)

    def __iter__(self) -> Iterator[PythonModule]:
        raise TypeError(f"Ask {self!r} for iterModules() or walkModules().")

    def iterModules(self) -> Iterator[PythonModule]:
        """Yield the modules and packages right in it, each name once."""
        seen: set[str] = set()
        for path, entry in self._paths():
            try:
                # In each directory source before what is compiled, and packages before modules.
                children = sorted(path.children(), key=_rank)
            except UnlistableError:
                continue
            for child in children:
                name, file = _module_at(child)
                if file is not None and name not in seen:
                    seen.add(name)
                    yield PythonModule(self._full_name(name), file, entry)

    def walkModules(self, importPackages: bool = False) -> Iterator[PythonModule]:
        """Yield the modules and packages in it, and those in the packages.

        Args:
            importPackages: Whether to import packages, which may extend their paths when they are.
        """
        for module in self.iterModules():
            yield from module.walkModules(importPackages)


def _rank(path: Any) -> tuple[str, int]:
    name, extension = os.path.splitext(path.basename())
    return name, (["", *PYTHON_EXTENSIONS].index(extension) if extension in PYTHON_EXTENSIONS else 0)


def _module_at(path: Any) -> tuple[str, Any]:
    """Return the name of the module that a path would be, and its file; None if it would be none."""
    name, extension = os.path.splitext(path.basename())
    if not name.isidentifier():
        return name, None
    if extension in PYTHON_EXTENSIONS:
        return name, path if name != "__init__" and path.isfile() else None
    if not extension and path.isdir():
        files = (path.child("__init__" + each) for each in PYTHON_EXTENSIONS)
        return name, next((file for file in files if file.exists()), None)
    return name, None


class PythonModule(_Holder):
    """A module that may be imported.

    Args:
        name: Its whole dotted name.
        filePath: Its file: for a package its ``__init__``.
        pathEntry: The entry of the path by which its outermost package, or itself, was found.
    """

    def __init__(self, name: str, filePath: Any, pathEntry: PathEntry) -> None:
        self.name = name
        self.filePath = filePath
        self.parentPath = filePath.parent()
        self.pathEntry = pathEntry

    def __repr__(self) -> str:
        return f"PythonModule<{self.name!r}>"

    def __eq__(self, other: object) -> bool:
        return self.name == other.name if isinstance(other, PythonModule) else NotImplemented

    def __hash__(self) -> int:
        return hash((PythonModule, self.name))

    def _loaded_module(self) -> Any:
        return self.pathEntry.pythonPath.moduleDict.get(self.name)

    def isLoaded(self) -> bool:
        """Return whether it has been imported."""
        return self._loaded_module() is not None

    def isPackage(self) -> bool:
        """Return whether it is a package."""
        return bool(os.path.splitext(self.filePath.basename())[0] == "__init__")

    def load(self, default: Any = _NOTHING) -> Any:
        """Import it.

        Args:
            default: What to return where that fails; by default whatever was raised goes on.

        Returns:
            The module itself.
        """
        try:
            return self.pathEntry.pythonPath.moduleLoader(self.name)
        except Exception:
            if default is _NOTHING:
                raise
            return default

    def iterAttributes(self) -> Iterator[PythonAttribute]:
        """Yield what is in it.

        Raises:
            NotImplementedError: If it has not been imported, for then nobody knows.
        """
        if not self.isLoaded():
            raise NotImplementedError(f"{self.name} has attributes only once it is loaded: call load().")
        return _attributes(self, self.load())

    def walkModules(self, importPackages: bool = False) -> Iterator[PythonModule]:
        """Yield it and, if it is a package, the modules and packages in it.

        Args:
            importPackages: Whether to import packages, which may extend their paths when they are.
        """
        if importPackages and self.isPackage():
            self.load()
        yield self
        yield from super().walkModules(importPackages)

    def _full_name(self, name: str) -> str:
        return f"{self.name}.{name}"

    def _paths(self) -> Iterator[tuple[Any, PathEntry]]:
        if not self.isPackage():
            return
        if not self.isLoaded():
            yield self.parentPath, self.pathEntry
            return
        for path in getattr(self._loaded_module(), "__path__", ()):
            # The package's own directory may be in an archive, and is known already.
            own = os.path.abspath(path) == os.path.abspath(self.parentPath.path)
            yield (self.parentPath if own else self.pathEntry.pythonPath._smartPath(path)), self.pathEntry


class PathEntry(_Holder):
    """An entry of the path.

    Args:
        filePath: Where it is.
        pythonPath: The path that it is of.
    """

    def __init__(self, filePath: Any, pythonPath: PythonPath) -> None:
        self.filePath = filePath
        self.pythonPath = pythonPath

    def __repr__(self) -> str:
        return f"PathEntry<{self.filePath!r}>"

    def _paths(self) -> Iterator[tuple[Any, PathEntry]]:
        yield self.filePath, self


class PythonPath:
    """A path that modules are looked for on; Python's own by default.

    Args:
        sysPath: The entries; by default what `sysPathFactory` returns.
        moduleDict: The modules that are loaded.
        sysPathHooks: Callables that make importers of entries.
        importerCache: The importers that were made, by entries.
        moduleLoader: Imports a module by its name.
        sysPathFactory: Called for the entries each time that they are asked for; by default ``sys.path``.
    """

    def __init__(
        self,
        sysPath: list[str] | None = None,
        moduleDict: MutableMapping[str, Any] = sys.modules,
        sysPathHooks: Iterable[Callable[[str], Any]] = sys.path_hooks,
        importerCache: MutableMapping[str, Any] = sys.path_importer_cache,
        moduleLoader: Callable[[str], Any] = namedAny,
        sysPathFactory: Callable[[], list[str]] | None = None,
    ) -> None:
        self._sysPath = sysPath
        self._sysPathFactory = sysPathFactory or (lambda: sys.path)
        self.moduleDict = moduleDict
        self.sysPathHooks = sysPathHooks
        self.importerCache = importerCache
        self.moduleLoader = moduleLoader

    @property
    def sysPath(self) -> list[str]:
        """The entries."""
        return self._sysPathFactory() if self._sysPath is None else self._sysPath

    def __repr__(self) -> str:
        return f"PythonPath({self.sysPath!r})"

    def _importer(self, entry: str) -> Any:
        importer = self.importerCache.get(entry)
        if importer is None:
            for hook in self.sysPathHooks:
                try:
                    return hook(entry)
                except ImportError:
                    continue
        return importer

    def _smartPath(self, pathName: str) -> Any:
        """Return a FilePath, or the like of it in an archive, for an entry."""
        return IPathImportMapper(self._importer(pathName), _InFiles()).mapPath(pathName)

    def iterEntries(self) -> Iterator[PathEntry]:
        """Yield the entries."""
        for entry in self.sysPath:
            yield PathEntry(self._smartPath(entry), self)

    def iterModules(self) -> Iterator[PythonModule]:
        """Yield the modules and packages that are in none themselves, each name once."""
        seen: set[str] = set()
        for entry in self.iterEntries():
            for module in entry.iterModules():
                if module.name not in seen:
                    seen.add(module.name)
                    yield module

    def walkModules(self, importPackages: bool = False) -> Iterator[PythonModule]:
        """Yield all modules and packages.

        Args:
            importPackages: Whether to import packages, which may extend their paths when they are.
        """
        for module in self.iterModules():
            yield from module.walkModules(importPackages)

    def __getitem__(self, modname: str) -> PythonModule:
        """Return a module by its whole name.

        Raises:
            KeyError: If there is none.
        """
        first, *rest = modname.split(".")
        module = self._loaded(first, modname) or self._search(first)
        for name in rest:
            module = module[name]
        return module

    def __contains__(self, module: str) -> bool:
        try:
            self[module]
        except KeyError:
            return False
        return True

    __iter__ = None  # neither of the two ways is the obvious one

    def _search(self, name: str) -> PythonModule:
        for entry in self.iterEntries():
            try:
                return entry[name]
            except KeyError:
                continue
        raise KeyError(name)

    def _loaded(self, name: str, wanted: str) -> PythonModule | None:
        """Return a module that is loaded and in no package, found by its file."""
        file = getattr(self.moduleDict.get(name), "__file__", None)
        if not isinstance(file, str):
            return None
        directory, base = os.path.split(os.path.abspath(file))
        package = os.path.splitext(base)[0] == "__init__"
        start = os.path.dirname(directory) if package else directory
        entry = next((each for each in self.sysPath if os.path.abspath(each) == start), start)
        if entry not in self.importerCache:
            warnings.warn(
                f"{entry} (for module {wanted}) not in path importer cache "
                "(PEP 302 violation - check your local configuration).",
                stacklevel=3,
            )
        holder = PathEntry(self._smartPath(entry), self)
        path = holder.filePath.child(os.path.basename(directory)) if package else holder.filePath
        return PythonModule(name, path.child(base), holder)


theSystemPath: Final = PythonPath()


def walkModules(importPackages: bool = False) -> Iterator[PythonModule]:
    """Yield all modules and packages that Python could import.

    Args:
        importPackages: Whether to import packages, which may extend their paths when they are.
    """
    return theSystemPath.walkModules(importPackages)


def iterModules() -> Iterator[PythonModule]:
    """Yield the modules and packages on ``sys.path`` that are in none themselves."""
    return theSystemPath.iterModules()


def getModule(moduleName: str) -> PythonModule:
    """Return a module by its whole name, imported or not.

    Raises:
        KeyError: If there is none.
    """
    return theSystemPath[moduleName]
