"""Several Deferreds as one: wait for all, for the first, or for the first that succeeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sennit.core.chain import Chain, Waiter
from sennit.core.deferred import FAILURE, SUCCESS, Deferred
from sennit.core.failure import FAILURES, Failure, caught
from sennit.core.outcome import DEFERREDS, RUNNING, WAITER, FailureGroup, FirstError
from sennit.core.report import report_error

__all__ = ["DeferredList", "FailureGroup", "FirstError", "gatherResults", "race"]

_T = TypeVar("_T")


class DeferredList(Deferred[Any]):
    """Fires when all of several Deferreds have, with a list of ``(success, result)`` in their order.

    Args:
        deferredList: The members.
        fireOnOneCallback: Fire with the first success instead, as ``(result, index)``.
        fireOnOneErrback: Fail with the first failure instead, as a `FirstError`.
        consumeErrors: Take the members' failures; else each stays with its member, to be handled there.
    """

    fireOnOneCallback = False
    fireOnOneErrback = False

    def __init__(
        self,
        deferredList: Iterable[Deferred[Any]],
        fireOnOneCallback: bool = False,
        fireOnOneErrback: bool = False,
        consumeErrors: bool = False,
    ) -> None:
        self._deferredList = list(deferredList)
        super().__init__()
        self.resultList: list[Any] = [None] * len(self._deferredList)
        self.fireOnOneCallback = fireOnOneCallback
        self.fireOnOneErrback = fireOnOneErrback
        self.consumeErrors = consumeErrors
        self.finishedCount = 0
        if not self._deferredList and not fireOnOneCallback:
            self.callback(self.resultList)
        for index, deferred in enumerate(self._deferredList):
            _watch(self, deferred, index)

    def _member_fired(self, result: Any, index: int, success: bool) -> Any:
        self.resultList[index] = (success, result)
        self.finishedCount += 1
        if not self.called:
            if success and self.fireOnOneCallback:
                self.callback((result, index))
            elif not success and self.fireOnOneErrback:
                self.errback(Failure(FirstError(result, index)))
            elif self.finishedCount == len(self.resultList):
                self.callback(self.resultList)
        return None if not success and self.consumeErrors else result

    def cancel(self) -> None:
        """Cancel every member, unless this has fired and waits for nothing."""
        if not self.called:
            for deferred in self._deferredList:
                try:
                    deferred.cancel()
                except BaseException:
                    report_error(Failure(), "Exception raised from user supplied canceller")
        else:
            super().cancel()


class _Member(Waiter):
    """Stands in the chain of a member and takes note of the result that comes by.

    For each member it is a good deal less than a pair of callbacks with arguments.
    """

    __slots__ = ("_index", "_whole")

    _index: int
    _whole: DeferredList

    def _take(self, result: Any, failed: bool) -> Chain | None:
        deferred: Chain = self._whole._deferredList[self._index]
        alone = not deferred._held
        # What is added to the chain meanwhile runs after this, as it does behind a callback.
        if alone:
            deferred._held = RUNNING
        try:
            deferred.result = self._whole._member_fired(result, self._index, not failed)
        except BaseException as error:
            deferred.result = caught(error)
        if not alone:
            return None
        deferred._held -= RUNNING
        if deferred._held:
            return None
        if deferred._chain is not None:
            return deferred
        if type(deferred.result) in FAILURES:
            deferred._left_failed(deferred.result)
        return None


def _watch(whole: DeferredList, deferred: Any, index: int) -> None:
    """Have `whole` take note of what `deferred`, its member, fires with."""
    kind = type(deferred)
    if kind not in DEFERREDS or kind.addCallbacks is not _addCallbacks:
        fired = whole._member_fired
        deferred.addCallbacks(fired, fired, (index, SUCCESS), None, (index, FAILURE))
        return
    member = _Member.__new__(_Member)
    member._whole = whole
    member._index = index
    chain: Chain = deferred
    if chain._chain is None and (chain._held or not chain.called):
        chain._chain = member
    else:
        chain._append((None, member, WAITER))


_addCallbacks = Deferred.addCallbacks


def _values(results: Sequence[tuple[bool, _T]]) -> list[_T]:
    return [value for _, value in results]


def gatherResults(deferredList: Iterable[Deferred[_T]], consumeErrors: bool = False) -> Deferred[list[_T]]:
    """Return a Deferred of the list of all results, which fails with `FirstError` when one fails.

    Args:
        deferredList: The Deferreds to wait for.
        consumeErrors: Take the failures; else each also stays with its own Deferred.
    """
    return DeferredList(deferredList, fireOnOneErrback=True, consumeErrors=consumeErrors).addCallback(_values)


class _Race:
    """A race that is being run."""

    def __init__(self, competitors: Sequence[Deferred[Any]]) -> None:
        self.competitors = list(competitors)
        self.failures: dict[int, Failure] = {}
        self.over = False
        self.deferred: Deferred[Any] = Deferred(self.cancel)

    def cancel(self, _: Deferred[Any]) -> None:
        for competitor in self.competitors:
            competitor.cancel()

    def succeeded(self, result: Any, index: int) -> None:
        if self.over:
            return
        self.over = True
        for other, competitor in enumerate(self.competitors):
            if other != index:
                competitor.cancel()
        self.deferred.callback((index, result))

    def failed(self, failure: Failure, index: int) -> None:
        self.failures[index] = failure
        if len(self.failures) == len(self.competitors) and not self.over:
            self.over = True
            self.deferred.errback(Failure(FailureGroup([self.failures[n] for n in sorted(self.failures)])))


def race(ds: Sequence[Deferred[_T]]) -> Deferred[tuple[int, _T]]:
    """Return a Deferred of ``(index, result)`` of the first of `ds` to succeed; the others are cancelled.

    It fails with `FailureGroup` if all of them fail.
    """
    running = _Race(ds)
    for index, competitor in enumerate(running.competitors):
        competitor.addCallbacks(running.succeeded, running.failed, (index,), None, (index,))
    return running.deferred
