"""A server that runs out of descriptors goes on serving, rests, and accepts again when it can."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("starved.py")
SOURCES = Path(__file__).parents[2] / "src"
MORE_THAN_THERE_ARE = 70


@pytest.fixture(params=["tcp", "unix"])
def connect(request, loop_name, short_path):
    """Connects to a starved server."""
    where = "tcp" if request.param == "tcp" else str(short_path / "socket")
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    server = subprocess.Popen(
        [sys.executable, str(PROGRAM), loop_name, where], stdout=subprocess.PIPE, env=environment, text=True
    )
    peers = []

    def connect():
        if request.param == "tcp":
            peer = socket.create_connection(("127.0.0.1", int(address)))
        else:
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(address)
        peer.settimeout(10)
        peers.append(peer)
        return peer

    try:
        address = server.stdout.readline().strip()
        assert address, "The server did not start."
        yield connect
    finally:
        for peer in peers:
            peer.close()
        server.kill()
        server.communicate()


def ask(peer, data):
    """Send and receive; None if the server has closed."""
    try:
        peer.sendall(data)
        return peer.recv(100) or None
    except (ConnectionResetError, BrokenPipeError):
        return None


def idle(peer, seconds):
    """Watch a connection on which nothing happens."""
    assert select.select([peer], [], [], seconds) == ([], [], [])


def test_a_server_without_descriptors_lives_on(connect):
    first = connect()
    assert ask(first, b"hello") == b"hello"
    crowd = []
    while len(crowd) < MORE_THAN_THERE_ARE:
        peer = connect()
        crowd.append(peer)
        peer.setblocking(False)
    before = float(ask(first, b"cpu"))
    idle(first, 0.5)
    after = float(ask(first, b"cpu"))
    assert after - before < 0.2
    assert ask(first, b"still there") == b"still there"
    for peer in crowd:
        peer.close()
    for _ in range(100):
        late = connect()
        answer = ask(late, b"and now?")
        if answer is not None:
            break
        late.close()
        idle(first, 0.05)
    assert answer == b"and now?"
