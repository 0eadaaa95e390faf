r"""Object trees as Python source that people can read and edit: AOT, the "abstract object tree".

An object becomes a tree of the nodes below (`Instance`, `Ref`, ...), lists, dicts, tuples and plain values,
and the tree a text that makes it again when it is run: ``app=Instance('package.Class', attribute=1)``.  So
reading such a text runs it; read only what you would run.

What prettify returns has "\n\0" where a line begins; `indentify` knows from the brackets how far in.
"""

from __future__ import annotations

import copyreg
import keyword
import math
import re
from collections.abc import Callable
from types import BuiltinFunctionType, EllipsisType, FunctionType, MethodType, ModuleType
from typing import IO, Any, Final

from sennit.twisted.persisted import crefutil
from sennit.twisted.persisted.crefutil import _constructMethod
from sennit.twisted.python import reflect

__all__ = [
    "AOTJellier",
    "AOTUnjellier",
    "Class",
    "Copyreg",
    "Deref",
    "Function",
    "Instance",
    "InstanceMethod",
    "Module",
    "Named",
    "NoStateObj",
    "NonFormattableDict",
    "Ref",
    "dictToKW",
    "getSource",
    "indentify",
    "jellyToAOT",
    "jellyToSource",
    "prettify",
    "unjellyFromAOT",
    "unjellyFromSource",
]

_REDUCE: Final[Any] = object.__reduce__
_LINE: Final = "\n\0"
_NEW: Final[Any] = copyreg.__newobj__  # type: ignore[attr-defined]  # what pickles call for most objects
_PLAIN: Final = (bool, int, float, complex, str, bytes, slice, EllipsisType, type(None))
_PIECES: Final = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\n\0|[\[({]|[\])}]|[^\S\n]+|[^'"\s\[\](){}]+"""
)


class NonFormattableDict(Exception):
    """A dict cannot be written as keyword arguments."""


class _NoStateObj:
    """The class of `NoStateObj`."""


NoStateObj: Final = _NoStateObj()


