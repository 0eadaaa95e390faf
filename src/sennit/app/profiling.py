"""Samples where a thread spends its time, in the form that flame graphs are drawn from.

A thread looks at the stack some hundred times a second.  The file has a line for each stack that was seen:
its functions from the outermost in, parted by semicolons, and how often it was seen.  Speedscope,
``flamegraph.pl`` and others read that.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

__all__ = ["FlameGraph"]


class FlameGraph:
    """Samples the thread that enters it, until that leaves, and writes the file then.

    Args:
        path: The file.
        interval: Seconds between samples.
        limit: How many different stacks are kept; what is new after that counts as ``(other)``.
    """

    def __init__(self, path: str | Path, interval: float = 0.005, limit: int = 100_000) -> None:
        self._path = Path(path)
        self._interval = interval
        self._limit = limit
        self._seen: Counter[str] = Counter()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self._sample, args=(threading.get_ident(),), name="flame graph", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end.set()
        assert self._thread is not None
        self._thread.join()
        self._path.write_text(self.text(), "utf-8")

    def text(self) -> str:
        """Return what the file has."""
        return "".join(f"{stack} {count}\n" for stack, count in sorted(self._seen.items()))

    def _sample(self, thread: int) -> None:
        while not self._end.wait(self._interval):
            self.take(sys._current_frames().get(thread))

    def take(self, frame: FrameType | None) -> None:
        """Count one stack.

        Args:
            frame: Its innermost frame; None for none.
        """
        names = []
        while frame is not None:
            code = frame.f_code
            names.append(f"{frame.f_globals.get('__name__', '?')}.{code.co_qualname}".replace(";", ","))
            frame = frame.f_back
        if not names:
            return
        stack = ";".join(reversed(names))
        if stack not in self._seen and len(self._seen) >= self._limit:
            stack = "(other)"
        self._seen[stack] += 1
