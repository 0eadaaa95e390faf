"""The ASGI application of the contenders, on granian with uvloop.  Prints its port once that answers."""

from __future__ import annotations

import asyncio
import socket

import uvloop
from asgi_application import hello
from granian.constants import Interfaces
from granian.server.embed import Server

# It takes a number only, so one is looked for that is free.
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]


async def main():
    server = Server(
        hello, address="127.0.0.1", port=port, interface=Interfaces.ASGI, backlog=1024, log_enabled=False
    )
    serving = asyncio.create_task(server.serve())
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.002)
        else:
            break
    writer.close()
    print(port, flush=True)
    await serving


uvloop.run(main())
