"""The example of the documentation does what it says."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def ports(tmp_path):
    (tmp_path / "users").write_text("alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
    server = subprocess.Popen(
        [sys.executable, "-W", "error", EXAMPLES / "shared_users.py", tmp_path / "users", "0", "0"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield int(server.stdout.readline()), int(server.stdout.readline())
    finally:
        server.terminate()
        server.communicate(timeout=30)


def get(port, password):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/")
    request.add_header("Authorization", "Basic " + base64.b64encode(f"alice:{password}".encode()).decode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def chat(port, password):
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(b"alice\r\n" + password.encode() + b"\r\nhello\r\n")
        with connection.makefile("rb") as lines:
            return [line for _, line in zip(range(4), lines, strict=False)][2:]


def test_two_servers_share_their_users(ports):
    web, line = ports
    assert get(web, "secret") == b"Hello, alice!\n"
    assert get(web, "guess") == 401
    assert chat(line, "secret") == [b"Welcome.\r\n", b"alice: hello\r\n"]
    assert chat(line, "guess") == [b"No.\r\n"]
