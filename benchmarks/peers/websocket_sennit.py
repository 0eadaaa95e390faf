"""A WebSocket server that echoes, on Sennit.  Prints its port."""

from __future__ import annotations

import sennit
from sennit.web import Site
from sennit.web.websocket import WebSocketResource


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


async def main():
    site = Site(WebSocketResource(echo, deflate=False))
    port = sennit.current_reactor().listenTCP(0, site, backlog=1024, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    await sennit.Deferred()


sennit.run(main)
