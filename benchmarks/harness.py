"""Turns, ratios and processes: what the rooms of the benchmarks are made of.

The machine is never quiet, so no figure stands alone: the contenders take turns, and what counts is the
median over the rounds of Sennit's figure divided by the peer's in the same round.  The server has CPU 0 for
itself and the load CPU 1, where `taskset` and a second CPU exist.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import resource
import select
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.environment import ROOT

if TYPE_CHECKING:
    from benchmarks.programs import Revision

__all__ = [
    "HERE",
    "BenchmarkError",
    "Options",
    "Result",
    "compare",
    "compare_figures",
    "compare_tables",
    "floors",
    "output",
    "pinned",
    "serving",
    "serving_all",
]

Figure = TypeVar("Figure")
HERE = Path(__file__).resolve().parent
SERVER_CPU, LOAD_CPU = 0, 1
TWISTED = 2.0
LEAN = 1 / 0.6
"""What a cost must be to Twisted's where it may be at most six tenths of it: start-up and memory."""
IN_PYTHON = frozenset(
    {
        "aiohttp",
        "aiosmtpd",
        "asyncio",
        "gevent",
        "granian",
        "stdlib",
        "tornado",
        "trio",
        "uvicorn",
        "uvloop",
        "websockets",
    }
)


class BenchmarkError(Exception):
    """A contender gave a wrong answer, or none."""


@dataclasses.dataclass(frozen=True)
class Options:
    """What the command line asked for.

    Attributes:
        rounds: How many turns each contender has.
        seconds: How long a turn lasts.
        peers: The peers to run; None for all.
        against: The revision of Sennit that is a peer too, if one is.
    """

    rounds: int
    seconds: float
    peers: frozenset[str] | None = None
    against: Revision | None = None

    def wants(self, peer: str) -> bool:
        """Return whether `peer` is to be run."""
        if self.against is not None and peer == self.against.name:
            return True
        return self.peers is None or peer in self.peers

    def few(self, rounds: int) -> Options:
        """Return the same with no more than `rounds`, for turns that are long."""
        return dataclasses.replace(self, rounds=min(self.rounds, rounds))


