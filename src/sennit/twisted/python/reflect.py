"""Names to objects and objects to names.

A dotted name is resolved by importing as much of it as imports, then reading the rest as attributes.  An
import that fails inside an existing module is that module's own error and is passed on as it is.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import traceback
import types
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = [
    "InvalidName",
    "ModuleNotFound",
    "ObjectNotFound",
    "QueueMethod",
    "accumulateClassDict",
    "accumulateClassList",
    "accumulateMethods",
    "addMethodNamesToDict",
    "filenameToModuleName",
    "findInstances",
    "fullFuncName",
    "fullyQualifiedName",
    "getClass",
    "isLike",
    "isOfType",
    "isSame",
    "modgrep",
    "namedAny",
    "namedClass",
    "namedModule",
    "namedObject",
    "objgrep",
    "prefixedMethodNames",
    "prefixedMethods",
    "qual",
    "requireModule",
    "safe_repr",
    "safe_str",
]

_NOTHING = object()


class InvalidName(ValueError):
    """The name is not a dotted list of Python identifiers."""


class ModuleNotFound(InvalidName):
    """The name's first part is no module."""


class ObjectNotFound(InvalidName):
    """The name is well formed but names nothing."""


class QueueMethod:
    """Appends each call to a list, as the pair of a name and the arguments.

    Args:
        name: What to call the method in the list.
        calls: The list to append to.
    """

    def __init__(self, name: str, calls: list[tuple[str, tuple[Any, ...]]]) -> None:
        self.name = name
        self.calls = calls

    def __call__(self, *args: Any) -> None:
        """Note the call."""
        self.calls.append((self.name, args))


def namedModule(name: str) -> types.ModuleType:
    """Import the module `name` and return it."""
    return importlib.import_module(name)


def namedObject(name: str) -> Any:
    """Return the attribute that `name`, ``module.attribute``, names."""
    module, _, attribute = name.rpartition(".")
    return getattr(namedModule(module), attribute)


namedClass = namedObject


def requireModule(name: str, default: Any = None) -> Any:
    """Import the module `name` and return it, or `default` if it cannot be imported."""
    try:
        return namedModule(name)
    except ImportError:
        return default


def _import_or_missing(name: str) -> Any:
    """Import `name`; return `_NOTHING` if it does not exist, but pass on errors from inside it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            return _NOTHING
        raise


def namedAny(name: str) -> Any:
    """Return the package, module, class, function or attribute that a dotted name names.

    Args:
        name: The name, such as ``"os.path.join"``.

    Raises:
        InvalidName: If `name` is no dotted list of identifiers.
        ModuleNotFound: If its only part is no module.
        ObjectNotFound: If its first part is no module.
        AttributeError: If a later part does not exist.
    """
    if not name:
        raise InvalidName("Empty module name")
    parts = name.split(".")
    if "" in parts:
        raise InvalidName(f"{name!r} is not a dotted list of Python identifiers.")
    for count in range(len(parts), 0, -1):
        found = _import_or_missing(".".join(parts[:count]))
        if found is not _NOTHING:
            for attribute in parts[count:]:
                found = getattr(found, attribute)
            return found
    if len(parts) == 1:
        raise ModuleNotFound(f"No module named {name!r}")
    raise ObjectNotFound(f"{name!r} does not name an object")


def fullyQualifiedName(obj: Any) -> str:
    """Return the dotted name of a module, class, function or method."""
    name: str = getattr(obj, "__qualname__", None) or obj.__name__
    if isinstance(obj, types.ModuleType | types.BuiltinFunctionType):
        return name
    if isinstance(obj, types.MethodType):
        return f"{obj.__func__.__module__}.{name}"
    return f"{obj.__module__}.{name}"


def fullFuncName(func: Callable[..., Any]) -> str:
    """Return the dotted name of a function at its module's top level.

    Raises:
        AttributeError: If that name does not lead back to a function of its module.
        ValueError: If it leads to another function.
    """
    name = f"{func.__module__}.{func.__name__}"
    if namedObject(name) is not func:
        raise ValueError(f"{name} is not the name of {func!r}.")
    return name


def qual(clazz: type[object]) -> str:
    """Return a class's module and name, joined by a dot."""
    return f"{clazz.__module__}.{clazz.__name__}"


