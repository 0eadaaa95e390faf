from __future__ import annotations

import io
import sys

import pytest

from sennit.log import (
    FileLogObserver,
    FilteringLogObserver,
    ILogFilterPredicate,
    ILogObserver,
    InvalidLogLevelError,
    LimitedHistoryLogObserver,
    Logger,
    LoggingFile,
    LogLevel,
    LogLevelFilterPredicate,
    LogPublisher,
    PredicateResult,
    bitbucketLogObserver,
    formatEvent,
    textFileLogObserver,
)


def test_observers_say_what_they_provide() -> None:
    publisher = LogPublisher()
    for observer in (publisher, FileLogObserver(io.StringIO(), formatEvent), LimitedHistoryLogObserver()):
        assert ILogObserver.providedBy(observer)
    assert ILogFilterPredicate.providedBy(LogLevelFilterPredicate())


def test_a_publisher_hands_each_event_to_each_observer_once() -> None:
    first: list[object] = []
    second: list[object] = []
    publisher = LogPublisher(first.append)
    publisher.addObserver(second.append)
    publisher.addObserver(second.append)
    event = {"x": 1}
    publisher(event)
    publisher.removeObserver(first.append)
    publisher.removeObserver(first.append)
    publisher({"x": 2})
    assert first == [event]
    assert first[0] is event
    assert second == [event, {"x": 2}]


def test_what_cannot_be_called_is_no_observer() -> None:
    with pytest.raises(TypeError, match="must be callable"):
        LogPublisher().addObserver(5)


def test_an_observer_that_fails_harms_no_other_and_is_reported() -> None:
    def broken(event: dict[str, object]) -> None:
        raise ValueError("broken")

    def broken_too(event: dict[str, object]) -> None:
        raise ValueError("broken too")

    events: list[dict[str, object]] = []
    publisher = LogPublisher(broken, events.append, broken_too)
    publisher({"log_format": "hello"})
    assert events[0] == {"log_format": "hello"}
    reported = [event for event in events if event.get("observer") is broken]
    assert reported[0]["log_level"] is LogLevel.critical
    assert reported[0]["log_failure"].getErrorMessage() == "broken"  # type: ignore[attr-defined]
    assert any(event.get("observer") is broken_too for event in events)
    events.clear()
    publisher({"log_format": "again"})
    assert events[0] == {"log_format": "again"}


def test_a_failing_observer_that_is_alone_is_reported_on_standard_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(event: dict[str, object]) -> None:
        raise ValueError("disk full")

    stream = io.StringIO()
    monkeypatch.setattr(sys, "__stderr__", stream)
    LogPublisher(broken)({"log_format": "hello"})
    assert "disk full" in stream.getvalue()


def test_a_trace_names_the_way_of_an_event() -> None:
    events: list[object] = []
    filtering = FilteringLogObserver(events.append, [LogLevelFilterPredicate()])
    publisher = LogPublisher(filtering)
    trace: list[tuple[object, object]] = []
    publisher({"log_trace": trace, "log_level": LogLevel.info, "log_namespace": "n"})
    publisher({"log_trace": trace, "log_level": LogLevel.debug, "log_namespace": "n"})
    assert trace == [
        (publisher, filtering),
        (filtering, events.append),
        (publisher, filtering),
        (filtering, bitbucketLogObserver),
    ]


@pytest.mark.parametrize(
    ("answers", "passes"),
    [
        ([], True),
        ([PredicateResult.maybe], True),
        ([PredicateResult.yes, PredicateResult.no], True),
        ([PredicateResult.maybe, PredicateResult.no, PredicateResult.yes], False),
    ],
)
def test_predicates_are_asked_until_one_decides(answers: list[PredicateResult], passes: bool) -> None:
    through: list[object] = []
    others: list[object] = []
    predicates = [lambda event, answer=answer: answer for answer in answers]
    FilteringLogObserver(through.append, predicates, others.append)({"x": 1})
    assert (len(through), len(others)) == ((1, 0) if passes else (0, 1))


def test_a_predicate_must_answer_as_one() -> None:
    with pytest.raises(TypeError, match="PredicateResult"):
        FilteringLogObserver(print, [lambda event: True])({})


def test_the_level_of_a_namespace_is_that_of_the_nearest_above() -> None:
    levels = LogLevelFilterPredicate()
    levels.setLogLevelForNamespace("a", LogLevel.error)
    levels.setLogLevelForNamespace("a.b", LogLevel.debug)
    found = {name: levels.logLevelForNamespace(name).name for name in ("a", "a.b", "a.b.c", "a.bc", "", "z")}
    assert found == {"a": "error", "a.b": "debug", "a.b.c": "debug", "a.bc": "error", "": "info", "z": "info"}
    levels.setLogLevelForNamespace("", LogLevel.critical)
    assert levels.logLevelForNamespace("z") is LogLevel.critical
    assert levels.defaultLogLevel is LogLevel.info
    with pytest.raises(InvalidLogLevelError):
        levels.setLogLevelForNamespace("a", "loud")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "result"),
    [
        ({}, PredicateResult.no),
        ({"log_level": LogLevel.error}, PredicateResult.no),
        ({"log_namespace": "a", "log_level": None}, PredicateResult.no),
        ({"log_namespace": "a", "log_level": LogLevel.debug}, PredicateResult.no),
        ({"log_namespace": "a", "log_level": LogLevel.info}, PredicateResult.maybe),
    ],
)
def test_the_level_predicate(event: dict[str, object], result: PredicateResult) -> None:
    assert LogLevelFilterPredicate()(event) is result


