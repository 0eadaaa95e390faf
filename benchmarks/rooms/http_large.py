"""HTTP: the most memory that a server, and a client, hold while a body of 1 GiB goes through."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Options, Result
from benchmarks.processes import HERE, Server, output, python, serving
from benchmarks.programs import native

MIB = 1 << 20
SIZE = 1 << 30
LIMIT = 64.0
LOAD = str(HERE / "load" / "large_bodies.py")


def measure(options: Options) -> Iterator[Result]:
    """Yield how much each side holds at the most, uploading and downloading."""
    with tempfile.TemporaryDirectory(prefix="large-") as folder:
        with Path(folder, "large").open("wb") as file:
            # Nothing but a hole.
            file.truncate(SIZE)
        command = native(options, "large_sennit.py", folder)["sennit"]
        for way in ("upload", "download"):
            with serving(command) as server:
                _load(server, way)
                yield _result(f"server, {way} of 1 GiB", server.peak() / MIB)
                yield _result(f"client, {way} of 1 GiB", float(_load(server, way, "sennit")))


def _result(name: str, peak: float) -> Result:
    return Result(name, "", "MiB at most", [peak], floor=LIMIT)


def _load(server: Server, *arguments: str) -> str:
    way, *rest = arguments
    return output([python(), LOAD, str(server.port), way, str(SIZE), *rest])
