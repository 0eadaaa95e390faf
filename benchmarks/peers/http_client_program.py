"""A client that asks over and over, as for Twisted: ``http_client_program.py PORT SECONDS CONCURRENT``.

Prints how many answers it had for each second of its CPU.
"""

from __future__ import annotations

import sys
import time

from twisted.internet import defer, task
from twisted.web.client import Agent, HTTPConnectionPool, readBody
from twisted.web.http_headers import Headers

port, seconds, concurrent = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
uri = b"http://127.0.0.1:%d/any/path?and=query" % port
headers = Headers({b"User-Agent": [b"benchmark"], b"Accept": [b"*/*"]})


async def asking(agent, until):
    count = 0
    while time.monotonic() < until:
        response = await agent.request(b"GET", uri, headers)
        body = await readBody(response)
        if response.code != 200 or body != b"Hello, world!":
            raise RuntimeError(f"the answer is wrong: {response.code} {body!r}")
        count += 1
    return count


async def main(reactor):
    pool = HTTPConnectionPool(reactor)
    pool.maxPersistentPerHost = concurrent
    agent = Agent(reactor, pool=pool)
    await defer.gatherResults(
        [defer.ensureDeferred(asking(agent, time.monotonic() + 0.2)) for _ in range(concurrent)]
    )
    began, until = time.process_time(), time.monotonic() + seconds
    counts = await defer.gatherResults(
        [defer.ensureDeferred(asking(agent, until)) for _ in range(concurrent)]
    )
    print(sum(counts) / (time.process_time() - began))
    await pool.closeCachedConnections()


task.react(lambda reactor: defer.ensureDeferred(main(reactor)))
