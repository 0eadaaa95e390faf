"""What the other tests show on a clock, once on each kind of loop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.loops import LOOPS

import sennit
from sennit.core.deferred import Deferred
from sennit.task import LoopingCall, TaskGroup, coiterate, cooperate, deadline, deadline_at, deferLater


@pytest.mark.parametrize("loop", LOOPS)
def test_everything_works_on_a_reactor(loop: str) -> None:
    async def count() -> int:
        calls: list[int] = []

        def call() -> None:
            calls.append(1)
            if len(calls) == 3:
                looping.stop()

        looping = LoopingCall(call)
        await looping.start(0.001)
        return len(calls)

    async def main() -> list[Any]:
        seen: list[Any] = []
        async with TaskGroup() as group:
            counted = group.start(count)
            steps = group.start(coiterate, iter(range(1000)))
            task = cooperate(iter([deferLater(None, 0.001)]))
            group.start(task.whenDone())
            slept = group.start(asyncio.sleep(0.001, "slept"))
        seen += [await counted, next(await steps, "exhausted"), await slept]
        for make in (
            lambda: deadline(0.001),
            lambda: deadline_at(sennit.current_reactor().seconds() + 0.001),
        ):
            with pytest.raises(TimeoutError):
                async with make():
                    await Deferred()
        return seen

    assert sennit.run(main, loop=loop) == [3, "exhausted", "slept"]


def test_a_deadline_for_a_moment_works_without_any_reactor() -> None:
    async def main() -> str:
        with pytest.raises(TimeoutError):
            async with deadline_at(0):
                await asyncio.Event().wait()
        return "done"

    assert asyncio.run(main()) == "done"
