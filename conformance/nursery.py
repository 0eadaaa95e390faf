"""Runs test modules, each in a process of its own that is forked from one where what all need is imported.

    python -m conformance.nursery directory

Each line of standard input names a module; for each a line of standard output says how its process ended.
What becomes of its tests is in ``directory/module.jsonl``, as `conformance.module` writes it.  A test that is
not over in `TEST_LIMIT` seconds has its process killed, is written down as failed, and the rest of the module
goes on in another process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

from conformance import module as runner

__all__ = ["main"]

TEST_LIMIT = 12.0
MODULE_LIMIT = 300.0
# So many tests of a module may hang before the rest is given up.
RESTARTS = int(os.environ.get("CONFORMANCE_PATIENCE", "6"))
_PAUSE = 0.02

# What most test modules import, without a reactor, which belongs to each process alone.
_PRELOADED = (
    *("OpenSSL.SSL", "cryptography.x509", "hypothesis", "uvloop"),
    *("sennit.trial.loader", "sennit.trial.runner", "sennit.trial.suite", "sennit.trial.asynchronous"),
    *("sennit.endpoint", "sennit.process", "sennit.reactor", "sennit.testing", "sennit.tls", "sennit.web"),
    *("twisted.internet.defer", "twisted.internet.endpoints", "twisted.internet.task", "twisted.logger"),
    *("twisted.python.filepath", "twisted.python.util", "twisted.trial.unittest", "twisted.web.server"),
)


def main(directory: Path) -> None:
    """Serve until standard input ends."""
    for name in _PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        name = line.strip()
        began = time.monotonic()
        problem = _run(name, directory)
        answer = {"module": name, "problem": problem, "seconds": time.monotonic() - began}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _run(name: str, directory: Path) -> str:
    """Run a module's tests, in as many processes as it takes; return what kept them from ending."""
    path = directory / f"{name}.jsonl"
    end = time.monotonic() + MODULE_LIMIT
    for attempt in range(RESTARTS):
        problem, running = _attempt(name, directory, path, end, str(attempt))
        if running is None or time.monotonic() > end:
            return problem
        with path.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"id": running, "outcome": "failed", "why": problem}) + "\n")
    return f"cut off {RESTARTS} times"


def _attempt(name: str, directory: Path, path: Path, end: float, number: str) -> tuple[str, str | None]:
    """Run what is left of a module; return what went wrong, and the test that it was in then."""
    work = directory / name / number
    work.mkdir(parents=True)
    done, _ = read(path)
    pid = os.fork()
    if not pid:
        _be_child(name, path, work, done)
    problem = ""
    size, since = -1, time.monotonic()
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            break
        now = time.monotonic()
        written = path.stat().st_size if path.exists() else 0
        if written != size:
            size, since = written, now
        if now - since > TEST_LIMIT or now > end:
            problem = f"not over after {now - since:.0f} s"
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            break
        time.sleep(_PAUSE)
    # What tests have started and left goes with them.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    if status and not problem:
        said = (work / "output").read_text(errors="replace")[-500:]
        problem = f"the process ended with {os.waitstatus_to_exitcode(status)}: {said}"
    return problem, read(path)[1] if problem else None


def read(path: Path) -> tuple[set[str], str | None]:
    """Return which tests are over, and which one has begun and is not."""
    done: set[str] = set()
    running = None
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        entry = json.loads(line)
        if "begun" in entry:
            running = entry["begun"]
        elif "id" in entry:
            done.add(entry["id"])
            running = None if running == entry["id"] else running
    return done, running


def _be_child(name: str, path: Path, work: Path, done: set[str]) -> None:
    """Run tests, and end the process."""
    status = 1
    try:
        os.setsid()
        os.chdir(work)
        nothing = os.open(os.devnull, os.O_RDONLY)
        output = os.open("output", os.O_WRONLY | os.O_CREAT)
        for descriptor, source in ((0, nothing), (1, output), (2, output)):
            os.dup2(source, descriptor)
        os.close(nothing)
        os.close(output)
        # What the parent reads from there is not the tests'.
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 (open until the process ends)
        sys.argv[:] = ["trial"]
        runner.main(name, str(path), done)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
