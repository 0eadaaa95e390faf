"""What a contract is made of: checks, each a coroutine that is given a case and asserts one promise.

A contract belongs to no test framework.  It is a list of `Check`s; each is run by one call, which makes a
reactor, runs the coroutine in it, looks whether anything was logged, and closes all.  A framework makes a
test of each: pytest by ``parametrize``, unittest by ``subTest`` or by adding methods to a class.
"""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import Deferred
from sennit.log.capture import capturedLogs

__all__ = ["PATIENCE", "Check", "Checks", "Raised", "in_reactor", "raises", "same", "turns"]

PATIENCE = 30
"""Seconds after which a check that hangs has failed."""

if not __debug__:
    raise RuntimeError("The contract suites are made of assertions: run Python without -O.")

CaseT = TypeVar("CaseT", bound="Case")


def in_reactor(reactor: Any, coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a reactor that runs, to its end.

    Args:
        reactor: A reactor that does not run yet; it is stopped then.
        coroutine: The coroutine.

    Returns:
        What it returns.

    Raises:
        AssertionError: If it still waits after `PATIENCE` seconds.
        BaseException: What it raises.
    """
    outcome: list[Any] = []

    def start() -> None:
        def done(result: Any) -> None:
            outcome.append(result)
            if reactor.running:
                reactor.stop()

        ensureDeferred(coroutine).addTimeout(PATIENCE, reactor, _hangs).addBoth(done)

    reactor.callWhenRunning(start)
    reactor.run(installSignalHandlers=False)
    assert outcome, "The reactor stopped before the check had ended."
    if hasattr(outcome[0], "raiseException"):
        outcome[0].raiseException()
    return outcome[0]


def _hangs(_result: Any, timeout: float) -> None:
    raise AssertionError(f"The check still waits for something after {timeout} seconds.")


async def turns(reactor: Any, number: int = 3) -> None:
    """Let the loop turn a few times."""
    for _ in range(number):
        turned: Deferred[None] = Deferred()
        reactor.callLater(0, turned.callback, None)
        await turned


class Raised:
    """What `raises` caught.

    Attributes:
        error: The exception.
    """

    error: BaseException


@contextmanager
def raises(*kinds: type[BaseException], saying: str = "") -> Iterator[Raised]:
    """Return a context manager whose block must raise one of these, in a message that has `saying` in it."""
    raised = Raised()
    try:
        yield raised
    except kinds as error:
        raised.error = error
        if saying not in str(error):
            raise AssertionError(f"{error!r} does not say {saying!r}.") from error
    else:
        raise AssertionError(f"None of {', '.join(kind.__name__ for kind in kinds)} was raised.")


def same(received: bytes, sent: bytes) -> None:
    """Assert that bytes came as they were sent; of many bytes that did not, say where.

    A plain comparison would have a framework compare megabytes for a report that nobody can read, which takes
    longer than a test may.

    Raises:
        AssertionError: If they differ.
    """
    if received == sent:
        return
    pairs = enumerate(zip(received, sent, strict=False))
    where = next((at for at, (came, went) in pairs if came != went), None)
    if where is None:
        raise AssertionError(f"{len(sent)} bytes were sent, {len(received)} came, the first ones right.")
    came, went = received[where : where + 16], sent[where : where + 16]
    raise AssertionError(f"At byte {where} of {len(sent)} came {came!r}, and {went!r} was sent.")


class Case:
    """What a check works with.

    Args:
        reactor: The reactor; it is closed at the end.

    Attributes:
        reactor: The reactor.
    """

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self._flushed = 0
        self._capture = capturedLogs()
        self._events = self._capture.__enter__()

    async def turns(self, number: int = 3) -> None:
        """Let the loop turn a few times."""
        await turns(self.reactor, number)

    def logged(self) -> list[type[BaseException]]:
        """Return the classes of the errors that were logged since this was last called."""
        failures = self._failures()
        self._flushed = len(self._events)
        return [failure.type for failure in failures]

    def messages(self) -> list[str]:
        """Return the formats of all events that were logged, and not of errors alone."""
        return [str(event.get("log_format")) for event in self._events]

    def _failures(self) -> list[Any]:
        events = self._events[self._flushed :]
        return [event["log_failure"] for event in events if "log_failure" in event]

    def descriptors(self) -> int:
        """Count this process's open descriptors, when garbage is gone."""
        gc.collect()
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    def close(self) -> None:
        """Close the reactor, and what the case has opened."""
        self._capture.__exit__(None, None, None)
        self.reactor.close()

    def finish(self) -> None:
        """Assert what must hold at the end of every check.

        Raises:
            AssertionError: If an error was logged that the check did not expect.
        """
        unexpected = [failure.getTraceback() for failure in self._failures()]
        assert not unexpected, "\n".join(unexpected)


class Check(Generic[CaseT]):
    """One promise.

    Args:
        function: What asserts it: a coroutine function, or a function that runs the reactor itself.
        needs: The abilities without which it means nothing.
        variant: Arguments besides the case.

    Attributes:
        name: The function's name, with the variant's values in brackets.
    """

    def __init__(self, function: Callable[..., Any], needs: Any, variant: dict[str, Any]) -> None:
        self.function = function
        self.needs = needs
        self.variant = variant
        values = [getattr(value, "__name__", None) or str(value) for value in variant.values()]
        self.name = function.__name__ + (f"[{','.join(values)}]" if values else "")

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Check {self.name}>"

    @property
    def about(self) -> str:
        """What it asserts, in a few words."""
        return (self.function.__doc__ or self.function.__name__.replace("_", " ")).strip()

    def run_with(self, case: CaseT) -> None:
        """Run with a case, and close that.

        Raises:
            AssertionError: If the promise is not kept.
        """
        try:
            outcome = self.function(case, **self.variant)
            if isinstance(outcome, Coroutine):
                in_reactor(case.reactor, outcome)
        finally:
            case.close()
        case.finish()


class Checks(Generic[CaseT]):
    """A list of checks, filled by decorators."""

    def __init__(self) -> None:
        self._all: list[Check[CaseT]] = []

    def __call__(
        self, needs: Any = None, **variants: Sequence[Any]
    ) -> Callable[[Callable[..., Awaitable[None] | None]], Callable[..., Any]]:
        """Return a decorator that adds a function.

        Args:
            needs: The abilities without which the check means nothing; None for none.
            variants: At most one: an argument's name, and its values, of which each makes a check.
        """

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            if not variants:
                self._all.append(Check(function, needs, {}))
            for name, values in variants.items():
                self._all += [Check(function, needs, {name: value}) for value in values]
            return function

        return add

    def __iter__(self) -> Iterator[Check[CaseT]]:
        return iter(self._all)
