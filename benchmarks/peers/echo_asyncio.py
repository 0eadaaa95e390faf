"""An echo server of nothing but a loop and an asyncio protocol that writes what it gets.  Prints its port.

usage: echo_asyncio.py asyncio|uvloop [PATH]

With PATH it listens there, on a UNIX socket, and prints 0.
"""

from __future__ import annotations

import asyncio
import resource
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def main():
    loop = asyncio.get_running_loop()
    if sys.argv[2:]:
        server = await loop.create_unix_server(Echo, sys.argv[2], backlog=1024)
        print(0, flush=True)
    else:
        server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.run(main())
else:
    asyncio.run(main())