class Named:
    """What is known by its whole dotted name.

    Args:
        name: The name.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def getSource(self) -> str:
        """Return its text."""
        return f"{type(self).__name__}({self.name!r})"


class Class(Named):
    """A class."""


class Function(Named):
    """A function."""


class Module(Named):
    """A module."""


class InstanceMethod:
    """A bound method.

    Args:
        name: Its name.
        klass: The class that it is of, a dotted name or a `Class`.
        inst: The node of its object.
    """

    def __init__(self, name: str, klass: Any, inst: Any) -> None:
        self.name = name
        self.klass = klass.name if isinstance(klass, Class) else klass
        self.instance = inst

    def getSource(self) -> str:
        """Return its text."""
        return f"InstanceMethod({self.name!r}, {self.klass!r}, {_LINE}{prettify(self.instance)})"


class Instance:
    """An object, by its class and its state.

    Args:
        className: The class, a dotted name or a `Class`.
        __stateObj__: The node of its state, if that is not attributes.
        **state: The nodes of its attributes.
    """

    def __init__(self, className: Any, __stateObj__: Any = NoStateObj, **state: Any) -> None:
        self.klass = className.name if isinstance(className, Class) else className
        self.stateIsDict = int(__stateObj__ is NoStateObj)
        self.state: Any = state if self.stateIsDict else __stateObj__

    def getSource(self) -> str:
        """Return its text."""
        if self.stateIsDict:
            try:
                return f"Instance({self.klass!r}, {dictToKW(self.state)})"
            except NonFormattableDict:
                pass
        return f"Instance({self.klass!r}, {prettify(self.state)})"


class Ref:
    """An object that is referred to from elsewhere.

    Args:
        *args: The number that it is referred to by, and its node; they may be set later.
    """

    def __init__(self, *args: Any) -> None:
        self.refnum: int | None = None
        self.obj: Any = None
        if args:
            self.refnum, self.obj = args

    def setRef(self, num: int) -> None:
        """Set the number.

        Raises:
            ValueError: If it has one.
        """
        if self.refnum:
            raise ValueError(f"Error setting id {num}, I already have {self.refnum}")
        self.refnum = num

    def setObj(self, obj: Any) -> None:
        """Set the node.

        Raises:
            ValueError: If it has one.
        """
        if self.obj:
            raise ValueError(f"Error setting obj {obj}, I already have {self.obj}")
        self.obj = obj

    def getSource(self) -> str:
        """Return its text: that of the node alone if nothing refers to it.

        Raises:
            RuntimeError: If it has no node.
        """
        if self.obj is None:
            raise RuntimeError("A Ref without an object has no text.")
        if self.refnum:
            return f"Ref({self.refnum}, {_LINE}{prettify(self.obj)})"
        return prettify(self.obj)


class Deref:
    """A reference to an object elsewhere.

    Args:
        num: The number of its `Ref`.
    """

    def __init__(self, num: int) -> None:
        self.refnum = num

    def getSource(self) -> str:
        """Return its text."""
        return f"Deref({self.refnum})"

    __repr__ = getSource


class Copyreg:
    """An object that a function makes.

    Args:
        loadfunc: The function's dotted name.
        state: The node of its arguments.
    """

    def __init__(self, loadfunc: str, state: Any) -> None:
        self.loadfunc = loadfunc
        self.state = state

    def getSource(self) -> str:
        """Return its text."""
        return f"Copyreg({self.loadfunc!r}, {prettify(self.state)})"


_NODES: Final = {
    each.__name__: each for each in (Class, Copyreg, Deref, Function, Instance, InstanceMethod, Module, Ref)
}


# Trees to text


def getSource(ao: Any) -> str:
    """Return the text of a tree."""
    return indentify("app = " + prettify(ao))


def indentify(s: str) -> str:
    """Put lines in as far as the brackets around them say, and take out other white space."""
    done: list[str] = []
    depth = 0
    for piece in _PIECES.findall(s):
        if piece == _LINE:
            done.append("\n" + "  " * depth)
        elif not piece.isspace():
            depth += (piece in "[({") - (piece in "])}")
            done.append(piece)
    return "".join(done)


def dictToKW(d: dict[Any, Any]) -> str:
    """Return a dict's entries as keyword arguments, in order of their names.

    Raises:
        NonFormattableDict: If a key is no name.
    """
    parts: list[str] = []
    for key, value in sorted(d.items(), key=lambda item: str(item[0])):
        if not isinstance(key, str):
            raise NonFormattableDict(f"{key!r} is no string")
        if not key.isidentifier() or keyword.iskeyword(key):
            raise NonFormattableDict(f"{key!r} is no name")
        parts.append(f"{_LINE}{key}={prettify(value)},")
    return "".join(parts)


def prettify(obj: Any) -> str:
    """Return the text of a node, its lines not put in yet.

    Raises:
        TypeError: If it is no node.
    """
    if hasattr(obj, "getSource"):
        return str(obj.getSource())
    kind = type(obj)
    if kind in _PLAIN:
        return _plain(obj)
    if kind is dict:
        lines = [f"{_LINE}{prettify(key)}: {prettify(value)}," for key, value in obj.items()]
        return "{" + "".join(lines) + (_LINE if lines else "") + "}"
    if kind in (list, tuple):
        lines = [f"{_LINE}{prettify(each)}," for each in obj]
        opening, closing = "[]" if kind is list else "()"
        return opening + "".join(lines) + (_LINE if lines else "") + closing
    raise TypeError(f"Unsupported type {kind} when trying to prettify {obj}.")


def _plain(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, complex) and not (math.isfinite(value.real) and math.isfinite(value.imag)):
        return f"complex({_plain(value.real)}, {_plain(value.imag)})"
    return repr(value)


# Objects to trees


def jellyToAOT(obj: Any) -> Any:
    """Return the tree of an object."""
    return AOTJellier().jelly(obj)


def jellyToSource(obj: Any, file: IO[bytes] | None = None) -> str | None:
    """Return the text of an object's tree.

    Args:
        obj: The object.
        file: A binary file that it is written to instead, in UTF-8.

    Raises:
        TypeError: If the object, or one in it, cannot be told by its class and state.
    """
    text = getSource(jellyToAOT(obj))
    if file is None:
        return text
    file.write(text.encode("utf-8"))
    return None


class AOTJellier:
    """Makes the tree of an object, in which each object comes once."""

    def __init__(self) -> None:
        self.prepared: dict[int, tuple[Any, Ref]] = {}
        self._ref_id = 0
        self.stack: list[Any] = []

    def prepareForRef(self, aoref: Ref, object: Any) -> None:
        """Take note of an object's node before its parts are looked at: they may refer to it."""
        # The object is kept too, so that no other gets its id.
        self.prepared[id(object)] = (object, aoref)

    def jelly(self, obj: Any) -> Any:
        """Return the tree of an object.

        Raises:
            TypeError: If the object, or one in it, cannot be told by its class and state.
        """
        return self.jellyToAO(obj)

    def jellyToAO(self, obj: Any) -> Any:
        """Return the node of an object, within a tree."""
        self.stack.append(obj)
        try:
            return self._node(obj)
        finally:
            self.stack.pop()

    def _node(self, obj: Any) -> Any:
        kind = type(obj)
        if kind in _PLAIN:
            return obj
        if isinstance(obj, MethodType):
            owner = _classOfMethod(obj)
            return InstanceMethod(obj.__func__.__name__, reflect.qual(owner), self.jellyToAO(obj.__self__))
        if isinstance(obj, ModuleType):
            return Module(obj.__name__)
        if isinstance(obj, type):
            return Class(reflect.qual(obj))
        if isinstance(obj, FunctionType) or (
            isinstance(obj, BuiltinFunctionType) and isinstance(obj.__self__, ModuleType)
        ):
            if "<" in obj.__qualname__:
                raise TypeError(f"{obj!r} has no name by which it could be found again.")
            return Function(f"{obj.__module__}.{obj.__qualname__}")
        if id(obj) in self.prepared:
            ref = self.prepared[id(obj)][1]
            if not ref.refnum:
                self._ref_id += 1
                ref.setRef(self._ref_id)
            assert ref.refnum is not None
            return Deref(ref.refnum)
        ref = Ref()
        self.prepareForRef(ref, obj)
        ref.obj = self._contents(obj, kind)
        return ref

    def _contents(self, obj: Any, kind: type) -> Any:
        if kind in (list, tuple):
            return kind(self.jellyToAO(each) for each in obj)
        if kind is dict:
            return {self.jellyToAO(key): self.jellyToAO(value) for key, value in obj.items()}
        if kind in copyreg.dispatch_table:
            made: Any = copyreg.dispatch_table[kind](obj)
            return self._made(obj, made)
        if _has_own_state(kind):
            state = obj.__getstate__()
        elif hasattr(obj, "__dict__") and getattr(kind, "__reduce__", None) is _REDUCE:
            state = obj.__dict__
        else:
            try:
                made = obj.__reduce_ex__(2)
            except Exception as error:
                raise TypeError(f"Unsupported type for source: {kind}") from error
            return self._made(obj, made)
        return self._instance(kind, state)

    def _instance(self, kind: type, state: Any) -> Instance:
        name = Class(reflect.qual(kind))
        if type(state) is dict and all(isinstance(key, str) for key in state):
            instance = Instance(name)
            instance.state = {key: self.jellyToAO(value) for key, value in state.items()}
            return instance
        return Instance(name, self.jellyToAO(state))

    def _made(self, obj: Any, made: Any) -> Copyreg | Instance:
        """Return the node of what a function and arguments make, if these are all that there is to it."""
        kind = type(obj)
        function, arguments, *more = made
        plain = (function is kind and not arguments) or (function is _NEW and arguments == (kind,))
        if plain and more and hasattr(obj, "__dict__") and type(more[0]) is dict and not any(more[1:]):
            return self._instance(kind, more[0])
        if any(more):
            raise TypeError(f"Unsupported type for source: {kind}")
        return Copyreg(f"{function.__module__}.{function.__qualname__}", self.jellyToAO(arguments))


