from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.lowlevel
import pytest

from sennit.core.coroutine import ensureDeferred, inlineCallbacks
from sennit.core.deferred import CancelledError, Deferred, fail, maybeDeferred, succeed


class Broken(Exception):
    """What goes wrong in these tests."""


def run(main):
    """Run the coroutine function `main` in asyncio."""
    return asyncio.run(asyncio.wait_for(main(), 20))


async def driven(coroutine):
    """Run `coroutine` with our driver, and wait for it in the asyncio task."""
    return await ensureDeferred(coroutine)


def in_driver(function):
    """Run an async test in a coroutine of ours, under asyncio."""

    def test():
        async def main():
            return await driven(function())

        run(main)

    test.__name__ = function.__name__
    return test


def turn(deferred, result="later"):
    """Fire `deferred` in the next turn of the loop."""
    asyncio.get_running_loop().call_soon(deferred.callback, result)
    return deferred


# -- our coroutines under asyncio


@in_driver
async def test_a_coroutine_is_the_current_task_before_and_after_a_wait():
    task = asyncio.current_task()
    assert task is not None
    assert task.get_coro().cr_code.co_name.startswith("test_a_coroutine_is_the_current")
    await turn(Deferred())
    assert asyncio.current_task() is task
    await asyncio.sleep(0)
    assert asyncio.current_task() is task
    assert task in asyncio.all_tasks()
    assert task.get_loop() is asyncio.get_running_loop()


def test_starting_a_coroutine_changes_the_current_task_for_its_step_alone():
    async def main():
        outer = asyncio.current_task()
        seen = []

        async def nested():
            seen.append(asyncio.current_task())
            await Deferred()

        async def coroutine():
            mine = asyncio.current_task()
            ensureDeferred(nested())
            assert asyncio.current_task() is mine
            seen.append(mine)

        ensureDeferred(coroutine())
        assert asyncio.current_task() is outer
        assert len({outer, *seen}) == 3

    run(main)


def test_a_coroutine_resumed_inside_another_task_gives_the_current_task_back():
    async def main():
        deferred = Deferred()
        seen = []

        async def coroutine():
            await deferred
            seen.append(asyncio.current_task())

        ensureDeferred(coroutine())
        mine = asyncio.current_task()
        deferred.callback(None)
        assert asyncio.current_task() is mine
        assert seen != [mine]
        assert seen != [None]

    run(main)


def test_resumed_from_a_plain_callback_there_is_no_current_task_afterwards():
    async def main():
        loop = asyncio.get_running_loop()
        deferred = Deferred()
        seen = []

        async def coroutine():
            await deferred
            seen.append(asyncio.current_task())

        def fire():
            deferred.callback(None)
            seen.append(asyncio.current_task())

        ensureDeferred(coroutine())
        loop.call_soon(fire)
        await asyncio.sleep(0.001)
        assert seen[0] is not None
        assert seen[1] is None

    run(main)


@in_driver
async def test_asyncio_sleep_futures_and_tasks_can_be_awaited():
    await asyncio.sleep(0)
    await asyncio.sleep(0.001)
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_result, 1)
    assert await future == 1

    async def value():
        await asyncio.sleep(0)
        return 2

    assert await asyncio.create_task(value()) == 2
    assert await asyncio.gather(value(), value()) == [2, 2]
    assert await asyncio.wait_for(value(), 5) == 2
    assert await asyncio.to_thread(lambda: 3) == 3


@in_driver
async def test_asyncio_locks_queues_and_events_work():
    queue, event, lock = asyncio.Queue(), asyncio.Event(), asyncio.Lock()
    asyncio.get_running_loop().call_soon(queue.put_nowait, 1)
    assert await queue.get() == 1
    asyncio.get_running_loop().call_soon(event.set)
    assert await event.wait()
    async with lock:
        await asyncio.sleep(0)


@in_driver
async def test_asyncio_timeout_cancels_a_deferred_and_raises_TimeoutError():
    cancelled = []
    deferred = Deferred(cancelled.append)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await deferred
    assert cancelled == [deferred]
    assert asyncio.current_task().cancelling() == 0
    assert await turn(Deferred()) == "later"


