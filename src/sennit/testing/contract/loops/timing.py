"""Calls are made when they are due, in order, and wake the loop from wherever they come."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import Any

from sennit.core.deferred import Deferred
from sennit.testing.contract.checks import in_reactor, raises
from sennit.testing.contract.loops.listed import LoopCase, check
from sennit.testing.contract.recorders import Broken
from sennit.threads import deferToThread

_variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")


@check()
async def calls_are_made_in_the_order_of_their_times(case: LoopCase) -> None:
    made: list[str] = []
    over: Deferred[None] = Deferred()
    case.reactor.callLater(0.03, over.callback, None)
    case.reactor.callLater(0.02, made.append, "third")
    case.reactor.callLater(0.01, made.append, "second")
    case.reactor.callLater(0, made.append, "first")
    await over
    assert made == ["first", "second", "third"]


@check()
async def calls_for_one_time_are_made_in_the_order_of_asking(case: LoopCase) -> None:
    made: list[int] = []
    for number in range(20):
        case.reactor.callLater(0, made.append, number)
    await case.turns()
    assert made == list(range(20))


@check()
async def no_call_is_made_before_its_time(case: LoopCase) -> None:
    over: Deferred[float] = Deferred()
    asked = case.reactor.seconds()
    case.reactor.callLater(0.02, lambda: over.callback(case.reactor.seconds()))
    assert await over - asked >= 0.02


@check()
async def a_cancelled_call_is_not_made(case: LoopCase) -> None:
    made: list[str] = []
    late = case.reactor.callLater(0.01, made.append, "late")
    case.reactor.callLater(0, late.cancel)
    over: Deferred[None] = Deferred()
    case.reactor.callLater(0.02, over.callback, None)
    await over
    assert made == []
    assert not late.active()


@check()
async def what_a_callback_asks_for_waits_for_the_next_turn(case: LoopCase) -> None:
    made: list[str] = []
    loop = case.reactor.loop

    def first() -> None:
        loop.call_soon(made.append, "inner")
        made.append("first")

    loop.call_soon(first)
    loop.call_soon(made.append, "second")
    await case.turns()
    assert made == ["first", "second", "inner"]


@check()
async def an_error_in_a_callback_is_logged_and_the_loop_goes_on(case: LoopCase) -> None:
    def fails() -> None:
        raise Broken

    over: Deferred[None] = Deferred()
    case.reactor.callLater(0, fails)
    case.reactor.callLater(0, over.callback, None)
    await over
    assert case.logged() == [Broken]


@check()
async def another_thread_wakes_a_loop_that_waits(case: LoopCase) -> None:
    loop_thread = threading.get_ident()
    called: Deferred[int] = Deferred()

    def call() -> None:
        case.reactor.callFromThread(lambda: called.callback(threading.get_ident()))

    other = threading.Thread(target=call)
    other.start()
    assert await called == loop_thread
    other.join()


@check()
async def calls_of_a_thread_are_made_in_order_and_none_is_lost(case: LoopCase) -> None:
    made: list[tuple[int, int]] = []
    over: Deferred[None] = Deferred()

    def note(thread: int, number: int) -> None:
        made.append((thread, number))
        if len(made) == 400:
            over.callback(None)

    def call(thread: int) -> None:
        for number in range(100):
            case.reactor.callFromThread(note, thread, number)

    threads = [threading.Thread(target=call, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    await over
    for thread in threads:
        thread.join()
    for each in range(4):
        assert [number for thread, number in made if thread == each] == list(range(100))


@check()
async def the_result_of_a_thread_comes_back(case: LoopCase) -> None:
    assert await deferToThread(threading.get_ident) != threading.get_ident()

    def fails() -> None:
        raise Broken

    with raises(Broken):
        await deferToThread(fails)


@check()
async def tasks_and_futures_of_asyncio_are_at_home(case: LoopCase) -> None:
    loop = case.reactor.loop

    async def work() -> str:
        await asyncio.sleep(0)
        future: asyncio.Future[str] = loop.create_future()
        loop.call_soon(future.set_result, "done")
        return await future

    assert asyncio.get_running_loop() is loop
    assert await loop.create_task(work()) == "done"
    assert await loop.run_in_executor(None, threading.get_ident) != threading.get_ident()
    with raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()


@check()
async def a_callback_has_the_context_of_who_asked(case: LoopCase) -> None:
    seen: list[str] = []
    context = contextvars.copy_context()
    context.run(_variable.set, "here")
    context.run(case.reactor.loop.call_soon, lambda: seen.append(_variable.get()))
    context.run(case.reactor.callLater, 0, lambda: seen.append(_variable.get()))
    await case.turns()
    assert seen == ["here", "here"]
    assert _variable.get() == "none"


@check()
def a_reactor_runs_again_after_it_has_stopped(case: LoopCase) -> None:
    made: list[str] = []

    async def run(name: str) -> str:
        case.reactor.callLater(0, made.append, name)
        await case.turns()
        return name

    for name in ("one", "two", "three"):
        assert in_reactor(case.reactor, run(name)) == name
    assert made == ["one", "two", "three"]


@check()
def what_is_asked_before_the_run_is_done_in_it(case: LoopCase) -> None:
    made: list[str] = []
    case.reactor.callWhenRunning(made.append, "running")
    case.reactor.callLater(0, made.append, "later")
    case.reactor.callFromThread(made.append, "thread")

    async def wait() -> None:
        await case.turns()

    in_reactor(case.reactor, wait())
    assert sorted(made) == ["later", "running", "thread"]


@check()
def runs_leave_no_descriptor(case: LoopCase) -> None:
    async def run() -> None:
        await deferToThread(threading.get_ident)

    # What a loop opens once, it may keep.
    in_reactor(case.reactor, run())
    before = case.descriptors()
    for _ in range(5):
        in_reactor(case.reactor, run())
    assert case.descriptors() <= before


@check()
def asynchronous_generators_are_closed_with_the_run(case: LoopCase) -> None:
    closed: list[str] = []
    kept: list[Any] = []

    async def numbers() -> Any:
        try:
            yield 1
        finally:
            closed.append("closed")

    async def run() -> None:
        generator = numbers()
        kept.append(generator)
        assert await anext(generator) == 1

    in_reactor(case.reactor, run())
    case.reactor.close()
    assert closed == ["closed"]
