from __future__ import annotations

import io
import logging
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from sennit.core.failure import Failure
from sennit.log import LogBeginner, Logger, LogLevel, LogPublisher, capturedLogs, formatEvent
from sennit.twisted.python import log


@pytest.fixture
def older() -> Iterator[list[dict[str, Any]]]:
    """The events that an observer of the older shape is handed."""
    events: list[dict[str, Any]] = []
    log.addObserver(events.append)
    yield events
    log.removeObserver(events.append)


def texts(events: list[dict[str, Any]]) -> list[str | None]:
    return [log.textFromEventDict(event) for event in events]


def test_a_message_is_its_words(older: list[dict[str, Any]]) -> None:
    log.msg("a", 5, b"c", x=1)
    (event,) = older
    assert event["message"] == ("a", 5, b"c")
    assert (event["x"], event["isError"], event["system"]) == (1, 0, "-")
    assert texts(older) == ["a 5 c"]


def test_a_message_reaches_the_newer_observers_too() -> None:
    with capturedLogs() as events:
        log.msg("a {b}", system="S", logLevel=30)
    (event,) = events
    assert formatEvent(event) == "a {b}"
    assert (event["log_level"], event["log_namespace"], event["log_system"]) == (
        LogLevel.warn,
        "log_legacy",
        "S",
    )


def test_a_newer_event_reaches_the_older_observers_too(older: list[dict[str, Any]]) -> None:
    Logger("n").info("hi {x}", x=1)
    try:
        raise ValueError("no")
    except ValueError:
        Logger("n").failure("boom {x}", x=2)
    first, second = texts(older)
    assert first == "hi 1"
    assert second is not None
    assert second.startswith("boom 2\nTraceback")
    assert [event["isError"] for event in older] == [0, 1]


def test_a_format_is_filled_in(older: list[dict[str, Any]]) -> None:
    log.msg(format="%(x)s!", x=1)
    log.msg(format="%(nothing)s")
    assert texts(older)[0] == "1!"
    assert str(texts(older)[1]).startswith("Invalid format string or unformattable object in log message: ")


def test_errors_are_logged_with_their_traceback(older: list[dict[str, Any]]) -> None:
    log.err(ValueError("v"), "why")
    try:
        raise KeyError("k")
    except KeyError:
        log.err()
    log.err(Failure(ValueError("f")), system="S")
    log.deferr("not an error")
    first, second, third, fourth = texts(older)
    assert str(first).startswith("why\nTraceback")
    assert str(second).startswith("Unhandled Error\nTraceback")
    assert "KeyError" in str(second)
    assert "ValueError: f" in str(third)
    assert fourth == "'not an error'"
    assert [event["isError"] for event in older] == [1, 1, 1, 1]
    assert older[2]["system"] == "S"


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"message": (), "isError": 0}, None),
        ({"message": (), "isError": 1, "why": "w"}, None),
        ({"message": ("z",), "isError": 1}, "z"),
        ({"message": (), "isError": 0, "format": "%(a)s", "a": 1}, "1"),
    ],
)
def test_the_text_of_an_event(event: dict[str, Any], text: str | None) -> None:
    assert log.textFromEventDict(event) == text


def test_fields_of_the_context_are_added(older: list[dict[str, Any]]) -> None:
    log.callWithContext({"system": "CTX", "z": 5}, log.msg, "x")
    assert (older[0]["system"], older[0]["z"]) == ("CTX", 5)


def test_a_call_on_behalf_of_a_logger_is_marked_and_guarded(older: list[dict[str, Any]]) -> None:
    class Part(log.Logger):
        def logPrefix(self) -> str:
            return "PART"

    class Broken:
        def logPrefix(self) -> str:
            raise ValueError("no prefix")

    assert log.callWithLogger(Part(), lambda: 5) == 5
    assert log.callWithLogger(Part(), lambda: 1 / 0) is None
    assert older[0]["system"] == "PART"
    assert "ZeroDivisionError" in str(texts(older)[0])
    assert log.callWithLogger(Broken(), lambda: 5) == 5
    assert log.Logger().logPrefix() == "-"
    for stop in (KeyboardInterrupt, SystemExit):
        with pytest.raises(stop):
            log.callWithLogger(Part(), exec, f"raise {stop.__name__}")


def test_a_publisher_of_its_own() -> None:
    publisher = log.LogPublisher()
    events: list[dict[str, Any]] = []
    publisher.addObserver(events.append)
    publisher.msg("x", y=1)
    assert publisher.observers == [events.append]
    publisher.removeObserver(events.append)
    publisher.removeObserver(events.append)
    publisher.msg("y")
    assert texts(events) == ["x"]
    assert publisher.observers == []


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_file_observer_writes_records(new_york: None) -> None:
    stream = io.StringIO()
    observer = log.FileLogObserver(stream)
    assert (observer.getTimezoneOffset(0), observer.getTimezoneOffset(15552000)) == (18000, 14400)
    observer.emit({"message": ("a\nb",), "isError": 0, "system": "S", "time": 0})
    observer.emit({"message": (), "isError": 0, "system": "S", "time": 0})
    observer.timeFormat = "%Y"
    observer.emit({"message": ("c",), "isError": 0, "system": "S", "time": 15552000})
    assert stream.getvalue() == "1969-12-31 19:00:00-0500 [S] a\n\tb\n1970 [S] c\n"


def test_log_injection_known_attack_text_from_outside_cannot_forge_a_record() -> None:
    stream = io.StringIO()
    observer = log.FileLogObserver(stream)
    observer.timeFormat = "T"
    forged = "x\r\nfake\rfake\x1b[2J\x0bfake\u2028fake"
    observer.emit({"message": (forged,), "isError": 0, "system": forged, "time": 0})
    first, second = stream.getvalue().splitlines()
    assert first.startswith("T [x")
    assert second.startswith("\tfake")
    assert not set(stream.getvalue()) & set("\r\x1b\x0b\u2028")


