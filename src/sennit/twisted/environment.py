"""Switches a whole Python environment: ``import twisted`` is Sennit for every process in it, and back again.

What is put there is an installed distribution like any other, called Twisted: a ``.pth`` file and a small
module that wait for the name (`sennit.twisted.at_start`), the console scripts whose modules Sennit has, and a
``.dist-info`` directory whose RECORD lists them all.  So requirements and version checks of installed
programs hold, and ``pip uninstall twisted``, or installing Twisted itself, takes everything away as `disable`
does.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import io
import os
import py_compile
import re
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sennit.twisted.copyright import __version__ as _twisted
from sennit.twisted.table import TABLE
from sennit.version import __version__ as _sennit

__all__ = ["SCRIPTS", "VERSION", "CannotSwitchError", "Environment"]

# What `pip list` shows: Twisted's version, which satisfies all that it does, marked as ours.
VERSION: Final = f"{_twisted}+sennit"

# Twisted's console scripts, and where they begin; each is there as soon as its module is.
SCRIPTS: Final = {
    "cftp": "twisted.conch.scripts.cftp:run",
    "ckeygen": "twisted.conch.scripts.ckeygen:run",
    "conch": "twisted.conch.scripts.conch:run",
    "mailmail": "twisted.mail.scripts.mailmail:run",
    "mktap": "twisted.scripts.mktap:run",
    "pyhtmlizer": "twisted.scripts.htmlizer:run",
    "tkconch": "twisted.conch.scripts.tkconch:run",
    "trial": "twisted.scripts.trial:run",
    "twist": "twisted.application.twist._twist:Twist.main",
    "twistd": "twisted.scripts.twistd:run",
}

# Extras that programs ask of Twisted, and those of ours that bring what they need.
_EXTRAS: Final = {
    "all-non-platform": ("http2", "serial", "ssh", "tls", "websocket"),
    "conch": ("ssh",),
    "gtk-platform": ("http2", "serial", "ssh", "tls", "websocket"),
    "http2": ("http2",),
    "macos-platform": ("http2", "serial", "ssh", "tls", "websocket"),
    "osx-platform": ("http2", "serial", "ssh", "tls", "websocket"),
    "serial": ("serial",),
    "test": (),
    "tls": ("tls",),
    "websocket": ("websocket",),
    "windows-platform": ("http2", "serial", "ssh", "tls", "websocket"),
}

# Our extra that has what Twisted brings with it, which programs import without asking for it themselves.
_BESIDE: Final = "drop-in"

_MODULE: Final = "_sennit_drop_in"
_PATH_FILE: Final = "sennit_drop_in.pth"
_INSTALLER: Final = "sennit"
_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: sennit\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_SHEBANG_LIMIT: Final = 127  # the shortest that a supported kernel cuts


class CannotSwitchError(Exception):
    """An environment cannot be switched; the message is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Environment:
    """A place where Python packages are installed.

    Attributes:
        prefix: Its directory.
        packages: Where its pure Python packages are.
        scripts: Where its commands are.
        python: The interpreter that runs in it.
        virtual: Whether it is a virtual environment.
    """

    prefix: Path
    packages: Path
    scripts: Path
    python: str
    virtual: bool

    @classmethod
    def here(cls) -> Environment:
        """Return the environment of this process."""
        return cls(
            prefix=Path(sys.prefix),
            packages=Path(sysconfig.get_path("purelib")),
            scripts=Path(sysconfig.get_path("scripts")),
            python=sys.executable,
            virtual=sys.prefix != sys.base_prefix,
        )

    def enabled(self) -> bool:
        """Return whether ``import twisted`` is Sennit here."""
        return self._information() is not None

    def twisted_itself(self) -> str | None:
        """Return the version of the Twisted that is installed here and is not Sennit; "" if it says none."""
        for found in importlib.metadata.distributions(name="Twisted", path=[str(self.packages)]):
            if (found.read_text("INSTALLER") or "").strip() != _INSTALLER:
                return found.version
        return "" if (self.packages / "twisted" / "__init__.py").exists() else None

    def commands(self) -> list[str]:
        """Return the names of the console scripts that the drop-in has put here."""
        return sorted(path.name for path in self._recorded() if path.parent == self.scripts)

    def enable(self, *, system: bool = False) -> None:
        """Make ``import twisted`` give Sennit in every process that starts here from now on.

        Where it does so already, everything is put there anew, as this version of Sennit has it.

        Args:
            system: Also if this is no virtual environment.

        Raises:
            CannotSwitchError: If this is none and `system` is false, if Twisted itself or no Sennit is
                installed here, if a script of another's is in the way, or if files cannot be written.
        """
        if not self.virtual and not system:
            raise CannotSwitchError(
                f"{self.prefix} is not a virtual environment, and every program of this Python would be "
                "switched: give --system if that is what you want."
            )
        theirs = self.twisted_itself()
        if theirs is not None:
            raise CannotSwitchError(
                f"Twisted {theirs} itself is installed in {self.packages}: pip uninstall twisted first."
            )
        extras = self._our_extras()
        try:
            self.disable()
            self._write(extras)
        except OSError as error:
            raise CannotSwitchError(
                f"{error.filename or self.packages} cannot be written: {error.strerror}."
            ) from None

    def disable(self) -> None:
        """Take away everything that `enable` has put here; where it has not, nothing.

        Raises:
            CannotSwitchError: If files cannot be removed.
        """
        information = self._information()
        if information is None:
            return
        try:
            for path in self._recorded():
                path.unlink(missing_ok=True)
            cache = self.packages / "__pycache__"
            for compiled in cache.glob(f"{_MODULE}.*.pyc"):
                compiled.unlink(missing_ok=True)
            if cache.is_dir() and not any(cache.iterdir()):
                cache.rmdir()
            shutil.rmtree(information)
        except OSError as error:
            raise CannotSwitchError(f"{error.filename} cannot be removed: {error.strerror}.") from None

    def _information(self) -> Path | None:
        """Return the drop-in's ``.dist-info`` directory."""
        for path in self.packages.glob("[Tt]wisted-*.dist-info"):
            installer = path / "INSTALLER"
            if installer.is_file() and installer.read_text("utf-8").strip() == _INSTALLER:
                return path
        return None

    def _recorded(self) -> list[Path]:
        """Return the paths in RECORD, those of the ``.dist-info`` directory left out."""
        information = self._information()
        if information is None:
            return []
        rows = csv.reader((information / "RECORD").read_text("utf-8").splitlines())
        # Not Path.resolve: a link in the way to the environment is not ours to follow.
        paths = [Path(os.path.normpath(self.packages / row[0])) for row in rows]
        return [path for path in paths if path.parent != information]

    def _our_extras(self) -> set[str]:
        # What this process can import may come from elsewhere; what counts is in the environment itself.
        ours = next(iter(importlib.metadata.distributions(name="sennit", path=[str(self.packages)])), None)
        if ours is None:
            raise CannotSwitchError(
                f"Sennit is not installed in {self.prefix}, only importable by this process: "
                "pip install it there first."
            )
        return set(ours.metadata.get_all("Provides-Extra") or ())

    def _write(self, extras: set[str]) -> None:
        scripts = {name: start for name, start in SCRIPTS.items() if start.partition(":")[0] in TABLE}
        taken = [name for name in scripts if (self.scripts / name).exists()]
        if taken:
            raise CannotSwitchError(
                f"{self.scripts / taken[0]} is there already, and is not the drop-in's: move it away."
            )
        information = self.packages / f"twisted-{VERSION}.dist-info"
        files = {
            self.packages / f"{_MODULE}.py": Path(__file__).with_name("at_start.py").read_text("utf-8"),
            **{self.scripts / name: _script(self.python, start) for name, start in scripts.items()},
            information / "METADATA": _metadata(extras),
            information / "WHEEL": _WHEEL,
            information / "INSTALLER": f"{_INSTALLER}\n",
            information / "top_level.txt": "twisted\n",
            information / "entry_points.txt": "".join(
                ["[console_scripts]\n", *(f"{name} = {start}\n" for name, start in scripts.items())]
            ),
            # The last, so that no process meets a half of this.
            self.packages / _PATH_FILE: f"import {_MODULE}; {_MODULE}.watch()\n",
        }
        written: list[Path] = []
        try:
            information.mkdir()
            record = f"{_record(self.packages, files)}{information.name}/RECORD,,\n"
            for path, text in ((information / "RECORD", record), *files.items()):
                written.append(path)
                path.write_text(text, "utf-8")
                if path.parent == self.scripts:
                    path.chmod(0o755)
                elif path.suffix == ".py":
                    # As pip does: processes that may not write here start as quickly as others.
                    py_compile.compile(str(path))
        except BaseException:
            for path in written:
                path.unlink(missing_ok=True)
            shutil.rmtree(information, ignore_errors=True)
            raise


