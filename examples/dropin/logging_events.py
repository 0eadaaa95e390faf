"""Structured logging: a Logger's events, filters by level and namespace, old-style log, JSON."""

from __future__ import annotations

import io
import json

from twisted.logger import (
    FileLogObserver,
    FilteringLogObserver,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    LogPublisher,
    eventAsText,
    eventsFromJSONLogFile,
    formatEvent,
    formatEventAsClassicLogText,
    globalLogPublisher,
    jsonFileLogObserver,
)
from twisted.python import log as legacy
from twisted.python.failure import Failure

events = []
publisher = LogPublisher(events.append)
log = Logger(namespace="shop", observer=publisher)


class Basket:
    log = Logger(observer=publisher)

    def __init__(self):
        self.items = ["pear", "plum"]

    def __repr__(self):
        return "<Basket>"

    def check(self):
        self.log.info(
            "{log_source!r} has {n} items, first {items[0]}, {count()}",
            n=2,
            items=self.items,
            count=self.count,
        )

    def count(self):
        return len(self.items)


log.debug("a {thing}", thing="pear")
log.warn("{a[b]} and {c.real}", a={"b": "deep"}, c=3)
log.error("braces {{}} and {present}", present=True)
log.error("what is {missing} is told, not raised")
Basket().check()
try:
    raise KeyError("lost")
except KeyError:
    log.failure("while looking for {what}", what="it")
with log.failuresHandled("in a block"):
    1 / 0  # noqa: B018
for event in events:
    text = formatEvent(event)
    print(event["log_level"].name, event["log_namespace"], "|", text if len(text) < 60 else text[:22])
print("failures:", [event["log_failure"].type.__name__ for event in events if "log_failure" in event])
print("text ends:", eventAsText(events[0], includeTimestamp=False))

predicate = LogLevelFilterPredicate(defaultLogLevel=LogLevel.warn)
predicate.setLogLevelForNamespace("noisy", LogLevel.critical)
kept = []
filtering = FilteringLogObserver(kept.append, [predicate])
for namespace in ("noisy.part", "shop"):
    for level in LogLevel.iterconstants():
        Logger(namespace=namespace, observer=filtering).emit(level, "{n}", n=level.name)
print("kept:", [(event["log_namespace"], formatEvent(event)) for event in kept])

text = io.StringIO()
observer = FileLogObserver(text, lambda event: f"[{event['log_level'].name}] {formatEvent(event)}\n")
for event in events[:2]:
    observer(event)
print(text.getvalue(), end="")

stream = io.StringIO()
Logger(namespace="json", observer=jsonFileLogObserver(stream, "")).info("number {n}", n=5)
print("keys:", "log_format" in json.loads(stream.getvalue()))
stream.seek(0)
print("again:", [formatEvent(event) for event in eventsFromJSONLogFile(stream)])

caught = []
legacy.addObserver(caught.append)
legacy.msg("old", "style", system="legacy")
legacy.msg(format="%(x)d apples", x=3)
legacy.err(Failure(ValueError("old failure")), "why not")
Logger(namespace="new").info("new {style}", style="style")
legacy.removeObserver(caught.append)
for event in caught:
    print(event["isError"], legacy.textFromEventDict(event).splitlines()[0])
line = formatEventAsClassicLogText(events[0], formatTime=lambda when: "NOW")
print(line, end="")
seen = []
globalLogPublisher.addObserver(seen.append)
Logger(namespace="global").critical("to everyone")
globalLogPublisher.removeObserver(seen.append)
print("global:", [formatEvent(event) for event in seen])
