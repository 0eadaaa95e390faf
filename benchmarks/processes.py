"""Processes: programs run to their end, and servers, each on the processor that is its own.

A server has CPU 0 for itself and the load CPU 1, where `taskset` and a second CPU exist.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import resource
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.environment import ROOT

from benchmarks.timing import cpu_of

if TYPE_CHECKING:
    from benchmarks.harness import Options

__all__ = [
    "HERE",
    "LOAD_CPU",
    "SERVER_CPU",
    "BenchmarkError",
    "Server",
    "output",
    "pinned",
    "python",
    "serving",
    "serving_all",
    "timed",
]

HERE = Path(__file__).resolve().parent
SERVER_CPU, LOAD_CPU = 0, 1


class BenchmarkError(Exception):
    """A contender gave a wrong answer, or none."""


def pinned(command: Sequence[str], cpu: int) -> list[str]:
    """Return `command`, bound to one CPU if that can be done here."""
    taskset = shutil.which("taskset")
    if taskset is None or cpu not in os.sched_getaffinity(0):
        return list(command)
    return [taskset, "-c", str(cpu), *command]


def _environ() -> dict[str, str]:
    paths = [str(ROOT / "src"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}
    # Peers were compiled when they were installed; so shall Sennit be, once it has run.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return environ


def output(
    command: Sequence[str], cpu: int = LOAD_CPU, timeout: float = 120, seconds: float | None = None
) -> str:
    """Run `command` to its end and return what it prints.

    Args:
        command: The program and its arguments.
        cpu: Where it is to run.
        timeout: How many seconds it may take.
        seconds: After how many it is interrupted, as by a user who has seen enough; None for never.

    Raises:
        BenchmarkError: If it fails or does not end in time.
    """
    if seconds is not None:
        command = ["timeout", "--preserve-status", "--signal=INT", f"{seconds}", *command]
    try:
        done = subprocess.run(
            pinned(command, cpu), capture_output=True, text=True, timeout=timeout, check=False, env=_environ()
        )
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"{' '.join(command)} did not end in {timeout} s") from error
    if done.returncode:
        raise BenchmarkError(
            f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-400:]}"
        )
    return done.stdout


@dataclasses.dataclass
class Server:
    """A server process that has said where it listens."""

    process: subprocess.Popen[str]
    port: int

    def resident(self) -> int:
        """Return the bytes of memory that the process holds."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def peak(self) -> int:
        """Return the most bytes of memory that the process has held.

        Raises:
            BenchmarkError: If the system does not tell.
        """
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        if found is None:
            raise BenchmarkError("the system does not tell the most memory that a process had")
        return int(found[1]) * 1024

    def cpu_seconds(self) -> float:
        """Return the seconds of CPU that the process has used, in user mode and in the kernel."""
        return float(cpu_of(self.process.pid))


@contextlib.contextmanager
def serving_all(commands: Mapping[str, Sequence[str]], options: Options) -> Iterator[dict[str, Server]]:
    """Run Sennit's server and those of the wanted peers side by side: those that wait cost nothing.

    A peer that does not start is left out, which is printed.
    """
    with contextlib.ExitStack() as stack:
        wanted = [peer for peer in commands if peer == "sennit" or options.wants(peer)]
        servers = {}
        for peer in wanted:
            try:
                servers[peer] = stack.enter_context(serving(commands[peer]))
            except BenchmarkError as error:
                if peer == "sennit":
                    raise
                print(f"  {peer} is left out: {error}", flush=True)
        yield servers


@contextlib.contextmanager
def serving(command: Sequence[str]) -> Iterator[Server]:
    """Run a server that prints its port, until the block ends.

    Raises:
        BenchmarkError: If it does not say in ten seconds where it listens.
    """
    process = subprocess.Popen(
        pinned(command, SERVER_CPU), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environ()
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        ready, _, _ = select.select([process.stdout], [], [], 10)
        line = process.stdout.readline() if ready else ""
        if not line.strip().isdigit():
            process.kill()
            raise BenchmarkError(f"{' '.join(command)} did not start: {process.stderr.read().strip()[-400:]}")
        try:
            yield Server(process, int(line))
        except BenchmarkError as error:
            if process.poll() is not None:
                last = process.stderr.read().strip()[-400:]
                raise BenchmarkError(f"{' '.join(command)} ended: {last} ({error})") from error
            raise
    finally:
        process.kill()
        process.communicate()


def timed(command: Sequence[str]) -> float:
    """Return how many seconds of CPU `command` takes, from start to end: other work does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output(command, cpu=SERVER_CPU)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def python() -> str:
    """Return the interpreter that runs Sennit."""
    return sys.executable
