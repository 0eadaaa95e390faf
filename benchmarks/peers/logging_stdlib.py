"""Logs with the standard library; as logging_program.py.

usage: logging_stdlib.py SECONDS
"""

from __future__ import annotations

import io
import json
import logging
import sys

from benchmarks.timing import rate


class Sink(io.StringIO):
    lines = 0

    def write(self, text):
        self.lines += text.count("served page 7 in 0.25 s\n")
        return len(text)


sink = Sink()
logging.basicConfig(
    stream=sink, level=logging.WARNING, format="%(asctime)s [%(name)s#%(levelname)s] %(message)s"
)
log = logging.getLogger("benchmark")


def disabled(count):
    for _ in range(count):
        log.info("served page %s in %s s", 7, 0.25)


def enabled(count):
    before = sink.lines
    for _ in range(count):
        log.warning("served page %s in %s s", 7, 0.25)
    assert sink.lines == before + count, "not all was written"


seconds = float(sys.argv[1])
print(json.dumps({"below the level": rate(disabled, seconds), "written": rate(enabled, seconds)}))