def getClass(obj: Any) -> Any:
    """Return the class of `obj`; of a class, its metaclass."""
    return type(obj)


def prefixedMethodNames(classObj: type, prefix: str) -> list[str]:
    """Return what follows `prefix` in the names of the methods of `classObj` and its bases."""
    names: dict[str, int] = {}
    addMethodNamesToDict(classObj, names, prefix)
    return list(names)


def prefixedMethods(obj: Any, prefix: str = "") -> list[Any]:
    """Return the bound methods of `obj` whose names begin with `prefix`."""
    methods: dict[str, Any] = {}
    accumulateMethods(obj, methods, prefix)
    return list(methods.values())


def addMethodNamesToDict(
    classObj: type, dict: dict[str, int], prefix: str, baseClass: type | None = None
) -> None:
    """Set `dict`'s value to 1 for each prefixed method name, the prefix taken off.

    Args:
        classObj: The class whose methods, and whose bases' methods, are looked at.
        dict: The dictionary to fill.
        prefix: The prefix that the names have.
        baseClass: If given, only classes that derive from it directly count.
    """
    for base in classObj.__bases__:
        addMethodNamesToDict(base, dict, prefix, baseClass)
    if baseClass is None or baseClass in classObj.__bases__:
        for name, value in vars(classObj).items():
            if isinstance(value, types.FunctionType) and name.startswith(prefix):
                dict[name[len(prefix) :]] = 1


def accumulateMethods(obj: Any, dict: dict[str, Any], prefix: str = "", curClass: type | None = None) -> None:
    """Add to `dict` the bound methods of `obj` whose names begin with `prefix`, by the rest of the name.

    Args:
        obj: The object whose methods are wanted.
        dict: The dictionary to fill.
        prefix: The prefix that the names have.
        curClass: The class to look at, with its bases; by default that of `obj`.
    """
    current = type(obj) if curClass is None else curClass
    for base in current.__bases__:
        accumulateMethods(obj, dict, prefix, base)
    for name, value in vars(current).items():
        if isinstance(value, types.FunctionType) and name.startswith(prefix):
            dict[name[len(prefix) :]] = getattr(obj, name)


def accumulateClassDict(
    classObj: type, attr: str, adict: dict[Any, Any], baseClass: type | None = None
) -> None:
    """Merge the dictionaries that `classObj` and its bases have as `attr` into `adict`, the bases' first.

    Args:
        classObj: The class at the bottom.
        attr: The attribute's name.
        adict: The dictionary to fill.
        baseClass: If given, only classes that derive from it directly count.
    """
    for base in classObj.__bases__:
        accumulateClassDict(base, attr, adict, baseClass)
    if baseClass is None or baseClass in classObj.__bases__:
        adict.update(vars(classObj).get(attr, {}))


def accumulateClassList(classObj: type, attr: str, listObj: list[Any], baseClass: type | None = None) -> None:
    """Append the lists that `classObj` and its bases have as `attr` to `listObj`, the bases' first.

    Args:
        classObj: The class at the bottom.
        attr: The attribute's name.
        listObj: The list to extend.
        baseClass: If given, only classes that derive from it directly count.
    """
    for base in classObj.__bases__:
        accumulateClassList(base, attr, listObj, baseClass)
    if baseClass is None or baseClass in classObj.__bases__:
        listObj.extend(vars(classObj).get(attr, []))


def filenameToModuleName(fn: str | bytes) -> str:
    """Return the dotted name of the module in the file `fn`, found by the packages around it.

    A directory is part of the name as long as it has an ``__init__`` file.
    """
    path = Path(os.fsdecode(fn)).absolute()
    parts = [] if path.stem == "__init__" and path.exists() else [path.stem]
    directory = path.parent
    while any((directory / f"__init__{suffix}").exists() for suffix in (".py", ".pyc", ".pyo")):
        parts.insert(0, directory.name)
        directory = directory.parent
    return ".".join(parts)


