"""A real virtual environment is switched, used, and switched back."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from sennit.twisted.environment import SCRIPTS, CannotSwitchError, Environment
from sennit.version import __version__

SOURCE = Path(__file__).resolve().parents[2] / "src"
MARK = "Twisted 26.10.0+sennit"


class Venv:
    """A virtual environment in which Sennit is installed as an editable install is: by a path file."""

    def __init__(self, home: Path, *, with_sennit: bool = True) -> None:
        venv.create(home, with_pip=False, symlinks=True)
        self.home = home
        self.python = home / "bin" / "python"
        self.packages = next((home / "lib").glob("python*")) / "site-packages"
        dependencies = sysconfig.get_path("purelib")
        (self.packages / "development.pth").write_text(f"{SOURCE}\n{dependencies}\n")
        if with_sennit:
            information = self.packages / f"sennit-{__version__}.dist-info"
            information.mkdir()
            (information / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: sennit\nVersion: {__version__}\nProvides-Extra: tls\n"
                "Provides-Extra: drop-in\n"
            )

    def run(self, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
        done = subprocess.run(
            [str(self.python), *words], capture_output=True, text=True, timeout=60, check=False, env=environ
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done

    def sennit(self, *words: str, status: int = 0) -> str:
        done = self.run("-m", "sennit", "drop-in", *words, status=status)
        return done.stdout or done.stderr

    def files(self) -> set[Path]:
        return {path for path in self.home.rglob("*") if "__pycache__" not in path.parts}


@pytest.fixture
def there(tmp_path):
    return Venv(tmp_path / "venv")


@pytest.fixture(scope="module")
def enabled(tmp_path_factory):
    """One environment, switched, for tests that change nothing in it."""
    made = Venv(tmp_path_factory.mktemp("enabled") / "venv")
    made.sennit("enable")
    return made


def test_every_process_of_an_enabled_environment_imports_sennit_for_twisted(enabled):
    code = (
        "import twisted; from twisted.internet import defer;"
        "print(twisted.__version__, twisted.version.package, defer.Deferred.__module__)"
    )
    assert enabled.run("-c", code).stdout == "26.10.0 Twisted sennit.core.deferred\n"


def test_a_process_that_does_not_ask_for_twisted_loads_nothing_of_sennit(enabled):
    code = "import sys; print(sorted(sys.modules))"
    loaded = eval(enabled.run("-c", code).stdout)
    (enabled.packages / "sennit_drop_in.pth").rename(enabled.packages / "off")
    try:
        before = eval(enabled.run("-c", code).stdout)
    finally:
        (enabled.packages / "off").rename(enabled.packages / "sennit_drop_in.pth")
    assert set(loaded) - set(before) == {"_sennit_drop_in", "__future__"}


def test_version_checks_and_requirements_of_installed_programs_hold(enabled):
    code = (
        "from importlib.metadata import distribution, version, requires\n"
        "print(version('twisted'), version('Twisted'), distribution('twisted').metadata['Name'])\n"
        "print(requires('twisted'))\n"
    )
    lines = enabled.run("-c", code).stdout.splitlines()
    assert lines[0] == "26.10.0+sennit 26.10.0+sennit Twisted"
    # The extra brings what Twisted brings, and programs import without asking for it.
    assert "'sennit[drop-in]'" in lines[1]
    assert "'sennit[tls]; extra == \"tls\"'" in lines[1]


def test_pip_finds_the_requirements_of_a_program_for_twisted_met(enabled):
    information = enabled.packages / "program-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: program\nVersion: 1\n"
        "Requires-Dist: Twisted[tls]>=22.10,<27\nRequires-Dist: twisted==26.10.0\n"
    )
    said = enabled.run("-m", "pip", "check").stdout
    assert not [line for line in said.splitlines() if "program" in line or "wisted" in line], said


def test_the_files_and_their_hashes_are_recorded(enabled):
    found = list(importlib.metadata.distributions(name="twisted", path=[str(enabled.packages)]))
    assert len(found) == 1
    for file in found[0].files:
        assert file.locate().is_file(), file
        assert (file.hash is None) == (file.name == "RECORD"), file
    names = {file.name for file in found[0].files}
    assert {"_sennit_drop_in.py", "sennit_drop_in.pth", "INSTALLER", "METADATA", "RECORD"} <= names


def test_the_commands_that_exist_run(enabled):
    found = importlib.metadata.distributions(name="twisted", path=[str(enabled.packages)])
    names = [point.name for point in next(iter(found)).entry_points]
    assert names
    for name in names:
        script = enabled.home / "bin" / name
        done = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, ""), name
        assert "--help" in done.stdout, name


def test_disable_leaves_no_trace(there):
    before = there.files()
    assert MARK in there.sennit("enable")
    assert there.files() - before
    there.run("-c", "import twisted")
    assert "is disabled" in there.sennit("disable")
    assert there.files() == before
    assert "No module named 'twisted'" in there.run("-c", "import twisted", status=1).stderr
    assert not list(there.packages.glob("__pycache__/_sennit*"))


def test_disabling_what_is_not_enabled_says_so_and_changes_nothing(there):
    before = there.files()
    assert "is not enabled" in there.sennit("disable")
    assert there.files() == before


def test_enabling_again_renews_what_is_there(there):
    there.sennit("enable")
    before = there.files()
    (there.packages / "_sennit_drop_in.py").write_text("def watch(): pass\n")
    there.sennit("enable")
    assert there.files() == before
    there.run("-c", "import twisted")


def test_status_says_what_twisted_is(there):
    assert "not enabled" in (said := there.sennit("status"))
    assert "no Twisted is installed" in said
    there.sennit("enable")
    assert MARK in there.sennit("status")
    there.sennit("disable")
    fake_twisted(there, "24.3.0")
    assert "Twisted 24.3.0 itself is installed" in there.sennit("status")


def fake_twisted(there, version):
    package = there.packages / "twisted"
    package.mkdir()
    (package / "__init__.py").write_text(f"__version__ = {version!r}\n")
    information = there.packages / f"twisted-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: Twisted\nVersion: {version}\n")
    (information / "INSTALLER").write_text("pip\n")


def test_twisted_itself_is_not_touched(there):
    fake_twisted(there, "24.3.0")
    before = there.files()
    said = there.sennit("enable", status=1)
    assert said.startswith("sennit drop-in enable: Twisted 24.3.0 itself is installed in ")
    assert said.count("\n") == 1
    assert there.files() == before


def test_plugins_of_other_distributions_do_not_pass_for_twisted_and_are_found(there):
    plugins = there.packages / "twisted" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "mine.py").write_text(
        "from zope.interface import implementer\nfrom twisted.plugin import IPlugin\n"
        "@implementer(IPlugin)\nclass Mine: pass\nmine = Mine()\n"
    )
    there.sennit("enable")
    code = (
        "from twisted.plugin import getPlugins, IPlugin\n"
        "print([type(plugin).__name__ for plugin in getPlugins(IPlugin)])"
    )
    assert "Mine" in there.run("-c", code).stdout
    there.sennit("disable")
    assert (plugins / "mine.py").exists()


def test_an_environment_without_sennit_is_not_switched(tmp_path):
    without = Venv(tmp_path / "venv", with_sennit=False)
    before = without.files()
    assert "Sennit is not installed in" in without.sennit("enable", status=1)
    assert without.files() == before


def test_when_sennit_is_gone_the_import_says_what_to_do(there):
    there.sennit("enable")
    (there.packages / "development.pth").unlink()
    said = there.run("-c", "import twisted.internet", status=1).stderr
    assert said.splitlines()[-1].startswith("ModuleNotFoundError: Sennit stands in for Twisted in ")
    assert "pip uninstall twisted" in said


def test_a_command_of_anothers_is_not_overwritten(there):
    there.sennit("enable")
    name = next(name for name in SCRIPTS if (there.home / "bin" / name).exists())
    there.sennit("disable")
    (there.home / "bin" / name).write_text("#!/bin/sh\n")
    before = there.files()
    assert f"{name} is there already" in there.sennit("enable", status=1)
    assert there.files() == before


def test_a_python_that_is_no_virtual_environment_is_switched_only_if_asked(tmp_path):
    packages, scripts = tmp_path / "lib" / "site-packages", tmp_path / "bin"
    packages.mkdir(parents=True)
    scripts.mkdir()
    place = Environment(tmp_path, packages, scripts, sys.executable, virtual=False)
    with pytest.raises(CannotSwitchError, match=r"is not a virtual environment.*--system"):
        place.enable()
    assert not place.enabled()
    assert list(packages.iterdir()) == []


def test_pip_uninstall_takes_it_away_too(there):
    before = there.files()
    there.sennit("enable")
    there.run("-m", "pip", "uninstall", "--yes", "twisted")
    assert there.files() == before


def test_uninstall_lets_one_process_go_without(enabled):
    code = (
        "from sennit.twisted import installed, uninstall\n"
        "print(installed()); uninstall(); print(installed())\n"
        "import twisted\n"
    )
    done = enabled.run("-c", code, status=1)
    assert done.stdout == "True\nFalse\n"
    assert "No module named 'twisted'" in done.stderr
