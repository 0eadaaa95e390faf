"""Debian packages: an ``ar`` archive of a version, control files and files (deb(5))."""

from __future__ import annotations

import gzip
import hashlib
import io
import platform
import tarfile
from pathlib import Path
from typing import Final

from sennit.app.packaging.contents import Entry, Package

__all__ = ["write_deb"]

_MACHINES: Final = {
    "aarch64": "arm64",
    "armv7l": "armhf",
    "i686": "i386",
    "ppc64le": "ppc64el",
    "riscv64": "riscv64",
    "s390x": "s390x",
    "x86_64": "amd64",
}


def write_deb(package: Package, folder: Path) -> Path:
    """Write a Debian package.

    Args:
        package: What is in it.
        folder: Where to.

    Returns:
        The file's path.

    Raises:
        OSError: If it cannot be written.
    """
    machine = _MACHINES.get(platform.machine(), platform.machine()) if package.is_native else "all"
    path = folder / f"{package.name}_{package.version}_{machine}.deb"
    first = "#!/bin/sh\nset -e\n"
    installed = f'{first}[ "$1" = configure ] || exit 0\n{package.installed}'
    removing = f'{first}[ "$1" = remove ] || exit 0\n{package.removing}'
    control = {
        "control": Entry(_control(package, machine).encode()),
        "conffiles": Entry("".join(f"{each}\n" for each in package.configuration).encode()),
        "md5sums": Entry(_sums(package).encode()),
        "postinst": Entry(installed.encode(), 0o755),
        "prerm": Entry(removing.encode(), 0o755),
    }
    data = {name.lstrip("/"): entry for name, entry in package.files.items()}
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": _archive(control, package.time),
        "data.tar.gz": _archive(data, package.time),
    }
    with path.open("wb") as file:
        file.write(b"!<arch>\n")
        for name, content in members.items():
            file.write(f"{name:<16}{package.time:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode())
            file.write(content + b"\n" * (len(content) % 2))
    return path


def _control(package: Package, machine: str) -> str:
    interpreter = Path(package.python).name
    depends = ["passwd", *([interpreter] if package.python.startswith("/usr/bin/") else []), *package.depends]
    size = sum(len(entry.content) for entry in package.files.values()) // 1024 + 1
    return (
        f"Package: {package.name}\nVersion: {package.version}\nArchitecture: {machine}\n"
        f"Maintainer: {package.maintainer}\nInstalled-Size: {size}\nDepends: {', '.join(depends)}\n"
        f"Section: net\nPriority: optional\nDescription: {package.description}\n"
    )


def _sums(package: Package) -> str:
    return "".join(
        f"{hashlib.md5(entry.content, usedforsecurity=False).hexdigest()}  {path.lstrip('/')}\n"
        for path, entry in package.files.items()
        if path not in package.configuration
    )


def _archive(entries: dict[str, Entry], time: int) -> bytes:
    """Return a tar.gz of root's files, with the directories that they are in."""
    raw = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=time) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        made: set[str] = set()
        for name, entry in entries.items():
            for parent in reversed(Path(name).parents):
                if str(parent) not in made:
                    made.add(str(parent))
                    archive.addfile(_member(str(parent), tarfile.DIRTYPE, 0o755, time))
            member = _member(name, tarfile.REGTYPE, entry.mode, time)
            member.size = len(entry.content)
            archive.addfile(member, io.BytesIO(entry.content))
    return raw.getvalue()


def _member(name: str, kind: bytes, mode: int, time: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo("./" if name == "." else f"./{name}")
    member.type, member.mode, member.mtime = kind, mode, time
    member.uname = member.gname = "root"
    return member
