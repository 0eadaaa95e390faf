"""The reactor of a process that chose none, and asyncio's idea of the current loop."""

from __future__ import annotations

import asyncio

import pytest

from sennit.twisted.internet.defaultreactor import DefaultReactor

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def _no_current_loop():
    asyncio.set_event_loop(None)
    yield
    asyncio.set_event_loop(None)


def run_with(reactor, future):
    future.add_done_callback(lambda _: reactor.stop())
    reactor.run(installSignalHandlers=False)
    loop = reactor.loop
    reactor.close()
    loop.close()
    return future.result()


async def answer():
    await asyncio.sleep(0)
    return 42


def test_a_task_begun_after_the_reactor_was_used_runs_in_it():
    reactor = DefaultReactor()
    reactor.callLater(0, list)
    loop = reactor.loop
    assert asyncio.get_event_loop_policy().get_event_loop() is loop
    assert run_with(reactor, asyncio.ensure_future(answer())) == 42


def test_a_task_begun_before_anything_needed_the_reactors_loop_runs_in_it():
    reactor = DefaultReactor()
    asyncio.set_event_loop(asyncio.new_event_loop())
    task = asyncio.ensure_future(answer())
    assert run_with(reactor, task) == 42


def test_a_loop_that_runs_already_is_left_alone():
    reactor = DefaultReactor()

    async def loops():
        return asyncio.get_running_loop(), reactor.loop

    running, reactors = asyncio.run(loops())
    assert reactors is not running
    reactor.close()
