"""Introspection of one reactor: the watchdog, the control socket, and what they tell."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLateError
from dataclasses import asdict
from pathlib import Path
from threading import get_ident
from typing import Any

from sennit.app.introspection.control import ControlSocket, default_path
from sennit.app.introspection.snapshot import describe_threads, process_facts, take_snapshot
from sennit.app.introspection.watchdog import BOUNDS, Watchdog
from sennit.transport.registry import date_things

__all__ = ["Introspection"]

_LOOP_TIMEOUT = 1.0


class Introspection:
    """What makes a reactor tell what it is at.

    Make it before anything listens or connects, so that the age of all is known.

    Args:
        reactor: The reactor.
        path: Where the control socket is to be; None for the usual place, which `sennit ps PID` knows.
        report_after: Seconds after which a blocked loop is reported.
    """

    def __init__(self, reactor: Any, path: Path | None = None, *, report_after: float = 0.5) -> None:
        self._reactor = reactor
        self._path = path
        self._report_after = report_after
        self._watchdog: Watchdog | None = None
        self._control: ControlSocket | None = None
        self._ident = 0
        date_things(reactor)

    def begin(self) -> Path:
        """Watch the loop and answer questions; to be called in the reactor's thread.

        Returns:
            Where the control socket is.

        Raises:
            OSError: If the control socket cannot be had.
        """
        self._ident = get_ident()
        path = default_path() if self._path is None else self._path
        self._control = ControlSocket(path, self._answer)
        self._watchdog = Watchdog(self._reactor.loop, report_after=self._report_after)
        self._watchdog.start()
        return path

    def end(self) -> None:
        """Stop both."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._watchdog is not None:
            self._watchdog.stop()
            self._watchdog = None

    def tell(self) -> dict[str, Any]:
        """Describe what the reactor is at, and its loop: to be called in the reactor's thread."""
        return {**take_snapshot(self._reactor), "loop": self._loop()}

    def _answer(self, want: str) -> dict[str, Any]:
        """Answer a question; this runs in a thread of its own."""
        if want != "snapshot":
            return {"error": f"There is no {want!r}; there is snapshot."}
        try:
            return self.tell_any_thread()
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def tell_any_thread(self) -> dict[str, Any]:
        """Do what `tell` does, in any thread; while the loop is blocked, tell what can be told without it."""
        if get_ident() == self._ident:
            return self.tell()
        told: Future[dict[str, Any]] = Future()

        def tell() -> None:
            try:
                told.set_result(self.tell())
            except BaseException as error:
                told.set_exception(error)

        self._reactor.loop.call_soon_threadsafe(tell)
        try:
            return told.result(_LOOP_TIMEOUT)
        except TooLateError:
            return {
                "process": process_facts(self._reactor),
                "threads": describe_threads(),
                "loop": self._loop(),
            }

    def _loop(self) -> dict[str, Any]:
        watchdog = self._watchdog
        if watchdog is None:
            return {}
        lag, blocked = watchdog.lag, watchdog.blocked
        return {
            "lag": {
                "bounds": list(BOUNDS),
                "counts": list(lag.counts),
                "total": lag.total,
                "longest": lag.longest,
            },
            "blocked": None if blocked is None else asdict(blocked),
            "slowest": [asdict(one) for one in watchdog.slowest()],
        }
