from __future__ import annotations

import io
import logging
import sys
import warnings
from types import SimpleNamespace
from typing import Any

import pytest

from sennit.core.failure import Failure
from sennit.core.report import report_error
from sennit.log import LogBeginner, Logger, LoggingFile, LogLevel, LogPublisher, capturedLogs, formatEvent


class Start:
    """A publisher whose logging is not begun, and all that its beginning touches."""

    def __init__(self, size: int | None = None) -> None:
        self.errors = io.StringIO()
        self.stdio = SimpleNamespace(stdout=io.StringIO(), stderr=io.StringIO())
        self.shown: list[Any] = []
        self.warnings = SimpleNamespace(showwarning=lambda *args: self.shown.append(args))
        self.publisher = LogPublisher()
        self.beginner = LogBeginner(self.publisher, self.errors, self.stdio, self.warnings, size)
        self.log = Logger("n", observer=self.publisher)
        self.events: list[dict[str, Any]] = []


def test_early_events_are_handed_to_the_first_observers() -> None:
    start = Start()
    start.log.debug("debug is not kept")
    start.log.info("one")
    start.log.warn("two")
    start.beginner.beginLoggingTo([start.events.append])
    start.log.debug("three")
    assert [event["log_format"] for event in start.events] == ["one", "two", "three"]


def test_the_newest_early_events_are_kept() -> None:
    start = Start(size=2)
    for text in ("one", "two", "three"):
        start.log.info(text)
    start.beginner.beginLoggingTo([start.events.append])
    assert [event["log_format"] for event in start.events] == ["two", "three"]


def test_early_events_can_be_thrown_away() -> None:
    start = Start()
    start.log.info("one")
    start.beginner.beginLoggingTo([start.events.append], discardBuffer=True)
    assert start.events == []


def test_critical_events_are_shown_until_logging_begins() -> None:
    start = Start()
    start.log.error("not shown")
    start.log.critical("shown {x}", x=1)
    assert start.errors.getvalue() == "shown 1\n"
    start.beginner.beginLoggingTo([start.events.append])
    start.log.critical("no more")
    assert start.errors.getvalue() == "shown 1\n"


def test_an_observer_that_fails_at_the_replay_harms_no_other() -> None:
    def broken(event: dict[str, object]) -> None:
        raise ValueError("broken")

    start = Start()
    start.log.info("one")
    start.beginner.beginLoggingTo([broken, start.events.append])
    assert start.events[0]["log_format"] == "one"


def test_standard_output_and_errors_become_events() -> None:
    start = Start()
    start.beginner.beginLoggingTo([start.events.append])
    assert isinstance(start.stdio.stdout, LoggingFile)
    start.stdio.stdout.write("out\n")
    start.stdio.stderr.write("err\n")
    assert [(event["log_namespace"], event["log_level"], event["log_io"]) for event in start.events] == [
        ("stdout", LogLevel.info, "out"),
        ("stderr", LogLevel.error, "err"),
    ]


def test_standard_output_can_be_left_alone() -> None:
    start = Start()
    stdout = start.stdio.stdout
    start.beginner.beginLoggingTo([start.events.append], redirectStandardIO=False)
    assert start.stdio.stdout is stdout


def test_warnings_become_events_but_for_those_meant_for_a_file() -> None:
    start = Start()
    start.beginner.beginLoggingTo([start.events.append], redirectStandardIO=False)
    start.warnings.showwarning("careful", UserWarning, "file.py", 3)
    (event,) = start.events
    assert event["log_level"] is LogLevel.warn
    assert formatEvent(event) == "file.py:3: builtins.UserWarning: careful"
    stream = io.StringIO()
    start.warnings.showwarning("careful", UserWarning, "file.py", 3, stream, None)
    assert start.shown == [("careful", UserWarning, "file.py", 3, stream, None)]


def test_beginning_twice_adds_the_observers_and_says_where() -> None:
    start = Start()
    first: list[dict[str, Any]] = []
    start.beginner.beginLoggingTo([first.append], redirectStandardIO=False)
    start.beginner.beginLoggingTo([start.events.append], redirectStandardIO=False)
    (event,) = start.events
    assert first == [event]
    assert event["log_level"] is LogLevel.warn
    assert event["fileNow"] == event["fileThen"] == __file__
    assert event["lineNow"] == event["lineThen"] + 1


def test_the_process_wide_beginner_shows_critical_events_through_stdlib_logging_where_that_is_set_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    publisher = LogPublisher()
    LogBeginner(publisher, None, sys, SimpleNamespace(showwarning=warnings.showwarning))
    log = Logger("n", observer=publisher)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logging.root, "handlers", [handler])
    log.critical("to logging")
    monkeypatch.setattr(logging.root, "handlers", [])
    log.critical("to the stream")
    assert [record.getMessage() for record in records] == ["to logging"]
    assert stream.getvalue() == "to the stream\n"


def test_errors_without_a_home_become_critical_events() -> None:
    with capturedLogs() as events:
        report_error(Failure(ValueError("no")), "It {happened} here", clue=7)
        report_error(Failure(ValueError("no")))
    assert [formatEvent(event) for event in events] == ["It {happened} here", "Unhandled Error"]
    assert events[0]["log_level"] is LogLevel.critical
    assert events[0]["log_failure"].type is ValueError
    assert events[0]["clue"] == 7
