from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.errors import ReactorNotRunning
from sennit.core.outcome import NotACoroutineError
from sennit.log import capturedLogs, formatEvent
from sennit.task import Clock, deferLater, react


class Program(Clock):
    """A reactor as `react` sees it, which runs until it is stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.running = False
        self.when_running: list[Callable[[], Any]] = []
        self.before_shutdown: list[Callable[[], Any]] = []

    def addSystemEventTrigger(self, phase: str, event: str, f: Callable[[], Any]) -> None:
        assert (phase, event) == ("before", "shutdown")
        self.before_shutdown.append(f)

    def callWhenRunning(self, f: Callable[[], Any]) -> None:
        self.when_running.append(f)

    def stop(self) -> None:
        if not self.running:
            raise ReactorNotRunning
        self.running = False

    def run(self) -> None:
        self.running = True
        for f in self.when_running:
            f()
        while self.running:
            assert self.calls, "the reactor would run for ever"
            self.advance(self.calls[0].time - self.seconds())
        for f in self.before_shutdown:
            f()


def status(main: Callable[..., Any], *argv: object) -> Any:
    with pytest.raises(SystemExit) as caught:
        react(main, argv, _reactor=Program())
    return caught.value.code


def test_main_gets_the_reactor_and_the_arguments() -> None:
    seen: list[Any] = []

    def main(*args: Any) -> Deferred[None]:
        seen.extend(args)
        return succeed(None)

    assert status(main, "x", "y") == 0
    assert isinstance(seen[0], Program)
    assert seen[1:] == ["x", "y"]


def test_the_reactor_runs_until_main_has_finished() -> None:
    assert status(lambda reactor: deferLater(reactor, 5)) == 0


def test_main_may_be_a_coroutine() -> None:
    async def main(reactor: Any) -> str:
        await deferLater(reactor, 1)
        return "ignored"

    assert status(main) == 0


@pytest.mark.parametrize("delay", [None, 1])
def test_a_failure_is_logged_and_gives_status_one(delay: float | None) -> None:
    def main(reactor: Any) -> Deferred[Any]:
        return fail(ValueError("no")) if delay is None else deferLater(reactor, delay, lambda: 1 / 0)

    with capturedLogs() as events:
        assert status(main) == 1
    assert [formatEvent(event) for event in events] == ["main function encountered error"]
    assert events[0]["log_failure"].check(ValueError, ZeroDivisionError)


@pytest.mark.parametrize("code", [3, "text", None])
def test_system_exit_gives_its_own_status(code: Any) -> None:
    assert status(lambda reactor: fail(SystemExit(code))) == code

    async def main(reactor: Any) -> None:
        await deferLater(reactor, 1)
        raise SystemExit(code)

    assert status(main) == code


def test_stopping_the_reactor_ends_the_program_with_status_zero() -> None:
    def main(reactor: Program) -> Deferred[None]:
        reactor.callLater(1, reactor.stop)
        return Deferred()

    assert status(main) == 0


def test_a_failure_during_the_shutdown_gives_status_one() -> None:
    def main(reactor: Program) -> Deferred[None]:
        finished: Deferred[None] = Deferred()
        reactor.callLater(1, reactor.stop)
        reactor.before_shutdown.append(lambda: finished.errback(ValueError("no")))
        return finished

    with capturedLogs() as events:
        assert status(main) == 1
    assert len(events) == 1


def test_what_main_raises_before_it_began_comes_out() -> None:
    def main(reactor: Any) -> Deferred[None]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        react(main, _reactor=Program())
    with pytest.raises(NotACoroutineError):
        react(lambda reactor: None, _reactor=Program())  # type: ignore[arg-type,return-value]
