from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.core.failure import Failure
from sennit.log import (
    Logger,
    LogLevel,
    capturedLogs,
    eventAsJSON,
    eventAsText,
    eventFromJSON,
    eventsFromJSONLogFile,
    formatEvent,
    jsonFileLogObserver,
)


def a_failure() -> Failure:
    try:
        raise KeyError("lost")
    except KeyError:
        return Failure()


def test_what_json_cannot_hold_is_marked() -> None:
    event = {"o": object(), "b": b"\xff\x00", "s": {1}, "t": 1.5, "n": None, 4: 5, ("k",): 6}
    assert json.loads(eventAsJSON(event)) == {  # type: ignore[arg-type]
        "o": {"unpersistable": True},
        "b": "\u00ff\x00",
        "s": {"unpersistable": True},
        "t": 1.5,
        "n": None,
        "4": 5,
    }


def test_the_text_of_an_event_survives_although_its_fields_do_not() -> None:
    class Thing:
        b = 2

    event = {"log_format": "x {a.b} {c():03}", "a": Thing(), "c": lambda: 7}
    back = eventFromJSON(eventAsJSON(event))
    assert back["a"] == {"unpersistable": True}
    assert formatEvent(back) == formatEvent(event) == "x 2 007"
    assert "log_flattened" not in event


def test_a_level_comes_back_as_itself() -> None:
    assert eventFromJSON(eventAsJSON({"log_level": LogLevel.warn}))["log_level"] is LogLevel.warn


def test_a_failure_comes_back_with_its_class_message_and_frames() -> None:
    failure = a_failure()
    text = eventAsJSON({"log_format": "oops", "log_failure": failure})
    back = eventFromJSON(text)["log_failure"]
    assert isinstance(back, Failure)
    assert back.type is KeyError
    assert back.check(LookupError) is LookupError
    assert back.getErrorMessage() == failure.getErrorMessage()
    assert [frame[:3] for frame in back.frames] == [frame[:3] for frame in failure.frames]
    assert back.getTraceback() == failure.getTraceback()
    assert "a_failure" in eventAsText(eventFromJSON(text))


def test_reading_a_failure_imports_nothing() -> None:
    text = eventAsJSON({"log_failure": a_failure()}).replace(
        '"builtins", "__name__": "KeyError"', '"this", "__name__": "Zen"'
    )
    back = eventFromJSON(text)["log_failure"]
    assert back.type.__name__ == "Zen"
    assert back.type.__module__ == "this"
    import sys

    assert "this" not in sys.modules


@pytest.mark.parametrize(
    "marked",
    [
        {"__class_uuid__": "02e59486-f24d-46ad-8224-3acdf2a5732a"},
        {"__class_uuid__": "e76887e2-20ed-49bf-a8f8-ba25cc586f2d"},
        {"__class_uuid__": "e76887e2-20ed-49bf-a8f8-ba25cc586f2d", "type": 3},
        {
            "__class_uuid__": "e76887e2-20ed-49bf-a8f8-ba25cc586f2d",
            "type": {"__module__": "a", "__name__": "\x00"},
        },
        {"__class_uuid__": "something else"},
    ],
)
def test_what_is_marked_wrongly_stays_as_it_is(marked: dict[str, Any]) -> None:
    assert eventFromJSON(json.dumps({"x": marked})) == {"x": marked}


def test_a_log_of_twisted_can_be_read() -> None:
    failure = {
        "count": 1,
        "type": {"__module__": "builtins", "__name__": "ZeroDivisionError"},
        "value": {"unpersistable": True},
        "captureVars": False,
        "tb": None,
        "parents": ["builtins.ZeroDivisionError", "builtins.ArithmeticError", "builtins.Exception"],
        "stack": [],
        "frames": [["<module>", "p3.py", 5, [], []]],
        "pickled": 1,
        "__class_uuid__": "e76887e2-20ed-49bf-a8f8-ba25cc586f2d",
    }
    text = json.dumps({"log_failure": failure, "log_format": "x"})
    back = eventFromJSON(text)["log_failure"]
    assert back.type is ZeroDivisionError
    assert back.frames[0][:3] == ("<module>", "p3.py", 5)


def test_an_event_that_cannot_be_formatted_is_written_all_the_same() -> None:
    assert json.loads(eventAsJSON({"log_format": "{missing}", "a": 1})) == {"log_format": "{missing}", "a": 1}