def _record(base: Path, files: dict[Path, str]) -> str:
    """Return RECORD's text, in which it stands itself without a hash."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    for path, text in files.items():
        content = text.encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow([os.path.relpath(path, base), f"sha256={digest}", len(content)])
    return rows.getvalue()


def _metadata(extras: set[str]) -> str:
    lines = [
        "Metadata-Version: 2.1",
        "Name: Twisted",
        f"Version: {VERSION}",
        f"Summary: Sennit {_sennit} in the place of Twisted; `sennit drop-in disable` takes it away",
        f"Requires-Python: >={sys.version_info.major}.{sys.version_info.minor}",
        f"Requires-Dist: sennit[{_BESIDE}]" if _BESIDE in extras else "Requires-Dist: sennit",
    ]
    for name, ours in _EXTRAS.items():
        there = sorted(extras.intersection(ours))
        for spelling in dict.fromkeys((name, name.replace("-", "_"))):
            lines.append(f"Provides-Extra: {spelling}")
            if there:
                lines.append(f'Requires-Dist: sennit[{",".join(there)}]; extra == "{spelling}"')
    return "\n".join(lines) + "\n"


def _script(python: str, start: str) -> str:
    module, _, attribute = start.partition(":")
    call = re.sub(r"^(\w+).*", r"\1", attribute)
    shebang = f"#!{python}\n"
    if " " in python or len(shebang) > _SHEBANG_LIMIT:
        # The kernel would cut or split it; sh and Python read these lines each in its own way.
        shebang = f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"
    return f"{shebang}import sys\nfrom {module} import {call}\nsys.exit({attribute}())\n"
