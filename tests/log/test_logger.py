from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from typing import ClassVar

import pytest

from sennit.core.failure import Failure, NoCurrentExceptionError
from sennit.log import (
    FilteringLogObserver,
    InvalidLogLevelError,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    LogPublisher,
    _loggerFor,
    capturedLogs,
    formatEvent,
    globalLogPublisher,
)

module_log = Logger()


class Speaker:
    log = Logger()

    class Inner:
        log = Logger("named.but.inside")


class Heir(Speaker):
    pass


def test_a_module_level_logger_is_named_for_the_module() -> None:
    assert module_log.namespace == __name__
    assert module_log.source is None
    assert module_log.observer is globalLogPublisher
    assert repr(Logger("a.b")) == "<Logger 'a.b'>"


def test_a_class_attribute_is_named_for_the_class_it_is_reached_through() -> None:
    heir = Heir()
    assert Speaker.log.namespace == f"{__name__}.Speaker"
    assert Speaker.log.source is Speaker
    assert heir.log.namespace == f"{__name__}.Heir"
    assert heir.log.source is heir
    assert Speaker.Inner.log.namespace == f"{__name__}.Inner"


def test_the_logger_of_an_object_has_it_as_source() -> None:
    speaker = Speaker()
    log = _loggerFor(speaker)
    assert (log.namespace, log.source) == (f"{__name__}.Speaker", speaker)


def test_an_event_has_the_fields_of_the_call_and_those_of_the_logger() -> None:
    events: list[dict[str, object]] = []
    log = Logger("here", source="me", observer=events.append)
    log.info("hello {name}", name="you")
    (event,) = events
    assert isinstance(event.pop("log_time"), float)
    assert event == {
        "name": "you",
        "log_logger": log,
        "log_level": LogLevel.info,
        "log_namespace": "here",
        "log_source": "me",
        "log_format": "hello {name}",
    }


@pytest.mark.parametrize("level", list(LogLevel))
def test_each_level_has_its_method(level: LogLevel) -> None:
    events: list[dict[str, object]] = []
    getattr(Logger("x", observer=events.append), level.name)("text")
    assert [event["log_level"] for event in events] == [level]


def test_a_level_that_is_none_becomes_a_critical_event_about_that() -> None:
    events: list[dict[str, object]] = []
    Logger("x", observer=events.append).emit("loud", "text")  # type: ignore[arg-type]
    (event,) = events
    assert event["log_level"] is LogLevel.critical
    failure = event["log_failure"]
    assert isinstance(failure, Failure)
    assert failure.check(InvalidLogLevelError) is InvalidLogLevelError


def test_failure_takes_the_exception_being_handled() -> None:
    events: list[dict[str, object]] = []
    log = Logger("x", observer=events.append)
    try:
        raise ValueError("no")
    except ValueError as error:
        log.failure("while {doing}", doing="this")
        caught = error
    (event,) = events
    assert event["log_failure"].value is caught  # type: ignore[attr-defined]
    assert event["log_level"] is LogLevel.critical
    assert formatEvent(event) == "while this"
    with pytest.raises(NoCurrentExceptionError):
        log.failure("nothing")


def test_failures_handled_logs_and_ends_an_exception() -> None:
    events: list[dict[str, object]] = []
    log = Logger("x", observer=events.append)
    with log.failuresHandled("while {doing}", LogLevel.error, doing="this") as operation:
        raise ValueError("no")
    assert operation.failed
    assert not operation.succeeded
    assert operation.failure is not None
    assert operation.failure.type is ValueError
    assert [(event["log_level"], formatEvent(event)) for event in events] == [(LogLevel.error, "while this")]


def test_failures_handled_tells_of_success() -> None:
    with Logger("x", observer=print).failuresHandled("while") as operation:
        pass
    assert operation.succeeded
    assert not operation.failed
    assert operation.failure is None


