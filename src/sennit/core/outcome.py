"""What a Deferred can come to: the errors of waiting, and the markers that the waiting machinery shares.

`DEFERREDS` holds every class that is a Deferred, subclasses included; see `sennit.core.failure.FAILURES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sennit.core.failure import Failure

__all__ = [
    "AlreadyCalledError",
    "AlreadyTryingToLockError",
    "CancelledError",
    "FailureGroup",
    "FirstError",
    "NotACoroutineError",
    "QueueOverflow",
    "QueueUnderflow",
    "TimeoutError",
]

DEFERREDS: set[Any] = set()

# Added to what holds a Deferred back while its chain runs; more than any number of pauses.
RUNNING = 1 << 24

# The third slot of a callback chain's entry is None, the arguments of the pair, or one of these.
WAITER = 1  # the second slot is a Deferred or a driver that waits, and will `_take` the result
CHAIN = 2  # the second slot is a Deferred that is to be fired with the result


class _StillCancelling:
    """A canceller's answer when what it cancelled will fire the Deferred by itself, later."""


STILL_CANCELLING = _StillCancelling()


class AlreadyCalledError(Exception):
    """A Deferred was fired a second time."""


class CancelledError(Exception):
    """A Deferred was cancelled before it had a result."""


class TimeoutError(Exception):
    """A Deferred had no result in time."""


class NotACoroutineError(TypeError):
    """A coroutine was asked for and something else was given."""


class AlreadyTryingToLockError(Exception):
    """A second wait for a file lock was begun while the first still runs."""


class QueueOverflow(Exception):
    """A full DeferredQueue was given another object."""


class QueueUnderflow(Exception):
    """A DeferredQueue was asked for an object by more waiters than it allows."""


class FirstError(Exception):
    """The first failure among the members of a DeferredList.

    Args:
        failure: That failure.
        index: The place in the list of the Deferred that failed.
    """

    def __init__(self, failure: Failure, index: int) -> None:
        super().__init__(failure, index)
        self.subFailure = failure
        self.index = index

    def __repr__(self) -> str:
        return f"FirstError[#{self.index}, {self.subFailure.value!r}]"

    def __str__(self) -> str:
        return f"FirstError[#{self.index}, {self.subFailure}]"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FirstError):
            return (self.index, self.subFailure) == (other.index, other.subFailure)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.index, self.subFailure))


class FailureGroup(Exception):
    """Every competitor of a race failed.

    Args:
        failures: Their failures, in the order of the competitors.
    """

    def __init__(self, failures: Sequence[Failure]) -> None:
        super().__init__()
        self.failures = failures
