"""Fetch pages at one time, and print how large each is: ``python fetch.py URL ...``."""

from __future__ import annotations

import sys

import sennit
from sennit.http.client import Client, Timeouts
from sennit.task import TaskGroup


async def measure(client, url):
    async with client.get(url) as response:
        size = 0
        async for piece in response:  # as it comes: memory stays small
            size += len(piece)
    print(f"{response.status} {response.version} {size:8} {response.url}")


async def main(*urls):
    limits = Timeouts(connect=10, first_byte=20, between_bytes=20, total=60)
    async with Client(timeouts=limits) as client, TaskGroup() as group:
        for url in urls:
            group.start(measure(client, url))


if __name__ == "__main__":
    sennit.run(main, *sys.argv[1:])