@in_driver
async def test_asyncio_timeout_cancels_asyncio_waits_too():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await asyncio.sleep(100)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.sleep(100), 0.01)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Deferred(), 0.01)


@in_driver
async def test_asyncio_timeout_in_time_leaves_no_trace():
    async with asyncio.timeout(5):
        assert await turn(Deferred()) == "later"
        await asyncio.sleep(0)


@in_driver
async def test_an_expired_timeout_strikes_at_the_next_wait():
    async def body():
        async with asyncio.timeout(-1):
            await asyncio.sleep(0)
            await Deferred()

    with pytest.raises(TimeoutError):
        await body()


@in_driver
async def test_asyncio_task_groups_work():
    async def value(n):
        await turn(Deferred())
        return n

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(value(n)) for n in range(3)]
    assert [task.result() for task in tasks] == [0, 1, 2]


@in_driver
async def test_a_failing_child_cancels_the_body_of_its_task_group():
    cancelled = []

    async def broken():
        raise Broken

    async def body():
        async with asyncio.TaskGroup() as group:
            group.create_task(broken())
            await Deferred(cancelled.append)

    with pytest.raises(ExceptionGroup) as caught:
        await body()
    assert isinstance(caught.value.exceptions[0], Broken)
    assert len(cancelled) == 1
    assert asyncio.current_task().cancelling() == 0


@in_driver
async def test_a_failing_body_cancels_the_children_of_its_task_group():
    states = []

    async def child():
        try:
            await Deferred()
        except asyncio.CancelledError:
            states.append("cancelled")
            raise

    async def body():
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
            await asyncio.sleep(0)
            raise Broken

    with pytest.raises(ExceptionGroup):
        await body()
    assert states == ["cancelled"]


@in_driver
async def test_anyio_sleep_and_task_groups_work():
    order = []

    async def child(n):
        await anyio.sleep(0.001 * n)
        order.append(n)

    async with anyio.create_task_group() as group:
        for n in (2, 1, 0):
            group.start_soon(child, n)
    assert order == [0, 1, 2]


@in_driver
async def test_anyio_cancel_scopes_cancel_deferreds():
    cancelled = []
    with anyio.move_on_after(0.01) as scope:
        await Deferred(cancelled.append)
    assert scope.cancelled_caught
    assert len(cancelled) == 1
    with pytest.raises(TimeoutError):
        with anyio.fail_after(0.01):
            await anyio.sleep(100)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await anyio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    await anyio.lowlevel.checkpoint()


@in_driver
async def test_anyio_shields_hold():
    with anyio.move_on_after(0.01) as scope:
        with anyio.CancelScope(shield=True):
            assert await turn(Deferred()) == "later"
            await anyio.sleep(0.02)
        await anyio.sleep(100)
    assert scope.cancelled_caught


@in_driver
async def test_a_failing_child_cancels_an_anyio_task_group():
    async def broken():
        await anyio.lowlevel.checkpoint()
        raise Broken

    async def body():
        async with anyio.create_task_group() as group:
            group.start_soon(broken)
            await Deferred()

    with pytest.raises(ExceptionGroup):
        await body()


@in_driver
async def test_anyio_streams_events_and_threads_work():
    send, receive = anyio.create_memory_object_stream(1)
    async with send, receive:
        await send.send(1)
        assert await receive.receive() == 1
    event = anyio.Event()
    asyncio.get_running_loop().call_soon(event.set)
    await event.wait()
    assert await anyio.to_thread.run_sync(lambda: 3) == 3
    assert anyio.get_current_task().id == id(asyncio.current_task())


@in_driver
async def test_the_task_answers_what_asyncio_asks_of_tasks():
    task = asyncio.current_task()
    assert not task.done()
    assert not task.cancelled()
    with pytest.raises(asyncio.InvalidStateError):
        task.result()
    task.set_name("mine")
    assert task.get_name() == "mine"
    assert "mine" in repr(task)
    assert isinstance(task.get_context(), contextvars.Context)
    assert task.cancelling() == 0
    assert task.uncancel() == 0
    assert task.get_stack()


