from __future__ import annotations

import asyncio
import os
import signal
import threading

import pytest

import sennit
from sennit.core.current import current_reactor
from sennit.core.deferred import CancelledError, Deferred, fail, succeed
from sennit.reactor import new_loop


async def sleep(seconds):
    later = Deferred()
    current_reactor().callLater(seconds, later.callback, None)
    await later


def test_the_result_of_a_coroutine_is_returned(loop_name):
    async def main(first, *, second):
        await sleep(0)
        await asyncio.sleep(0)
        return first, second

    assert sennit.run(main, 1, second=2, loop=loop_name) == (1, 2)


def test_the_result_of_a_deferred_is_returned(loop_name):
    def main():
        result = Deferred()
        current_reactor().callLater(0.001, result.callback, "later")
        return result

    assert sennit.run(main, loop=loop_name) == "later"
    assert sennit.run(lambda: succeed("at once"), loop=loop_name) == "at once"


def test_a_plain_result_is_returned(loop_name):
    assert sennit.run(lambda word: word * 2, "ha", loop=loop_name) == "haha"
    assert sennit.run(list, loop=loop_name) == []


def test_what_the_program_raises_is_raised(loop_name):
    class Odd(Exception):
        pass

    async def coroutine():
        await sleep(0)
        raise Odd

    def plain():
        raise Odd

    for main in (coroutine, plain, lambda: fail(Odd())):
        with pytest.raises(Odd):
            sennit.run(main, loop=loop_name)


def test_a_program_can_exit(loop_name):
    async def main():
        await sleep(0)
        raise SystemExit(3)

    with pytest.raises(SystemExit) as caught:
        sennit.run(main, loop=loop_name)
    assert caught.value.code == 3


def test_stopping_the_reactor_cancels_the_program(loop_name):
    ended = []

    async def main():
        current_reactor().callLater(0, current_reactor().stop)
        try:
            await Deferred()
        finally:
            ended.append(True)

    assert sennit.run(main, loop=loop_name) is None
    assert ended == [True]


def test_a_program_may_take_its_time_to_end(loop_name):
    ended = []

    async def main():
        current_reactor().callLater(0, current_reactor().stop)
        try:
            await Deferred()
        except CancelledError:
            await sleep(0.001)
            ended.append(True)
            return "ended well"

    assert sennit.run(main, loop=loop_name) == "ended well"
    assert ended == [True]


@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_cancels_the_program_and_is_reported(loop_name, number, raised):
    ended = []

    async def main():
        os.kill(os.getpid(), number)
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(raised):
            sennit.run(main, loop=loop_name)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended == [True]


def test_a_program_that_outlives_its_cancellation_returns_its_result(loop_name):
    async def main():
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            return "survived"

    assert sennit.run(main, loop=loop_name) == "survived"


def test_nothing_is_left(loop_name, no_new_descriptors):
    async def main():
        asyncio.get_running_loop().create_task(asyncio.sleep(3600))
        current_reactor().callLater(3600, list)
        current_reactor().callInThread(list)

    sennit.run(main, loop=loop_name)
    threads = threading.active_count()
    with no_new_descriptors():
        for _ in range(20):
            sennit.run(main, loop=loop_name)
    assert threading.active_count() == threads
    with pytest.raises(RuntimeError):
        current_reactor()


def test_a_loop_handed_in_is_left_open():
    loop = new_loop("asyncio")

    async def main():
        return asyncio.get_running_loop()

    assert sennit.run(main, loop=loop) is loop
    assert not loop.is_closed()
    loop.close()


def test_debugging_is_asked_for(loop_name):
    async def main():
        return asyncio.get_running_loop().get_debug()

    assert sennit.run(main, loop=loop_name, debug=True) is True
    assert sennit.run(main, loop=loop_name) is False


def test_programs_run_side_by_side_in_threads(threadable_loop_name):
    results = []

    async def main(number):
        await sleep(0.001)
        return number, current_reactor()

    threads = [
        threading.Thread(
            target=lambda number=number: results.append(sennit.run(main, number, loop=threadable_loop_name))
        )
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _ in results) == [0, 1, 2, 3]
    assert len({reactor for _, reactor in results}) == 4
