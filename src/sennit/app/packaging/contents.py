"""What is in a package, whatever its format."""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import sennit
from sennit.app.plugins import find_plugins
from sennit.app.tap import Tap

__all__ = ["REQUIRED", "Entry", "Package", "PackagingError", "describe"]

REQUIRED: Final = ("click", "httptools", "hyperlink", "idna", "multipart", "uvloop", "zope.interface")
"""The distributions that Sennit requires, as its metadata has them."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9+.-]{1,31}\Z")
_VERSION: Final = re.compile(r"[0-9][A-Za-z0-9.+~]*\Z")
_LINE: Final = re.compile(r"[^\x00-\x1f\x7f]+\Z")
_LEFT_OUT: Final = {"__pycache__"}
# What modules of machine code were made from.
_SOURCES: Final = {".c", ".h", ".pxd", ".pyx"}

_UNIT: Final = """\
[Unit]
Description={description}
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/lib/{name}/run
User={name}
Group={name}
StateDirectory={name}
WorkingDirectory=/var/lib/{name}
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""

_RUN: Final = """\
#!/bin/sh
PYTHONPATH=/usr/lib/{name}/python PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
exec {python} -m sennit daemon --nodaemon --pidfile= --file=/etc/{name}/{name}.tap "$@"
"""

_INSTALLED: Final = """\
if ! getent passwd {name} >/dev/null; then
    useradd --system --user-group --no-create-home --home-dir /var/lib/{name} --shell /usr/sbin/nologin {name}
fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable {name}.service
    systemctl restart {name}.service
fi
"""

_REMOVING: Final = """\
if [ -d /run/systemd/system ]; then
    systemctl disable --now {name}.service
fi
"""


class PackagingError(Exception):
    """A package cannot be made; the message is the whole explanation."""


@dataclass(frozen=True)
class Entry:
    """A file in a package.

    Attributes:
        content: What is in it.
        mode: Its permissions.
    """

    content: bytes
    mode: int = 0o644


@dataclass(frozen=True)
class Package:
    """A package.

    Attributes:
        name: Its name, and that of its user and its unit.
        version: Its version.
        description: A line that says what it is.
        maintainer: Who made it, as ``Name <address>``.
        python: The interpreter's path.
        depends: What else it depends on, as the packaging system writes it.
        is_native: Whether it has machine code, for this kind of machine alone.
        files: Its files, by their absolute paths.
        configuration: The paths of those that an administrator may edit.
        installed: What is run, as a shell script's lines, after it is installed.
        removing: What is run before it is removed.
        time: When its files are said to be from, in seconds since 1970.
    """

    name: str
    version: str
    description: str
    maintainer: str
    python: str
    depends: tuple[str, ...] = ()
    is_native: bool = False
    files: dict[str, Entry] = field(default_factory=dict)
    configuration: tuple[str, ...] = ()
    installed: str = ""
    removing: str = ""
    time: int = 0


def describe(
    tap: Tap,
    *,
    name: str | None = None,
    version: str = "1.0",
    description: str | None = None,
    maintainer: str = "root <root@localhost>",
    depends: Sequence[str] = (),
    python: str | None = None,
) -> Package:
    """Return the package of a TAP file's service.

    Args:
        tap: What the file says; the user that it names gives way to the package's own.
        name: The package's name; None for the application's.
        version: The package's version.
        description: A line that says what it is.
        maintainer: Who makes it, as ``Name <address>``.
        depends: Further packages that it depends on.
        python: The interpreter on the machine it is for; None for the system's of this version.

    Raises:
        PackagingError: If a name or version is none, or a distribution is not here.
    """
    name = name or tap.name
    description = description or f"The service {tap.name}, on Sennit"
    python = python or f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if not _NAME.match(name):
        raise PackagingError(f"A package's name is of small letters, digits, '+', '-' and '.'; not {name!r}.")
    if not _VERSION.match(version):
        raise PackagingError(f"A package's version begins with a digit and has no '-'; {version!r} is none.")
    if not all(_LINE.match(text) for text in (description, maintainer, *depends)):
        raise PackagingError("A package's description, maintainer and dependencies are a line each.")
    if not re.match(r"/[A-Za-z0-9/._+-]+\Z", python):
        raise PackagingError(f"{python!r} is no absolute path of an interpreter.")
    here = f"/usr/lib/{name}"
    files = {f"{here}/python/{path}": entry for path, entry in _libraries(tap.plugin)}
    configured = f"/etc/{name}/{name}.tap"
    files |= {
        configured: Entry(replace(tap, uid=None, gid=None).text().encode()),
        f"{here}/run": Entry(_RUN.format(name=name, python=python).encode(), 0o755),
        f"/usr/lib/systemd/system/{name}.service": Entry(
            _UNIT.format(name=name, description=description).encode()
        ),
    }
    return Package(
        name=name,
        version=version,
        description=description,
        maintainer=maintainer,
        python=python,
        depends=tuple(depends),
        is_native=any(path.endswith(".so") for path in files),
        files=dict(sorted(files.items())),
        configuration=(configured,),
        installed=_INSTALLED.format(name=name),
        removing=_REMOVING.format(name=name),
        time=int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()),
    )


def _libraries(plugin: str) -> Iterator[tuple[str, Entry]]:
    """Return the files of Sennit, of what it requires, and of the distribution that has the plug-in."""
    home = Path(sennit.__file__).parent
    for path in sorted(home.rglob("*")):
        if path.is_file() and not _LEFT_OUT.intersection(path.parts):
            yield f"sennit/{path.relative_to(home).as_posix()}", Entry(path.read_bytes())
    sources = [found.source for found in find_plugins() if found.name == plugin and found.maker is not None]
    theirs = [source.partition(" ")[0] for source in sources if source != "sennit"]
    for distribution in _with_requirements([*REQUIRED, *theirs]):
        for file in distribution.files or ():
            if ".." in file.parts or file.suffix in _SOURCES or _LEFT_OUT.intersection(file.parts):
                continue
            path = Path(str(distribution.locate_file(file)))
            if path.is_file():
                yield file.as_posix(), Entry(path.read_bytes())


def _with_requirements(names: Iterable[str]) -> Iterator[importlib.metadata.Distribution]:
    waiting, seen = list(names), {"sennit"}
    needed = set(waiting)
    while waiting:
        name = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in seen:
            continue
        seen.add(key)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            # What a requirement requires under a condition need not be here.
            if name in needed and name != "uvloop":
                raise PackagingError(f"The distribution {name} is not installed here.") from None
            continue
        yield distribution
        for requirement in distribution.requires or ():
            found = re.match(r"[A-Za-z0-9._-]+", requirement)
            if found is not None and "extra ==" not in requirement:
                waiting.append(found.group())
