"""Values that never change: equal where their fields are.

Not dataclasses: those compile their methods whenever a program starts, and five of them took a twentieth of
what it took to start one.  To type checkers they are just that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, dataclass_transform

__all__ = ["Settings", "Value"]


class Value:
    """What its fields make it, which `__match_args__` names: a subclass takes them by position."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def _key(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self.__match_args__])

    def __setattr__(self, attribute: str, value: object) -> None:
        raise AttributeError(f"{attribute!r} cannot be set: a {type(self).__qualname__} does not change.")

    def __delattr__(self, attribute: str) -> None:
        raise AttributeError(f"{attribute!r} cannot be deleted: a {type(self).__qualname__} does not change.")

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        fields = ", ".join([f"{name}={getattr(self, name)!r}" for name in self.__match_args__])
        return f"{type(self).__qualname__}({fields})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._key()


@dataclass_transform(frozen_default=True)
class Settings(Value):
    """A value whose fields are the annotations of its class, which is also where their defaults are.

    Args:
        given: Fields, in their order.
        named: Fields, by name.

    Raises:
        TypeError: If there is no such field, if one is given twice, or if one without a default is missing.
    """

    _defaults: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, *given: Any, **named: Any) -> None:
        kind, names = type(self), self.__match_args__
        if len(given) > len(names):
            raise TypeError(f"{kind.__qualname__} has {len(names)} fields, not {len(given)}.")
        fields = dict(zip(names, given, strict=False))
        for name, value in named.items():
            if name not in names:
                raise TypeError(f"{kind.__qualname__} has no field {name!r}.")
            if name in fields:
                raise TypeError(f"{kind.__qualname__} is given {name!r} twice.")
            fields[name] = value
        fields = {**self._defaults, **fields}
        for name in names:
            if name not in fields:
                raise TypeError(f"{kind.__qualname__} needs {name!r}.")
            object.__setattr__(self, name, fields[name])

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = [name for name in cls.__annotations__ if name not in cls.__match_args__]
        defaults = {name: cls.__dict__[name] for name in cls.__annotations__ if name in cls.__dict__}
        for name in defaults:
            # CPython 3.11 is slow with attributes that both the class and the instance have.
            delattr(cls, name)
        # Frozen are instances, not the class.
        cls.__match_args__ = (*cls.__match_args__, *own)  # type: ignore[misc]
        cls._defaults = {**cls._defaults, **defaults}

    def __replace__(self, **changes: Any) -> Self:
        """Return the same with other values for some fields; `copy.replace` calls it from Python 3.13 on."""
        return type(self)(**{**dict(zip(self.__match_args__, self._key(), strict=True)), **changes})