def test_a_finished_task_tells_its_result_and_calls_back():
    async def main():
        tasks, called = [], []

        async def coroutine(deferred):
            task = asyncio.current_task()
            tasks.append(task)
            task.add_done_callback(called.append)
            task.add_done_callback(tasks.append)
            task.remove_done_callback(tasks.append)
            return await deferred

        assert await ensureDeferred(coroutine(turn(Deferred()))) == "later"
        await asyncio.sleep(0)
        (task,) = tasks
        assert called == [task]
        assert task.done()
        assert task.result() == "later"
        assert task.exception() is None
        assert task not in asyncio.all_tasks()
        assert task.cancel() is False
        task.add_done_callback(called.append)
        await asyncio.sleep(0)
        assert called == [task, task]

    run(main)


def test_a_failed_task_tells_its_exception():
    async def main():
        tasks = []

        async def coroutine():
            tasks.append(asyncio.current_task())
            raise Broken

        ensureDeferred(coroutine()).addErrback(lambda failure: failure.trap(Broken) and None)
        with pytest.raises(Broken):
            tasks[0].result()
        assert isinstance(tasks[0].exception(), Broken)

    run(main)


def test_cancelling_the_task_is_a_CancelledError_of_its_deferred():
    async def main():
        cancelled, tasks = [], []

        async def coroutine():
            tasks.append(asyncio.current_task())
            try:
                await Deferred(cancelled.append)
            except asyncio.CancelledError as error:
                tasks.append(error.args)
                raise

        outcome = ensureDeferred(coroutine())
        assert tasks[0].cancel("enough") is True
        assert len(cancelled) == 1
        assert len(tasks) == 1  # never at once: whoever cancels has his own work to finish
        with pytest.raises(CancelledError):
            await outcome
        assert tasks[1] == ("enough",)
        assert tasks[0].cancelled()
        with pytest.raises(asyncio.CancelledError):
            tasks[0].result()

    run(main)


def test_a_cancel_request_between_waits_strikes_at_the_next_one():
    async def main():
        async def coroutine(wait):
            asyncio.current_task().cancel()
            await wait

        for wait in (Deferred(), asyncio.get_running_loop().create_future(), asyncio.sleep(0)):
            with pytest.raises(CancelledError):
                await ensureDeferred(coroutine(wait))

    run(main)


def test_cancelling_the_deferred_of_a_coroutine_cancels_the_future_it_waits_for():
    async def main():
        future = asyncio.get_running_loop().create_future()
        seen = []

        async def coroutine():
            try:
                await future
            except BaseException as error:
                seen.append(type(error))
                raise

        outcome = ensureDeferred(coroutine())
        outcome.cancel()
        assert future.cancelled()
        with pytest.raises(CancelledError):
            await outcome
        assert seen == [asyncio.CancelledError]

    run(main)


def test_cancelling_the_deferred_of_a_coroutine_that_waits_for_a_deferred_is_at_once():
    async def main():
        seen = []

        async def coroutine():
            try:
                await Deferred()
            except BaseException as error:
                seen.append(type(error))
                raise

        outcome = ensureDeferred(coroutine())
        outcome.cancel()
        assert seen == [CancelledError]
        with pytest.raises(CancelledError):
            await outcome

    run(main)


def test_a_coroutine_that_sleeps_zero_can_be_cancelled():
    async def main():
        async def coroutine():
            for _ in range(100):
                await asyncio.sleep(0)
            return "never stopped"

        outcome = ensureDeferred(coroutine())
        outcome.cancel()
        with pytest.raises(CancelledError):
            await outcome

    run(main)


def test_a_coroutine_started_before_the_loop_is_a_task_once_it_runs():
    deferred = Deferred()
    seen = []

    async def coroutine():
        await deferred
        seen.append(asyncio.current_task())
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
        return "done"

    outcome = ensureDeferred(coroutine())

    async def main():
        deferred.callback(None)
        assert await outcome == "done"

    run(main)
    assert seen[0] is not None


