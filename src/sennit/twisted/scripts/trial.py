"""``trial``: runs tests, with the options that programs' build files give it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from sennit.trial.interfaces import IReporter
from sennit.trial.local_variables import is_test_file, local_variables, named_tests
from sennit.trial.options import (
    ORDERS,
    REPORTERS,
    SWITCHES,
    TRACEBACK_FORMATS,
    VALUES,
    Settings,
    SettingsError,
    jobs_of,
)
from sennit.trial.session import class_of, hide_modules, run_tests
from sennit.twisted import plugin
from sennit.twisted.python import usage
from sennit.twisted.python.filepath import FilePath
from sennit.twisted.scripts.trial_worker import REACTORS, install_reactor, worker_arguments

__all__ = [
    "TBFORMAT_MAP",
    "Options",
    "getTestModules",
    "isTestFile",
    "loadLocalVariables",
    "run",
]

TBFORMAT_MAP = dict(TRACEBACK_FORMATS)
"""The forms of tracebacks: what they are called on the command line, and by reporters."""

# Read by methods of their own.
_READ = {"jobs", "random", "tbformat", "testmodule", "without-module"}


def isTestFile(filename: str) -> bool:
    """Return whether a file is one of tests, by its name."""
    return is_test_file(filename)


def loadLocalVariables(filename: str) -> dict[str, str]:
    """Return the variables in the first two lines of a file (``-*- name: value -*-``)."""
    with Path(filename).open(encoding="utf-8", errors="replace") as file:
        return local_variables(file)


def getTestModules(filename: str) -> list[str]:
    """Return what tests a file names in its variable ``test-case-name``."""
    named = loadLocalVariables(filename).get("test-case-name", "")
    return [each for each in named.split(",") if each]


class Options(usage.Options):
    """The options of ``trial``, by their names."""

    synopsis = "trial [options] [[file|package|module|TestCase|testmethod]...]"
    longdesc = (
        "Runs tests: packages, modules, classes or methods by their dotted names, files and directories by "
        "their paths."
    )

    optFlags: ClassVar[list[Any]] = [
        *([switch.name, switch.short, switch.help] for switch in SWITCHES),
        ["help-orders", None, "Say in which orders tests can be run."],
        ["help-reporters", None, "Say how tests can be told of."],
    ]
    optParameters: ClassVar[list[Any]] = [
        [value.name, value.short, value.default, value.help, *([value.kind] if value.kind is not str else [])]
        for value in VALUES
        if value.name not in _READ
    ]
    compData = usage.Completions(
        optActions={
            "order": usage.CompleteList(list(ORDERS)),
            "reporter": usage.CompleteList(list(REPORTERS)),
            "tbformat": usage.CompleteList(["plain", "emacs", "cgitb"]),
            "logfile": usage.CompleteFiles(descr="log file name"),
            "random": usage.Completer(descr="random seed"),
        },
        extraActions=[
            usage.CompleteFiles("*.py", descr="file | module | package | TestCase | testMethod", repeat=True)
        ],
    )

    tracer: Any = None

    def __init__(self) -> None:
        super().__init__()
        self["tests"] = []
        self["jobs"] = self["random"] = self["without-module"] = None
        self["tbformat"] = "default"
        self._reactor = "default"

    def opt_jobs(self, number: str) -> None:
        """Run tests in so many processes; auto for one for each processor."""
        if number != "auto" and not number.lstrip("-").isdecimal():
            raise usage.UsageError(f"Expecting integer argument to jobs, got {number!r}")
        try:
            self["jobs"] = jobs_of(number)
        except SettingsError:
            raise usage.UsageError("Argument to jobs must be a strictly positive integer or 'auto'") from None

    opt_j = opt_jobs

    def opt_random(self, option: str) -> None:
        """Run tests in an order that this number decides; 0 for any."""
        if not option.isdecimal():
            raise usage.UsageError("Argument to --random must be a positive integer")
        self["random"] = int(option)

    opt_z = opt_random

    def opt_tbformat(self, opt: str) -> None:
        """Show tracebacks in this form: plain, emacs or cgitb."""
        try:
            self["tbformat"] = TBFORMAT_MAP[opt]
        except KeyError:
            raise usage.UsageError("tbformat must be 'plain', 'emacs', or 'cgitb'.") from None

    def opt_testmodule(self, filename: str) -> None:
        """Run the tests that a file names in a line ``-*- test-case-name: ... -*-``."""
        if not Path(filename).is_file():
            sys.stderr.write(f"File {filename!r} doesn't exist\n")
            return
        path = str(Path(filename).absolute())
        self["tests"] += named_tests(path)

    def opt_without_module(self, option: str) -> None:
        """Run tests as if these modules, parted by commas, were not installed."""
        self["without-module"] = option
        hide_modules(option.split(","))

    def opt_reactor(self, shortName: str) -> None:
        """Run on this reactor (see --help-reactors)."""
        if shortName not in REACTORS:
            raise usage.UsageError(
                f"The specified reactor does not exist: {shortName!r}.\n"
                "See the list of available reactors with --help-reactors"
            )
        install_reactor(shortName)
        self._reactor = shortName

    opt_r = opt_reactor

    def opt_help_reactors(self) -> NoReturn:
        """Say which reactors there are, and exit."""
        _list({name: text for name, (_, text) in REACTORS.items()})

    def parseArgs(self, *args: str) -> None:
        """Take the names of tests."""
        self["tests"] += args

    def postOptions(self) -> None:
        """Read what is left, and refuse what makes no sense.

        Raises:
            UsageError: If something does not.
            SystemExit: If help was asked for.
        """
        if self["help-orders"]:
            _list(ORDERS)
        if self["help-reporters"]:
            _list({each.longOpt: each.description for each in plugin.getPlugins(IReporter)})
        order = self["order"]
        if order is not None and order not in ORDERS:
            names = ", ".join(map(repr, ORDERS))
            raise usage.UsageError(f"--order must be one of: {names}. See --help-orders for details")
        try:
            self["reporter"] = class_of(_reporter(self["reporter"]))
            self.settings().check()
        except SettingsError as error:
            raise usage.UsageError(str(error)) from None

    def coverdir(self) -> FilePath[str]:
        """Return the directory to which ``--coverage`` writes."""
        return FilePath(self["temp-directory"]).child("coverage")

    def settings(self) -> Settings:
        """Return what was asked for, as the runner takes it."""
        given = {
            name.replace("-", "_"): self[name]
            for name in [switch.name for switch in SWITCHES] + [value.name for value in VALUES]
            if name not in {"testmodule", "without-module"}
        }
        settings = Settings(list(dict.fromkeys(self["tests"])), **given)
        settings.without_modules = self["without-module"].split(",") if self["without-module"] else []
        return settings


def _reporter(name: Any) -> Any:
    """Return the dotted name of the reporter that a plugin calls so; without one, the name itself."""
    for each in plugin.getPlugins(IReporter):
        if each.longOpt == name:
            return f"{each.module}.{each.klass}"
    return name


def _list(texts: dict[str, str]) -> NoReturn:
    """Show names and what they mean, and exit."""
    for name, text in texts.items():
        sys.stdout.write(f"    {name}\t{text}\n")
    raise SystemExit(0)


def run() -> NoReturn:
    """Run the command.

    Raises:
        SystemExit: Always: with 0 if all is well, with 1 if not.
    """
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    config = Options()
    try:
        config.parseOptions()
    except usage.error as error:
        raise SystemExit(f"{sys.argv[0]}: {error}") from None
    settings = config.settings()
    try:
        status = run_tests(settings, worker_arguments(config._reactor))
    except SettingsError as error:
        raise SystemExit(f"{sys.argv[0]}: {error}") from None
    raise SystemExit(status)
