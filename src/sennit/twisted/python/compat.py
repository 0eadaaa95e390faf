"""Names from the time when programs ran on two Pythons, for those that still import them."""

from __future__ import annotations

import builtins
import functools
import http.cookiejar as cookielib
import inspect
import io
import os
import platform
import sys
import urllib.parse as urllib_parse
from collections.abc import ItemsView, Iterator, Mapping, Sequence, ValuesView
from functools import reduce
from html import escape
from io import IOBase as FileType
from io import StringIO as NativeStringIO
from pathlib import Path
from types import FrameType, MethodType, TracebackType
from typing import Any, AnyStr, NoReturn, TypeVar
from urllib.parse import quote as urlquote
from urllib.parse import unquote as urlunquote

__all__ = [
    "FileType",
    "InstanceType",
    "NativeStringIO",
    "Sequence",
    "StringType",
    "bytesEnviron",
    "cmp",
    "comparable",
    "cookielib",
    "currentframe",
    "escape",
    "execfile",
    "frozenset",
    "intToBytes",
    "intern",
    "ioType",
    "items",
    "iterbytes",
    "iteritems",
    "itervalues",
    "izip",
    "lazyByteSlice",
    "long",
    "nativeString",
    "networkString",
    "range",
    "raw_input",
    "reduce",
    "reraise",
    "set",
    "unichr",
    "unicode",
    "urllib_parse",
    "urlquote",
    "urlunquote",
    "xrange",
]

InstanceType = object
frozenset = builtins.frozenset
range = xrange = builtins.range
set = builtins.set
StringType = unicode = str
intern = sys.intern
izip = zip
long = int
raw_input = input
unichr = chr

_PY3 = True
_PYPY = platform.python_implementation() == "PyPy"
_Class = TypeVar("_Class", bound=type)
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def currentframe(n: int = 0) -> FrameType | None:
    """Return the caller's frame, or that of its `n`-th caller; None if there are not so many."""
    frame = inspect.currentframe()
    for _ in range(n + 1):
        if frame is None:
            return None
        frame = frame.f_back
    return frame


def execfile(filename: str, globals: dict[str, Any], locals: dict[str, Any] | None = None) -> None:
    """Run the Python file `filename` in the given namespaces."""
    path = Path(os.fsdecode(filename))
    code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    exec(code, globals, globals if locals is None else locals)  # noqa: S102 (what the function is for)


def cmp(a: object, b: object) -> int:
    """Return -1, 0 or 1, as `a` is below, equal to or above `b`."""
    left: Any = a
    if left < b:
        return -1
    return 0 if left == b else 1


def comparable(klass: _Class) -> _Class:
    """Give a class that has ``__cmp__`` all six comparisons, from it.

    ``__cmp__`` returns a number, or NotImplemented.
    """

    def add(name: str, holds: Any) -> None:
        def compare(self: Any, other: object) -> Any:
            order = self.__cmp__(other)
            return order if order is NotImplemented else holds(order)

        compare.__name__ = name
        setattr(klass, name, compare)

    add("__eq__", lambda order: order == 0)
    add("__ne__", lambda order: order != 0)
    add("__lt__", lambda order: order < 0)
    add("__le__", lambda order: order <= 0)
    add("__gt__", lambda order: order > 0)
    add("__ge__", lambda order: order >= 0)
    return klass


def ioType(fileIshObject: Any, default: type = str) -> Any:
    """Tell what a file-like object holds.

    Args:
        fileIshObject: The file, or something like it.
        default: The answer if nothing can be told.

    Returns:
        ``str`` for a text file, ``bytes`` for a binary one, else `default`.
    """
    if isinstance(fileIshObject, io.TextIOBase) or getattr(fileIshObject, "encoding", None):
        return str
    if isinstance(fileIshObject, io.IOBase):
        return bytes
    return default


def nativeString(s: object) -> str:
    """Return `s`, which must be ASCII, as a string.

    Raises:
        TypeError: If `s` is neither bytes nor string.
        UnicodeError: If it is not ASCII.
    """
    if isinstance(s, bytes):
        return s.decode("ascii")
    if isinstance(s, str):
        s.encode("ascii")
        return s
    raise TypeError(f"{s!r} is neither bytes nor str")


def networkString(s: str) -> bytes:
    """Return the string `s`, which must be ASCII, as bytes.

    Raises:
        TypeError: If `s` is not a string.
        UnicodeError: If it is not ASCII.
    """
    if not isinstance(s, str):
        raise TypeError("Can only convert strings to bytes")
    return s.encode("ascii")


def reraise(exception: BaseException, traceback: TracebackType | None) -> NoReturn:
    """Raise `exception` with the given traceback."""
    raise exception.with_traceback(traceback)


def iterbytes(originalBytes: bytes) -> Iterator[bytes]:
    """Return each byte, as bytes of length 1."""
    for index in range(len(originalBytes)):
        yield originalBytes[index : index + 1]


def intToBytes(i: int) -> bytes:
    """Return the number in decimal digits."""
    return b"%d" % i


def lazyByteSlice(object: bytes, offset: int = 0, size: int | None = None) -> memoryview:
    """Return a view of `size` bytes from `offset`, without copying; by default all that follow."""
    view = memoryview(object)
    return view[offset:] if size is None else view[offset : offset + size]


def bytesEnviron() -> dict[bytes, bytes]:
    """Return the environment with names and values as bytes."""
    return dict(os.environb)


def items(d: Mapping[_Key, _Value]) -> list[tuple[_Key, _Value]]:
    """Return a list of the pairs in `d`."""
    return list(d.items())


def iteritems(d: Mapping[_Key, _Value]) -> ItemsView[_Key, _Value]:
    """Return the pairs in `d`."""
    return d.items()


def itervalues(d: Mapping[Any, _Value]) -> ValuesView[_Value]:
    """Return the values in `d`."""
    return d.values()


def _constructMethod(cls: type, name: str, self: object) -> MethodType:
    """Return the method `name` of `cls`, bound to `self`."""
    return MethodType(functools.reduce(getattr, [name], cls), self)


def _matchingString(constantString: AnyStr, inputString: Any) -> Any:
    """Return `constantString`, ASCII, as the type that `inputString` is of."""
    constant: Any = constantString
    if isinstance(constant, bytes):
        return constant if isinstance(inputString, bytes) else constant.decode("ascii")
    return constant if isinstance(inputString, str) else constant.encode("ascii")