def test_a_negative_observer_and_unknown_predicates_are_still_asked() -> None:
    wanted: list[dict[str, object]] = []
    others: list[dict[str, object]] = []
    both = FilteringLogObserver(wanted.append, [LogLevelFilterPredicate(LogLevel.error)], others.append)
    Logger("n", observer=both).debug("low")
    assert (len(wanted), len(others)) == (0, 1)

    def always(event: dict[str, object]) -> PredicateResult:
        return PredicateResult.yes

    first = FilteringLogObserver(wanted.append, [always, LogLevelFilterPredicate(LogLevel.error)])
    Logger("n", observer=first).debug("low")
    assert len(wanted) == 1


def test_history_keeps_the_newest() -> None:
    history = LimitedHistoryLogObserver(2)
    for number in range(4):
        history({"n": number})
    replayed: list[object] = []
    history.replayTo(replayed.append)
    history.replayTo(replayed.append)
    assert replayed == [{"n": 2}, {"n": 3}] * 2


@pytest.mark.parametrize("stream", [io.StringIO(), io.BytesIO()])
def test_records_are_written_to_files_of_text_and_of_bytes(stream: io.StringIO | io.BytesIO) -> None:
    observer = textFileLogObserver(stream, timeFormat=None)
    observer({"log_format": "grüße", "log_level": LogLevel.info, "log_namespace": "n"})
    observer({"log_format": ""})
    value = stream.getvalue()
    text = value.decode() if isinstance(value, bytes) else value
    assert text == "- [n#info] grüße\n"


def test_a_file_that_is_neither_is_tried() -> None:
    class OfBytes:
        def __init__(self) -> None:
            self.data = b""

        def write(self, data: bytes) -> None:
            self.data += memoryview(data)

        def flush(self) -> None:
            pass

    stream = OfBytes()
    FileLogObserver(stream, lambda event: "é")({})  # type: ignore[arg-type]
    assert stream.data == b"\xc3\xa9"


def test_color_marks_the_level_and_only_where_it_is_asked_for() -> None:
    stream = io.StringIO()
    event = {"log_format": "x", "log_level": LogLevel.error}
    textFileLogObserver(stream, timeFormat=None, color=True)(event)
    textFileLogObserver(stream, timeFormat=None)(event)
    assert stream.getvalue() == "\x1b[31m- [-#error] x\x1b[0m\n- [-#error] x\n"


def written_lines(*pieces: str | bytes, level: LogLevel = LogLevel.info) -> list[object]:
    events: list[dict[str, object]] = []
    file = LoggingFile(Logger("n", observer=events.append), level, encoding="utf-8")
    for piece in pieces:
        file.write(piece)
    assert all(event["log_level"] is level for event in events)
    assert [formatEvent(event) for event in events] == [event["log_io"] for event in events]
    return [event["log_io"] for event in events]


def test_lines_written_to_a_logging_file_become_events() -> None:
    assert written_lines("ab", "c\nd\n\nrest", level=LogLevel.warn) == ["abc", "d", ""]
    assert written_lines(b"by\xc3\xa9\n", b"\xff\n") == ["byé", "\\xff"]


def test_a_line_without_end_does_not_grow_without_end() -> None:
    lines = written_lines("x" * 200_000)
    assert [len(str(line)) for line in lines] == [65536, 65536, 65536]


def test_a_logging_file_is_a_file_for_writing() -> None:
    events: list[dict[str, object]] = []
    file = LoggingFile(Logger("n", observer=events.append))
    assert (file.mode, file.name, file.closed, file.newlines) == ("w", "<LoggingFile n#info>", False, None)
    assert file.encoding == sys.getdefaultencoding()
    assert file.writable()
    assert not file.readable()
    assert not file.seekable()
    assert not file.isatty()
    file.writelines(["a", "b\n"])
    file.flush()
    assert [event["log_io"] for event in events] == ["ab"]
    for method in (file.read, file.readline, file.readlines, file.seek, file.tell, file.truncate, file.next):
        with pytest.raises(OSError, match="only be written"):
            method()
    with pytest.raises(io.UnsupportedOperation):
        file.fileno()
    file.close()
    assert file.closed
    with pytest.raises(ValueError, match="closed"):
        file.write("x")


class CountingFile:
    """A file that says nothing of its kind, and counts what is written."""

    def __init__(self, *, takes_text: bool) -> None:
        self.takes_text = takes_text
        self.written: list[str | bytes] = []

    def write(self, what: str | bytes) -> None:
        if isinstance(what, str) is not self.takes_text:
            raise TypeError(type(what))
        self.written.append(what)

    def flush(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("takes_text", [True, False])
def test_nothing_is_written_to_find_out_what_a_file_takes(takes_text: bool) -> None:
    file = CountingFile(takes_text=takes_text)
    texts = iter(["", None, "é", "b"])
    observer = FileLogObserver(file, lambda event: next(texts))  # type: ignore[arg-type]
    for _ in range(4):
        observer({})
    assert file.written == (["é", "b"] if takes_text else ["é".encode(), b"b"])


def test_an_event_of_an_empty_namespace_does_not_pass_the_level_predicate() -> None:
    predicate = LogLevelFilterPredicate()
    event = {"log_level": LogLevel.critical, "log_namespace": ""}
    assert predicate(event) is PredicateResult.no
