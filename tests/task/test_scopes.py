"""Deadlines, groups and shields, in each of the three ways in which a coroutine can be run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import CancelledError, Deferred
from sennit.core.failure import Failure
from sennit.task import Clock, TaskGroup, deadline, deadline_at, deferLater, shield

Main = Callable[[], Coroutine[Any, Any, Any]]
CANCELLED = (asyncio.CancelledError, CancelledError)


class Alone:
    """A coroutine driven by Deferreds, with no loop anywhere: all that happens, happens at once."""

    def play(self, main: Main, *steps: Callable[[], Any]) -> Any:
        results: list[Any] = []
        ensureDeferred(main()).addBoth(results.append)
        for step in steps:
            step()
        assert results, "the coroutine has not ended"
        if isinstance(results[0], Failure):
            results[0].raiseException()
        return results[0]

    def cancel(self, running: Any) -> None:
        running.cancel()


class OnLoop(Alone):
    """A coroutine driven by Deferreds while an asyncio loop runs."""

    def start(self, main: Main) -> Any:
        return ensureDeferred(main())

    def play(self, main: Main, *steps: Callable[[], Any]) -> Any:
        async def program() -> Any:
            running = self.start(main)
            results: list[Any] = []
            if isinstance(running, Deferred):
                running.addBoth(results.append)
            else:
                running.add_done_callback(results.append)
            for step in (lambda: None, *steps):
                step()
                for _ in range(20):
                    await asyncio.sleep(0)
            assert results, "the coroutine has not ended"
            if isinstance(results[0], Failure):
                results[0].raiseException()
            return results[0].result() if isinstance(results[0], asyncio.Future) else results[0]

        return asyncio.run(program())


class InTask(OnLoop):
    """A coroutine that is a plain asyncio task."""

    def start(self, main: Main) -> Any:
        return asyncio.ensure_future(main())


@pytest.fixture(params=[Alone, OnLoop, InTask])
def world(request: pytest.FixtureRequest) -> Any:
    return request.param()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def forever() -> Deferred[None]:
    return Deferred()


# -- deadlines


def test_a_block_that_is_in_time_is_left_alone(world: Any, clock: Clock) -> None:
    async def main() -> str:
        async with deadline(5, clock=clock) as scope:
            await deferLater(clock, 4)
        assert not scope.expired
        return "done"

    assert world.play(main, lambda: clock.advance(4)) == "done"
    assert clock.calls == []


def test_a_block_that_is_late_is_interrupted(world: Any, clock: Clock) -> None:
    seen: list[Any] = []

    async def main() -> None:
        async with deadline(5, clock=clock) as scope:
            seen.append(scope)
            try:
                await forever()
            except asyncio.CancelledError as error:
                seen.append(type(error))
                raise

    with pytest.raises(TimeoutError):
        world.play(main, lambda: clock.advance(5))
    assert seen[0].expired
    assert seen[1:] == [asyncio.CancelledError]
    assert clock.calls == []


def test_after_a_deadline_the_coroutine_goes_on_unharmed(world: Any, clock: Clock) -> None:
    async def main() -> str:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with deadline(5, clock=clock):
                    await forever()
        await deferLater(clock, 1)
        return "done"

    assert world.play(main, *[lambda: clock.advance(5)] * 3, lambda: clock.advance(1)) == "done"


def test_what_is_waited_for_is_cancelled(world: Any, clock: Clock) -> None:
    cancelled: list[object] = []

    async def main() -> None:
        async with deadline(5, clock=clock):
            await Deferred(cancelled.append)

    with pytest.raises(TimeoutError):
        world.play(main, lambda: clock.advance(5))
    assert len(cancelled) == 1


def test_a_body_that_swallows_the_interruption_keeps_its_own_result(world: Any, clock: Clock) -> None:
    async def main() -> str:
        async with deadline(5, clock=clock) as scope:
            with suppress(*CANCELLED):
                await forever()
        assert scope.expired
        await deferLater(clock, 1)
        return "done"

    assert world.play(main, lambda: clock.advance(5), lambda: clock.advance(1)) == "done"


def test_a_body_that_answers_with_another_error_keeps_that(world: Any, clock: Clock) -> None:
    async def main() -> None:
        async with deadline(5, clock=clock):
            try:
                await forever()
            finally:
                raise KeyError("its own")

    with pytest.raises(KeyError, match="its own"):
        world.play(main, lambda: clock.advance(5))


def test_an_error_of_the_body_comes_out(world: Any, clock: Clock) -> None:
    async def main() -> None:
        async with deadline(5, clock=clock):
            raise KeyError("no")

    with pytest.raises(KeyError):
        world.play(main)
    assert clock.calls == []


@pytest.mark.parametrize(("outer", "inner", "told"), [(3, 5, "outer"), (5, 3, "inner"), (3, 3, "outer")])
def test_of_nested_deadlines_the_one_that_passed_tells(
    world: Any, clock: Clock, outer: float, inner: float, told: str
) -> None:
    seen: list[str] = []

    async def main() -> None:
        try:
            async with deadline(outer, clock=clock):
                try:
                    async with deadline(inner, clock=clock):
                        await forever()
                except TimeoutError:
                    seen.append("inner")
                    raise KeyError from None
        except TimeoutError:
            seen.append("outer")
        except KeyError:
            pass

    world.play(main, lambda: clock.advance(3))
    assert seen == [told]


def test_when_both_have_passed_at_once_the_outer_tells(world: Any, clock: Clock) -> None:
    seen: list[str] = []

    async def main() -> None:
        try:
            async with deadline(5, clock=clock):
                try:
                    async with deadline(3, clock=clock):
                        await Deferred(lambda d: None)
                except TimeoutError:
                    seen.append("inner")
                await forever()
        except TimeoutError:
            seen.append("outer")

    world.play(main, lambda: clock.advance(10))
    assert seen[-1] == "outer"


def test_no_time_at_all_interrupts_the_first_wait(world: Any, clock: Clock) -> None:
    async def main() -> None:
        async with deadline(0, clock=clock):
            await forever()

    with pytest.raises(TimeoutError):
        world.play(main)

    async def quick() -> str:
        async with deadline(-1, clock=clock):
            result = "no wait"
        await deferLater(clock, 1)
        return result

    assert world.play(quick, lambda: clock.advance(1)) == "no wait"


def test_no_deadline_can_become_one(world: Any, clock: Clock) -> None:
    async def main() -> None:
        async with deadline(None, clock=clock) as scope:
            await deferLater(clock, 100)
            scope.reschedule(5)
            await forever()

    with pytest.raises(TimeoutError):
        world.play(main, lambda: clock.advance(100), lambda: clock.advance(5))


def test_a_deadline_can_be_moved_and_taken_away(world: Any, clock: Clock) -> None:
    async def main() -> str:
        async with deadline(5, clock=clock) as scope:
            scope.reschedule(50)
            await deferLater(clock, 20)
            scope.reschedule(None)
            await deferLater(clock, 1000)
        with pytest.raises(RuntimeError):
            scope.reschedule(1)
        return "done"

    assert world.play(main, lambda: clock.advance(20), lambda: clock.advance(1000)) == "done"


def test_a_deadline_can_be_a_moment(world: Any, clock: Clock) -> None:
    clock.advance(100)

    async def main() -> None:
        async with deadline_at(105, clock=clock):
            await forever()

    with pytest.raises(TimeoutError):
        world.play(main, lambda: clock.advance(5))


def test_a_deadline_is_for_one_block(world: Any, clock: Clock) -> None:
    async def main() -> None:
        scope = deadline(5, clock=clock)
        with pytest.raises(RuntimeError, match="not running"):
            scope.reschedule(1)
        async with scope:
            pass
        with pytest.raises(RuntimeError, match="one block"):
            async with scope:
                pass

    world.play(main)


def test_a_scope_needs_somebody_who_runs_the_coroutine() -> None:
    async def main() -> None:
        async with deadline(5):
            pass

    coroutine = main()
    query = coroutine.send(None)
    with pytest.raises(RuntimeError, match="asyncio or"):
        coroutine.send(query)


def test_a_cancellation_from_outside_is_no_timeout(world: Any, clock: Clock) -> None:
    waits: list[Deferred[None]] = []

    async def main() -> None:
        async with deadline(5, clock=clock):
            waits.append(forever())
            await waits[0]

    with pytest.raises(CANCELLED):
        world.play(main, lambda: waits[0].cancel())  # noqa: PLW0108 - it is not there yet


# -- groups


def test_a_group_waits_for_its_children(world: Any, clock: Clock) -> None:
    ended: list[int] = []

    async def child(seconds: float) -> float:
        await deferLater(clock, seconds)
        ended.append(1)
        return seconds

    async def main() -> list[float]:
        async with TaskGroup() as group:
            children = [group.start(child, seconds) for seconds in (3, 1, 2)]
            assert not any(each.done() for each in children)
        assert all(each.done() for each in children)
        return [await each for each in children]

    assert world.play(main, *[lambda: clock.advance(1)] * 3) == [3, 1, 2]
    assert len(ended) == 3


def test_anything_that_can_be_waited_for_can_be_a_child(world: Any, clock: Clock) -> None:
    class Awaitable:
        def __await__(self) -> Any:
            return deferLater(clock, 1, lambda: "awaitable").__await__()

    async def coroutine() -> str:
        await deferLater(clock, 1)
        return "coroutine"

    async def main() -> list[Any]:
        async with TaskGroup() as group:
            children = [
                group.start(coroutine),
                group.start(coroutine()),
                group.start(deferLater(clock, 1, lambda: "deferred")),
                group.start(deferLater, clock, 1, lambda: "function"),
                group.start(Awaitable()),
                group.start(lambda: "value"),
            ]
        return [await each for each in children]

    expected = ["coroutine", "coroutine", "deferred", "function", "awaitable", "value"]
    assert world.play(main, lambda: clock.advance(1)) == expected


def test_a_child_can_be_awaited_inside_the_block(world: Any, clock: Clock) -> None:
    async def main() -> Any:
        async with TaskGroup() as group:
            child = group.start(deferLater, clock, 1, lambda: 7)
            return await child

    assert world.play(main, lambda: clock.advance(1)) == 7


def test_the_first_error_cancels_the_rest_and_all_errors_come_out(world: Any, clock: Clock) -> None:
    cancelled: list[str] = []

    async def waits(name: str) -> None:
        try:
            await forever()
        except asyncio.CancelledError:
            cancelled.append(name)
            raise

    async def fails_to_end() -> None:
        try:
            await forever()
        except asyncio.CancelledError:
            raise KeyError("while ending") from None

    async def fails() -> None:
        await deferLater(clock, 1)
        raise ValueError("first")

    async def main() -> None:
        async with TaskGroup() as group:
            group.start(waits, "child")
            group.start(fails_to_end)
            group.start(fails)
            await waits("block")

    with pytest.raises(ExceptionGroup) as caught:
        world.play(main, lambda: clock.advance(1))
    assert sorted(map(str, caught.value.exceptions)) == ["'while ending'", "first"]
    assert sorted(cancelled) == ["block", "child"]


def test_an_error_of_the_block_cancels_the_children(world: Any, clock: Clock) -> None:
    wait = forever()
    outcomes: list[Any] = []
    wait.addErrback(lambda failure: (outcomes.append(failure), failure)[1])

    async def main() -> None:
        async with TaskGroup() as group:
            group.start(wait)
            raise ValueError("block")

    with pytest.raises(ExceptionGroup) as caught:
        world.play(main)
    assert [str(each) for each in caught.value.exceptions] == ["block"]
    assert outcomes[0].check(CancelledError)


def test_the_block_is_not_left_before_slow_children_have_ended(world: Any, clock: Clock) -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await forever()
        finally:
            await deferLater(clock, 10)
            ended.append("slow")

    async def main() -> None:
        try:
            async with TaskGroup() as group:
                group.start(slow)
                raise ValueError("block")
        finally:
            ended.append("group")

    with pytest.raises(ExceptionGroup):
        world.play(main, lambda: clock.advance(10))
    assert ended == ["slow", "group"]


def test_a_cancelled_child_is_no_error(world: Any, clock: Clock) -> None:
    async def main() -> str:
        async with TaskGroup() as group:
            coroutine = group.start(lambda: _wait(forever()))
            deferred = group.start(forever())
            coroutine.cancel()
            deferred.cancel()
            deferred.cancel()
            await deferLater(clock, 1)
        for child in (coroutine, deferred):
            with pytest.raises(CANCELLED):
                await child
        return "done"

    assert world.play(main, lambda: clock.advance(1)) == "done"


async def _wait(deferred: Deferred[Any]) -> Any:
    return await deferred


def test_a_group_can_be_cancelled_as_a_whole(world: Any, clock: Clock) -> None:
    async def main() -> str:
        async with TaskGroup() as group:
            group.start(forever())
            group.start(_wait, forever())
            clock.callLater(1, group.cancel)
            await forever()
        await deferLater(clock, 1)
        return "done"

    assert world.play(main, lambda: clock.advance(1), lambda: clock.advance(1)) == "done"


def test_a_block_that_cancels_its_own_group_is_left_without_an_error(world: Any, clock: Clock) -> None:
    async def main() -> str:
        async with TaskGroup() as group:
            group.start(forever())
            group.cancel()
        await deferLater(clock, 1)
        return "done"

    assert world.play(main, lambda: clock.advance(1)) == "done"


def test_what_is_started_in_an_ending_group_does_not_run(world: Any) -> None:
    ran: list[int] = []

    async def child() -> None:
        ran.append(1)

    async def main() -> None:
        async with TaskGroup() as group:
            group.cancel()
            late = [
                group.start(child()),
                group.start(child),
                group.start(forever()),
                group.start(lambda: ran.append(1)),
            ]
        assert all(each.done() for each in late)
        for each in late:
            with pytest.raises(CANCELLED):
                await each

    world.play(main)
    assert ran == []


def test_a_child_may_start_others_even_while_the_block_waits(world: Any, clock: Clock) -> None:
    ended: list[int] = []

    async def child(group: TaskGroup, depth: int) -> None:
        await deferLater(clock, 1)
        if depth:
            group.start(child, group, depth - 1)
        ended.append(depth)

    async def main() -> None:
        async with TaskGroup() as group:
            group.start(child, group, 2)

    world.play(main, *[lambda: clock.advance(1)] * 3)
    assert ended == [2, 1, 0]


def test_a_child_that_fails_at_once_interrupts_the_block_where_it_waits(world: Any) -> None:
    async def fails() -> None:
        raise ValueError("at once")

    reached: list[str] = []

    async def main() -> None:
        async with TaskGroup() as group:
            group.start(fails)
            reached.append("after")
            await forever()
            reached.append("never")

    with pytest.raises(ExceptionGroup):
        world.play(main)
    assert reached == ["after"]


def test_a_function_that_raises_is_a_child_that_fails(world: Any) -> None:
    async def main() -> None:
        async with TaskGroup() as group:
            group.start(lambda: 1 / 0)

    with pytest.raises(ExceptionGroup) as caught:
        world.play(main)
    assert isinstance(caught.value.exceptions[0], ZeroDivisionError)


def test_a_deadline_around_a_group_ends_all_of_it(world: Any, clock: Clock) -> None:
    ended: list[str] = []

    async def child() -> None:
        try:
            await forever()
        finally:
            ended.append("child")

    async def main() -> None:
        async with deadline(5, clock=clock), TaskGroup() as group:
            group.start(child)
            group.start(forever())

    with pytest.raises(TimeoutError):
        world.play(main, lambda: clock.advance(5))
    assert ended == ["child"]


def test_a_deadline_inside_a_child_is_the_childs_error(world: Any, clock: Clock) -> None:
    async def child() -> None:
        async with deadline(5, clock=clock):
            await forever()

    async def main() -> None:
        async with TaskGroup() as group:
            group.start(child)

    with pytest.raises(ExceptionGroup) as caught:
        world.play(main, lambda: clock.advance(5))
    assert isinstance(caught.value.exceptions[0], TimeoutError)


def test_groups_nest(world: Any, clock: Clock) -> None:
    async def fails() -> None:
        await deferLater(clock, 1)
        raise ValueError("deep")

    async def main() -> None:
        async with TaskGroup() as outer:
            outer.start(forever())
            async with TaskGroup() as inner:
                inner.start(fails)
                await forever()

    with pytest.raises(ExceptionGroup) as caught:
        world.play(main, lambda: clock.advance(1))
    (inner,) = caught.value.exceptions
    assert isinstance(inner, ExceptionGroup)
    assert [str(each) for each in inner.exceptions] == ["deep"]


def test_cancelling_from_outside_ends_the_children_and_goes_on(world: Any, clock: Clock) -> None:
    ended: list[str] = []
    block = forever()

    async def child() -> None:
        try:
            await forever()
        finally:
            await deferLater(clock, 1)
            ended.append("child")

    async def main() -> None:
        async with TaskGroup() as group:
            group.start(child)
            await block

    with pytest.raises(CANCELLED):
        world.play(main, block.cancel, lambda: clock.advance(1))
    assert ended == ["child"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_what_asks_the_program_to_stop_comes_out_bare(stop: type[BaseException]) -> None:
    async def main() -> None:
        async with TaskGroup() as group:
            group.start(forever())
            raise stop

    with pytest.raises(stop):
        Alone().play(main)


def test_a_group_is_for_one_block_and_takes_children_only_inside_of_it(world: Any) -> None:
    async def child() -> None:
        pass

    async def main() -> None:
        group = TaskGroup()
        with pytest.raises(RuntimeError, match="inside of the group"):
            group.start(child())
        async with group:
            pass
        with pytest.raises(RuntimeError, match="inside of the group"):
            group.start(child())
        with pytest.raises(RuntimeError, match="one block"):
            async with group:
                pass

    world.play(main)


def test_a_coroutine_that_is_closed_lets_its_children_go() -> None:
    wait = forever()
    outcomes: list[Failure] = []
    wait.addErrback(outcomes.append)

    async def main() -> None:
        async with TaskGroup() as group:
            group.start(wait)
            await forever()

    coroutine = main()
    ensureDeferred(coroutine)
    coroutine.close()
    assert outcomes[0].check(CancelledError)


# -- shields


def test_a_shielded_block_is_finished_first(world: Any, clock: Clock) -> None:
    ended: list[str] = []

    async def main() -> None:
        async with deadline(5, clock=clock):
            async with shield():
                await deferLater(clock, 10)
                ended.append("shielded")
            await forever()

    with pytest.raises(TimeoutError):
        world.play(main, lambda: clock.advance(5), lambda: clock.advance(5))
    assert ended == ["shielded"]


def test_a_deadline_inside_of_a_shield_works(world: Any, clock: Clock) -> None:
    async def main() -> str:
        async with deadline(50, clock=clock), shield(), shield():
            with pytest.raises(TimeoutError):
                async with deadline(5, clock=clock):
                    await forever()
        return "done"

    assert world.play(main, lambda: clock.advance(5)) == "done"


def test_a_child_may_shield_its_end_from_its_group(world: Any, clock: Clock) -> None:
    ended: list[str] = []

    async def child() -> None:
        async with shield():
            await deferLater(clock, 1)
            ended.append("shielded")
        await forever()
        ended.append("never")

    async def main() -> None:
        async with TaskGroup() as group:
            group.start(child)
            group.cancel()

    world.play(main, lambda: clock.advance(1))
    assert ended == ["shielded"]


def test_a_deadline_left_before_the_shield_is_forgotten(world: Any, clock: Clock) -> None:
    async def main() -> str:
        async with TaskGroup() as group, shield():
            group.start(deferLater, clock, 1, group.cancel)
            await deferLater(clock, 2)
        await deferLater(clock, 1)
        return "done"

    assert world.play(main, *[lambda: clock.advance(1)] * 3) == "done"


# -- with asyncio's own


@pytest.fixture(params=[OnLoop, InTask])
def loop_world(request: pytest.FixtureRequest) -> Any:
    return request.param()


def test_asyncios_timeout_inside_and_outside(loop_world: Any, clock: Clock) -> None:
    async def inside() -> str:
        async with deadline(5, clock=clock):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await asyncio.Event().wait()
            await deferLater(clock, 1)
        return "done"

    assert loop_world.play(inside, lambda: clock.advance(1)) == "done"

    async def outside() -> str:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0), deadline(5, clock=clock), TaskGroup() as group:
                group.start(asyncio.Event().wait)
        return "done"

    assert loop_world.play(outside) == "done"


def test_our_deadline_around_asyncios_group(loop_world: Any, clock: Clock) -> None:
    ended: list[str] = []

    async def child() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("child")

    async def main() -> None:
        async with deadline(5, clock=clock), asyncio.TaskGroup() as group:
            group.create_task(child())

    with pytest.raises(TimeoutError):
        loop_world.play(main, lambda: clock.advance(5))
    assert ended == ["child"]


def test_asyncios_futures_and_tasks_as_children(loop_world: Any) -> None:
    async def child() -> str:
        await asyncio.sleep(0)
        return "task"

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        async with TaskGroup() as group:
            first = group.start(future)
            second = group.start(asyncio.ensure_future(child()))
            loop.call_soon(future.set_result, "future")
        return [await first, await second]

    assert loop_world.play(main) == ["future", "task"]


def test_asyncios_task_as_a_child_is_cancelled_with_the_rest(loop_world: Any) -> None:
    tasks: list[asyncio.Task[Any]] = []

    async def main() -> None:
        async with TaskGroup() as group:
            tasks.append(asyncio.ensure_future(asyncio.Event().wait()))
            group.start(tasks[0])
            future = asyncio.get_running_loop().create_future()
            group.start(future)
            future.set_exception(ValueError("future"))

    with pytest.raises(ExceptionGroup) as caught:
        loop_world.play(main)
    assert str(caught.value.exceptions[0]) == "future"
    assert tasks[0].cancelled()


def test_the_loops_own_time_is_used_without_a_clock(loop_world: Any) -> None:
    async def main() -> None:
        async with deadline(1e-9):
            await forever()

    async def program() -> None:
        running = loop_world.start(main)
        with pytest.raises(TimeoutError):
            await running

    asyncio.run(program())


def test_a_task_cancelled_from_outside_stays_cancelled(clock: Clock) -> None:
    async def child() -> None:
        async with deadline(5, clock=clock), TaskGroup() as group:
            group.start(forever())

    async def program() -> None:
        task = asyncio.ensure_future(child())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(program())


def test_anyios_scopes_around_and_inside_ours(clock: Clock) -> None:
    anyio = pytest.importorskip("anyio")

    async def main() -> str:
        with anyio.move_on_after(0) as scope:
            async with TaskGroup() as group:
                group.start(anyio.sleep_forever)
        assert scope.cancelled_caught
        async with deadline(60), anyio.create_task_group() as theirs:
            theirs.start_soon(anyio.sleep, 0)
        return "done"

    assert asyncio.run(main()) == "done"


# -- cancelled as a Deferred


@pytest.mark.parametrize("slow", [False, True])
def test_cancelling_the_coroutines_deferred_ends_the_group(clock: Clock, slow: bool) -> None:
    ended: list[str] = []

    async def child() -> None:
        try:
            await forever()
        finally:
            if slow:
                await deferLater(clock, 1)
            ended.append("child")

    async def main(block: Deferred[None] | None) -> None:
        async with deadline(100, clock=clock), TaskGroup() as group:
            group.start(child)
            if block is not None:
                await block

    for block in (forever(), None):
        results: list[Any] = []
        running = ensureDeferred(main(block))
        running.addBoth(results.append)
        running.cancel()
        clock.advance(1)
        assert results[0].check(CancelledError)
    assert ended == ["child", "child"]
    assert clock.calls == []


# -- any shape


def shapes(depth: int = 3) -> st.SearchStrategy[Any]:
    """Programs of scopes: tuples that `World.run` below understands."""
    moment = st.integers(0, 4)
    leaf = st.one_of(
        st.tuples(st.just("sleep"), moment),
        st.tuples(st.just("fail"), moment),
        st.tuples(st.just("stubborn"), moment),
        st.tuples(st.just("forever")),
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(st.just("deadline"), moment, inner),
            st.tuples(st.just("shield"), inner),
            st.tuples(st.just("group"), st.lists(inner, max_size=3), inner),
            st.tuples(st.just("cancel"), st.lists(inner, max_size=3), moment),
            st.tuples(st.just("then"), inner, inner),
        ),
        max_leaves=8,
    )


class Shape:
    """Runs a shape, and sees to it that nothing outlives its scope."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.live = 0

    async def run(self, shape: Any) -> None:
        kind, *rest = shape
        await getattr(self, kind)(*rest)

    async def counted(self, shape: Any, alive: list[int]) -> None:
        self.live += 1
        alive.append(1)
        try:
            await self.run(shape)
        finally:
            self.live -= 1
            alive.pop()

    async def sleep(self, seconds: int) -> None:
        await deferLater(self.clock, seconds)

    async def fail(self, seconds: int) -> None:
        await deferLater(self.clock, seconds)
        raise ValueError("failed")

    async def stubborn(self, seconds: int) -> None:
        try:
            await forever()
        finally:
            await deferLater(self.clock, seconds)

    async def forever(self) -> None:
        await forever()

    async def deadline(self, seconds: int, inner: Any) -> None:
        with suppress(TimeoutError):
            async with deadline(seconds, clock=self.clock):
                await self.run(inner)

    async def shield(self, inner: Any) -> None:
        async with shield(), deadline(3, clock=self.clock):
            await self.run(inner)

    async def group(self, children: list[Any], block: Any) -> None:
        alive: list[int] = []
        try:
            async with TaskGroup() as group:
                for child in children:
                    group.start(self.counted, child, alive)
                await self.run(block)
        finally:
            assert not alive

    async def cancel(self, children: list[Any], seconds: int) -> None:
        alive: list[int] = []
        try:
            async with TaskGroup() as group:
                for child in children:
                    group.start(self.counted, child, alive)
                await deferLater(self.clock, seconds)
                group.cancel()
        finally:
            assert not alive

    async def then(self, first: Any, second: Any) -> None:
        await self.run(first)
        await self.run(second)


@settings(deadline=None)
@given(shape=shapes(), kind=st.sampled_from([Alone, OnLoop, InTask]))
def test_nothing_outlives_its_scope_whatever_the_shape(shape: Any, kind: type[Any]) -> None:
    clock = Clock()
    program = Shape(clock)

    async def main() -> str:
        try:
            async with deadline(20, clock=clock):
                await program.run(shape)
        except* (ValueError, TimeoutError):
            pass
        async with deadline(1, clock=clock):
            await deferLater(clock, 0.5)
        return "unharmed"

    assert kind().play(main, *[lambda: clock.advance(0.5)] * 120) == "unharmed"
    assert program.live == 0
    assert clock.calls == []
