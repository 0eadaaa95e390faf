"""A server that returns each line, on gevent.  Prints its port."""

from __future__ import annotations

import contextlib

from gevent import socket
from gevent.server import StreamServer


def echo(sock, address):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError):
        for line in sock.makefile("rb"):
            sock.sendall(line)


server = StreamServer(("127.0.0.1", 0), echo, backlog=1024)
server.start()
print(server.server_port, flush=True)
server.serve_forever()
