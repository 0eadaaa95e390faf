"""Has a thread call functions in a bare asyncio loop's; as threads_program.py.

usage: threads_asyncio.py asyncio|uvloop CALLS
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time

calls = int(sys.argv[2])
figures = {}
order = []


def flood(loop, done):
    began = time.process_time()
    for number in range(calls):
        loop.call_soon_threadsafe(order.append, number)
    loop.call_soon_threadsafe(flooded, loop, done, began)


def flooded(loop, done, began):
    figures["called from a thread"] = calls / (time.process_time() - began)
    assert order == list(range(calls)), "the calls were not made in their order"
    threading.Thread(target=by_turns, args=(loop, done)).start()


def by_turns(loop, done):
    made = threading.Semaphore(0)
    began = time.process_time()
    for _ in range(calls // 10):
        loop.call_soon_threadsafe(made.release)
        made.acquire()
    figures["called and waited for"] = calls // 10 / (time.process_time() - began)
    loop.call_soon_threadsafe(done.set_result, None)


async def main():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    threading.Thread(target=flood, args=(loop, done)).start()
    await done
    print(json.dumps(figures))


if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.run(main())
else:
    asyncio.run(main())
