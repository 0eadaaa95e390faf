"""Load for mail servers: messages of a fixed size on kept connections.

usage: smtp_load.py PORT PID CONNECTIONS BYTES SECONDS [pipelined]
       smtp_load.py PORT large BYTES

Pipelined, a message's end and the next message's envelope go in one write (RFC 2920); else each command waits
for its reply.  Prints how many messages were taken for each second of the CPU of the server, process PID; the
first twentieth of a second does not count.  The second form sends one large message, and prints how many
octets it had.

The load asks for what has come again and again, and never sleeps: what it takes to wake a process is charged
to who sends to it, and would be the more of a server's figure the better the server is.
"""

from __future__ import annotations

import select
import socket
import sys
import time

from benchmarks.timing import cpu_of

_ENVELOPE = (b"MAIL FROM:<sender@client.example>\r\n", b"RCPT TO:<recipient@mail.example>\r\n", b"DATA\r\n")
_LINE = b"This is a line of an ordinary message, as long as such lines mostly are.\r\n"
_BLOCK = 1 << 16
_WARM_UP = 0.05
_PATIENCE = 5


def _message(size: int) -> bytes:
    text = b"From: <sender@client.example>\r\nSubject: load\r\n\r\n"
    text += _LINE * ((size - len(text)) // len(_LINE))
    return text + b"." * 2 + b"x" * (size - len(text) - 4) + b"\r\n"


class _Connection:
    """One connection: what it sends in turn, and the codes that answer it."""

    def __init__(self, port: int, message: bytes, *, pipelined: bool) -> None:
        self.socket = connect(port)
        end = message + b".\r\n"
        if pipelined:
            self.steps = [(end + b"".join(_ENVELOPE), (b"250", b"250", b"250", b"354"))]
            # The first turn has no message before it.
            self.first = (b"".join(_ENVELOPE), (b"250", b"250", b"354"))
        else:
            answers = (b"250", b"250", b"354", b"250")
            self.steps = [(data, (code,)) for data, code in zip((*_ENVELOPE, end), answers, strict=True)]
            self.first = self.steps[0]
        self.pipelined = pipelined
        self.place = 0
        self.step = self.first
        self.data = b""

    def send(self) -> None:
        self.socket.sendall(self.step[0])

    def receive(self) -> int:
        """Read what came, go on when all is answered, and return how many messages that ended."""
        self.data += self.socket.recv(_BLOCK)
        lines = self.data.split(b"\r\n")
        codes = self.step[1]
        if len(lines) <= len(codes):
            return 0
        if tuple(line[:3] for line in lines[:-1]) != codes or lines[-1]:
            sys.exit(f"smtp_load: the server said {self.data!r}")
        self.data = b""
        ended = self.step is not self.first and self.pipelined
        if not self.pipelined:
            self.place = (self.place + 1) % len(self.steps)
            ended = self.place == 0
        self.step = self.steps[self.place]
        self.send()
        return ended


def connect(port: int) -> socket.socket:
    """Connect, and greet."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=30)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _expect(sock, b"220")
    sock.sendall(b"EHLO client.example\r\n")
    _expect(sock, b"250")
    return sock


def _expect(sock: socket.socket, code: bytes) -> None:
    data = b""
    while not data.endswith(b"\r\n") or data.split(b"\r\n")[-2][3:4] != b" ":
        more = sock.recv(_BLOCK)
        if not more:
            sys.exit(f"smtp_load: the server closed after {data!r}")
        data += more
    if data[:3] != code:
        sys.exit(f"smtp_load: the server said {data!r}")


def many(port: int, server: int, connections: int, size: int, seconds: float, *, pipelined: bool) -> float:
    """Return how many messages were taken for each second of the server's CPU."""
    poll = select.epoll()
    open_ = {}
    for _ in range(connections):
        connection = _Connection(port, _message(size), pipelined=pipelined)
        open_[connection.socket.fileno()] = connection
        poll.register(connection.socket.fileno(), select.EPOLLIN)
        connection.send()
    count, spent, counting = 0, 0.0, False
    answered = time.monotonic()
    began = answered + _WARM_UP
    end = began + seconds
    while (now := time.monotonic()) < end:
        if not counting and now >= began:
            count, spent, counting = 0, cpu_of(server), True
        ready = poll.poll(0)
        if ready:
            answered = now
        elif now - answered > _PATIENCE:
            sys.exit(f"smtp_load: nothing was answered for {_PATIENCE} seconds")
        for number, _ in ready:
            count += open_[number].receive()
    return count / (cpu_of(server) - spent)


def large(port: int, size: int) -> int:
    """Send one message of so many octets, and return their number."""
    sock = connect(port)
    for line, code in zip(_ENVELOPE, (b"250", b"250", b"354"), strict=True):
        sock.sendall(line)
        _expect(sock, code)
    block = _LINE * (_BLOCK // len(_LINE))
    sent = 0
    sock.settimeout(120)
    while sent < size:
        sock.sendall(block)
        sent += len(block)
    sock.sendall(b".\r\n")
    _expect(sock, b"250")
    return sent


if __name__ == "__main__":
    if sys.argv[2] == "large":
        print(large(int(sys.argv[1]), int(sys.argv[3])))
    else:
        pipelined_ = "pipelined" in sys.argv[6:]
        print(many(*map(int, sys.argv[1:5]), float(sys.argv[5]), pipelined=pipelined_))
