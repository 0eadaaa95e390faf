"""Warnings for what should not be used any more, in one form of words."""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Sequence
from dis import findlinestarts
from types import ModuleType
from typing import Any, ParamSpec, TypeVar, cast

from sennit.twisted.python.reflect import fullyQualifiedName
from sennit.twisted.python.versions import Version, getVersionString

__all__ = [
    "DEPRECATION_WARNING_FORMAT",
    "deprecated",
    "deprecatedKeywordParameter",
    "deprecatedModuleAttribute",
    "deprecatedProperty",
    "getDeprecationWarningString",
    "getWarningMethod",
    "setWarningMethod",
    "warnAboutFunction",
]

DEPRECATION_WARNING_FORMAT = "%(fqpn)s was deprecated in %(version)s"

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Callable = TypeVar("_Callable", bound=Callable[..., Any])
_Replacement = str | Callable[..., object] | None

_warn: Callable[..., Any] = warnings.warn


def getWarningMethod() -> Callable[..., Any]:
    """Return the function that gives the warnings."""
    return _warn


def setWarningMethod(newMethod: Callable[..., Any]) -> None:
    """Give warnings by `newMethod`, which is called as `warnings.warn` is."""
    global _warn
    _warn = newMethod


def _instead(replacement: _Replacement) -> str:
    """Return the words that point to the replacement."""
    if not replacement:
        return ""
    name = fullyQualifiedName(replacement) if callable(replacement) else replacement
    return f"; please use {name} instead"


def getDeprecationWarningString(
    callableThing: Callable[..., object],
    version: Version,
    format: str | None = None,
    replacement: _Replacement = None,
) -> str:
    """Return the text of a warning.

    Args:
        callableThing: What should not be used.
        version: The version that said so first.
        format: The text, with ``%(fqpn)s`` and ``%(version)s`` in it.
        replacement: What to use instead: a callable, or its name.
    """
    return _warning(fullyQualifiedName(callableThing), version, format, replacement)


def _warning(name: str, version: Version, format: str | None, replacement: _Replacement) -> str:
    text = DEPRECATION_WARNING_FORMAT if format is None else format
    return text % {"fqpn": name, "version": getVersionString(version)} + _instead(replacement)


def _append_to_docstring(thing: Any, text: str) -> None:
    """Add a paragraph to a docstring."""
    present = inspect.getdoc(thing)
    thing.__doc__ = f"{present}\n\n{text}\n" if present else text