def _has_own_state(kind: type) -> bool:
    theirs = getattr(object, "__getstate__", None)
    own = getattr(kind, "__getstate__", None)
    return own is not None and own is not theirs and callable(own)


def _classOfMethod(methodObject: MethodType) -> type:
    """Return the class of a bound method's object."""
    return type(methodObject.__self__)


def _selfOfMethod(methodObject: MethodType) -> Any:
    """Return a bound method's object."""
    return methodObject.__self__


def _funcOfMethod(methodObject: MethodType) -> Any:
    """Return a bound method's function."""
    return methodObject.__func__


# Trees to objects


def unjellyFromAOT(aot: Any) -> Any:
    """Return the object that a tree stands for."""
    return AOTUnjellier().unjelly(aot)


def unjellyFromSource(stringOrFile: str | IO[Any]) -> Any:
    """Run the text of a tree and return the object that it stands for.

    Args:
        stringOrFile: The text, or a file that it is read from.

    Raises:
        ValueError: If the text sets no ``app``.
        TypeError: If what it stands for cannot be made any more.
        Exception: Whatever else running it raises.
    """
    source = stringOrFile if isinstance(stringOrFile, str) else stringOrFile.read()
    names: dict[str, Any] = dict(_NODES)
    exec(source, names)  # noqa: S102 (what the format is)
    if "app" not in names:
        raise ValueError(f"{stringOrFile} needs to define an 'app', it didn't!")
    return unjellyFromAOT(names["app"])