def test_a_coroutine_that_outlives_its_loop_goes_on_without_one():
    deferred = Deferred()
    outcomes = []

    async def coroutine():
        await turn(Deferred())
        return await deferred

    async def main():
        outcomes.append(ensureDeferred(coroutine()))
        await asyncio.sleep(0.001)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
    deferred.callback(1)
    assert outcomes[0].result == 1


def test_asyncio_run_cancels_our_coroutines_at_its_end_and_nobody_complains(reports):
    cancelled, states = [], []

    async def coroutine(wait):
        try:
            await wait
        except asyncio.CancelledError:
            states.append("cancelled")
            raise

    async def main():
        ensureDeferred(coroutine(Deferred(cancelled.append)))
        ensureDeferred(coroutine(asyncio.sleep(100)))

    asyncio.run(main())
    gc.collect()
    assert states == ["cancelled"] * 2
    assert len(cancelled) == 1
    assert reports == []


def test_asyncio_can_wait_for_our_task():
    async def main():
        tasks = []

        async def coroutine(deferred):
            tasks.append(asyncio.current_task())
            return await deferred

        ensureDeferred(coroutine(turn(Deferred(), 1)))
        assert await tasks[0] == 1
        assert await tasks[0] == 1
        ensureDeferred(coroutine(turn(Deferred(), 2)))
        ensureDeferred(coroutine(Deferred())).addErrback(
            lambda failure: failure.trap(CancelledError) and None
        )
        tasks[2].cancel()
        assert await asyncio.gather(*tasks[1:2]) == [2]
        done, pending = await asyncio.wait(tasks)
        assert (done, pending) == (set(tasks), set())
        with pytest.raises(asyncio.CancelledError):
            await asyncio.gather(tasks[2])

    run(main)


def test_finished_tasks_are_freed_without_the_cycle_collector():
    async def main():
        references = []

        async def coroutine(deferred):
            references.append(weakref.ref(asyncio.current_task()))
            await deferred
            await asyncio.sleep(0)

        await ensureDeferred(coroutine(turn(Deferred())))
        assert [reference() for reference in references] == [None]

    gc.disable()
    try:
        run(main)
    finally:
        gc.enable()


def test_asyncio_children_of_our_coroutines_can_wait_for_deferreds():
    """The children inherit the context, but asyncio drives them."""

    async def main():
        async def child():
            return await turn(Deferred())

        async def coroutine():
            await turn(Deferred())
            await turn(Deferred())
            return await asyncio.create_task(child())

        assert await ensureDeferred(coroutine()) == "later"

    run(main)


# -- Deferreds in asyncio's tasks


def test_an_asyncio_task_can_await_a_deferred():
    async def main():
        async def wait(deferred):
            return await deferred

        assert await asyncio.create_task(wait(turn(Deferred()))) == "later"
        assert await asyncio.create_task(wait(succeed(1))) == 1
        with pytest.raises(Broken):
            await asyncio.create_task(wait(fail(Broken())))
        deferred = Deferred()
        asyncio.get_running_loop().call_soon(deferred.errback, Broken())
        with pytest.raises(Broken):
            await asyncio.create_task(wait(deferred))

    run(main)


def test_a_failure_awaited_by_an_asyncio_task_is_not_reported(reports):
    async def main():
        deferred = Deferred()
        asyncio.get_running_loop().call_soon(deferred.errback, Broken())
        with pytest.raises(Broken):
            await deferred

    run(main)
    gc.collect()
    assert reports == []


def test_asyncio_functions_take_deferreds():
    async def main():
        assert await asyncio.wait_for(turn(Deferred()), 5) == "later"
        assert await asyncio.gather(turn(Deferred()), succeed(2)) == ["later", 2]
        assert await asyncio.ensure_future(turn(Deferred())) == "later"
        assert not asyncio.isfuture(Deferred())

    run(main)


