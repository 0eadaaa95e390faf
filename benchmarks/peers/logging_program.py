"""Logs, as for Twisted; runs on Twisted and on Sennit.

usage: logging_program.py SECONDS

Prints, as JSON, how many calls a second of CPU is good for: below the file's level, and above it.
"""

from __future__ import annotations

import io
import json
import sys

from twisted.logger import (
    FilteringLogObserver,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    textFileLogObserver,
)

from benchmarks.timing import rate


class Sink(io.StringIO):
    lines = 0

    def write(self, text):
        self.lines += text.count("served page 7 in 0.25 s\n")
        return len(text)


sink = Sink()
predicate = LogLevelFilterPredicate(defaultLogLevel=LogLevel.warn)
observer = FilteringLogObserver(textFileLogObserver(sink), [predicate])
globalLogBeginner.beginLoggingTo([observer], discardBuffer=True, redirectStandardIO=False)
log = Logger(namespace="benchmark")


def disabled(count):
    for _ in range(count):
        log.info("served page {page} in {took} s", page=7, took=0.25)


def enabled(count):
    before = sink.lines
    for _ in range(count):
        log.warn("served page {page} in {took} s", page=7, took=0.25)
    assert sink.lines == before + count, "not all was written"


seconds = float(sys.argv[1])
print(json.dumps({"below the level": rate(disabled, seconds), "written": rate(enabled, seconds)}))
