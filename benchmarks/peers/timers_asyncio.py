"""Sets timers on a bare asyncio loop; as timers_program.py.

usage: timers_asyncio.py asyncio|uvloop SET FIRE
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

many, few = int(sys.argv[2]), int(sys.argv[3])


def never():
    raise AssertionError("a timer that was cancelled has fired")


async def main():
    loop = asyncio.get_running_loop()
    figures = {}
    began = time.process_time()
    handles = [loop.call_later(60 + number % 100, never) for number in range(many)]
    for handle in handles:
        handle.cancel()
    del handles, handle
    for _ in range(2):
        await asyncio.sleep(0)
    # The loop has turned twice, and cleared away what there was to be cleared away.
    figures["set and cancelled"] = many / (time.process_time() - began)
    done = loop.create_future()
    fired = 0

    def fire():
        nonlocal fired
        fired += 1
        if fired == few:
            done.set_result(None)

    began = time.process_time()
    for number in range(few):
        loop.call_later(number % 100 / 10_000, fire)
    await done
    figures["set and fired"] = few / (time.process_time() - began)
    print(json.dumps(figures))


if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.run(main())
else:
    asyncio.run(main())
