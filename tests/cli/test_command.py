"""The command's frame: help, version, and what it says to mistakes."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

import sennit
from sennit.cli import main
from sennit.cli.groups import CannotRunError, root, run_command
from sennit.cli.table import COMMANDS
from sennit.core.native import core_in_use


def run(capsys, *words):
    status = run_command(list(words))
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize("module", ["sennit", "sennit.cli"])
def test_both_modules_are_the_command(module):
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == f"sennit {sennit.__version__} ({core_in_use()} core)\n"
    assert done.stderr == ""


def test_main_leaves_with_the_exit_status():
    with pytest.raises(SystemExit) as left:
        main(["--nonsense"])
    assert left.value.code == 2


@pytest.mark.parametrize("words", [(), *COMMANDS])
def test_every_command_has_help(capsys, words):
    status, out, err = run(capsys, *words, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"Usage: {' '.join(('sennit', *words))} [OPTIONS]")


def test_help_lists_the_commands_with_their_lines(capsys):
    _, out, _ = run(capsys, "--help")
    # How wide the column of names is depends on the other commands.
    assert "run Run a server until it is told to stop." in " ".join(out.split())
    _, out, _ = run(capsys, "run", "-h")
    assert "web Serve a directory over HTTP." in " ".join(out.split())


def test_help_loads_no_command_and_no_loop():
    code = (
        "import sys; from sennit.cli.groups import run_command; run_command(['--help']);"
        "print(sorted(m for m in sys.modules if m.startswith(('sennit.', 'asyncio', 'uvloop', 'zope'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.splitlines()[-1] == str(
        ["sennit.cli", "sennit.cli.groups", "sennit.cli.table", "sennit.loading", "sennit.version"]
    )


@pytest.mark.parametrize("words", [(), ("run",)])
def test_a_group_alone_shows_its_help_and_is_a_mistake(capsys, words):
    status, out, _ = run(capsys, *words)
    assert status == 2
    assert "Commands:" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--nonsense"], "sennit: No such option '--nonsense'."),
        (["dance"], "sennit: No such command 'dance'."),
        (["run", "dance"], "sennit run: No such command 'dance'."),
        (
            ["run", "web", "--nonsense"],
            "sennit run web: No such option '--nonsense'.",
        ),
        (
            ["run", "web", "--grace", "long"],
            "sennit run web: Invalid value for '--grace': 'long' is not a number of seconds.",
        ),
        (
            ["run", "web", "--idle-timeout", "-1"],
            "sennit run web: Invalid value for '--idle-timeout': '-1' is not a number of seconds.",
        ),
        (
            ["run", "web", "--path"],
            "sennit run web: Option '--path' requires an argument.",
        ),
    ],
)
def test_a_mistake_is_answered_in_one_sentence_with_status_2(capsys, words, sentence):
    status, out, err = run(capsys, *words)
    command = sentence.partition(":")[0]
    assert (status, out, err) == (2, "", f"{sentence} See {command} --help.\n")


def test_what_cannot_be_done_is_told_in_one_sentence_with_status_1(capsys, tmp_path):
    missing = tmp_path / "missing"
    assert run(capsys, "run", "web", "--path", str(missing)) == (
        1,
        "",
        f"sennit run web: The path {missing} does not exist.\n",
    )
    file = tmp_path / "file"
    file.write_text("")
    assert run(capsys, "run", "web", "--path", str(file)) == (
        1,
        "",
        f"sennit run web: The path {file} is not a directory.\n",
    )


def raising(monkeypatch, error):
    def callback():
        raise error

    command = click.Command("fails", callback=callback)
    command.context_class = type(root).context_class
    monkeypatch.setattr(type(root), "get_command", lambda self, ctx, name: command)


def test_an_interruption_is_status_130(capsys, monkeypatch):
    raising(monkeypatch, KeyboardInterrupt())
    assert run_command(["fails"]) == 130


def test_an_error_is_told_with_the_commands_name(capsys, monkeypatch):
    raising(monkeypatch, CannotRunError("It rains."))
    assert run(capsys, "fails") == (1, "", "sennit fails: It rains.\n")


def test_colour_is_for_terminals_and_obeys_no_color(capsys, monkeypatch):
    monkeypatch.setattr("click._compat.isatty", lambda stream: True)
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda stream, color: color is False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    _, out, _ = run(capsys, "--help")
    assert "\x1b[" in out
    monkeypatch.setenv("NO_COLOR", "1")
    _, out, _ = run(capsys, "--help")
    assert "\x1b[" not in out
