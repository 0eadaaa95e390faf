from __future__ import annotations

import logging
from typing import Any

import pytest

from sennit.core.failure import Failure
from sennit.log import Logger, LogLevel, LogPublisher, StdlibLogHandler, STDLibLogObserver, formatEvent


def a_logger(name: str) -> logging.Logger:
    """Return a logger of the standard library that the rest of the process does not know."""
    return logging.Logger(name)  # noqa: LOG001


class Stdlib:
    """A logger, and what it was given."""

    def __init__(self) -> None:
        self.records: list[logging.LogRecord] = []
        self.logger = a_logger("theirs")
        handler = logging.Handler()
        handler.emit = self.records.append  # type: ignore[method-assign]
        self.logger.addHandler(handler)

    def observer(self, **kwargs: Any) -> STDLibLogObserver:
        observer = STDLibLogObserver("theirs", **kwargs)
        observer.logger = self.logger
        return observer


@pytest.fixture
def stdlib() -> Stdlib:
    return Stdlib()


def test_the_observer_writes_to_the_logger_it_names() -> None:
    assert STDLibLogObserver("some.name").logger is logging.getLogger("some.name")
    assert STDLibLogObserver().logger is logging.getLogger("twisted")


@pytest.mark.parametrize(
    ("level", "number"), [("debug", 10), ("info", 20), ("warn", 30), ("error", 40), ("critical", 50)]
)
def test_an_event_becomes_a_record_of_its_level(stdlib: Stdlib, level: str, number: int) -> None:
    Logger("n", observer=stdlib.observer()).emit(LogLevel.levelWithName(level), "hello {x}", x=1)
    (record,) = stdlib.records
    assert (record.levelno, record.getMessage(), record.name) == (number, "hello 1", "theirs")


def test_the_record_blames_the_place_that_called_the_logger(stdlib: Stdlib) -> None:
    Logger("n", observer=LogPublisher(stdlib.observer())).info("hello")
    name = "test_the_record_blames_the_place_that_called_the_logger"
    assert (stdlib.records[0].pathname, stdlib.records[0].funcName) == (__file__, name)


def test_the_record_can_blame_a_place_further_out(stdlib: Stdlib) -> None:
    log = Logger("n", observer=stdlib.observer(stackDepth=STDLibLogObserver.defaultStackDepth + 1))

    def inner() -> None:
        log.info("hello")

    inner()
    assert stdlib.records[0].funcName == "test_the_record_can_blame_a_place_further_out"


def test_a_record_carries_the_exception(stdlib: Stdlib) -> None:
    log = Logger("n", observer=stdlib.observer())
    try:
        raise ValueError("no")
    except ValueError as error:
        log.failure("oops")
        caught = error
    (record,) = stdlib.records
    assert record.exc_info is not None
    assert record.exc_info[:2] == (ValueError, caught)
    log.failure("never raised", Failure(ValueError("made")))
    assert "ValueError: made" in logging.Formatter().format(stdlib.records[1])


def test_the_text_is_made_only_if_a_handler_wants_it(stdlib: Stdlib) -> None:
    made: list[int] = []
    stdlib.logger.setLevel(logging.WARNING)
    log = Logger("n", observer=stdlib.observer())
    log.info("{x()}", x=lambda: made.append(1))
    assert stdlib.records == []
    log.warn("{x()}", x=lambda: made.append(1))
    assert made == []
    assert len(stdlib.records) == 1
    assert str(stdlib.records[0].msg) == "None"
    assert made == [1]


def test_a_record_becomes_an_event() -> None:
    events: list[dict[str, Any]] = []
    handler = StdlibLogHandler(events.append)
    logger = a_logger("their.logger")
    logger.addHandler(handler)
    logger.warning("%s is %d", "x", 3)
    try:
        raise ValueError("no")
    except ValueError as error:
        logger.exception("oops")
        caught = error
    first, second = events
    assert (first["log_namespace"], first["log_level"], formatEvent(first)) == (
        "their.logger",
        LogLevel.warn,
        "x is 3",
    )
    assert first["log_time"] == first["log_stdlib_record"].created
    assert "log_failure" not in first
    assert second["log_failure"].value is caught


@pytest.mark.parametrize(
    ("number", "level"),
    [(5, "debug"), (10, "debug"), (20, "info"), (35, "warn"), (40, "error"), (99, "critical")],
)
def test_any_number_has_its_level(number: int, level: str) -> None:
    events: list[dict[str, Any]] = []
    logger = a_logger("x")
    logger.addHandler(StdlibLogHandler(events.append))
    logger.log(number, "x")
    assert events[0]["log_level"].name == level


def test_with_both_bridges_nothing_goes_round_in_circles(stdlib: Stdlib) -> None:
    publisher = LogPublisher(stdlib.observer())
    events: list[dict[str, Any]] = []
    publisher.addObserver(events.append)
    handler = StdlibLogHandler(publisher)
    stdlib.logger.addHandler(handler)
    try:
        Logger("n", observer=publisher).info("from here")
        stdlib.logger.info("from there")
    finally:
        stdlib.logger.removeHandler(handler)
    assert [formatEvent(event) for event in events] == ["from here", "from there"]
    assert [record.getMessage() for record in stdlib.records] == ["from here", "from there"]
