"""What can be said on the command line of a run, once for all commands that run tests.

A switch is on or off; a value has an argument.  The long names are those of `Settings`, with hyphens.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sennit.trial.local_variables import named_tests

__all__ = [
    "ORDERS",
    "REPORTERS",
    "SWITCHES",
    "TRACEBACK_FORMATS",
    "VALUES",
    "Settings",
    "SettingsError",
    "Switch",
    "Value",
    "jobs_of",
    "processors",
]


class SettingsError(Exception):
    """What was asked for makes no sense, or cannot be had; the message is the whole explanation."""


class Switch(NamedTuple):
    """An option without an argument."""

    name: str
    short: str | None
    help: str


class Value(NamedTuple):
    """An option with an argument; `kind` is the function that reads it."""

    name: str
    short: str | None
    kind: type
    default: str | int | float | None
    help: str


ORDERS = {
    "alphabetical": "Tests by their names, in classes by their names.",
    "toptobottom": "Tests and classes as they stand in their file.",
}

REPORTERS = {
    "verbose": ("sennit.trial.reporters", "TreeReporter", "A tree, with colour and progress on a terminal."),
    "bwverbose": ("sennit.trial.reporters", "VerboseTextReporter", "A line for each test."),
    "text": ("sennit.trial.reporters", "TextReporter", "A character for each test."),
    "summary": ("sennit.trial.reporters", "MinimalReporter", "One line of numbers."),
    "timing": ("sennit.trial.reporters", "TimingTextReporter", "A line for each test, with its time."),
    "subunit": ("sennit.trial.reporters", "SubunitReporter", "The subunit protocol, for programs."),
}

TRACEBACK_FORMATS = {
    "plain": "default",
    "default": "default",
    "emacs": "brief",
    "brief": "brief",
    "cgitb": "verbose",
    "verbose": "verbose",
}

SWITCHES = (
    Switch("debug", "b", "Run under a debugger, and open pdb where a test failed; it reads .pdbrc."),
    Switch("debug-stacktraces", "B", "Have Deferreds remember where they were made and fired."),
    Switch("no-recurse", "N", "Leave out the packages in a package."),
    Switch("nopm", None, "With --debug, do not open pdb where a test failed."),
    Switch("dry-run", "n", "Find the tests, tell of all that they passed, and run none."),
    Switch("force-gc", None, "Collect garbage before and after each test."),
    Switch("disablegc", None, "Never collect garbage."),
    Switch("exitfirst", "x", "Stop at the first test that fails; not with --jobs."),
    Switch("profile", None, "Run under the profiler; it writes profile.data."),
    Switch("rterrors", "e", "Show tracebacks at once, too."),
    Switch("unclean-warnings", None, "Only warn of what a test leaves in the reactor."),
    Switch("until-failure", "u", "Run the tests over and over, until one fails."),
    Switch("coverage", None, "Write which lines were run into the directory coverage."),
    Switch("spew", None, "Print each call of a function."),
)

VALUES = (
    Value("jobs", "j", str, None, "Run tests in so many processes; auto for one for each processor."),
    Value("logfile", "l", str, "test.log", "The name of the log file."),
    Value("order", "o", str, None, "In which order to run tests (see --help-orders)."),
    Value("random", "z", int, None, "Run tests in an order that this number decides; 0 for any."),
    Value(
        "reporter",
        None,
        str,
        "verbose",
        "How to tell of tests (see --help-reporters), or the dotted name of a class.",
    ),
    Value("tbformat", None, str, "plain", "How tracebacks look: plain, emacs or cgitb."),
    Value("temp-directory", None, str, "_trial_temp", "The directory to run tests in."),
    Value("timeout", None, float, None, "Seconds that a step of a test may take if it says nothing itself."),
    Value(
        "loop",
        None,
        str,
        None,
        "The loop of fresh reactors: native, uvloop, asyncio, epoll, poll, select.",
    ),
    Value("debugger", None, str, None, "The debugger for --debug, by its dotted name, if it is not pdb."),
    Value("recursionlimit", None, int, None, "How deep Python's stack may be."),
    Value(
        "testmodule", None, str, None, "A file that names its tests, in a line -*- test-case-name: ... -*-."
    ),
    Value("without-module", None, str, None, "Modules, parted by commas, that are as if not installed."),
)


@dataclass
class Settings:
    """What a run was asked for; each option is described in `SWITCHES` and `VALUES`.

    Attributes:
        tests: Names and paths of tests.
        reporter: The name of a reporter, or its class.
    """

    tests: list[str] = field(default_factory=list)
    debug: bool = False
    debug_stacktraces: bool = False
    no_recurse: bool = False
    nopm: bool = False
    dry_run: bool = False
    force_gc: bool = False
    disablegc: bool = False
    exitfirst: bool = False
    profile: bool = False
    rterrors: bool = False
    unclean_warnings: bool = False
    until_failure: bool = False
    coverage: bool = False
    spew: bool = False
    jobs: int | None = None
    logfile: str = "test.log"
    order: str | None = None
    random: int | None = None
    reporter: Any = "verbose"
    tbformat: str = "default"
    temp_directory: str = "_trial_temp"
    timeout: float | None = None
    loop: str | None = None
    debugger: str | None = None
    recursionlimit: int | None = None
    without_modules: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, tests: list[str], given: Mapping[str, Any]) -> Settings:
        """Read the arguments of options.

        Args:
            tests: Names and paths of tests.
            given: What was given, by the options' names with underscores.

        Returns:
            The settings.

        Raises:
            SettingsError: If they make no sense.
        """
        values = dict(given)
        hidden = values.pop("without_module", None)
        module_file = values.pop("testmodule", None)
        settings = cls(list(tests), **values)
        settings.without_modules = hidden.split(",") if hidden else []
        settings.jobs = jobs_of(values.get("jobs"))
        if settings.random is not None and settings.random <= 0:
            settings.random = int(time.time() * 100)
        if settings.tbformat not in TRACEBACK_FORMATS:
            raise SettingsError("tbformat must be 'plain', 'emacs', or 'cgitb'.")
        settings.tbformat = TRACEBACK_FORMATS[settings.tbformat]
        if settings.order is not None and settings.order not in ORDERS:
            raise SettingsError(f"There is no order {settings.order!r}; see --help-orders.")
        if module_file is not None:
            settings.tests += named_tests(module_file)
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse what makes no sense together.

        Raises:
            SettingsError: If something does not.
        """
        if self.jobs is not None:
            for name, given in (
                ("--debug", self.debug),
                ("--exitfirst", self.exitfirst),
                ("--profile", self.profile),
                ("--debug-stacktraces", self.debug_stacktraces),
            ):
                if given:
                    raise SettingsError(f"You can't specify {name} when using --jobs")
        if self.nopm and not self.debug:
            raise SettingsError("You must specify --debug when using --nopm")
        if self.random is not None and self.order is not None:
            raise SettingsError("You can't specify --random when using --order")
        if isinstance(self.reporter, str) and self.reporter not in REPORTERS and "." not in self.reporter:
            raise SettingsError(f"There is no reporter {self.reporter!r}; see --help-reporters.")
        if self.timeout is not None and not self.timeout > 0:
            raise SettingsError("The time limit must be more than 0 seconds.")


def processors() -> int:
    """Return how many processors this process may use."""
    count = getattr(os, "process_cpu_count", None)
    if count is not None:
        return count() or 1
    allowed = getattr(os, "sched_getaffinity", None)
    return (len(allowed(0)) if allowed is not None else 0) or os.cpu_count() or 1


def jobs_of(text: str | None) -> int | None:
    """Read the number of processes."""
    if text is None:
        return None
    if text == "auto":
        return processors()
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise SettingsError(f"Expecting argument to be a number greater than zero, or 'auto', not {text!r}.")
    return number
