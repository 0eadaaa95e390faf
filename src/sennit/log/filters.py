"""Which events reach an observer."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from zope.interface import Interface, implementer

from sennit.log import interest
from sennit.log.interfaces import ILogObserver, LogEvent, bitbucketLogObserver
from sennit.log.levels import InvalidLogLevelError, LogLevel

__all__ = ["FilteringLogObserver", "ILogFilterPredicate", "LogLevelFilterPredicate", "PredicateResult"]


class PredicateResult(Enum):
    """What a predicate says of an event.

    ``yes`` and ``no`` decide; ``maybe`` leaves it to the next predicate, and after the last one means yes.
    """

    yes = "yes"
    no = "no"
    maybe = "maybe"

    def __repr__(self) -> str:
        return f"<PredicateResult={self.name}>"

    __str__ = __repr__


class ILogFilterPredicate(Interface):
    """A callable that says whether an event passes."""

    def __call__(event: LogEvent) -> PredicateResult:  # noqa: N805 - an interface has no self
        """Return what to do with `event`."""


@implementer(ILogObserver)
class FilteringLogObserver:
    """An observer that hands on those events which its predicates let pass.

    Args:
        observer: Who is handed the events that pass.
        predicates: Callables that take an event and return a `PredicateResult`, asked in their order.
        negativeObserver: Who is handed the others; by default nobody.
    """

    def __init__(
        self,
        observer: Any,
        predicates: Iterable[Any],
        negativeObserver: Any = bitbucketLogObserver,
    ) -> None:
        self._observer = observer
        self._predicates = tuple(predicates)
        self._negativeObserver = negativeObserver

    def lowest_rank(self, namespace: str) -> int:
        """Return the rank of the least important level that could pass, or be wanted if it does not."""
        lowest = interest.lowest_rank(self._observer, namespace)
        for predicate in self._predicates:
            ask = getattr(predicate, "lowest_rank", None)
            if ask is None:
                break
            lowest = max(lowest, ask(namespace))
        if self._negativeObserver is not bitbucketLogObserver:
            lowest = min(lowest, interest.lowest_rank(self._negativeObserver, namespace))
        return lowest

    def _passes(self, event: LogEvent) -> bool:
        for predicate in self._predicates:
            result = predicate(event)
            if result is PredicateResult.yes:
                return True
            if result is PredicateResult.no:
                return False
            if result is not PredicateResult.maybe:
                raise TypeError(
                    f"A predicate must return a PredicateResult; {predicate!r} returned {result!r}"
                )
        return True

    def __call__(self, event: LogEvent) -> None:
        """Hand `event` on, or not."""
        observer = self._observer if self._passes(event) else self._negativeObserver
        trace = event.get("log_trace")
        if trace is not None:
            trace.append((self, observer))
        observer(event)


@implementer(ILogFilterPredicate)
class LogLevelFilterPredicate:
    """Lets events pass that are important enough for where they come from.

    Namespaces form a tree by their dots; a level set for a namespace holds for all below it that have none
    of their own.  An event without level or namespace does not pass.

    Args:
        defaultLogLevel: The level for namespaces of which nothing was said.
    """

    def __init__(self, defaultLogLevel: LogLevel = LogLevel.info) -> None:
        self._default = defaultLogLevel
        self._levels: dict[str, LogLevel] = {}

    @property
    def defaultLogLevel(self) -> LogLevel:
        """The level to which `clearLogLevels` returns all namespaces."""
        return self._default

    @defaultLogLevel.setter
    def defaultLogLevel(self, level: LogLevel) -> None:
        self._default = level
        interest.changed()

    def logLevelForNamespace(self, namespace: str) -> LogLevel:
        """Return the least important level that passes for `namespace`."""
        name = namespace or ""
        while name:
            level = self._levels.get(name)
            if level is not None:
                return level
            name = name.rpartition(".")[0]
        return self._levels.get("", self._default)

    def setLogLevelForNamespace(self, namespace: str, level: LogLevel) -> None:
        """Let events of `namespace` and below pass from `level` upwards; an empty namespace means all.

        Raises:
            InvalidLogLevelError: If `level` is not a level.
        """
        if not isinstance(level, LogLevel):
            raise InvalidLogLevelError(level)
        self._levels[namespace or ""] = level
        interest.changed()

    def clearLogLevels(self) -> None:
        """Forget all that was set."""
        self._levels.clear()
        interest.changed()

    def lowest_rank(self, namespace: str) -> int:
        """Return the rank of the least important level that passes for `namespace`."""
        return self.logLevelForNamespace(namespace).rank

    def __call__(self, event: LogEvent) -> PredicateResult:
        """Say whether `event` is important enough."""
        level = event.get("log_level")
        namespace = event.get("log_namespace")
        if level is None or not namespace or level.rank < self.logLevelForNamespace(namespace).rank:
            return PredicateResult.no
        return PredicateResult.maybe
