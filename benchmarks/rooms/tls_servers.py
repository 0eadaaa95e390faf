"""What the rooms that measure TLS share: the contenders."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Options
from benchmarks.programs import contenders
from sennit.tls import write_certificate

__all__ = ["commands"]


@contextlib.contextmanager
def commands(options: Options) -> Iterator[dict[str, list[str]]]:
    """Give the commands that run an echo server under TLS, on Sennit and on its peers."""
    with tempfile.TemporaryDirectory(prefix="sennit-bench-") as directory:
        pem, _ = write_certificate(Path(directory), ["localhost"])
        yield contenders(options, "tls_echo_program.py", str(pem), uvloop="tls_echo_uvloop.py")
