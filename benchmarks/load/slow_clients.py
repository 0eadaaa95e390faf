"""Clients that send a request at one octet a second, and count how they are answered.

Half of them dribble their head, half a body.  Prints "ready" when all are connected, and at the end one line:
how many were answered with 408, and how many otherwise or not at all.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys
import time

HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"x" * 1000
BODY = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n"


def main(port, count, patience):
    selector = selectors.DefaultSelector()
    clients = []
    for number in range(count):
        # Each address of our own has ports enough.
        client = socket.create_connection(
            ("127.0.0.1", port), source_address=(f"127.0.1.{number % 4 + 1}", 0)
        )
        if number % 2:
            client.sendall(BODY)
        selector.register(client, selectors.EVENT_READ)
        clients.append(client)
    print("ready", flush=True)
    late = other = 0
    turn = 0
    began = time.monotonic()
    while selector.get_map() and time.monotonic() - began < patience:
        # A hundredth of the clients every hundredth of a second: no crowd at the full second.
        for client in clients[turn % 100 :: 100]:
            with contextlib.suppress(OSError):
                client.send(HEAD[turn // 100 : turn // 100 + 1] or b"x")
        turn += 1
        for key, _ in selector.select(0):
            client = key.fileobj
            try:
                answer = client.recv(1000)
            except OSError:
                answer = b""
            if answer.startswith(b"HTTP/1.1 408 "):
                late += 1
            else:
                other += 1
            selector.unregister(client)
        time.sleep(max(0.0, began + turn / 100 - time.monotonic()))
    print(late, other + len(selector.get_map()), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
