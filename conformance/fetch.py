"""Brings Twisted's own tests, and nothing else of it, under .cache/: ``python -m conformance.fetch``.

pip downloads the source package from the registry that it is configured for.  Of what is inside, only members
of test packages are written to disk; those that are no tests but parts of Twisted's public face (which Sennit
has itself) are left out as well.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath

from conformance.environment import ROOT

__all__ = ["VERSION", "tests"]

VERSION = "26.10.0"
HOME = ROOT / ".cache" / "conformance"
LEFT_OUT = ("twisted/test/iosim.py", "twisted/test/proto_helpers.py")


def tests() -> Path:
    """Return the directory that holds ``twisted/.../test/...``, fetched if it is not there yet.

    Raises:
        RuntimeError: If pip cannot download the package; with its last words.
    """
    tree = HOME / f"tests-{VERSION}-2"
    if not tree.is_dir():
        HOME.mkdir(parents=True, exist_ok=True)
        half = HOME / f"tests-{VERSION}.part"
        shutil.rmtree(half, ignore_errors=True)
        package = _download()
        _extract(package, half)
        package.unlink()
        _make_packages(half)
        half.rename(tree)
    for test in tree.rglob("test"):
        # They look for their data by their packages, which must be some.
        package = test.parent
        while package != tree and not (package / "__init__.py").exists():
            (package / "__init__.py").touch()
            package = package.parent
    return tree


def _download() -> Path:
    found = list(HOME.glob("[Tt]wisted-*.tar.gz"))
    if not found:
        command = (
            *(sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"),
            *("--no-binary", ":all:", "--dest", str(HOME), f"twisted=={VERSION}"),
        )
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{last}")
        found = list(HOME.glob("[Tt]wisted-*.tar.gz"))
    return found[0]


def _extract(package: Path, tree: Path) -> None:
    with tarfile.open(package) as archive:
        for member in archive:
            name = _inside(member.name)
            if name is None or not member.isfile():
                continue
            content = archive.extractfile(member)
            assert content is not None
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())


def _make_packages(tree: Path) -> None:
    """Put an empty file into each directory, by which trial tells how the module in a file is called."""
    for directory in [path for path in (tree / "twisted").rglob("*") if path.is_dir()] + [tree / "twisted"]:
        if "test" not in directory.relative_to(tree).parts:
            (directory / "__init__.py").touch()


def _inside(name: str) -> PurePosixPath | None:
    """Return where a member of the archive belongs; None if it is no part of a test package."""
    parts = PurePosixPath(name).parts
    if "twisted" not in parts or "test" not in parts or ".." in parts:
        return None
    path = PurePosixPath(*parts[parts.index("twisted") :])
    return None if "test" not in path.parts[:-1] or str(path) in LEFT_OUT else path


if __name__ == "__main__":
    print(tests())
