"""Load for echo servers where there is no C compiler; as echoload.c, but soon the slower of the two.

usage: echoload.py PORT CONNECTIONS BYTES SECONDS [udp]
"""

from __future__ import annotations

import select
import socket
import string
import sys
import time

WARM_UP = 0.2


def main() -> None:
    """Keep one message in flight on each connection and print how many came back a second, and in all."""
    port, connections, size = map(int, sys.argv[1:4])
    seconds = float(sys.argv[4])
    datagrams = sys.argv[5:] == ["udp"]
    messages = {}
    received = {}
    sockets = {}
    poll = select.epoll()
    for index in range(connections):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM)
        sock.connect(("127.0.0.1", port))
        if not datagrams:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = sock.fileno()
        letter = string.ascii_lowercase[index % 26]
        sockets[number], messages[number], received[number] = sock, letter.encode() * size, b""
        poll.register(number, select.EPOLLIN)
    for number, sock in sockets.items():
        sock.sendall(messages[number])
    count, before, counted_from = 0, 0, 0.0
    began = moment = time.monotonic()
    while not counted_from or moment - counted_from < seconds:
        ready = poll.poll(1)
        moment = time.monotonic()
        if not counted_from and moment - began >= WARM_UP:
            counted_from, before, count = moment, count, 0
        if not ready:
            sys.exit("echoload: nothing came back for a second")
        for number, _ in ready:
            data = sockets[number].recv(size)
            if not data:
                sys.exit("echoload: the server closed a connection")
            received[number] += data
            if not messages[number].startswith(received[number]):
                sys.exit("echoload: what came back is not what was sent")
            if len(received[number]) == size:
                received[number] = b""
                count += 1
                sockets[number].sendall(messages[number])
    print(f"{count / (time.monotonic() - counted_from):.0f} msg/s {before + count} all")


if __name__ == "__main__":
    main()