class AOTUnjellier:
    """Makes the object that a tree stands for.

    Attributes:
        references: What is known of the numbered objects: they themselves, or stand-ins.
        afterUnjelly: What is called when all is known.
    """

    def __init__(self) -> None:
        self.references: dict[Any, Any] = {}
        self.stack: list[Any] = []
        self.afterUnjelly: list[tuple[Callable[[Any], object], list[Any]]] = []

    def unjellyLater(self, node: Any) -> Any:
        """Return a Deferred that fires with the object of a node when it is known."""
        later = crefutil._Defer()
        self.unjellyInto(later, 0, node)
        return later

    def unjellyInto(self, obj: Any, loc: Any, ao: Any) -> Any:
        """Put the object of a node into a container, ``obj[loc]``, as soon as it is known.

        Returns:
            The object, or a stand-in.
        """
        value = self.unjellyAO(ao)
        obj[loc] = value
        if isinstance(value, crefutil.NotKnown) and not isinstance(
            obj, crefutil._Container | crefutil._Defer
        ):
            value.addDependant(obj, loc)
        return value

    def unjellyAttribute(self, instance: Any, attrName: str, ao: Any) -> None:
        """Make the object of a node an attribute, as soon as it is known."""
        self.unjellyInto(instance.__dict__, attrName, ao)

    def callAfter(self, callable: Callable[[Any], object], result: Any) -> None:
        """Call something with an object, or with what a stand-in stands for, when all is known."""
        box = [result]
        if isinstance(result, crefutil.NotKnown):
            result.addDependant(box, 0)
        self.afterUnjelly.append((callable, box))

    def unjelly(self, ao: Any) -> Any:
        """Return the object that a tree stands for.

        Raises:
            TypeError: If it cannot be made any more: something in it has gone, or is of another kind now.
        """
        box: list[Any] = [None]
        self.unjellyInto(box, 0, ao)
        for callable, boxed in self.afterUnjelly:
            callable(boxed[0])
        return box[0]

    def unjellyAO(self, ao: Any) -> Any:
        """Return the object of a node within a tree, or a stand-in."""
        self.stack.append(ao)
        try:
            return self._object(ao, lambda _: None)
        finally:
            self.stack.pop()

    def _object(self, ao: Any, announce: Callable[[Any], object]) -> Any:
        """Make a node's object; `announce` is called with it before its parts are made, where that can be."""
        kind = type(ao)
        if kind in _PLAIN:
            return ao
        if kind is list:
            made: Any = []
            announce(made)
            for at, each in enumerate(ao):
                made.append(None)
                self.unjellyInto(made, at, each)
            return made
        if kind is tuple:
            elements: list[Any] = [self.unjellyAO(each) for each in ao]
            unknown = any(isinstance(each, crefutil.NotKnown) for each in elements)
            return crefutil._Tuple(elements) if unknown else tuple(elements)
        if kind is dict:
            made = {}
            announce(made)
            for key, value in ao.items():
                entry = crefutil._DictKeyAndValue(made)
                self.unjellyInto(entry, 0, key)
                self.unjellyInto(entry, 1, value)
            return made
        if kind is Module:
            return reflect.namedModule(ao.name)
        if kind in (Class, Function):
            return reflect.namedAny(ao.name)
        if kind is InstanceMethod:
            return self._method(ao)
        if kind is Deref:
            return self.references.setdefault(ao.refnum, crefutil._Dereference(ao.refnum))
        if kind is Ref:
            return self._referred(ao)
        if kind is Instance:
            return self._instance(ao, announce)
        if kind is Copyreg:
            return self._made(ao)
        raise TypeError(f"Unsupported AOT type: {kind}")

    def _method(self, ao: InstanceMethod) -> Any:
        owner = reflect.namedAny(ao.klass)
        bound_to = self.unjellyAO(ao.instance)
        if not hasattr(owner, ao.name):
            raise TypeError(f"{ao.klass} has no method {ao.name} any more.")
        if isinstance(bound_to, crefutil.NotKnown):
            return crefutil._InstanceMethod(ao.name, bound_to, owner)
        return _constructMethod(owner, ao.name, bound_to)

    def _referred(self, ao: Ref) -> Any:
        waiting = self.references.get(ao.refnum)
        if waiting is not None and not isinstance(waiting, crefutil.NotKnown):
            raise TypeError(f"Two objects are numbered {ao.refnum}.")
        if waiting is None:
            waiting = self.references[ao.refnum] = crefutil._Dereference(ao.refnum)

        def known(value: Any) -> None:
            if not waiting.resolved:
                self.references[ao.refnum] = value
                waiting.resolveDependants(value)

        value = self._object(ao.obj, known)
        if isinstance(value, crefutil.NotKnown):
            value.addDependant(_Calling(known), 0)
        else:
            known(value)
        return value

    def _instance(self, ao: Instance, announce: Callable[[Any], object]) -> Any:
        kind = reflect.namedAny(ao.klass)
        made = kind.__new__(kind)
        announce(made)
        if hasattr(kind, "__setstate__"):
            self.callAfter(made.__setstate__, self.unjellyAO(ao.state))
        elif type(ao.state) is dict:
            for name, each in ao.state.items():
                self.unjellyAttribute(made, name, each)
        else:
            self.callAfter(made.__dict__.update, self.unjellyAO(ao.state))
        return made

    def _made(self, ao: Copyreg) -> Any:
        function = reflect.namedAny(ao.loadfunc)
        arguments = self.unjellyAO(ao.state)
        if not isinstance(arguments, crefutil.NotKnown):
            return function(*arguments)
        return crefutil._Container([arguments], lambda elements: function(*elements[0]))


class _Calling:
    """A container that calls a function with what is put into it."""

    def __init__(self, function: Callable[[Any], object]) -> None:
        self._function = function

    def __setitem__(self, at: int, value: Any) -> None:
        self._function(value)
