"""RPM packages: a spec file and the files, made a package by ``rpmbuild``."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from sennit.app.packaging.contents import Package, PackagingError

__all__ = ["spec", "write_rpm"]

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_rpm(package: Package, folder: Path) -> Path:
    """Write an RPM package.

    Args:
        package: What is in it.
        folder: Where to.

    Returns:
        The file's path.

    Raises:
        PackagingError: If ``rpmbuild`` is not installed, or refuses.
        OSError: If it cannot be written.
    """
    program = shutil.which("rpmbuild")
    if program is None:
        raise PackagingError("rpmbuild is not installed; the package rpm-build, or Debian's rpm, has it.")
    machine = platform.machine() if package.is_native else "noarch"
    with tempfile.TemporaryDirectory(prefix="sennit-") as scratch:
        work = Path(scratch)
        files = work / "files"
        for path, entry in package.files.items():
            here = files / path.lstrip("/")
            here.parent.mkdir(parents=True, exist_ok=True)
            here.write_bytes(entry.content)
            here.chmod(entry.mode)
        description = work / "package.spec"
        description.write_text(spec(package, files), "utf-8")
        built = subprocess.run(  # noqa: S603 - the program that was found
            [
                program,
                "-bb",
                f"--target={machine}",
                f"--define=_topdir {work}",
                f"--define=_rpmdir {work}/out",
                "--define=_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
                str(description),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            raise PackagingError(f"rpmbuild refuses: {built.stderr.strip().splitlines()[-1:]}")
        made = next((work / "out").glob("*.rpm"))
        return Path(shutil.move(made, folder / made.name))


def spec(package: Package, files: Path) -> str:
    """Return the spec file.

    Args:
        package: What is in the package.
        files: The directory that has its files.
    """
    depends = [package.python, *package.depends]
    listed = [
        f"%config(noreplace) {path}" if path in package.configuration else f'"{path}"'
        for path in package.files
    ]
    text = (
        f"Name: {package.name}\nVersion: {package.version}\nRelease: 1\nSummary: {package.description}\n"
        f"License: see its files\nGroup: System Environment/Daemons\nPackager: {package.maintainer}\n"
    )
    text = text.replace("%", "%%") + "AutoReqProv: no\n"
    text += "".join(f"Requires: {each}\n" for each in depends)
    text += "Requires(post): shadow-utils\n"
    return (
        f"{text}%global __os_install_post %{{nil}}\n%global debug_package %{{nil}}\n"
        f"%description\n{package.description.replace('%', '%%')}\n"
        f"%install\nmkdir -p %{{buildroot}}\ncp -a {files}/. %{{buildroot}}/\n"
        f"%post\n{package.installed}\n%preun\nif [ $1 -eq 0 ]; then\n{package.removing}fi\n"
        "%files\n%defattr(-,root,root)\n" + "".join(f"{each}\n" for each in listed) + _changelog(package)
    )


def _changelog(package: Package) -> str:
    day = time.gmtime(package.time)
    # In English, whatever the locale.
    date = f"{_DAYS[day.tm_wday]} {_MONTHS[day.tm_mon - 1]} {day.tm_mday:02} {day.tm_year}"
    entry = f"* {date} {package.maintainer} - {package.version}-1\n- Made by sennit package.\n"
    return f"%changelog\n{entry.replace('%', '%%')}"
