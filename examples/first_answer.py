"""Ask several mirrors at once, take the first answer, and give up after a while."""

from __future__ import annotations

import sennit
from sennit import TaskGroup, deadline
from sennit.task import deferLater, shield

LATENCIES = {"amsterdam": 0.03, "lima": 0.01, "nairobi": 0.02}
closed = []


async def ask(mirror):
    try:
        await deferLater(None, LATENCIES[mirror])
        return f"hello from {mirror}"
    finally:
        async with shield():
            await say_goodbye(mirror)


async def say_goodbye(mirror):
    await deferLater(None, 0.001)
    closed.append(mirror)


async def first_answer(mirrors):
    answers = []

    async def contend(mirror):
        answers.append(await ask(mirror))
        group.cancel()

    async with TaskGroup() as group:
        for mirror in mirrors:
            group.start(contend, mirror)
    return answers[0]


async def main():
    async with deadline(5):
        print(await first_answer(LATENCIES))
    print("closed:", ", ".join(sorted(closed)))
    try:
        async with deadline(0.001):
            await first_answer(["nairobi"])
    except TimeoutError:
        print("nairobi is too far away")


if __name__ == "__main__":
    sennit.run(main)