def _describe(text: Callable[[Any], str], what: str, o: object) -> str:
    try:
        return text(o)
    except BaseException:
        return _broken(what, o)


def _broken(what: str, o: object) -> str:
    """Describe an object whose own description raised."""
    try:
        name = str(type(o).__name__)
    except BaseException:
        name = f"BROKEN CLASS AT 0x{id(type(o)):x}"
    try:
        detail = traceback.format_exc()
    except BaseException:
        detail = "(its error cannot be shown either)\n"
    return f"<{name} instance at 0x{id(o):x} with {what} error:\n {detail}>"


def safe_repr(o: Any) -> str:
    """Return ``repr(o)``; if that raises, a string that says so, with the traceback."""
    return _describe(repr, "repr", o)


def safe_str(o: object) -> str:
    """Return ``str(o)``, bytes decoded as UTF-8; if that raises, a string that says so."""
    if isinstance(o, bytes):
        try:
            return o.decode()
        except UnicodeDecodeError:
            pass
    return _describe(str, "str", o)


def isSame(a: object, b: object) -> bool:
    """Return whether `a` is `b`."""
    return a is b


def isLike(a: object, b: object) -> bool:
    """Return whether `a` equals `b`."""
    return a == b


def isOfType(start: object, goal: type) -> bool:
    """Return whether `start`'s class is `goal` itself."""
    return type(start) is goal


def modgrep(goal: Any) -> list[str]:
    """Return the paths from ``sys.modules`` to `goal`."""
    return objgrep(sys.modules, goal, isLike, "sys.modules")


def findInstances(start: Any, t: type) -> list[str]:
    """Return the paths from `start` to the objects of the class `t`."""
    return objgrep(start, t, isOfType)


def _children(obj: Any) -> list[tuple[str, Any]]:
    """Return what can be reached from `obj` in one step, each with the text of that step."""
    found: list[tuple[str, Any]] = []
    if isinstance(obj, dict):
        for key, value in list(obj.items()):
            # A key is named by its value, as there is no expression for it.
            found += [(f"{{{value!r}}}", key), (f"[{key!r}]", value)]
    elif isinstance(obj, list | tuple | deque):
        found += [(f"[{index}]", value) for index, value in enumerate(obj)]
    elif isinstance(obj, types.MethodType):
        found += [(".__self__", obj.__self__), (".__func__", obj.__func__)]
    elif isinstance(obj, weakref.ReferenceType):
        found.append(("()", obj()))
    elif not isinstance(obj, str | bytes | int | float | re.Pattern | type | types.FunctionType):
        found += [(f".{name}", value) for name, value in list(getattr(obj, "__dict__", {}).items())]
        found.append((".__class__", type(obj)))
    return found


def objgrep(
    start: Any,
    goal: Any,
    eq: Callable[[Any, Any], bool] = isLike,
    path: str = "",
    paths: list[str] | None = None,
    seen: dict[int, Any] | None = None,
    showUnknowns: int = 0,
    maxDepth: int | None = None,
) -> list[str]:
    """Find the paths, as Python expressions, that lead from `start` to `goal`.

    Args:
        start: The object to start at: containers, methods, weak references and attributes are followed.
        goal: What is looked for.
        eq: Called with an object and `goal`; tells whether it is found.
        path: The expression for `start`.
        paths: The list to append to; by default a new one.
        seen: The objects seen already, by ``id``.
        showUnknowns: Not used: every object with attributes is followed.
        maxDepth: How many steps to take at most; by default any number.

    Returns:
        The expressions.
    """
    del showUnknowns
    paths = [] if paths is None else paths
    seen = {} if seen is None else seen
    waiting = deque([(start, path, maxDepth)])
    while waiting:
        obj, where, depth = waiting.popleft()
        if eq(obj, goal):
            paths.append(where)
        if id(obj) in seen or depth == 0:
            continue
        seen[id(obj)] = obj
        left = None if depth is None else depth - 1
        waiting.extend((value, where + step, left) for step, value in _children(obj))
    return paths
