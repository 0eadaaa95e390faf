"""One coroutine that waits for a Deferred, for asyncio, and for both with one deadline."""

from __future__ import annotations

import asyncio

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import Deferred


def ask_later(question: str) -> Deferred[str]:
    """Answer in a later turn of the loop, the way a protocol would."""
    answer: Deferred[str] = Deferred()
    asyncio.get_running_loop().call_later(0.01, answer.callback, question.upper())
    return answer


async def converse() -> list[str]:
    """Wait in every way there is."""
    heard = [await ask_later("first")]
    await asyncio.sleep(0.01)
    async with asyncio.TaskGroup() as group:
        child = group.create_task(wait_for(ask_later("second")))
    heard.append(child.result())
    try:
        async with asyncio.timeout(0.01):
            await Deferred()
    except TimeoutError:
        heard.append("nobody answered")
    return heard


async def wait_for(deferred: Deferred[str]) -> str:
    """Wait in a task of asyncio's."""
    return await deferred


async def main() -> list[str]:
    """Run the conversation twice: in asyncio's task, and in a Deferred's."""
    return await converse() + await ensureDeferred(converse())


if __name__ == "__main__":
    print(asyncio.run(main()))
