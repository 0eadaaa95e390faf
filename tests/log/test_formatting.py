from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.core.failure import Failure
from sennit.log import (
    LogLevel,
    eventAsText,
    extractField,
    flattenEvent,
    formatEvent,
    formatEventAsClassicLogText,
    formatTime,
)


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Unshowable:
    def __repr__(self) -> str:
        raise ZeroDivisionError("no repr")


FORMATS = [
    ({}, ""),
    ({"log_format": None}, ""),
    ({"log_format": ""}, ""),
    ({"log_format": "plain"}, "plain"),
    ({"log_format": b"bytes {a}", "a": 1}, "bytes 1"),
    ({"log_format": "{{{a}}}", "a": 1}, "{1}"),
    ({"log_format": "{a!r:>6}", "a": "x"}, "   'x'"),
    ({"log_format": "{a:{w}}|", "a": "x", "w": 3}, "x  |"),
    ({"log_format": "{a.b[c]}", "a": SimpleNamespace(b={"c": 7})}, "7"),
    ({"log_format": "{a[1]}", "a": "xyz"}, "y"),
    ({"log_format": "{a()}", "a": lambda: 5}, "5"),
    ({"log_format": "{a()!r:>5}", "a": lambda: "z"}, "  'z'"),
    ({"log_format": "{a.b().c}", "a": SimpleNamespace(b=lambda: SimpleNamespace(c=9))}, "9"),
    ({"log_format": "{a()[k]}", "a": lambda: {"k": 3}}, "3"),
]


@pytest.mark.parametrize(("event", "text"), FORMATS)
def test_a_format_is_filled_in_from_the_event(event: dict[str, object], text: str) -> None:
    assert formatEvent(event) == text


@pytest.mark.parametrize(("event", "text"), FORMATS)
def test_a_flattened_event_formats_the_same(event: dict[str, object], text: str) -> None:
    if isinstance(event.get("log_format"), bytes):
        return
    event = dict(event)
    flattenEvent(event)
    flattened = {key: value for key, value in event.items() if key.startswith("log_")}
    assert formatEvent(flattened) == text


@pytest.mark.parametrize(
    "event",
    [
        {"log_format": "{missing}"},
        {"log_format": "{a"},
        {"log_format": "{}"},
        {"log_format": "{0}"},
        {"log_format": 5},
        {"log_format": b"\xff"},
        {"log_format": "{a()}", "a": lambda: 1 / 0},
        {"log_format": "{a()x}", "a": lambda: 1},
        {"log_format": "{a.b}", "a": 1},
    ],
)
def test_an_event_that_cannot_be_formatted_becomes_text_that_says_so(event: dict[str, object]) -> None:
    assert formatEvent(event).startswith("Unable to format event {'log_format'")


def test_an_event_whose_fields_cannot_be_shown_becomes_text_all_the_same() -> None:
    text = formatEvent({"log_format": "{a}", "a": Unshowable(), "b": 2})
    assert "whose repr raises ZeroDivisionError" in text
    assert "'b': 2" in text


@given(st.dictionaries(st.text(), st.text()), st.text())
def test_formatting_never_raises(fields: dict[str, str], format: str) -> None:
    assert isinstance(formatEvent({**fields, "log_format": format}), str)
    assert isinstance(formatEvent({**fields, "log_format": format + "{a()}"}), str)


def test_fields_that_come_twice_are_kept_apart() -> None:
    event: dict[str, object] = {"log_format": "{a()}{a()}{a()!r}", "a": iter([1, 2, 3]).__next__}
    flattenEvent(event)
    assert event["log_flattened"] == {
        "a()!s:": "1",
        "a()!:": 1,
        "a()!s:/2": "2",
        "a()!:/2": 2,
        "a()!r:": "3",
        "a()!:/3": 3,
    }
    assert formatEvent(event) == "123"


@pytest.mark.parametrize("flat", [False, True])
def test_a_field_can_be_extracted(flat: bool) -> None:
    event: dict[str, object] = {
        "log_format": "{a} {b!r} {c()} {a.real}",
        "a": 1,
        "b": "x",
        "c": lambda: 5,
    }
    if flat:
        flattenEvent(event)
        event = {"log_flattened": event["log_flattened"]}
    assert extractField("a", event) == 1
    assert extractField("b!r", event) == "'x'"
    assert extractField("c()", event) == 5
    assert extractField("a.real", event) == 1
    with pytest.raises(KeyError):
        extractField("zz", event)


