"""Who wants which events: how a call to a logger can be nearly free.

An observer may say what it will never look at, by a method ``lowest_rank(namespace) -> int``: the rank of the
least important level it wants from that namespace, or `NOBODY`.  An observer without the method wants all.
A logger asks its observer once and keeps the answer until `generation` moves on, which everything that
can change such an answer sees to by calling `changed`.

Where it can be compiled, ``interest.pyx`` takes the place of this module.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from sennit.log.levels import LogLevel

__all__ = ["NOBODY", "Gate", "changed", "lowest_rank"]

NOBODY = 100
"""The rank that no level reaches."""

generation = 1


def changed() -> None:
    """Say that answers given before may be wrong from here on."""
    global generation
    generation += 1


def lowest_rank(observer: Any, namespace: str) -> int:
    """Return the rank of the least important level that `observer` wants from `namespace`."""
    ask = getattr(observer, "lowest_rank", None)
    return 0 if ask is None else int(ask(namespace))


_INFO = LogLevel.info.rank
_WARN = LogLevel.warn.rank
_ERROR = LogLevel.error.rank
_CRITICAL = LogLevel.critical.rank


class Gate:
    """The methods of a logger that let nothing in which nobody wants.

    Attributes:
        _generation: Of which generation the answer is; none is 0.
        _lowest: The answer.
    """

    _generation = 0
    _lowest = 0

    @abstractmethod
    def _lowest_wanted(self) -> int:
        """Return the rank of the least important level that anyone wants, asking anew."""

    @abstractmethod
    def emit(self, level: LogLevel, format: str | None = None, **kwargs: object) -> None:
        """Make an event if anyone wants it."""

    def debug(self, format: str | None = None, **kwargs: object) -> None:
        """Emit an event of level debug; see `emit`."""
        lowest = self._lowest if self._generation == generation else self._lowest_wanted()
        if not lowest or "log_trace" in kwargs:
            self.emit(LogLevel.debug, format, **kwargs)

    def info(self, format: str | None = None, **kwargs: object) -> None:
        """Emit an event of level info; see `emit`."""
        lowest = self._lowest if self._generation == generation else self._lowest_wanted()
        if lowest <= _INFO or "log_trace" in kwargs:
            self.emit(LogLevel.info, format, **kwargs)

    def warn(self, format: str | None = None, **kwargs: object) -> None:
        """Emit an event of level warn; see `emit`."""
        lowest = self._lowest if self._generation == generation else self._lowest_wanted()
        if lowest <= _WARN or "log_trace" in kwargs:
            self.emit(LogLevel.warn, format, **kwargs)

    def error(self, format: str | None = None, **kwargs: object) -> None:
        """Emit an event of level error; see `emit`."""
        lowest = self._lowest if self._generation == generation else self._lowest_wanted()
        if lowest <= _ERROR or "log_trace" in kwargs:
            self.emit(LogLevel.error, format, **kwargs)

    def critical(self, format: str | None = None, **kwargs: object) -> None:
        """Emit an event of level critical; see `emit`."""
        lowest = self._lowest if self._generation == generation else self._lowest_wanted()
        if lowest <= _CRITICAL or "log_trace" in kwargs:
            self.emit(LogLevel.critical, format, **kwargs)
