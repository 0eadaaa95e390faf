"""HTTP: a file of 1 MiB served a second, with wrk on 16 kept connections."""

from __future__ import annotations

import functools
import http.client
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Options, Result, compare, floors
from benchmarks.processes import BenchmarkError, serving_all
from benchmarks.programs import contenders
from benchmarks.rooms.http_servers import MISSING, ready, wrk_rate

CONNECTIONS = 16
BYTES = 1 << 20
FLOORS = floors(twisted=2.0, nginx=0.5)


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit sends a file, beside Twisted and nginx."""
    name = f"file of 1 MiB, {CONNECTIONS} connections"
    if not ready():
        yield Result(name, "", "", [], note=MISSING)
        return
    with tempfile.TemporaryDirectory(prefix="static-") as folder:
        # A worker of nginx that is started by root is another user.
        Path(folder).chmod(0o755)
        content = os.urandom(BYTES)
        Path(folder, "index.html").write_bytes(content)
        commands = contenders(options, "static_program.py", folder, nginx="static_nginx.py")
        with serving_all(commands, options) as servers:
            for server in servers.values():
                _see(server.port, content)
            turns = {
                peer: functools.partial(wrk_rate, server.port, CONNECTIONS, options.seconds)
                for peer, server in servers.items()
            }
            yield from compare(name, "req/s", turns, options, FLOORS)


def _see(port: int, content: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        for _ in range(2):
            connection.request("GET", "/")
            answer = connection.getresponse()
            if answer.status != 200 or answer.read() != content:
                raise BenchmarkError(f"the answer is wrong: {answer.status}")
    except (OSError, http.client.HTTPException) as error:
        raise BenchmarkError(f"there is no answer: {error}") from error
    finally:
        connection.close()