def test_cancelling_an_asyncio_task_cancels_the_deferred_it_waits_for(reports):
    async def main():
        cancelled = []
        deferred = Deferred(cancelled.append)

        async def wait():
            await deferred

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert cancelled == [deferred]

    run(main)
    gc.collect()
    assert reports == []


def test_asyncio_timeout_in_an_asyncio_task_cancels_the_deferred():
    async def main():
        cancelled = []
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await Deferred(cancelled.append)
        assert len(cancelled) == 1

    run(main)


def test_a_cancelled_deferred_raises_the_deferreds_CancelledError_in_an_asyncio_task():
    async def main():
        deferred = Deferred()
        asyncio.get_running_loop().call_soon(deferred.cancel)
        with pytest.raises(CancelledError):
            await deferred

    run(main)


def test_stop_iteration_as_a_failure_reaches_an_asyncio_task():
    async def main():
        deferred = Deferred()
        asyncio.get_running_loop().call_soon(deferred.errback, StopIteration(1))
        with pytest.raises(RuntimeError):
            await deferred

    run(main)


# -- generators under asyncio


def test_a_generator_can_yield_futures_tasks_and_coroutines():
    async def main():
        async def sleeper():
            await asyncio.sleep(0.001)
            return asyncio.current_task()

        @inlineCallbacks
        def generator():
            future = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(future.set_result, 1)
            first = yield future
            second = yield sleeper()
            yield asyncio.create_task(asyncio.sleep(0))
            yield asyncio.sleep(0)
            return first, second

        first, second = await generator()
        assert first == 1
        assert second is not None

    run(main)


def test_a_generator_gets_the_exception_of_a_future():
    async def main():
        @inlineCallbacks
        def generator():
            future = asyncio.get_running_loop().create_future()
            future.set_exception(Broken())
            with pytest.raises(Broken):
                yield future
            return "caught"

        assert await generator() == "caught"

    run(main)


def test_cancelling_a_generator_that_waits_for_a_future():
    async def main():
        future = asyncio.get_running_loop().create_future()
        seen = []

        @inlineCallbacks
        def generator():
            try:
                yield future
            except BaseException as error:
                seen.append(type(error))
                raise

        outcome = generator()
        outcome.cancel()
        assert future.cancelled()
        with pytest.raises(CancelledError):
            await outcome
        assert seen == [asyncio.CancelledError]

    run(main)


def test_a_coroutine_yielded_by_a_generator_starts_at_once():
    async def main():
        steps = []

        async def coroutine():
            steps.append("started")
            await asyncio.sleep(0)

        @inlineCallbacks
        def generator():
            yield coroutine()

        outcome = generator()
        assert steps == ["started"]
        await outcome

    run(main)


# -- futures and Deferreds made of each other


def test_asFuture_gives_the_result_and_takes_it_from_the_deferred():
    async def main():
        loop = asyncio.get_running_loop()
        deferred = Deferred()
        future = deferred.asFuture(loop)
        deferred.callback(1)
        assert await future == 1
        assert deferred.result is None
        with pytest.raises(Broken):
            await fail(Broken()).asFuture(loop)

    run(main)


def test_cancelling_that_future_cancels_the_deferred():
    async def main():
        cancelled = []
        deferred = Deferred(cancelled.append)
        future = deferred.asFuture(asyncio.get_running_loop())
        future.cancel()
        await asyncio.sleep(0)
        assert cancelled == [deferred]

    run(main)


def test_fromFuture_gives_the_result_of_a_future():
    async def main():
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        deferred = Deferred.fromFuture(future)
        future.set_result(1)
        assert await deferred == 1
        future = loop.create_future()
        deferred = Deferred.fromFuture(future)
        future.set_exception(Broken())
        with pytest.raises(Broken):
            await deferred

    run(main)


def test_a_cancelled_future_is_asyncios_CancelledError_of_its_deferred():
    async def main():
        future = asyncio.get_running_loop().create_future()
        failures = []
        deferred = Deferred.fromFuture(future).addErrback(failures.append)
        future.cancel()
        await asyncio.sleep(0)
        assert failures[0].type is asyncio.CancelledError
        assert deferred.called

    run(main)


