"""Pythons with Twisted 26.10 or something else, beside the one that runs this: made once, kept under .cache/.

What they have comes from the package registry that pip is configured for.  Processes that need one at the
same time wait for the one that makes it.  SENNIT_TWISTED_PYTHON names an interpreter to use instead.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["ROOT", "python_with", "run", "sennit_command", "twisted_python"]

ROOT = Path(__file__).resolve().parent.parent
# With TLS, as the programs in use install it.
REQUIREMENTS = ("twisted[tls]==26.10.0",)
CHECK = "import twisted; assert twisted.__version__ == '26.10.0', twisted.__version__"


def twisted_python() -> Path:
    """Return the path of an interpreter that imports Twisted 26.10.

    Raises:
        RuntimeError: If the environment cannot be made; with pip's last words.
    """
    given = os.environ.get("SENNIT_TWISTED_PYTHON")
    if given:
        return Path(given)
    return python_with("twisted-26.10-tls", *REQUIREMENTS, check=CHECK)


def python_with(name: str, *requirements: str, check: str = "pass") -> Path:
    """Return the path of an interpreter in an environment of its own, made when it is first asked for.

    Args:
        name: What to call the environment; it is made anew when its requirements have changed.
        *requirements: What pip installs there.
        check: A statement that must pass there.

    Raises:
        RuntimeError: If the environment cannot be made; with pip's last words.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    home = ROOT / ".cache" / f"{name}-python{version}"
    home.parent.mkdir(exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _holds(home) != "\n".join(requirements):
            _make(home, requirements, check)
    return home / "bin" / "python"


def _holds(home: Path) -> str | None:
    """Return what an environment was made of; None if there is none, or it was not made to its end."""
    try:
        return (home / "ready").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _make(home: Path, requirements: Sequence[str], check: str) -> None:
    shutil.rmtree(home, ignore_errors=True)
    python = str(home / "bin" / "python")
    run(sys.executable, "-m", "venv", str(home))
    run(python, "-m", "pip", "install", "--disable-pip-version-check", *requirements)
    run(python, "-c", check)
    (home / "ready").write_text("\n".join(requirements), encoding="utf-8")


def run(*command: str) -> None:
    """Run `command`; what it says matters only if it fails.

    Raises:
        RuntimeError: If it does; with its last words.
    """
    # Nothing of the environment that runs this may leak into the one that is made.
    environ = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False, timeout=600)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{last}")


def sennit_command() -> tuple[str, ...]:
    """Return the beginning of a command that runs a program for Twisted on Sennit."""
    return (sys.executable, "-m", "sennit.twisted")
