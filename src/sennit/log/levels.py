"""The five levels of importance a log event can have."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

__all__ = ["InvalidLogLevelError", "LogLevel"]


class InvalidLogLevelError(Exception):
    """Something that is not a level was given as one.

    Attributes:
        level: What was given.
    """

    def __init__(self, level: object) -> None:
        super().__init__(str(level))
        self.level = level


class LogLevel(Enum):
    """How important an event is; levels compare by importance.

    ``debug`` is for those who work on the code, ``info`` for the course of ordinary work, ``warn`` for
    what someone should look at, ``error`` for what failed and was survived, ``critical`` for what
    nobody handled.
    """

    debug = 0
    info = 1
    warn = 2
    error = 3
    critical = 4

    rank: int

    def __init__(self, rank: int) -> None:
        self.rank = rank

    @classmethod
    def levelWithName(cls, name: str) -> LogLevel:
        """Return the level called `name`.

        Raises:
            InvalidLogLevelError: If there is none.
        """
        try:
            return cls[name]
        except KeyError:
            raise InvalidLogLevelError(name) from None

    @classmethod
    def lookupByName(cls, name: str) -> LogLevel:
        """Return the level called `name`; a ValueError tells that there is none."""
        try:
            return cls[name]
        except KeyError:
            raise ValueError(name) from None

    @classmethod
    def iterconstants(cls) -> Iterator[LogLevel]:
        """Iterate over the levels, the least important first."""
        return iter(cls)

    def __repr__(self) -> str:
        return f"<LogLevel={self._name_}>"

    __str__ = __repr__

    def __lt__(self, other: object) -> bool:
        return self.rank < other.rank if isinstance(other, LogLevel) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.rank <= other.rank if isinstance(other, LogLevel) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.rank > other.rank if isinstance(other, LogLevel) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.rank >= other.rank if isinstance(other, LogLevel) else NotImplemented

    def __hash__(self) -> int:
        return self.rank
