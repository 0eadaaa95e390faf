"""A WebSocket server that echoes, on aiohttp with uvloop.  Prints its port."""

from __future__ import annotations

import asyncio

import uvloop
from aiohttp import WSMsgType, web


async def echo(request):
    websocket = web.WebSocketResponse(compress=False)
    await websocket.prepare(request)
    async for message in websocket:
        if message.type is WSMsgType.BINARY:
            await websocket.send_bytes(message.data)
        else:
            await websocket.send_str(message.data)
    return websocket


async def main():
    application = web.Application()
    application.router.add_get("/", echo)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


uvloop.run(main())
