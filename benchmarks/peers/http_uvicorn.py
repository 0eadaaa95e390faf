"""The smallest ASGI application that says hello, on uvicorn with uvloop and httptools.  Prints its port."""

from __future__ import annotations

import socket

import uvicorn
from asgi_application import hello

listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(listening.getsockname()[1], flush=True)
settings = uvicorn.Config(
    hello, loop="uvloop", http="httptools", lifespan="off", access_log=False, log_level="error"
)
uvicorn.Server(settings).run(sockets=[listening])