def floors(**special: float) -> dict[str, float]:
    """Return what the ratio to each peer must reach: twice Twisted's, and no less than any in Python.

    Args:
        **special: What else it is for some peers.
    """
    return {**dict.fromkeys(IN_PYTHON, 1.0), "twisted": TWISTED, **special}


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
        room: The room that it is of.
    """

    name: str
    peer: str
    unit: str
    ours: Sequence[float]
    theirs: Sequence[float] = ()
    floor: float | None = None
    less_is_better: bool = False
    note: str = ""
    room: str = ""

    @property
    def key(self) -> str:
        """What tells it from all others of a run."""
        return "/".join(filter(None, (self.room, self.name, self.unit, self.peer)))

    @property
    def figure(self) -> float:
        """The median of Sennit's figures."""
        return statistics.median(self.ours)

    @property
    def ratio(self) -> float | None:
        """The median of the ratios; None without a peer."""
        return statistics.median(self.ratios()) if self.theirs else None

    def ratios(self) -> list[float]:
        """Return how many times better Sennit was, round by round."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return [theirs / ours if self.less_is_better else ours / theirs for ours, theirs in pairs]

    def verdict(self) -> str:
        """Return pass or MISS, or nothing if there is no floor."""
        if self.floor is None or self.note:
            return ""
        ratio = self.ratio
        good = self.figure <= self.floor if ratio is None else ratio >= self.floor
        return "pass" if good else "MISS"

    def line(self) -> str:
        """Return the result as a line to print."""
        if self.note:
            return f"{self.name:34} {self.note}"
        ours = f"{self.figure:12,.6g} {self.unit}"
        ratio = self.ratio
        if ratio is None:
            limit = "" if self.floor is None else f"  limit {self.floor:g}  {self.verdict()}"
            return f"{self.name:34}{ours}{limit}"
        ratios = self.ratios()
        spread = f"{ratio:6.2f} x {self.peer:8} ({min(ratios):.2f} to {max(ratios):.2f})"
        floor = "" if self.floor is None else f"  floor {self.floor:.3g}  {self.verdict()}"
        return f"{self.name:34}{ours:>22}  {spread}{floor}"

    def data(self) -> dict[str, Any]:
        """Return the result for a JSON file."""
        return {**dataclasses.asdict(self), "ratio": self.ratio, "verdict": self.verdict()}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Result:
        """Return the result whose `data` this is."""
        return cls(**{field.name: data[field.name] for field in dataclasses.fields(cls)})


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
        try:
            # By the nanosecond, thread by thread.
            threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
            spent = [int(each.read_text(encoding="ascii").split()[0]) for each in threads]
        except OSError:
            spent = []
        if sum(spent):
            return sum(spent) / 1e9
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
    figures = _in_turn(turns, options)
    for peer in figures:
        if peer != "sennit":
            yield Result(name, peer, unit, figures["sennit"], figures[peer], floors.get(peer), less_is_better)


def compare_tables(
    unit: str,
    commands: Mapping[str, Sequence[str]],
    options: Options,
    floors: Mapping[str, float],
    less_is_better: bool = False,
) -> Iterator[Result]:
    """Let programs take turns that print a JSON object of figures by name, and yield a result for each name.

    A peer may lack some of the names.

    Args:
        unit: Of the figures.
        commands: How each contender is run; one of them is called ``sennit``.
        options: How many rounds, and which peers.
        floors: What the ratio to a peer must reach.
        less_is_better: Whether the figures are costs.
    """
    turns = {peer: functools.partial(_table, unit, command) for peer, command in commands.items()}
    yield from compare_figures(turns, options, floors, less_is_better)


def compare_figures(
    turns: Mapping[str, Callable[[], Mapping[tuple[str, str], float]]],
    options: Options,
    floors: Mapping[str, float],
    less_is_better: bool = False,
) -> Iterator[Result]:
    """Let contenders take turns of which each gives figures by name and unit; else as `compare`."""
    tables = _in_turn(turns, options)
    for key in tables["sennit"][0] if tables["sennit"] else ():
        name, unit = key
        ours = [table[key] for table in tables["sennit"]]
        for peer, rounds in tables.items():
            if peer != "sennit" and key in rounds[0]:
                theirs = [table[key] for table in rounds]
                yield Result(name, peer, unit, ours, theirs, floors.get(peer), less_is_better)


def _table(unit: str, command: Sequence[str]) -> dict[tuple[str, str], float]:
    text = output(command, cpu=SERVER_CPU)
    try:
        figures = json.loads(text)
    except ValueError:
        figures = None
    if not isinstance(figures, dict) or not figures:
        raise BenchmarkError(f"{' '.join(command)} printed {text!r}")
    return {(name, unit): figure for name, figure in figures.items()}


def _in_turn(turns: Mapping[str, Callable[[], Figure]], options: Options) -> dict[str, list[Figure]]:
    """Return what each contender had in each turn; a peer that fails is left out, which is printed."""
    running = [peer for peer in turns if peer == "sennit" or options.wants(peer)]
    figures: dict[str, list[Figure]] = {peer: [] for peer in running}
    if len(running) == 1:
        return figures  # Ours alone say nothing.
    for number in range(options.rounds):
        # There and back again, so that what changes slowly on the machine favours nobody.
        for peer in running if number % 2 == 0 else reversed(running):
            if peer not in figures:
                continue
            try:
                figures[peer].append(turns[peer]())
            except BenchmarkError as error:
                if peer == "sennit":
                    raise BenchmarkError(f"{peer}: {error}") from error
                print(f"  {peer} is left out: {error}", flush=True)
                del figures[peer]
    return figures


def timed(command: Sequence[str]) -> float:
    """Return how many seconds of CPU `command` takes, from start to end: other work does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output(command, cpu=SERVER_CPU)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def python() -> str:
    """Return the interpreter that runs Sennit."""
    return sys.executable
