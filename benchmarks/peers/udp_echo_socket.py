"""The least that Python can do for a UDP echo: a loop around a blocking socket.  Prints its port."""

from __future__ import annotations

import socket

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.bind(("127.0.0.1", 0))
    print(sock.getsockname()[1], flush=True)
    receive, send = sock.recvfrom, sock.sendto
    while True:
        send(*receive(8192))
