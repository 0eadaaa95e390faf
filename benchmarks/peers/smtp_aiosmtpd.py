"""A mail server that counts a message's octets and drops it, on aiosmtpd with uvloop; prints its port."""

from __future__ import annotations

import asyncio

import uvloop
from aiosmtpd.smtp import SMTP


class Handler:
    size = 0

    async def handle_DATA(self, server, session, envelope):
        self.size += len(envelope.content)
        return "250 OK"


async def main():
    handler = Handler()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


uvloop.run(main())
