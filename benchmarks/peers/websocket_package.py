"""A WebSocket server that echoes, by the package websockets on uvloop.  Prints its port."""

from __future__ import annotations

import logging

import uvloop
from websockets.asyncio.server import serve

# It logs each client that leaves without a word, to where nobody reads.
logging.getLogger("websockets").setLevel(logging.CRITICAL)


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


async def main():
    async with serve(echo, "127.0.0.1", 0, compression=None, backlog=1024) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


uvloop.run(main())
