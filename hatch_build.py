"""Compiles what is hot for wheels and editable installs; by hand: ``hatch_build.py [--verbose]``.

What is compiled, and where the products are looked for, is told in `sennit.core.native`.  Nothing depends on
it going well: without Cython or a C compiler, one line says that the sources themselves will run.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent

DIRECTIVES = {
    "language_level": 3,
    "auto_pickle": False,
    "annotation_typing": False,
    "binding": True,
}


def native(root: Path = ROOT) -> ModuleType:
    """Return `sennit.core.native`, loaded by itself: what it belongs to need not be importable yet."""
    spec = importlib.util.spec_from_file_location("_sennit_native", root / "src/sennit/core/native.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(root: Path = ROOT) -> Path:
    """Compile the modules unless that is done already, and return the folder of the products.

    Args:
        root: The folder of the project.

    Raises:
        Exception: Whatever keeps it from being compiled.
    """
    if sys.implementation.name != "cpython":
        raise RuntimeError("only CPython gains from it")
    facts = native(root)
    folder = Path(facts.folder_for(facts.digest()))
    if folder.is_dir():
        return folder
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension

    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch, contextlib.chdir(root / "src"):
        extensions = cythonize(
            [
                Extension(
                    ".".join(Path("sennit", source).with_suffix("").parts),
                    [f"sennit/{source}"],
                    # Two thirds of a product would be for debuggers.
                    extra_compile_args=[] if os.name == "nt" else ["-g0"],
                )
                for source in facts.modules()
            ],
            build_dir=f"{scratch}/c",
            compiler_directives=DIRECTIVES,
            quiet=True,
        )
        command = Distribution({"ext_modules": extensions}).get_command_obj("build_ext")
        command.build_lib, command.build_temp = f"{scratch}/lib", f"{scratch}/o"
        command.ensure_finalized()
        with _no_run_path():
            command.run()
        for stale in folder.parent.glob(f"{folder.name.rpartition('-')[0]}-*"):
            shutil.rmtree(stale)
        # Whole or not at all: a mixture of both forms would not run.
        os.replace(f"{scratch}/lib/sennit", folder)  # noqa: PTH105 - strings throughout
    return folder


def build_or_explain(root: Path = ROOT, *, loud: bool = False) -> Path | None:
    """Do as `build`, but where that fails print one line that says so, and return None.

    Args:
        root: The folder of the project.
        loud: Whether the compilers' own words are to be seen.
    """
    try:
        with contextlib.nullcontext() if loud else _silence():
            return build(root)
    except (Exception, SystemExit) as error:
        reason = str(error).strip().partition("\n")[0]
        print(f"sennit: the pure Python core is used ({type(error).__name__}: {reason})", file=sys.stderr)
        return None


@contextlib.contextmanager
def _no_run_path() -> Iterator[None]:
    """Let the products name no folder of this machine: an interpreter's linker may put its own there."""
    linker = os.environ.get("LDSHARED")
    if linker is None:
        own = sysconfig.get_config_var("LDSHARED") or ""
        os.environ["LDSHARED"] = re.sub(r"\s-Wl,-rpath[=,]\S+", "", own)
    try:
        yield
    finally:
        if linker is None:
            del os.environ["LDSHARED"]


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Let nothing be printed, by child processes neither."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, descriptor in enumerate(kept, 1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(nowhere)


with contextlib.suppress(ImportError):
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class CompiledCore(BuildHookInterface[Any]):
        """Puts the compiled modules into a wheel, or beside the sources of an editable install."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Compile, and say what belongs to the wheel."""
            folder = build_or_explain(Path(self.root))
            if folder is not None and version == "standard":
                build_data["artifacts"].append(f"/{folder.relative_to(self.root).as_posix()}/**/*")
                build_data["pure_python"] = False
                build_data["infer_tag"] = True


if __name__ == "__main__":
    folder = build_or_explain(loud="--verbose" in sys.argv)
    if folder is not None:
        print(f"sennit: the core is compiled, in {folder.relative_to(ROOT)}")
