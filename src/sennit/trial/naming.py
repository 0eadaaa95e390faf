"""Names to modules, classes and tests, and back; files to modules."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import inspect
import sys
import unittest
from pathlib import Path
from types import MethodType, ModuleType
from typing import Any, TypeGuard

__all__ = [
    "filenameToModule",
    "isPackage",
    "isPackageDirectory",
    "isTestCase",
    "name",
    "resolve",
    "samefile",
    "source_line",
]

_NOTHING = object()


def isPackage(module: Any) -> bool:
    """Return whether something is a package."""
    if not isinstance(module, ModuleType):
        return False
    return Path(getattr(module, "__file__", None) or "").stem == "__init__"


def isPackageDirectory(dirname: str) -> str | bool:
    """Return the name of the file that makes a directory a package, or False if there is none."""
    for suffix in importlib.machinery.all_suffixes():
        if (Path(dirname) / f"__init__{suffix}").exists():
            return f"__init__{suffix}"
    return False


def isTestCase(obj: Any) -> TypeGuard[type[unittest.TestCase]]:
    """Return whether something is a class of tests."""
    return isinstance(obj, type) and issubclass(obj, unittest.TestCase)


def samefile(filename1: str, filename2: str) -> bool:
    """Return whether two paths, of which neither need exist, are of one file."""
    return Path(filename1).resolve() == Path(filename2).resolve()


def name(thing: Any) -> str:
    """Return the name by which tests are put in order: what it is called, in which module."""
    if isinstance(thing, str):
        return thing
    if isinstance(thing, ModuleType):
        return thing.__name__
    if isinstance(thing, type):
        return f"{thing.__module__}.{thing.__qualname__}"
    test_id = getattr(thing, "id", None)
    return str(test_id()) if callable(test_id) else getattr(thing, "__qualname__", repr(thing))


def source_line(thing: Any) -> int:
    """Return the number of the line where a class, or a test's method, begins; a large one if unknown."""
    method = getattr(thing, "_testMethodName", None)
    if method is not None:
        thing = getattr(thing, method)
    try:
        code = inspect.unwrap(getattr(thing, "__func__", thing)).__code__
    except AttributeError:
        try:
            return inspect.getsourcelines(thing)[1]
        except (OSError, TypeError):
            return sys.maxsize
    return int(code.co_firstlineno)


def resolve(dotted: str) -> tuple[Any, Any]:
    """Return what a dotted name means, and what that is an attribute of (None for a module).

    As much of the name as can be is imported, the rest are attributes.

    Raises:
        ModuleNotFoundError: If not even the first part can be imported, or a module on the way imports what
            does not exist.
        AttributeError: If something on the way has no such attribute.
    """
    parts = dotted.split(".")
    if not all(part.isidentifier() for part in parts):
        raise ModuleNotFoundError(f"{dotted!r} is not the name of a module, a class or a test.", name=dotted)
    found: Any = None
    imported = 0
    for count in range(1, len(parts) + 1):
        module = ".".join(parts[:count])
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if count == 1 or error.name is None or not (module + ".").startswith(error.name + "."):
                raise
            break
        imported = count
        if count < len(parts) and not hasattr(found, "__path__"):
            break
    parent = None
    for part in parts[imported:]:
        parent, found = found, getattr(found, part, _NOTHING)
        if found is _NOTHING:
            raise AttributeError(f"{name(parent)} has no attribute {part!r}.", name=part, obj=parent)
        if isinstance(found, MethodType):
            found = found.__func__
    return found, parent


def filenameToModule(fn: str) -> ModuleType:
    """Import the module that a file is.

    It gets the name that the packages around it give it; where that name means another module, the file is
    loaded under a name of its own.

    Raises:
        ValueError: If there is no such file, or it is a directory and no package.
        SyntaxError: If there is no Python in it.
    """
    path = Path(fn).absolute()
    if not path.exists():
        raise ValueError(f"{str(fn)!r} doesn't exist")
    if path.is_dir():
        init = isPackageDirectory(str(path))
        if not init:
            raise ValueError(f"{str(fn)!r} is not a package directory")
        path /= str(init)
    dotted, top = _module_name(path)
    if dotted in sys.modules:
        module = sys.modules[dotted]
        return module if _is_of(module, path) else _load(path, _free_name(dotted))
    outside = str(top) not in sys.path
    if outside:
        sys.path.insert(0, str(top))
    try:
        spec = importlib.util.find_spec(dotted)
        if spec is not None and spec.origin is not None and samefile(spec.origin, str(path)):
            return importlib.import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name is None or not (dotted + ".").startswith(error.name + "."):
            raise
    finally:
        if outside:
            sys.path.remove(str(top))
    return _load(path, _free_name(dotted))


def _module_name(path: Path) -> tuple[str, Path]:
    """Return the name of the module in a file, and the directory from which that name leads to it."""
    parts = [] if path.stem == "__init__" else [path.stem]
    directory = path.parent
    while isPackageDirectory(str(directory)):
        parts.insert(0, directory.name)
        directory = directory.parent
    return ".".join(parts), directory


def _is_of(module: ModuleType, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    if file is None:
        return False
    found = Path(file)
    return samefile(str(found.with_suffix(".py")), str(path)) or samefile(str(found), str(path))


def _free_name(dotted: str) -> str:
    free, number = dotted, 2
    while free in sys.modules:
        free, number = f"{dotted}_{number}", number + 1
    return free


def _load(path: Path, dotted: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(dotted, path)
    if spec is None or spec.loader is None:
        # Whatever its name is, it is said to be Python.
        loader = importlib.machinery.SourceFileLoader(dotted, str(path))
        spec = importlib.util.spec_from_file_location(dotted, path, loader=loader)
        assert spec is not None
        assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[dotted] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(dotted, None)
        raise
    return module