def deprecated(
    version: Version, replacement: _Replacement = None
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Make a decorator for functions that should not be called any more.

    Args:
        version: The version that says so.
        replacement: What to call instead: a callable, or its name.

    Returns:
        The decorator: each call of the function gives a DeprecationWarning at the caller's line.
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        text = getDeprecationWarningString(function, version, None, replacement)

        @functools.wraps(function)
        def deprecatedFunction(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            _warn(text, DeprecationWarning, stacklevel=2)
            return function(*args, **kwargs)

        _append_to_docstring(
            deprecatedFunction, f"Deprecated in {getVersionString(version)}{_instead(replacement)}."
        )
        deprecatedFunction.deprecatedVersion = version  # type: ignore[attr-defined]
        return deprecatedFunction

    return decorate


class _DeprecatedProperty(property):
    """A property whose reading, setting and deleting give a warning."""

    text: str

    def _warned(self, function: Callable[..., Any]) -> Callable[..., Any]:
        text = self.text

        @functools.wraps(function)
        def warned(*args: Any) -> Any:
            _warn(text, DeprecationWarning, stacklevel=2)
            return function(*args)

        return warned

    def setter(self, fset: Callable[[Any, Any], None]) -> _DeprecatedProperty:
        return self._with(super().setter(self._warned(fset)))

    def deleter(self, fdel: Callable[[Any], None]) -> _DeprecatedProperty:
        return self._with(super().deleter(self._warned(fdel)))

    def _with(self, changed: property) -> _DeprecatedProperty:
        new = cast("_DeprecatedProperty", changed)
        new.text = self.text
        return new


def deprecatedProperty(
    version: Version, replacement: _Replacement = None
) -> Callable[[Callable[..., Any]], Any]:
    """Make a decorator, used in the place of ``property``, for one that should not be used any more.

    Args:
        version: The version that says so.
        replacement: What to use instead: a callable, or its name.

    Returns:
        The decorator: each use of the property gives a DeprecationWarning at the user's line.
    """

    def decorate(function: Callable[..., Any]) -> _DeprecatedProperty:
        text = getDeprecationWarningString(function, version, None, replacement)

        @functools.wraps(function)
        def deprecatedFunction(*args: Any) -> Any:
            _warn(text, DeprecationWarning, stacklevel=2)
            return function(*args)

        _append_to_docstring(
            deprecatedFunction, f"Deprecated in {getVersionString(version)}{_instead(replacement)}."
        )
        made = _DeprecatedProperty(deprecatedFunction)
        made.text = text
        return made

    return decorate


def deprecatedKeywordParameter(
    version: Version, name: str, replacement: str | None = None
) -> Callable[[_Callable], _Callable]:
    """Make a decorator for functions of which one parameter should not be given any more.

    Args:
        version: The version that says so.
        name: The parameter's name; given by position, it must be the function's last one.
        replacement: The parameter to give instead.

    Returns:
        The decorator: each call that gives the parameter gives a DeprecationWarning at the caller's line.
    """

    def decorate(function: _Callable) -> _Callable:
        about = f"was deprecated in {getVersionString(version)}{_instead(replacement)}"
        text = f"The {name!r} parameter to {fullyQualifiedName(function)} {about}"
        names = list(inspect.signature(function).parameters)
        position = names.index(name) if name in names else len(names)

        @functools.wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if len(args) > position or name in kwargs:
                _warn(text, DeprecationWarning, stacklevel=2)
            return function(*args, **kwargs)

        _append_to_docstring(checked, f"The {name!r} parameter {about}.")
        return cast("_Callable", checked)

    return decorate


class _WarningModule(ModuleType):
    """Stands for a module of which some attributes are deprecated: reading one warns."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(module.__name__)
        object.__setattr__(self, "_module", module)
        object.__setattr__(self, "_deprecated", {})
        object.__setattr__(self, "_imported_from", False)

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__
        text = own(self, "_deprecated").get(name)
        # ``from package import name`` asks for the path, then whether there is the name, then for it.
        only_asks = own(self, "_imported_from")
        object.__setattr__(self, "_imported_from", name == "__path__")
        if text is not None and not only_asks:
            _warn(text, DeprecationWarning, stacklevel=2)
        elif name == "__class__":
            return own(self, name)
        return getattr(own(self, "_module"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "_module"), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(object.__getattribute__(self, "_module"), name)

    def __dir__(self) -> list[str]:
        return dir(object.__getattribute__(self, "_module"))

    def __repr__(self) -> str:
        return f"<module proxy of {object.__getattribute__(self, '_module')!r}>"


def deprecatedModuleAttribute(version: Version, message: str, moduleName: str, name: str) -> None:
    """Declare that an attribute of a module should not be used any more: reading it warns.

    Args:
        version: The version that says so.
        message: What to do instead.
        moduleName: The module's name.
        name: The attribute's name.
    """
    module = sys.modules[moduleName]
    if not isinstance(module, _WarningModule):
        module = sys.modules[moduleName] = _WarningModule(module)
    text = f"{moduleName}.{name} was deprecated in {getVersionString(version)}: {message}"
    object.__getattribute__(module, "_deprecated")[name] = text


def warnAboutFunction(offender: Callable[..., Any], warningString: str) -> None:
    """Give a DeprecationWarning that points to the last line of a function.

    Args:
        offender: The function, which is to be changed.
        warningString: The text.
    """
    function = inspect.unwrap(offender)
    module = sys.modules[function.__module__]
    last = max(
        (line for _, line in findlinestarts(function.__code__) if line is not None),
        default=function.__code__.co_firstlineno,
    )
    warnings.warn_explicit(
        warningString,
        category=DeprecationWarning,
        filename=inspect.getabsfile(function),
        lineno=last,
        module=module.__name__,
        registry=function.__globals__.setdefault("__warningregistry__", {}),
    )


def _mutuallyExclusiveArguments(argumentPairs: Sequence[Sequence[str]]) -> Callable[[_Callable], _Callable]:
    """Make a decorator for functions that refuse to be given two arguments that exclude each other.

    Args:
        argumentPairs: The pairs of names.
    """

    def decorate(function: _Callable) -> _Callable:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            given = signature.bind(*args, **kwargs).arguments
            for first, second in argumentPairs:
                if first in given and second in given:
                    raise TypeError(
                        f"The {first!r} and {second!r} arguments to {fullyQualifiedName(function)} "
                        "are mutually exclusive."
                    )
            return function(*args, **kwargs)

        return cast("_Callable", checked)

    return decorate