def test_an_observer_can_be_started_and_stopped() -> None:
    stream = io.StringIO()
    observer = log.FileLogObserver(stream)
    observer.start()
    log.msg("seen")
    observer.stop()
    log.msg("not seen")
    assert stream.getvalue().endswith("[-] seen\n")


def test_messages_go_to_the_standard_librarys_logging() -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    observer = log.PythonLoggingObserver("sennit.test.older")
    observer._newObserver.logger = logging.Logger("theirs")  # noqa: LOG001
    observer._newObserver.logger.addHandler(handler)
    observer.start()
    log.msg("hi")
    log.msg("careful", logLevel=logging.WARNING)
    log.err(ValueError("no"), "why")
    Logger("n").info("new {x}", x=1)
    observer.stop()
    assert [(record.levelname, record.getMessage().splitlines()[0]) for record in records] == [
        ("INFO", "hi"),
        ("WARNING", "careful"),
        ("CRITICAL", "why"),
        ("INFO", "new 1"),
    ]
    assert records[0].pathname == __file__


def test_the_default_observer_shows_errors_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(log.DefaultObserver, "stderr", stream)
    observer = log.DefaultObserver()
    observer.emit({"isError": 0, "message": ("no",)})
    observer.emit({"isError": 1, "message": ("yes",)})
    assert stream.getvalue() == "yes\n"


class Started:
    """The older logging over a publisher of its own, so that the process's is left alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stdio = SimpleNamespace(stdout=io.StringIO(), stderr=io.StringIO())
        publisher = LogPublisher()
        warnings = SimpleNamespace(showwarning=print)
        beginner = LogBeginner(publisher, io.StringIO(), self.stdio, warnings)
        self.publisher = log.LogPublisher(publisher, publisher, beginner, warnings)
        monkeypatch.setattr(log, "theLogPublisher", self.publisher)
        monkeypatch.setattr(log, "msg", self.publisher.msg)


def test_logging_to_a_file_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    started = Started(monkeypatch)
    log.msg("too early")
    stream = io.StringIO()
    observer = log.startLogging(stream)
    assert isinstance(observer, log.FileLogObserver)
    print("printed", file=started.stdio.stdout)
    log.msg("said")
    started.publisher.showwarning("careful", UserWarning, "f.py", 3)
    lines = [line.split("] ", 1)[1] for line in stream.getvalue().splitlines()]
    assert lines == ["Log opened.", "printed", "said", "f.py:3: builtins.UserWarning: careful"]


def test_logging_can_leave_the_standard_streams_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    started = Started(monkeypatch)
    stdout = started.stdio.stdout
    events: list[dict[str, Any]] = []
    log.startLoggingWithObserver(events.append, setStdout=False)
    assert texts(events) == ["Log opened."]
    assert started.stdio.stdout is stdout
    assert started.publisher.observers == [events.append]


def test_logging_to_a_file_that_makes_events_is_not_begun() -> None:
    assert log.startLogging(log.logfile) is None


def test_what_is_written_to_a_stick_becomes_messages(older: list[dict[str, Any]]) -> None:
    stick = log.StdioOnnaStick(isError=1, encoding="utf-8")
    stick.write("ab\ncd")
    stick.write(b"\xc3\xa9\n")
    stick.writelines(["x", b"y"])
    stick.flush()
    stick.close()
    assert texts(older) == ["ab", "cdé", "x", "y"]
    assert all(event["isError"] == event["printed"] == 1 for event in older)
    assert (stick.mode, stick.name, stick.closed, stick.softspace) == ("wb", "<stdio (log)>", 0, 0)
    for method in (stick.read, stick.readline, stick.readlines, stick.seek, stick.tell):
        with pytest.raises(OSError, match="only be written"):
            method()
    with pytest.raises(io.UnsupportedOperation):
        stick.fileno()


def test_what_is_written_to_the_log_file_can_be_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "logfile", log.logfile)
    log.discardLogs()
    log.logfile.write("x")
    log.logfile.flush()
    log.logfile.close()
    assert log.logfile.read() is None


def test_what_is_written_to_the_log_files_becomes_events() -> None:
    with capturedLogs() as events:
        log.logfile.write("out\n")
        log.logerr.write("err\n")
    assert [(event["log_level"], event["log_io"]) for event in events] == [
        (LogLevel.info, "out"),
        (LogLevel.error, "err"),
    ]
    assert sys.stdout is not log.logfile


def test_a_file_observer_shows_times_in_the_zone_that_it_is_told() -> None:
    observer = log.FileLogObserver(io.StringIO())
    for offset, text in ((18000, "2001-02-02 23:05:06-0500"), (-5400, "2001-02-03 05:35:06+0130")):
        observer.getTimezoneOffset = lambda when, offset=offset: offset  # type: ignore[assignment,misc]
        assert observer.formatTime(981173106) == text


def test_a_system_that_cannot_be_shown_does_not_lose_the_message() -> None:
    class Evil:
        def __str__(self) -> str:
            raise ValueError("no")

    file = io.StringIO()
    log.FileLogObserver(file).emit({"message": ("huh",), "isError": 0, "system": Evil(), "time": 0})
    assert file.getvalue().endswith("huh\n")


def test_an_event_that_says_nothing_is_not_handed_to_the_standard_librarys_logging(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log.PythonLoggingObserver("quiet").emit({"message": (), "isError": 0, "system": "-", "time": 0})
    assert caplog.records == []
