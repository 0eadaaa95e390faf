"""`lazily`: an attribute that is made when it is first asked for.

Once made (or assigned) it is an ordinary instance attribute, so that using it costs nothing more, and ``name
in vars(instance)`` tells whether it was ever needed.  (`functools.cached_property` takes a lock on Python
3.11.)  Looking into ``vars(instance)`` makes all uses of the instance slower, though: `noted`, `unusual` and
`seldom` are for what is asked about once a request and used in few.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

__all__ = ["lazily", "noted", "seldom", "unusual"]

_T = TypeVar("_T")


class lazily(Generic[_T]):  # noqa: N801 (used as a decorator)
    """Turn a method without arguments into an attribute made on first use."""

    def __init__(self, make: Callable[[Any], _T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> _T:
        if instance is None:
            return self  # type: ignore[return-value]  # the class gives the descriptor, as property does
        value = self._make(instance)
        setattr(instance, self._name, value)
        return value

    if TYPE_CHECKING:
        # At run time there is none: a data descriptor would be asked at every read.
        def __set__(self, instance: Any, value: _T) -> None: ...


class noted(lazily[_T]):  # noqa: N801 (used as a decorator)
    """Do as `lazily`, and set ``_noted`` when such an attribute is made or assigned for the first time.

    While it is False, none of them is in ``vars(instance)``.  Each use of the attribute costs a call.
    """

    def __get__(self, instance: Any, owner: type | None = None) -> _T:
        if instance is None:
            return self  # type: ignore[return-value]  # as above
        mine = instance.__dict__
        if self._name not in mine:
            self.__set__(instance, self._make(instance))
        value: _T = mine[self._name]
        return value

    def __set__(self, instance: Any, value: _T) -> None:
        instance.__dict__[self._name] = value
        instance._noted = True


class unusual(noted[_T]):  # noqa: N801 (used as a decorator)
    """Do as `noted`, with ``_unusual`` in place of ``_noted``."""

    def __set__(self, instance: Any, value: _T) -> None:
        instance.__dict__[self._name] = value
        instance._unusual = True


class seldom(Generic[_T]):  # noqa: N801 (it is written as a value is)
    """An attribute that few instances have; setting it sets ``_unusual``.

    While ``_unusual`` is False, it has its default, and need not be asked.

    Args:
        default: Its value where it was not set.
    """

    def __init__(self, default: _T) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> _T:
        if instance is None:
            return self._default
        value: _T = instance.__dict__.get(self._name, self._default) if instance._unusual else self._default
        return value

    def __set__(self, instance: Any, value: _T) -> None:
        instance.__dict__[self._name] = value
        instance._unusual = True