def test_a_time_is_local_with_its_offset(new_york: None) -> None:
    assert formatTime(0) == "1969-12-31T19:00:00-0500"
    assert formatTime(0.9) == "1969-12-31T19:00:00-0500"
    assert formatTime(15552000.0) == "1970-06-29T20:00:00-0400"
    assert formatTime(12345.678, "%f %Y") == "678000 1969"
    assert formatTime(None) == "-"
    assert formatTime(0, None) == "-"
    assert formatTime(None, default="never") == "never"


def at(when: float | None) -> str:
    return "NOW"


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"log_format": "x"}, "NOW [-#-] x\n"),
        ({"log_format": "x", "log_level": LogLevel.info}, "NOW [-#info] x\n"),
        ({"log_format": "x", "log_namespace": "n"}, "NOW [n#-] x\n"),
        ({"log_format": "x", "log_system": "S", "log_namespace": "n"}, "NOW [S] x\n"),
        ({"log_format": "x", "log_system": 5}, "NOW [5] x\n"),
        ({"log_format": "x", "log_system": Unshowable()}, "NOW [UNFORMATTABLE] x\n"),
        ({"log_format": "x", "log_level": "loud"}, "NOW [-#'loud'] x\n"),
        ({"log_format": "a\nb\n{c}", "c": "x\ny"}, "NOW [-#-] a\n\tb\n\tx\n\ty\n"),
        ({"log_format": ""}, None),
        ({}, None),
    ],
)
def test_the_classic_record(event: dict[str, object], text: str | None) -> None:
    assert formatEventAsClassicLogText(event, formatTime=at) == text


def test_a_time_that_is_none_does_not_lose_the_event() -> None:
    assert eventAsText({"log_format": "x", "log_time": "soon"}) == "'soon' [-#-] x"
    assert eventAsText({"log_format": "x", "log_time": 1e300}) == "1e+300 [-#-] x"


@pytest.mark.parametrize(
    "forgery",
    [
        "x\n2026-01-01T00:00:00+0000 [-#critical] root logged in",
        "x\r2026-01-01T00:00:00+0000 [-#critical] root logged in",
        "x\r\n2026-01-01 fake",
        "x\x0bfake\x0cfake\x1cfake\x85fake\u2028fake\u2029fake",
        "x\x1b[2J\x1b]0;title\x07",
        "x\x00\x7f\x9b31m",
    ],
)
def test_log_injection_known_attack_text_from_outside_cannot_forge_a_record(forgery: str) -> None:
    for event in (
        {"log_format": "user {name}", "name": forgery, "log_system": "s"},
        {"log_format": "user", "log_system": forgery},
    ):
        text = formatEventAsClassicLogText(event, formatTime=at)
        assert text is not None
        first, *rest = text.splitlines()
        assert first.startswith("NOW [")
        assert all(line.startswith("\t") for line in rest)
        assert not set(text) & set("\r\x00\x07\x0b\x0c\x1b\x1c\x7f\x85\x9b\u2028\u2029")


def test_the_parts_of_a_text_can_be_left_out() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        failure = Failure()
    event = {"log_format": "x", "log_failure": failure, "log_namespace": "n"}
    assert eventAsText(event, includeTraceback=False, formatTime=at) == "NOW [n#-] x"
    assert eventAsText(event, includeTraceback=False, includeTimestamp=False) == "[n#-] x"
    assert eventAsText(event, includeTraceback=False, includeSystem=False, formatTime=at) == "NOW x"
    whole = eventAsText(event, includeTimestamp=False, includeSystem=False)
    assert whole.startswith("x\nTraceback (most recent call last):\n")
    assert whole.endswith("ValueError: no\n")


def test_a_failure_alone_is_text_enough() -> None:
    text = eventAsText({"log_failure": Failure(ValueError("no"))}, formatTime=at)
    assert text.startswith("NOW [-#-] \nTraceback")
    assert eventAsText({"log_failure": 5, "log_format": "x"}, formatTime=at).startswith(
        "NOW [-#-] x\n(UNABLE TO OBTAIN TRACEBACK FROM EVENT):"
    )
