"""Lays Twisted's own tests over the drop-in: their ``twisted.X`` is Sennit, ``twisted.X.test`` is theirs.

    python -m conformance.graft twisted.test.test_defer

runs what it names under Sennit's trial, in an environment made for that: Sennit installed from this
directory, the drop-in enabled, and what the tests need besides.  There every process has the graft, children
of tests included.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from conformance.environment import ROOT
from conformance.fetch import HOME, tests

__all__ = ["Graft", "lay", "python"]

# What Twisted's tests import that is neither Twisted nor Sennit; and what Sennit's optional rooms need.
REQUIREMENTS = (
    *(
        "attrs",
        "constantly",
        "cython-test-exception-raiser",
        "h2",
        "httpx[http2]",
        "hypothesis",
        "incremental",
    ),
    *("priority", "pyhamcrest", "pyserial", "python-subunit", "typing-extensions", "wsproto"),
)


class Graft:
    """Finds the modules of Twisted's test packages.

    Args:
        tree: The directory that holds their ``twisted``.
    """

    def __init__(self, tree: Path) -> None:
        self._tree = tree

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer for what is in a test package; the drop-in's finder, behind this one, for the rest."""
        if fullname == "twisted":
            _install()
            sys.meta_path.remove(self)
            sys.meta_path.insert(0, self)
            return self._at_home(fullname)
        parts = fullname.split(".")
        if parts[0] != "twisted":
            return None
        from sennit.twisted.table import TABLE

        if fullname in TABLE:
            return self._at_home(fullname) if self._tree.joinpath(*parts, "__init__.py").exists() else None
        if "test" not in parts:
            return None
        return PathFinder.find_spec(fullname, [str(self._tree.joinpath(*parts[:-1]))])

    def _at_home(self, fullname: str) -> ModuleSpec | None:
        """Find one of the drop-in's packages, with a file among the tests: they look for their data there."""
        from sennit.twisted.finder import FINDER

        spec = FINDER.find_spec(fullname)
        if spec is not None:
            home = self._tree.joinpath(*fullname.split("."))
            spec.origin = str(home / "__init__.py")
            spec.has_location = True
            spec.submodule_search_locations = [str(home)]
        return spec


def _install() -> None:
    """Put the drop-in in place, with the names that tests use besides."""
    from conformance.aliases import ALIASES, attach
    from sennit.twisted import install
    from sennit.twisted.table import TABLE

    for name, sources in ALIASES.items():
        TABLE[name] = (*TABLE.get(name, ()), *sources)
    for name in [name for name in TABLE if name.startswith("twisted.web.test")]:
        # What programs take from there the tests have themselves.
        del TABLE[name]
    install()
    attach()


def lay() -> None:
    """Have this process find Twisted's test packages."""
    if not any(isinstance(finder, Graft) for finder in sys.meta_path):
        sys.meta_path.insert(0, Graft(tests()))


def python() -> Path:
    """Return the interpreter of an environment where everything is in place; make that if it is not there.

    Raises:
        RuntimeError: If it cannot be made; with the last words of what failed.
    """
    home = HOME / f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = home / "bin" / "python"
    tests()
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "ready").exists():
            shutil.rmtree(home, ignore_errors=True)
            _run(sys.executable, "-m", "venv", str(home))
            _run(str(found), "-m", "pip", "install", "--editable", f"{ROOT}[tls,websocket]", *REQUIREMENTS)
            _graft_every_process(home)
            (home / "ready").touch()
        # There may be more to enable since the last time.
        _run(str(found), "-m", "sennit", "drop-in", "enable")
    return found


def _graft_every_process(home: Path) -> None:
    packages = next(home.glob("lib/python*/site-packages"))
    (packages / "zz_graft.pth").write_text(f"{ROOT}\nimport conformance.graft; conformance.graft.lay()\n")


def _run(*command: str) -> None:
    environ = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False, timeout=900)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{last}")


if __name__ == "__main__":
    interpreter = str(python())
    command = [interpreter, "-m", "sennit", "test", *sys.argv[1:]]
    sys.exit(subprocess.run(command, check=False).returncode)
