"""A web server that says hello, on aiohttp with uvloop.  Prints its port."""

from __future__ import annotations

import asyncio

import uvloop
from aiohttp import web


async def hello(request):
    return web.Response(body=b"Hello, world!", content_type="text/plain")


async def upload(request):
    return web.Response(text=str(len(await request.read())))


async def main():
    application = web.Application(client_max_size=1 << 26)
    application.router.add_get("/{path:.*}", hello)
    application.router.add_post("/{path:.*}", upload)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


uvloop.run(main())
