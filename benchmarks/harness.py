"""Turns, ratios and processes: what the rooms of the benchmarks are made of.

The machine is never quiet, so no figure stands alone: the contenders take turns, and what counts is the
median over the rounds of Sennit's figure divided by the peer's in the same round.  The server has CPU 0 for
itself and the load CPU 1, where `taskset` and a second CPU exist.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import select
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.environment import ROOT, sennit_command, twisted_python

__all__ = [
    "HERE",
    "BenchmarkError",
    "Options",
    "Result",
    "compare",
    "contenders",
    "output",
    "pinned",
    "serving",
    "serving_all",
]

HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"
SERVER_CPU, LOAD_CPU = 0, 1


class BenchmarkError(Exception):
    """A contender gave a wrong answer, or none."""


@dataclasses.dataclass(frozen=True)
class Options:
    """What the command line asked for.

    Attributes:
        rounds: How many turns each contender has.
        seconds: How long a turn lasts.
        peers: The peers to run; None for all.
    """

    rounds: int
    seconds: float
    peers: frozenset[str] | None = None

    def wants(self, peer: str) -> bool:
        """Return whether `peer` is to be run."""
        return self.peers is None or peer in self.peers


@dataclasses.dataclass
class Result:
    """One comparison.

    Attributes:
        name: What was measured.
        peer: Beside whom; empty if the figure stands against a fixed limit.
        unit: Of the figures.
        ours: Sennit's figure in each round.
        theirs: The peer's figure in each round.
        floor: What the median ratio must reach; or, for a figure without peer, must not pass.
        less_is_better: Whether the figures are costs; the ratio is then the peer's by ours.
        note: Why there is nothing, if there is nothing.
    """

    name: str
    peer: str
    unit: str
    ours: Sequence[float]
    theirs: Sequence[float] = ()
    floor: float | None = None
    less_is_better: bool = False
    note: str = ""

    def ratios(self) -> list[float]:
        """Return how many times better Sennit was, round by round."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return [theirs / ours if self.less_is_better else ours / theirs for ours, theirs in pairs]

    def verdict(self) -> str:
        """Return pass or MISS, or nothing if there is no floor."""
        if self.floor is None or self.note:
            return ""
        if not self.theirs:
            return "pass" if statistics.median(self.ours) <= self.floor else "MISS"
        return "pass" if statistics.median(self.ratios()) >= self.floor else "MISS"

    def line(self) -> str:
        """Return the result as a line to print."""
        if self.note:
            return f"{self.name:34} {self.note}"
        ours = f"{statistics.median(self.ours):12,.6g} {self.unit}"
        if not self.theirs:
            limit = "" if self.floor is None else f"  limit {self.floor:g}  {self.verdict()}"
            return f"{self.name:34}{ours}{limit}"
        ratios = self.ratios()
        spread = f"{statistics.median(ratios):6.2f} x {self.peer:8} ({min(ratios):.2f} to {max(ratios):.2f})"
        floor = "" if self.floor is None else f"  floor {self.floor:g}  {self.verdict()}"
        return f"{self.name:34}{ours:>22}  {spread}{floor}"

    def data(self) -> dict[str, Any]:
        """Return the result for a JSON file."""
        ratio = statistics.median(self.ratios()) if self.theirs else None
        return {**dataclasses.asdict(self), "ratio": ratio, "verdict": self.verdict()}


def contenders(program: str, *arguments: str) -> dict[str, list[str]]:
    """Return the commands that run one Twisted program: on Sennit, and on Twisted itself.

    Args:
        program: The name of a file in ``peers``.
        *arguments: What to pass to it.
    """
    path = str(PEERS / program)
    return {
        "sennit": [*sennit_command(), path, *arguments],
        "twisted": [str(twisted_python()), path, *arguments],
    }


def pinned(command: Sequence[str], cpu: int) -> list[str]:
    """Return `command`, bound to one CPU if that can be done here."""
    taskset = shutil.which("taskset")
    if taskset is None or cpu not in os.sched_getaffinity(0):
        return list(command)
    return [taskset, "-c", str(cpu), *command]


def _environ() -> dict[str, str]:
    paths = [str(ROOT / "src"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}


def output(command: Sequence[str], cpu: int = LOAD_CPU, timeout: float = 120) -> str:
    """Run `command` to its end and return what it prints.

    Raises:
        BenchmarkError: If it fails or does not end in time.
    """
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

    def cpu_seconds(self) -> float:
        """Return the seconds of CPU that the process has used, in user mode and in the kernel."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def serving_all(commands: Mapping[str, Sequence[str]], options: Options) -> Iterator[dict[str, Server]]:
    """Run Sennit's server and those of the wanted peers side by side: those that wait cost nothing."""
    with contextlib.ExitStack() as stack:
        wanted = [peer for peer in commands if peer == "sennit" or options.wants(peer)]
        yield {peer: stack.enter_context(serving(commands[peer])) for peer in wanted}


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
        yield Server(process, int(line))
    finally:
        process.kill()
        process.communicate()


def compare(
    name: str,
    unit: str,
    turns: Mapping[str, Callable[[], float]],
    options: Options,
    floors: Mapping[str, float],
    less_is_better: bool = False,
) -> Iterator[Result]:
    """Let Sennit and its peers take turns, and yield a result for each peer.

    Args:
        name: What is measured.
        unit: Of the figures.
        turns: What each contender does for one figure; one of them is called ``sennit``.
        options: How many rounds, and which peers.
        floors: What the ratio to a peer must reach.
        less_is_better: Whether the figures are costs.
    """
    running = [peer for peer in turns if peer == "sennit" or options.wants(peer)]
    figures: dict[str, list[float]] = {peer: [] for peer in running}
    for number in range(options.rounds):
        # There and back again, so that what changes slowly on the machine favours nobody.
        for peer in running if number % 2 == 0 else reversed(running):
            figures[peer].append(turns[peer]())
    for peer in running:
        if peer != "sennit":
            yield Result(name, peer, unit, figures["sennit"], figures[peer], floors.get(peer), less_is_better)


def timed(command: Sequence[str]) -> float:
    """Return how many seconds `command` takes, from start to end."""
    began = time.perf_counter()
    output(command, cpu=SERVER_CPU)
    return time.perf_counter() - began


def python() -> str:
    """Return the interpreter that runs Sennit."""
    return sys.executable