def test_cancelling_a_deferred_made_of_a_future_cancels_the_future():
    async def main():
        future = asyncio.get_running_loop().create_future()
        failures = []
        Deferred.fromFuture(future).addErrback(failures.append).cancel()
        assert future.cancelled()
        assert failures[0].type is asyncio.CancelledError

    run(main)


def test_fromFuture_makes_the_class_it_is_called_on():
    class Special(Deferred):
        pass

    async def main():
        future = asyncio.get_running_loop().create_future()
        future.set_result(1)
        assert type(Special.fromFuture(future)) is Special

    run(main)


# -- contexts


def test_the_context_of_a_coroutine_survives_asyncio_waits():
    variable = contextvars.ContextVar("variable", default="unset")

    async def main():
        async def coroutine():
            variable.set("mine")
            await asyncio.sleep(0)
            await turn(Deferred())
            await asyncio.create_task(asyncio.sleep(0))
            return variable.get()

        assert await ensureDeferred(coroutine()) == "mine"
        assert variable.get() == "unset"

    run(main)


def test_code_that_shares_the_context_of_a_coroutine_may_wake_it():
    variable = contextvars.ContextVar("variable", default="unset")

    async def main():
        deferred = Deferred()
        tasks = []

        async def coroutine():
            variable.set("mine")
            tasks.append(asyncio.current_task())
            await deferred
            await asyncio.sleep(0)
            return variable.get()

        async def other():
            deferred.callback(None)

        outcome = ensureDeferred(coroutine())
        await asyncio.create_task(other(), context=tasks[0].get_context())
        assert await outcome == "mine"

    run(main)


def test_a_thread_with_a_copied_context_is_told_from_the_coroutine_it_was_copied_from():
    """Even if the coroutine's driver were taking a step at the very moment."""

    async def in_thread():
        return await turn(Deferred())

    @in_driver
    async def coroutine():
        await turn(Deferred())
        await turn(Deferred())
        context = contextvars.copy_context()
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(context.run, asyncio.run, in_thread()).result()

    coroutine()


# -- real clients and servers


def test_an_aiohttp_client_and_server_work_in_our_coroutines():
    from aiohttp import ClientSession, ClientTimeout, web

    async def handle(request):
        return web.Response(text=f"hello {await turn(Deferred())}")

    async def never(request):
        await Deferred()

    async def coroutine():
        app = web.Application()
        app.router.add_get("/", handle)
        app.router.add_get("/never", never)
        runner = web.AppRunner(app, shutdown_timeout=0.05)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            async with ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/") as response:
                    assert await response.text() == "hello later"
                with pytest.raises(TimeoutError):
                    await session.get(f"http://127.0.0.1:{port}/never", timeout=ClientTimeout(0.05))
        finally:
            await runner.cleanup()

    async def main():
        await maybeDeferred(coroutine)

    run(main)


def test_an_asyncio_stream_server_and_client_work_in_our_coroutines():
    async def serve(reader, writer):
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def coroutine():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello\n")
            assert await reader.read() == b"hello\n"
            writer.close()
            await writer.wait_closed()

    async def main():
        await ensureDeferred(coroutine())

    run(main)


def test_the_documented_conversation_is_the_same_in_both_worlds():
    import runpy
    from pathlib import Path

    example = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "both_worlds.py"))
    heard = run(example["main"])
    assert heard == ["FIRST", "SECOND", "nobody answered"] * 2


def test_everything_works_on_uvloop_as_well():
    import uvloop

    async def coroutine():
        task = asyncio.current_task()
        assert await turn(Deferred()) == "later"
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Deferred(), 0.01)
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
        with anyio.move_on_after(0.01):
            await anyio.sleep(100)
        assert asyncio.current_task() is task
        return "done"

    async def main():
        assert await ensureDeferred(coroutine()) == "done"
        assert await asyncio.create_task(wait_in_task(turn(Deferred()))) == "later"

    async def wait_in_task(deferred):
        return await deferred

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
