"""A web server that gives every request the same answer, as cheaply as can be; prints its port.

It is no contender: the clients are measured against it.
"""

from __future__ import annotations

import asyncio

import uvloop

ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: fixed\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"
)


class Fixed(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.held = b""

    def data_received(self, data):
        data = self.held + data
        requests = data.count(b"\r\n\r\n")
        self.held = data if not requests else data[data.rindex(b"\r\n\r\n") + 4 :]
        if requests:
            self.transport.write(ANSWER * requests)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Fixed, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


uvloop.install()
asyncio.run(main())