def test_a_failure_handler_can_be_entered_again() -> None:
    events: list[dict[str, object]] = []
    handler = Logger("x", observer=events.append).failureHandler("static")
    for _ in range(2):
        with handler:
            raise ValueError("no")
    with handler:
        pass
    assert [formatEvent(event) for event in events] == ["static", "static"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_what_asks_to_stop_passes_the_handlers(stop: type[BaseException]) -> None:
    log = Logger("x", observer=print)
    with pytest.raises(stop), log.failuresHandled("while"):
        raise stop
    with pytest.raises(stop), log.failureHandler("while"):
        raise stop


def test_a_call_below_the_wanted_level_makes_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[dict[str, object]] = []
    levels = LogLevelFilterPredicate(LogLevel.warn)
    log = Logger("a.b", observer=LogPublisher(FilteringLogObserver(events.append, [levels])))
    calls: list[str] = []
    monkeypatch.setattr("sennit.log.logger.time", lambda: calls.append("time") or 1.0)
    log.info("not wanted")
    log.emit(LogLevel.info, "not wanted")
    assert calls == []
    log.warn("wanted")
    assert calls == ["time"]
    levels.setLogLevelForNamespace("a", LogLevel.debug)
    log.info("wanted now")
    levels.clearLogLevels()
    log.info("not wanted again")
    levels.defaultLogLevel = LogLevel.info
    log.info("wanted again")
    assert [event["log_format"] for event in events] == ["wanted", "wanted now", "wanted again"]


def test_a_logger_to_which_nobody_listens_makes_no_event_until_somebody_does() -> None:
    publisher = LogPublisher()
    log = Logger("x", observer=publisher)
    log.critical("to nobody")
    events: list[dict[str, object]] = []
    publisher.addObserver(events.append)
    log.debug("to somebody")
    publisher.removeObserver(events.append)
    log.critical("to nobody")
    assert [event["log_format"] for event in events] == ["to somebody"]


def test_a_logger_given_another_observer_asks_that_one() -> None:
    log = Logger("x", observer=LogPublisher())
    log.info("to nobody")
    events: list[dict[str, object]] = []
    log.observer = events.append
    log.info("to somebody")
    assert [event["log_format"] for event in events] == ["to somebody"]


def test_a_trace_is_kept_although_nobody_wants_the_event() -> None:
    trace: list[tuple[object, object]] = []
    publisher = LogPublisher()
    log = Logger("x", observer=publisher)
    log.debug("traced", log_trace=trace)
    assert trace == [(log, publisher)]


def test_captured_logs_are_those_of_the_block() -> None:
    with capturedLogs() as events:
        module_log.debug("inside")
    module_log.debug("outside")
    assert [event["log_format"] for event in events] == ["inside"]


def test_a_bound_logger_is_a_logger_like_any_other() -> None:
    events: list[dict[str, object]] = []
    bound = Speaker().log
    bound.observer = events.append
    bound.debug("to somebody")
    assert [event["log_format"] for event in events] == ["to somebody"]

    class Borrower:
        log = bound

    assert Borrower.log.namespace == f"{__name__}.Borrower"


class Ear:
    """An observer that can be pickled, and whose wishes are those of all."""

    wanted = LogLevel.critical.rank
    heard: ClassVar[list[object]] = []

    def lowest_rank(self, namespace: str) -> int:
        return self.wanted

    def __call__(self, event: dict[str, object]) -> None:
        self.heard.append(event["log_format"])


@pytest.mark.parametrize(
    "again", [copy.copy, lambda log: pickle.loads(pickle.dumps(log))], ids=["copy", "pickle"]
)
def test_a_logger_can_be_copied_and_the_copy_asks_for_itself(
    again: Callable[[Logger], Logger], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ear, "heard", [])
    log = Logger("x", source="me", observer=Ear())
    log.info("not wanted")
    monkeypatch.setattr(Ear, "wanted", LogLevel.info.rank)
    copied = again(log)
    copied.debug("not wanted either")
    copied.info("wanted")
    assert Ear.heard == ["wanted"]
    assert (copied.namespace, copied.source, repr(copied)) == ("x", "me", "<Logger 'x'>")


def test_a_subclass_of_logger_stays_one_when_it_is_bound() -> None:
    class Own(Logger):
        pass

    class Speaking:
        log = Own()

    assert isinstance(Speaking().log, Own)
    assert Speaking.log.namespace == f"{__name__}.Speaking"


def test_a_bound_logger_hears_of_changes() -> None:
    publisher = LogPublisher()

    class Speaking:
        log = Logger(observer=publisher)

    speaking = Speaking()
    speaking.log.info("to nobody")
    events: list[dict[str, object]] = []
    publisher.addObserver(events.append)
    speaking.log.info("one")
    speaking.log.info("two")
    assert [event["log_format"] for event in events] == ["one", "two"]
