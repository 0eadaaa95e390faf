"""A clock and a counter that fails now and then, supervised: python supervised.py."""

from __future__ import annotations

import sennit
from sennit.app import Child, Supervisor, TaskService
from sennit.task import deferLater


async def tick(reactor):
    while True:
        await deferLater(reactor, 0.02)
        print("tick")


async def count(reactor, last):
    for number in range(last):
        await deferLater(reactor, 0.01)
        print(number)
    raise ValueError("the counter does not know what comes next")


async def main():
    reactor = sennit.current_reactor()
    supervisor = Supervisor(
        [
            Child("tick", lambda: TaskService(tick, reactor)),
            Child("count", lambda: TaskService(count, reactor, 3)),
        ],
        strategy="rest-for-one",
        intensity=2,
        period=10,
    )
    ended = supervisor.when_ended()
    supervisor.startService()
    try:
        await ended
    except Exception as error:
        print(error)


if __name__ == "__main__":
    sennit.run(main)
