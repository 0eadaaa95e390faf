"""The programs that are measured, and what runs them: Sennit, Twisted, and peers from the package registry.

Each peer has an environment of its own, made when it is first wanted; so has an earlier revision of Sennit.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

from conformance.environment import ROOT, python_with, run, twisted_python

from benchmarks.harness import Options
from benchmarks.processes import HERE, BenchmarkError

__all__ = [
    "PACKAGES",
    "PEERS",
    "Revision",
    "compiled",
    "contenders",
    "native",
    "peer_python",
    "version",
]

PEERS = HERE / "peers"
# What pip installs for each peer; the others need nothing but a Python, a compiler or Node.js.
PACKAGES: Mapping[str, tuple[str, ...]] = {
    "aiohttp": ("aiohttp", "uvloop"),
    "aiosmtpd": ("aiosmtpd", "uvloop"),
    "gevent": ("gevent",),
    "granian": ("granian", "uvloop"),
    "tornado": ("tornado",),
    "trio": ("trio",),
    "uvicorn": ("uvicorn", "uvloop", "httptools"),
    "uvloop": ("uvloop",),
    "websockets": ("websockets", "uvloop"),
}
# The extras of Sennit that the programs use.
EXTRAS = "tls,websocket,drop-in"
DROP_IN = ("-m", "sennit.twisted")


def contenders(options: Options, program: str, *arguments: str, **peers: str) -> dict[str, list[str]]:
    """Return the commands that run a program for Twisted, on Sennit and on Twisted, and those of other peers.

    Args:
        options: Which peers are wanted; those that cannot be had here are left out, which is printed.
        program: The name of a file in ``peers``.
        *arguments: What to pass to each program, after what it has already.
        **peers: By peer, the name of a file in ``peers``, with arguments of its own after spaces: a
            program in Python, in C, or for Node.js.
    """
    path = str(PEERS / program)
    commands = {"sennit": [*_ours(options, *DROP_IN), path, *arguments]}
    if options.against is not None:
        commands[options.against.name] = [
            *options.against.command(),
            *DROP_IN,
            path,
            *arguments,
        ]
    if options.wants("twisted"):
        commands["twisted"] = [str(twisted_python()), path, *arguments]
    return {**commands, **_others(options, arguments, peers)}


def native(options: Options, program: str, *arguments: str, **peers: str) -> dict[str, list[str]]:
    """Return the commands that run a program for Sennit itself, and of its peers; else as `contenders`."""
    path = str(PEERS / program)
    commands = {"sennit": [*_ours(options), path, *arguments]}
    if options.against is not None:
        commands[options.against.name] = [*options.against.command(), path, *arguments]
    return {**commands, **_others(options, arguments, peers)}


def _ours(options: Options, *how: str) -> list[str]:
    """Return the beginning of a command that runs Sennit as it is here, on the loop that is wanted.

    Args:
        options: Which loop is wanted.
        *how: What comes before the program, such as ``-m sennit.twisted``.
    """
    on_loop = [] if options.loop is None else [str(PEERS / "on_loop.py"), options.loop]
    return [sys.executable, *on_loop, *how]


def _others(options: Options, arguments: tuple[str, ...], peers: Mapping[str, str]) -> dict[str, list[str]]:
    commands = {}
    for peer, words in peers.items():
        program, *own = words.split()
        runner = _runner(peer, program) if options.wants(peer) else None
        if runner is not None:
            commands[peer] = [*runner, *own, *arguments]
    return commands


@functools.cache
def _runner(peer: str, program: str) -> tuple[str, ...] | None:
    """Return the beginning of a command that runs a peer's program; None, and say why, if it cannot."""
    path = PEERS / program
    if path.suffix == ".c":
        binary = compiled(path)
        if binary is None:
            print(f"  {peer} is left out: there is no C compiler", flush=True)
        return None if binary is None else (binary,)
    if path.suffix == ".js":
        node = shutil.which("node")
        if node is None:
            print(f"  {peer} is left out: Node.js is not installed", flush=True)
        return None if node is None else (node, str(path))
    interpreter = peer_python(peer)
    return None if interpreter is None else (interpreter, str(path))


@functools.cache
def peer_python(peer: str) -> str | None:
    """Return the interpreter for a peer; None, and say why, if its environment cannot be made."""
    if peer not in PACKAGES:
        return sys.executable
    try:
        return str(python_with(f"peer-{peer}", *PACKAGES[peer], check=f"import {', '.join(PACKAGES[peer])}"))
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        reason = str(error).splitlines()[-1]
        print(f"  {peer} is left out: {reason}", flush=True)
        return None


def version(peer: str) -> str:
    """Return what is known of a peer's version; empty if nothing is."""
    if peer == "node":
        return _said("node", "--version").lstrip("v")
    if peer == "twisted":
        return _said(str(twisted_python()), "-c", "import twisted; print(twisted.__version__)")
    interpreter = peer_python(peer) if peer in PACKAGES else None
    if interpreter is None:
        return ""
    return _said(interpreter, "-c", f"import importlib.metadata as m; print(m.version({peer!r}))")


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout.strip()


def compiled(source: Path, *libraries: str) -> str | None:
    """Return the path of a program in C, compiled when it has changed; None where that cannot be done."""
    binary = ROOT / ".cache" / source.stem
    if binary.exists() and binary.stat().st_mtime >= source.stat().st_mtime:
        return str(binary)
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        return None
    binary.parent.mkdir(exist_ok=True)
    # Beside its place, and moved there whole: others may be compiling or running it.
    fresh = binary.with_name(f"{source.stem}.{os.getpid()}")
    command = [compiler, "-O2", "-o", fresh, source, *libraries]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    fresh.replace(binary)
    return str(binary)


@dataclasses.dataclass(frozen=True)
class Revision:
    """An earlier state of Sennit, in an environment of its own.

    Attributes:
        name: Its short hash, which is also what it is called as a peer.
    """

    name: str

    @classmethod
    def of(cls, text: str) -> Revision:
        """Return the revision that `text` means to git; nothing is built yet.

        Raises:
            BenchmarkError: If git knows no such revision.
        """
        name = _said("git", "-C", str(ROOT), "rev-parse", "--verify", "--quiet", f"{text}^{{commit}}")
        if not name:
            raise BenchmarkError(f"git knows no revision {text}")
        return cls(name[:12])

    def command(self) -> list[str]:
        """Return the beginning of a command that runs its interpreter, where only its own Sennit is found.

        Raises:
            BenchmarkError: If it cannot be built; with the last words of what failed.
        """
        return ["env", f"PYTHONPATH={ROOT}", str(self._python())]

    @functools.cache  # noqa: B019 - there is one for a whole run
    def _python(self) -> Path:
        tree = ROOT / ".cache" / f"revision-{self.name}"
        try:
            if not tree.exists():
                fresh = tree.with_name(f"{tree.name}.{os.getpid()}")
                fresh.mkdir(parents=True)
                packed = fresh / "tree.tar"
                run("git", "-C", str(ROOT), "archive", "--output", str(packed), self.name)
                with tarfile.open(packed) as archive:
                    archive.extractall(fresh, filter="data")
                packed.unlink()
                with contextlib.suppress(OSError):  # Another was quicker.
                    fresh.rename(tree)
            return python_with(tree.name, f"{tree}[{EXTRAS}]", check="import sennit")
        except RuntimeError as error:
            raise BenchmarkError(f"{self.name} cannot be built: {error}") from error
