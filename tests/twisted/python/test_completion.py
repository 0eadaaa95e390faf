"""What zsh is told of a command's options."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys

import pytest

from sennit.twisted.python import completion, usage


class Serve(usage.Options):
    optParameters = [["port", "p", 80, "The port: a number"]]


class Program(usage.Options):
    optFlags = [["loud", "l", "Say [much]"], ["quiet", "q", "Say nothing"], ["more", "m", "More"]]
    optParameters = [["level", None, "1", "How much"], ["name", "n", None, None]]
    subCommands = [["serve", "s", Serve, "Serve $it"], ["stop", None, Serve, None]]
    compData = usage.Completions(
        descriptions={"quiet": "It's quiet"},
        multiUse=["more"],
        mutuallyExclusive=[["loud", "quiet"]],
        optActions={"level": lambda: usage.CompleteList([1, 2])},
        extraActions=[usage.CompleteDirs(descr="where")],
    )

    def opt_colour(self, name):
        """
        Which colour.

        More of it.
        """

    opt_color = opt_colour


def told(*words, options=Program):
    return completion.complete(options(), words, f"zsh:{len(words) + 1}", "/usr/bin/prog")


def test_each_option_is_described_by_each_of_its_names():
    lines = told("").splitlines()
    assert lines[0] == "#compdef prog"
    for line in (
        "'*::subcmd:->subcmd' \\",
        "':where:_directories' \\",
        r"'(--loud --quiet -q)-l[Say \[much\]]' " + "\\",
        '"(--loud --quiet -l)-q[It\'s quiet]" \\',
        "'*--more[More]' \\",
        "'--level=[How much]:level:(1 2)' \\",
        "'(-n)--name=[name]:name:_files' \\",
        "'--colour=[Which colour.]:colour:_files' \\",
    ):
        assert line in lines
    assert '"serve:Serve \\$it"' in lines
    assert '"stop:stop"' in lines


def test_an_alias_is_no_option_of_its_own():
    options = Program()
    options.parseOptions(["--color", "red", "serve"])
    assert options.synonyms["color"] == "colour"
    assert "color]" not in told("")


def test_sub_commands_are_not_offered_for_an_option():
    assert "_describe" in told("")
    assert "_describe" not in told("--l")


@pytest.mark.parametrize(
    "words", [("serve", ""), ("s", ""), ("-l", "serve", "--p"), ("--name", "x", "serve", "")]
)
def test_after_a_sub_command_its_own_options_are_told(words):
    text = told(*words)
    assert r"--port=[The port\: a number]:port:_files" in text
    assert "--loud" not in text
    place = words.index("serve" if "serve" in words else "s")
    assert f"shift {place + 1} words" in text


@pytest.mark.parametrize("words", [("nothing", ""), ("--unknown", "", ""), ("--name", "serve")])
def test_what_makes_no_sense_yet_is_completed_all_the_same(words):
    assert "--loud" in told(*words)


def test_a_request_is_answered_and_ends_the_program(monkeypatch):
    out = io.BytesIO()
    monkeypatch.setattr(usage.Options, "_shellCompFile", out)
    monkeypatch.setattr(sys, "argv", ["prog", "--bad", completion.REQUEST, "zsh:2"])
    with pytest.raises(SystemExit) as ended:
        Program().parseOptions()
    assert ended.value.code == 0
    assert out.getvalue().startswith(b"#compdef prog\n")


@pytest.mark.parametrize("request_", ["bash:2", "zsh", "zsh:x"])
def test_requests_of_others_are_refused(request_):
    with pytest.raises(ValueError, match="zsh"):
        completion.complete(Program(), [], request_, "prog")


def test_descriptions_of_options_that_there_are_not_are_refused():
    class Typo(Program):
        compData = usage.Completions(descriptions={"lood": "x"})

    with pytest.raises(ValueError, match="lood"):
        told("", options=Typo)


def test_only_the_last_argument_repeats():
    class Repeating(usage.Options):
        compData = usage.Completions(extraActions=[usage.Completer(repeat=True), usage.Completer()])

    with pytest.raises(ValueError, match="last"):
        told("", options=Repeating)


def test_words_for_the_shell_are_quoted():
    assert completion.quoted("a $b") == "'a $b'"
    assert completion.quoted("it's $b `c` \\ \"") == '"it\'s \\$b \\`c\\` \\\\ \\""'


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.parametrize("words", [("",), ("serve", "")])
def test_zsh_reads_what_it_is_told(words):
    done = subprocess.run(["zsh", "-n"], input=told(*words), text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
