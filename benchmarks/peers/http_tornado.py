"""A web server that says hello, on Tornado.  Prints its port."""

from __future__ import annotations

import asyncio
import logging

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

logging.getLogger("tornado.access").setLevel(logging.ERROR)


class Handler(RequestHandler):
    def get(self):
        self.set_header("Content-Type", "text/plain")
        self.finish(b"Hello, world!")

    def post(self):
        self.finish(str(len(self.request.body)))


async def main():
    server = HTTPServer(Application([(r"/.*", Handler)]))
    sockets = bind_sockets(0, "127.0.0.1", backlog=1024)
    server.add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
