from __future__ import annotations

import sys
from typing import Any

import pytest

from sennit.twisted.python import usage


class Serve(usage.Options):
    longdesc = "Serves."
    optFlags = [["fast", "f", "go fast"]]
    optParameters = [["num", "n", 3, "a number", int]]


class Copy(usage.Options):
    def parseArgs(self, source: str, target: str = "here") -> None:
        self["source"] = source
        self["target"] = target


class Command(usage.Options):
    longdesc = "This is a long description of things that go on" + 5 * " and on" + ", past eighty columns."
    optFlags = [["verbose", "v", "be verbose"], ["quiet", "q"], ["long-flag", None, "no short name"]]
    optParameters = [
        ["port", "p", 8080, "the port", usage.portCoerce],
        ["name", "n", None, "the name"],
        [
            "no-short",
            None,
            "x",
            "help that is so long that it has to be wrapped onto the next line of the terminal",
        ],
    ]
    subCommands = [["serve", "s", Serve, "serve it"], ["copy", None, Copy, "copy it"]]

    def opt_custom(self, value: str) -> None:
        "custom option"
        self["custom"] = value

    opt_c = opt_custom

    def opt_two_words(self) -> None:
        """two words"""
        self["two"] = True

    def postOptions(self) -> None:
        self["post"] = self.subCommand


def parsed(*words: str, command: type[usage.Options] = Command) -> Any:
    options = command()
    options.parseOptions(words)
    return options


DEFAULTS = {"verbose": 0, "quiet": 0, "long-flag": 0, "port": 8080, "name": None, "no-short": "x"}


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ([], {}),
        (["-v"], {"verbose": 1}),
        (["--verbose", "-p", "80"], {"verbose": 1, "port": 80}),
        (["--port=81", "--name", "bob"], {"port": 81, "name": "bob"}),
        (["-vq", "-nfoo"], {"verbose": 1, "quiet": 1, "name": "foo"}),
        (["--verb", "--long"], {"verbose": 1, "long-flag": 1}),
        (["--custom", "5", "-c6"], {"custom": "6"}),
        (["--two-words"], {"two": True}),
    ],
)
def test_options_are_parsed(words: list[str], changes: dict[str, Any]) -> None:
    assert parsed(*words) == {**DEFAULTS, "post": None, **changes}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--nope"], "option --nope not recognized"),
        (["-z"], "option -z not recognized"),
        (["--n"], "option --n not a unique prefix"),
        (["--name"], "option --name requires argument"),
        (["--verbose=3"], "option --verbose must not have an argument"),
        (["--two_words"], "option --two_words not recognized"),
        (["-p99999"], "Parameter type enforcement failed: Port number not in range: 99999"),
        (["--port=x"], "Parameter type enforcement failed: invalid literal for int"),
        (["bogus"], "Unknown command: bogus"),
        (["serve", "extra"], "Wrong number of arguments."),
        (["copy"], "Wrong number of arguments."),
        (["copy", "1", "2", "3"], "Wrong number of arguments."),
        (["serve", "-v"], "option -v not recognized"),
    ],
)
def test_a_wrong_command_line_is_told(words: list[str], complaint: str) -> None:
    with pytest.raises(usage.UsageError) as caught:
        parsed(*words)
    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize("words", [["serve", "-f", "-n5"], ["s", "--fast", "--num=5"], ["-v", "s", "-fn5"]])
def test_a_sub_command_has_its_own_options(words: list[str]) -> None:
    options = parsed(*words)
    assert options.subCommand == "serve"
    assert options.subOptions == {"fast": 1, "num": 5}
    assert options.subOptions.parent is options
    assert options["post"] == "serve"


def test_arguments_become_the_parameters_of_parse_args() -> None:
    assert parsed("copy", "a").subOptions == {"source": "a", "target": "here"}
    assert parsed("copy", "--", "-a", "b").subOptions == {"source": "-a", "target": "b"}


def test_the_first_argument_ends_the_options() -> None:
    class Rest(usage.Options):
        optFlags = [["x", "x"]]

        def parseArgs(self, *rest: str) -> None:
            self["rest"] = rest

    assert parsed("-x", "a", "-x", command=Rest) == {"x": 1, "rest": ("a", "-x")}


def test_a_type_error_inside_parse_args_is_not_taken_for_a_wrong_number() -> None:
    class Broken(usage.Options):
        def parseArgs(self) -> None:
            raise TypeError("inside")

    with pytest.raises(TypeError, match="inside"):
        parsed(command=Broken)


def test_a_sub_command_can_be_the_default() -> None:
    class Main(Command):
        defaultSubCommand = "serve"

    assert parsed("-v", command=Main).subCommand == "serve"


