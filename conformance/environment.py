"""A Python that has Twisted 26.10, beside the one that runs this: made once, kept under .cache/.

Twisted comes from the package registry that pip is configured for.  Processes that need it at the same time
wait for the one that makes it.  SENNIT_TWISTED_PYTHON names an interpreter to use instead.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "sennit_command", "twisted_python"]

ROOT = Path(__file__).resolve().parent.parent
# With TLS, as the programs in use install it.
REQUIREMENTS = ("twisted[tls]==26.10.0",)


def twisted_python() -> Path:
    """Return the path of an interpreter that imports Twisted 26.10.

    Raises:
        RuntimeError: If the environment cannot be made; with pip's last words.
    """
    given = os.environ.get("SENNIT_TWISTED_PYTHON")
    if given:
        return Path(given)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    home = ROOT / ".cache" / f"twisted-26.10-tls-python{version}"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        home.parent.mkdir(exist_ok=True)
        with home.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (home / "ready").exists():
                _make(home, python)
    return python


def _make(home: Path, python: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(home))
    _run(str(python), "-m", "pip", "install", "--disable-pip-version-check", *REQUIREMENTS)
    _run(str(python), "-c", "import twisted; assert twisted.__version__ == '26.10.0', twisted.__version__")
    (home / "ready").touch()


def _run(*command: str) -> None:
    """Run `command`; what it says matters only if it fails."""
    # Nothing of the environment that runs this may leak into the one that is made.
    environ = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False, timeout=600)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{last}")


def sennit_command() -> tuple[str, ...]:
    """Return the beginning of a command that runs a program for Twisted on Sennit."""
    return (sys.executable, "-m", "sennit.twisted")
