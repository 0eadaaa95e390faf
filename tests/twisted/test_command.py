"""``python -m sennit.twisted`` runs a program as ``python`` does: same names, paths, statuses, tracebacks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SHOW = """\
import sys
print(__name__, __file__, __package__, __spec__ and __spec__.name, sys.argv, sys.path[0])
print(sys.modules["__main__"].__dict__ is globals(), __builtins__.__name__, __doc__)
class Local: pass
import pickle
print(pickle.loads(pickle.dumps(Local())).__class__ is Local)
"""
PYTHON = [sys.executable]
SENNIT = [sys.executable, "-m", "sennit.twisted"]
SOURCE = str(Path(__file__).resolve().parents[2] / "src")


def run(command, cwd, **kwargs):
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([SOURCE, os.environ.get("PYTHONPATH", "")])}
    environ.update(kwargs.pop("env", {}))
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=60, env=environ, check=False, **kwargs
    )


def same(arguments, cwd, **kwargs):
    """Run both ways, compare everything, and return what came out."""
    theirs = run(PYTHON + arguments, cwd, **kwargs)
    ours = run(SENNIT + arguments, cwd, **kwargs)
    assert ours.stdout == theirs.stdout
    assert ours.stderr == theirs.stderr
    assert ours.returncode == theirs.returncode
    return ours


def test_a_script_sees_what_python_would_show_it(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "show.py").write_text('"""Words."""\n' + SHOW)
    done = same(["deep/show.py", "-x", "--help", "word"], tmp_path)
    assert "['deep/show.py', '-x', '--help', 'word']" in done.stdout
    assert "Words." in done.stdout


def test_a_script_imports_from_beside_itself(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "beside.py").write_text("word = 'found'")
    (tmp_path / "deep" / "main.py").write_text("import beside; print(beside.word)")
    assert same(["deep/main.py"], tmp_path).stdout == "found\n"


def test_a_module_is_run_by_its_name(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "show.py").write_text(SHOW)
    (tmp_path / "pack" / "__main__.py").write_text(SHOW)
    assert "pack.show" in same(["-m", "pack.show", "a"], tmp_path).stdout
    assert "pack.__main__" in same(["-m", "pack", "b"], tmp_path).stdout


def test_a_directory_and_a_zip_file_are_run_by_their_main(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text("import other, sys; print(__name__, other.word, sys.argv)")
    (tmp_path / "app" / "other.py").write_text("word = 1")
    assert same(["app", "x"], tmp_path).stdout == "__main__ 1 ['app', 'x']\n"
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        for name in ("__main__.py", "other.py"):
            archive.write(tmp_path / "app" / name, name)
    assert same(["app.zip"], tmp_path).stdout == "__main__ 1 ['app.zip']\n"


def test_a_program_comes_from_standard_input(tmp_path):
    assert same(["-", "a"], tmp_path, input="import sys; print(__name__, sys.argv)").stdout


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit(3)",
        "raise SystemExit('words')",
        "import sys; sys.exit()",
        "def f(): raise ValueError('wrong')\nf()",
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise KeyError(1) from error",
        "import sys\nsys.excepthook = lambda *a: print('own hook', a[0].__name__)\nraise ValueError",
        "import atexit; atexit.register(print, 'at exit'); raise ValueError('after')",
        "x = = 1",
        "import threading; threading.Timer(0.05, lambda: print('still', __name__)).start()",
    ],
)
def test_it_ends_as_python_ends(tmp_path, code):
    (tmp_path / "program.py").write_text(code)
    same(["program.py"], tmp_path)


def test_an_interrupt_ends_it_by_the_signal(tmp_path):
    (tmp_path / "program.py").write_text("raise KeyboardInterrupt")
    done = same(["program.py"], tmp_path)
    assert done.returncode == -signal.SIGINT


def test_a_script_that_is_not_there_is_said_as_python_says_it(tmp_path):
    theirs = run([*PYTHON, "missing.py"], tmp_path)
    ours = run([*SENNIT, "missing.py"], tmp_path)
    assert ours.returncode == theirs.returncode == 2
    assert "can't open file" in ours.stderr
    assert "missing.py" in ours.stderr


def test_a_module_that_is_not_there_ends_with_status_1(tmp_path):
    for name in ("no_such_module", "no_such.module"):
        done = run([*SENNIT, "-m", name], tmp_path)
        assert done.returncode == 1
        assert "no_such" in done.stderr
        assert "Traceback" not in done.stderr


def test_import_twisted_gives_sennit(tmp_path):
    (tmp_path / "program.py").write_text(
        "import twisted\nfrom twisted.internet import defer\n"
        "print(twisted.__version__, defer.Deferred.__module__)"
    )
    assert run([*SENNIT, "program.py"], tmp_path).stdout == "26.10.0 sennit.core.deferred\n"


def test_help_says_how_to_use_it(tmp_path):
    done = run([*SENNIT, "--help"], tmp_path)
    assert done.returncode == 0
    assert "-m MODULE" in done.stdout
    assert run([*SENNIT, "--version"], tmp_path).stdout.startswith("Sennit ")


@pytest.mark.parametrize("arguments", [[], ["-m"], ["--nonsense"]])
def test_wrong_arguments_are_refused_with_the_usage(tmp_path, arguments):
    done = run([*SENNIT, *arguments], tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("usage:")