def test_options_of_base_classes_are_options() -> None:
    class Base(usage.Options):
        optFlags = [["base", "b"]]

    class Derived(Base):
        optFlags = [["derived", "d"]]
        optParameters = [("para", "p", "default")]

    assert parsed("-bd", command=Derived) == {"base": 1, "derived": 1, "para": "default"}


def test_a_method_may_stand_in_for_a_parameter_that_is_listed() -> None:
    class Many(usage.Options):
        optParameters = [["many", "m", None, "listed"]]

        def opt_many(self, value: str) -> None:
            """may be given again"""
            self.setdefault("all", []).append(value)

    options = parsed("-m", "1", "--many", "2", command=Many)
    assert options == {"many": None, "all": ["1", "2"]}
    assert "  -m, --many=    may be given again\n" in options.getUsage()


def test_options_can_be_set_after_making_them_and_hash_by_identity() -> None:
    class Extra(usage.Options):
        def __init__(self) -> None:
            usage.Options.__init__(self)
            self["extra"] = 5

    options = parsed(command=Extra)
    assert options == {"extra": 5}
    assert options.opts is options
    assert {options: 1}[options] == 1


def test_the_command_line_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/prog.py", "-v"])
    options = Command()
    options.parseOptions()
    assert options["verbose"] == 1


USAGE = """\
Options:
  -c, --custom=    custom option
      --help       Display this help and exit.
      --long-flag  no short name
  -n, --name=      the name
      --no-short=  help that is so long that it has to be wrapped onto the next
                   line of the terminal [default: x]
  -p, --port=      the port [default: 8080]. Must be an int between 0 and 65535.
  -q, --quiet      
      --two-words  two words
  -v, --verbose    be verbose
      --version    Display Twisted version and exit.

This is a long description of things that go on and on and on and on and on and
on, past eighty columns.
Commands:
    copy       copy it
    serve      serve it
"""  # noqa: W291 - padded as the others


def test_the_usage_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/prog.py"])
    monkeypatch.delenv("COLUMNS", raising=False)
    options = parsed("serve")
    assert str(options) == "Usage: prog [options]\n" + USAGE
    assert options.getUsage(80) == USAGE
    assert options.subOptions.getSynopsis() == "Usage: prog [options] serve [options]"
    assert all(len(line) <= 40 for line in options.getUsage(40).splitlines())
    monkeypatch.setenv("COLUMNS", "40")
    assert options.getUsage() == options.getUsage(40)


def test_a_synopsis_can_be_given() -> None:
    class Named(usage.Options):
        synopsis = "mine [x]"

    class Top(usage.Options):
        synopsis = "top"
        subCommands = [["sub", None, Named, ""]]

    assert parsed("sub", command=Top).subOptions.getSynopsis() == "top sub mine [x]"


@pytest.mark.parametrize(("word", "start"), [("--help", "Usage: "), ("--version", "Twisted version: ")])
def test_help_and_version_end_the_program(word: str, start: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(word)
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(start)


def test_the_number_of_parameters_says_whether_a_method_is_a_flags() -> None:
    class Methods:
        def flag(self) -> None: ...
        def value(self, value: str) -> None: ...
        def optional(self, value: str = "") -> None: ...
        def many(self, *values: str) -> None: ...
        def two(self, one: str, other: str) -> None: ...

    methods = Methods()
    assert usage.flagFunction(methods.flag)
    for method in (methods.value, methods.optional, methods.many):
        assert not usage.flagFunction(method)
    with pytest.raises(usage.UsageError, match="Invalid Option function for two"):
        usage.flagFunction(methods.two)


def test_a_port_is_a_number_in_range() -> None:
    assert [usage.portCoerce(text) for text in ("0", "65535")] == [0, 65535]
    for text in ("65536", "-1", "x"):
        with pytest.raises(ValueError):
            usage.portCoerce(text)


def test_a_parameter_needs_its_value() -> None:
    parameter = usage.CoerceParameter(Command(), int)
    parameter.dispatch("port", "5")
    assert parameter.options["port"] == 5
    with pytest.raises(usage.UsageError, match="'port' requires an argument"):
        parameter.dispatch("port", None)


def test_completions_keep_what_they_are_given() -> None:
    files = usage.CompleteFiles("*.py", descr="a program", repeat=True)
    assert (files._globPattern, files._descr, files._repeat) == ("*.py", "a program", True)
    assert usage.CompleteMultiList([1, 2])._items == [1, 2]
    assert vars(usage.Completions(optActions={"x": files})) == {
        "descriptions": {},
        "multiUse": [],
        "mutuallyExclusive": [],
        "optActions": {"x": files},
        "extraActions": [],
    }
