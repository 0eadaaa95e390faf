"""Load for WebSocket echo servers: connections that send a message, wait for it, and send the next.

usage: websocket_echo.py PORT PID CONNECTIONS BYTES SECONDS

Frames are made once and compared as octets, so that the load costs far less than the server.  Prints how many
messages came back a second, and the microseconds of the CPU of the server, process PID, for each.  The first
twentieth of a second does not count.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time

from benchmarks.timing import cpu_of

WARM_UP = 0.05
REQUEST = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def main(port, server, connections, size, seconds):
    payload = b"x" * size
    if size < 126:
        ours, theirs = bytes([0x82, 0x80 | size]), bytes([0x82, size])
    else:
        length = size.to_bytes(2, "big")
        ours, theirs = b"\x82\xfe" + length, b"\x82\x7e" + length
    sent = ours + b"\0\0\0\0" + payload
    wanted = len(theirs + payload)
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(REQUEST)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(4096)
        if not head.startswith(b"HTTP/1.1 101 "):
            sys.exit(f"No WebSocket: {head!r}")
        selector.register(client, selectors.EVENT_READ, [0])
        client.sendall(sent)
    count, spent, counting = 0, 0.0, False
    began = time.perf_counter() + WARM_UP
    end = began + seconds
    while (now := time.perf_counter()) < end:
        if not counting and now >= began:
            count, spent, counting, began = 0, cpu_of(server), True, now
        for key, _ in selector.select(1):
            data = key.fileobj.recv(65536)
            if not data:
                sys.exit("A connection was closed.")
            state = key.data
            state[0] += len(data)
            if state[0] == wanted:
                state[0] = 0
                count += 1
                key.fileobj.sendall(sent)
    print(count / (time.perf_counter() - began), (cpu_of(server) - spent) / count * 1e6)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]), float(sys.argv[5]))
