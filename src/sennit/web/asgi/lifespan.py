"""Telling an ASGI application when the server starts, and when it stops (the lifespan protocol)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.report import report_error
from sennit.web.asgi.errors import LifespanFailed, ProtocolMisuse

__all__ = ["Lifespan"]


class Lifespan:
    """The conversation about one application's life.

    Args:
        application: The application.
        state: What the application may fill at its start, for every request to see.
    """

    def __init__(self, application: Callable[..., Any], state: dict[str, Any]) -> None:
        self._application = application
        self._state = state
        self._started: Deferred[None] | None = None
        self._stopped: Deferred[None] | None = None
        self._stop_asked: Deferred[None] = Deferred()
        self._asked_start = False
        self._running = False

    async def startup(self) -> None:
        """Let the application start; an application that knows of no lifespan is let be.

        Raises:
            LifespanFailed: If it says that it cannot.
        """
        started = self._started = Deferred()
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        self._running = True
        ensureDeferred(self._application(scope, self._receive, self._send)).addBoth(self._ended)
        await started

    async def shutdown(self) -> None:
        """Let the application stop, and wait until it has."""
        if not self._running:
            return
        stopped = self._stopped = Deferred()
        if not self._stop_asked.called:
            self._stop_asked.callback(None)
        await stopped

    async def _receive(self) -> dict[str, Any]:
        if not self._asked_start:
            self._asked_start = True
            return {"type": "lifespan.startup"}
        await self._stop_asked
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.complete":
            self._settle("_started", None)
        elif kind == "lifespan.startup.failed":
            self._settle(
                "_started", LifespanFailed(message.get("message", "") or "The application did not start.")
            )
        elif kind == "lifespan.shutdown.complete":
            self._settle("_stopped", None)
        elif kind == "lifespan.shutdown.failed":
            error = LifespanFailed(message.get("message", "") or "The application did not stop well.")
            report_error(Failure(error), "An ASGI application failed:")
            self._settle("_stopped", None)
        else:
            raise ProtocolMisuse(f"{kind!r} is no event of a lifespan.")

    def _settle(self, which: str, error: Exception | None) -> None:
        deferred: Deferred[None] | None = getattr(self, which)
        setattr(self, which, None)
        if deferred is None:
            return
        if error is None:
            deferred.callback(None)
        else:
            deferred.errback(error)

    def _ended(self, result: Any) -> None:
        self._running = False
        if isinstance(result, Failure) and self._started is None:
            report_error(result, "An ASGI application failed:")
        # One that raises before it has started does not speak this protocol.
        self._settle("_started", None)
        self._settle("_stopped", None)
