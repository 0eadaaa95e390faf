"""The client of ``http_client_program.py`` on aiohttp and uvloop; the same arguments, the same figure."""

from __future__ import annotations

import asyncio
import sys
import time

import aiohttp
import uvloop

port, seconds, concurrent = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
uri = f"http://127.0.0.1:{port}/any/path?and=query"
headers = {"User-Agent": "benchmark", "Accept": "*/*"}


async def asking(session, until):
    count = 0
    while time.monotonic() < until:
        async with session.get(uri, headers=headers) as response:
            body = await response.read()
        if response.status != 200 or body != b"Hello, world!":
            raise RuntimeError(f"the answer is wrong: {response.status} {body!r}")
        count += 1
    return count


async def main():
    connector = aiohttp.TCPConnector(limit=concurrent)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*[asking(session, time.monotonic() + 0.2) for _ in range(concurrent)])
        began, until = time.process_time(), time.monotonic() + seconds
        counts = await asyncio.gather(*[asking(session, until) for _ in range(concurrent)])
        print(sum(counts) / (time.process_time() - began))


uvloop.install()
asyncio.run(main())
