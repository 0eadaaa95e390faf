"""``python -m sennit.trial.parallel.worker``: runs the tests that a pool names.

It reads messages from descriptor 3 and writes them to descriptor 4 (`sennit.trial.parallel.wire`).  A worker
waits for one message at a time, without a loop: its thread belongs to the tests.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sennit.core.failure import Failure
from sennit.log import globalLogPublisher
from sennit.trial.options import Settings
from sennit.trial.outcome import Todo
from sennit.trial.parallel.wire import Messages, keys_of, pack_failure
from sennit.trial.result import TestResult, UncleanWarningsReporterWrapper
from sennit.trial.runner import log_to_file
from sennit.trial.session import apply, end_reactor, load, traced
from sennit.trial.suite import ErrorHolder, TestSuite, TrialSuite, each_test

__all__ = ["Teller", "Worker", "main"]

_FROM_POOL, _TO_POOL = 3, 4
_PIECE = 1 << 16


class _Pipe:
    """The transport of a worker's messages: writes at once.

    Args:
        descriptor: Where to.
    """

    disconnecting = False

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Write all of `data`."""
        left = memoryview(data)
        while left:
            left = left[os.write(self._descriptor, left) :]

    def loseConnection(self) -> None:
        """End the process: the pool says what it should not."""
        raise SystemExit(1)


class Teller(TestResult):
    """Tells a pool what comes of each test, when it is over.

    Args:
        send: Sends a message.
        keys: Each test's key, by the test's `id`.
    """

    def __init__(self, send: Callable[[str, Any], None], keys: dict[int, tuple[str, int]]) -> None:
        super().__init__()
        self._send = send
        self._keys = keys
        self._told: list[tuple[Any, ...]] = []
        self._running: Any = None

    def startTest(self, test: Any) -> None:
        """Tell that a test begins."""
        super().startTest(test)
        self._running = test
        self._send("started", self._key(test))

    def stopTest(self, test: Any) -> None:
        """Tell what came of the test."""
        super().stopTest(test)
        self._running = None
        self._tell_all(test, begun=True)

    def _tell_all(self, test: Any, *, begun: bool) -> None:
        told, self._told = self._told, []
        self._send("told", {"test": self._key(test), "begun": begun, "outcomes": told})

    def _tell(self, test: Any, kind: str, content: Any) -> None:
        if self._running is None or test is self._running:
            self._told.append((kind, content))
        else:
            self._told.append((kind, content, test.id()))
        if self._running is None:
            self._tell_all(test, begun=False)

    def _key(self, test: Any) -> tuple[str, int]:
        return self._keys.get(id(test), (test.id(), 0))

    def stop(self) -> None:
        """Have no more tests run, here or elsewhere."""
        super().stop()
        self._send("stop", {})

    def addSuccess(self, test: Any) -> None:
        """Note that the test passed."""
        self._tell(test, "success", None)

    def addError(self, test: Any, error: Any) -> None:
        """Note an error."""
        super().addError(test, error)
        self._tell(test, "error", pack_failure(self.errors.pop()[1]))

    def addFailure(self, test: Any, fail: Any) -> None:
        """Note that an assertion does not hold."""
        super().addFailure(test, fail)
        self._tell(test, "failure", pack_failure(self.failures.pop()[1]))

    def addSkip(self, test: Any, reason: Any) -> None:
        """Note that the test was skipped."""
        self._tell(test, "skip", str(reason))

    def addExpectedFailure(self, test: Any, error: Any, todo: Todo | None = None) -> None:
        """Note that the test failed as expected."""
        super().addExpectedFailure(test, error, todo)
        _, failure, todo = self.expectedFailures.pop()
        self._tell(test, "todo", [pack_failure(failure), todo.reason])

    def addUnexpectedSuccess(self, test: Any, todo: Todo | None = None) -> None:
        """Note that the test passed unexpectedly."""
        super().addUnexpectedSuccess(test, todo)
        self._tell(test, "done", self.unexpectedSuccesses.pop()[1].reason)

    def addDuration(self, test: Any, elapsed: float) -> None:
        """Note how long the test took."""
        if self._running is not None:
            self._told.append(("duration", elapsed))


class Worker:
    """One worker: loads the tests when it is told which, then runs those that it is told by name."""

    def __init__(self) -> None:
        self.messages = Messages(self._receive)
        self.messages.makeConnection(_Pipe(_TO_POOL))
        self.settings: Settings | None = None
        self._tests: dict[tuple[str, int], Any] = {}
        self._result: Any = None
        self._over = False

    def prepare(self) -> Settings | None:
        """Take messages until the tests are loaded.

        Returns:
            How they are to be run; None if the pool is gone.
        """
        while self.settings is None and not self._over:
            self._read()
        return self.settings

    def serve(self) -> None:
        """Take messages until the last, and do what they say."""
        while not self._over:
            self._read()

    def _read(self) -> None:
        data = os.read(_FROM_POOL, _PIECE)
        if data:
            self.messages.dataReceived(data)
        else:
            self._over = True

    def _receive(self, kind: str, content: Any) -> None:
        if kind == "begin":
            self._begin(content)
        elif kind == "run":
            self._run([(name, number) for name, number in content])
            self.messages.send("finished", {})
        else:
            self._over = True

    def _run(self, keys: list[tuple[str, int]]) -> None:
        """Run the tests of a unit."""
        assert self.settings is not None
        tests: list[Any] = [self._tests.get(key) or _missing(key[0]) for key in keys]
        TrialSuite([TestSuite(tests)], self.settings.force_gc).run(self._result)

    def _begin(self, content: dict[str, Any]) -> None:
        sys.path[:] = content["path"]
        settings = Settings(**content["settings"])
        apply(settings)
        tests = list(each_test(load(settings)))
        self._tests = dict(zip(keys_of(tests), tests, strict=True))
        teller = Teller(self.messages.send, {id(test): key for key, test in self._tests.items()})
        self._result = UncleanWarningsReporterWrapper(teller) if settings.unclean_warnings else teller
        os.chdir(content["directory"])
        self.messages.send("ready", len(tests))
        self.settings = settings

    def show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        """Tell the pool of a warning; for `warnings.showwarning`."""
        self.messages.send("warning", [str(message), category.__name__, filename, lineno])


def _missing(name: str) -> ErrorHolder:
    """Return what stands for a test that the pool has found, and this worker has not."""
    reason = "This worker did not find the test: its module does not have the same tests each time."
    return ErrorHolder(name, Failure(LookupError(reason)))


def main() -> None:
    """Run a worker in this process, until its pool has no more tests or is gone."""
    worker = Worker()
    settings = worker.prepare()
    if settings is None:
        return
    with log_to_file(settings.logfile, globalLogPublisher):
        warnings.showwarning = worker.show_warning
        try:
            if settings.coverage:
                traced(worker.serve, Path("coverage"))
            else:
                worker.serve()
        finally:
            end_reactor()


if __name__ == "__main__":
    main()