def test_an_event_that_holds_itself_is_written_all_the_same() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert json.loads(eventAsJSON({"loop": loop, "a": 1})) == {"loop": {"unpersistable": True}, "a": 1}


def test_json_that_is_no_event_is_refused() -> None:
    with pytest.raises(ValueError, match="not a log event"):
        eventFromJSON("[1]")
    with pytest.raises(ValueError):
        eventFromJSON("{")


@pytest.mark.parametrize("separator", ["\x1e", "", "::"])
@pytest.mark.parametrize("size", [1, 2, 4096])
@pytest.mark.parametrize("binary", [False, True])
def test_a_log_file_is_read_as_it_was_written(separator: str, size: int, binary: bool) -> None:
    stream = io.BytesIO() if binary else io.StringIO()
    observer = jsonFileLogObserver(stream, separator)
    for number in range(3):
        observer({"log_format": "{n} é", "n": number})
    stream.seek(0)
    told = None if separator in {"", "\x1e"} else separator
    events = list(eventsFromJSONLogFile(stream, told, size))
    assert [formatEvent(event) for event in events] == ["0 é", "1 é", "2 é"]


@pytest.mark.parametrize(
    ("text", "separator", "numbers", "complaints"),
    [
        ('{"n":1}\n{"n":2}\n', None, [1, 2], 0),
        ('{"n":1}\n{"n":2}\n', "", [1, 2], 0),
        ('{"n":1}\n{"n":2}\n', "\x1e", [], 1),
        ('\x1e{"n":1}\n\x1e{"n":2}\nxx', None, [1], 1),
        ('\x1e{"n":1', None, [], 1),
        ('\n{"n":1}\n', None, [1], 0),
        ("zzz", None, [], 1),
        ("[1]\n", None, [], 1),
        ('{"n":1}\nzzz\n{"n":2}', None, [1, 2], 1),
        ('\x1e{"n":1}\x1e{"n":2}\n', None, [2], 1),
        ("", None, [], 0),
    ],
)
def test_records_that_cannot_be_read_are_skipped_and_logged(
    text: str, separator: str | None, numbers: list[int], complaints: int
) -> None:
    with capturedLogs() as logged:
        events = list(eventsFromJSONLogFile(io.StringIO(text), separator))
    assert [event["n"] for event in events] == numbers
    assert len(logged) == complaints


def test_bytes_that_are_no_utf8_are_skipped() -> None:
    with capturedLogs() as logged:
        assert list(eventsFromJSONLogFile(io.BytesIO(b'"\xff"\n{"n": 1}\n'))) == [{"n": 1}]
    assert len(logged) == 1


def test_a_record_without_end_is_refused() -> None:
    class Endless:
        def read(self, size: int) -> bytes:
            return b"x" * size

    with pytest.raises(ValueError, match="longer than"):
        list(eventsFromJSONLogFile(Endless(), "", 1 << 20))  # type: ignore[arg-type]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text().filter(lambda key: not key.startswith("log_")), json_values))
def test_plain_values_come_back_as_they_were(event: dict[str, Any]) -> None:
    assert eventFromJSON(eventAsJSON(event)) == event


def test_an_event_with_its_logger_can_be_written() -> None:
    events: list[dict[str, Any]] = []
    Logger("n", observer=events.append).info("x")
    back = eventFromJSON(eventAsJSON(events[0]))
    assert (back["log_namespace"], back["log_level"]) == ("n", LogLevel.info)


def test_a_level_is_known_by_its_mark_in_any_case_and_none_if_there_is_no_such() -> None:
    mark = "02E59486-F24D-46AD-8224-3ACDF2A5732A"
    known = eventFromJSON(json.dumps({"log_level": {"name": "warn", "__class_uuid__": mark}}))
    assert known == {"log_level": LogLevel.warn}
    unknown = eventFromJSON(json.dumps({"log_level": {"name": "other", "__class_uuid__": mark}}))
    assert unknown == {"log_level": None}


def test_a_format_with_an_unknown_conversion_says_so_when_it_is_read() -> None:
    event = eventFromJSON(eventAsJSON({"log_format": "{a!X}", "a": 1}))
    assert formatEvent(event).startswith("Unable to format event")
