"""Load for echo servers where there is no C compiler; as echoload.c, but soon the slower of the two.

usage: echoload.py ADDRESS PID CONNECTIONS BYTES SECONDS [tcp|udp|lines|connect]
"""

from __future__ import annotations

import os
import select
import socket
import string
import sys
import time

from benchmarks.timing import cpu_of

WARM_UP, LONGEST_WARM_UP = 0.05, 2.0
LINE = 64


class Connection:
    """One connection, with one message in flight."""

    def __init__(self, poll, where, index, size, mode):
        self.poll, self.where, self.mode, self.index = poll, where, mode, index
        letter = string.ascii_lowercase[index % 26].encode()
        self.message = letter * size
        if mode == "lines":
            self.message = (letter * (LINE - 2) + b"\r\n") * (size // LINE)
        self.answered = False
        self.dial()

    def dial(self):
        if self.where.startswith("/"):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(self.where)
        elif self.mode == "udp":
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.connect(("127.0.0.1", int(self.where)))
        else:
            own = (f"127.0.0.{2 + self.index % 16}", 0)
            self.sock = socket.create_connection(("127.0.0.1", int(self.where)), source_address=own)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.closing = False
        self.poll.register(self.sock.fileno(), select.EPOLLIN)

    def post(self):
        self.sock.sendall(self.message)

    def take(self):
        """Return whether a whole message has come back, or a connection that was for one has been closed."""
        data = self.sock.recv(max(1, len(self.message) - len(self.received)))
        if self.closing and not data:
            return True
        if not data:
            sys.exit("echoload: the server closed a connection")
        self.received += data
        if self.closing or not self.message.startswith(self.received):
            sys.exit("echoload: what came back is not what was sent")
        if len(self.received) < len(self.message):
            return False
        if self.mode == "connect":
            self.closing = True
            self.sock.shutdown(socket.SHUT_WR)
            return False
        self.received = b""
        return True


def main() -> None:
    """Keep one message in flight on each connection and print how many came back a second, and in all."""
    where = sys.argv[1]
    server, connections, size = map(int, sys.argv[2:5])
    seconds = float(sys.argv[5])
    mode = sys.argv[6] if sys.argv[6:] else "tcp"
    patience = float(os.environ.get("ECHOLOAD_PATIENCE", "10"))
    poll = select.epoll()
    all_of_them = [Connection(poll, where, index, size, mode) for index in range(connections)]
    by_number = {each.sock.fileno(): each for each in all_of_them}
    for each in all_of_them:
        each.post()
    amount = size // LINE if mode == "lines" else 1
    count, unanswered, counted_from, spent = 0, connections, 0.0, 0.0
    began = moment = time.monotonic()
    while not counted_from or moment - counted_from < seconds:
        ready = poll.poll(patience)
        moment = time.monotonic()
        if not counted_from and moment - began >= (LONGEST_WARM_UP if unanswered else WARM_UP):
            counted_from, spent, count = moment, cpu_of(server), 0
        if not ready:
            sys.exit(f"echoload: nothing came back for {patience:g} s")
        for number, _ in ready:
            each = by_number[number]
            if not each.take():
                continue
            count += amount
            unanswered -= not each.answered
            each.answered = True
            if mode == "connect":
                del by_number[number]
                each.sock.close()
                each.dial()
                by_number[each.sock.fileno()] = each
            each.post()
    by_time, by_cpu = time.monotonic() - counted_from, cpu_of(server) - spent
    print(f"{count / by_time:.0f} msg/s {count / by_cpu:.0f} msg/cpu-s")


if __name__ == "__main__":
    main()
