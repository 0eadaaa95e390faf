from __future__ import annotations

from typing import Any

from sennit.core.failure import Failure
from sennit.log import LegacyLogObserverWrapper, Logger, LogLevel, formatEvent
from sennit.log.legacy import publishToNewObserver


def in_the_older_shape(level: LogLevel, **fields: Any) -> dict[str, Any]:
    events: list[dict[str, Any]] = []
    log = Logger("n", observer=LegacyLogObserverWrapper(events.append))
    log.emit(level, "hi {x}", x=1, **fields)
    return events[0]


def test_an_event_gets_the_older_keys_beside_its_own() -> None:
    event = in_the_older_shape(LogLevel.warn)
    assert event["message"] == ()
    assert event["system"] == "-"
    assert event["isError"] == 0
    assert event["time"] == event["log_time"]
    assert event["format"] % event == "hi 1"
    assert event["log_level"] is LogLevel.warn


def test_errors_are_marked() -> None:
    assert in_the_older_shape(LogLevel.error)["isError"] == 1
    assert in_the_older_shape(LogLevel.critical)["isError"] == 1
    failure = Failure(ValueError("no"))
    event = in_the_older_shape(LogLevel.info, log_failure=failure)
    assert (event["isError"], event["failure"], event["why"]) == (1, failure, "hi 1")


def test_the_system_is_taken_over() -> None:
    assert in_the_older_shape(LogLevel.info, log_system="S")["system"] == "S"


def test_the_event_itself_is_not_changed() -> None:
    event = {"log_format": "x", "log_level": LogLevel.info}
    LegacyLogObserverWrapper(lambda other: other.clear())(event)
    assert event == {"log_format": "x", "log_level": LogLevel.info}


def newer(event: dict[str, Any]) -> dict[str, Any]:
    events: list[dict[str, Any]] = []
    publishToNewObserver(events.append, event, lambda event: event.get("text"))
    return events[0]


def test_an_older_event_gets_the_newer_keys() -> None:
    event = newer({"message": ("a",), "text": "a {b}", "time": 5.0, "isError": 0, "system": "S"})
    assert formatEvent(event) == "a {b}"
    assert event["log_time"] == 5.0
    assert event["log_level"] is LogLevel.info
    assert event["log_namespace"] == "log_legacy"
    assert event["log_system"] == "S"


def test_the_level_comes_from_its_number_or_from_being_an_error() -> None:
    assert newer({"isError": 1})["log_level"] is LogLevel.critical
    assert newer({"isError": 0, "logLevel": 30})["log_level"] is LogLevel.warn
    assert "log_format" not in newer({"isError": 1})


def test_a_field_named_message_is_a_field_of_the_format_not_the_words() -> None:
    events: list[dict[str, Any]] = []
    LegacyLogObserverWrapper(events.append)({"log_format": "Hello, {message}!", "message": "world"})
    assert events[0]["message"] == ()
    assert events[0]["format"] % events[0] == "Hello, world!"


def test_the_level_may_be_named_and_is_left_out_if_the_name_is_unknown() -> None:
    seen: list[dict[str, Any]] = []
    for name in ("WARNING", "Foo"):
        publishToNewObserver(seen.append, {"message": ("x",), "isError": 0, "logLevel": name}, lambda _: "x")
    assert seen[0]["log_level"] is LogLevel.warn
    assert "log_level" not in seen[1]
