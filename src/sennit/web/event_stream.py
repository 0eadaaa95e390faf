"""Server-sent events: a response that goes on as long as there is something to tell (HTML, section 9.2).

`EventStreamResource` is a place in a site whose coroutine function sends them, on an `EventStream`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import CancelledError, Deferred
from sennit.core.errors import ConnectionLost
from sennit.core.failure import Failure
from sennit.core.report import report_error
from sennit.http.backpressure import Backpressure
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import Resource

__all__ = ["EventStream", "EventStreamResource", "format_event"]

_LINE_END = re.compile(r"\r\n|\r|\n")
_KEEP_ALIVE = b":\n\n"


def format_event(
    data: str, *, event: str | None = None, id: str | None = None, retry: int | None = None
) -> bytes:
    """Return an event as it goes on the wire.

    Args:
        data: What it says; any number of lines.
        event: What kind it is; None for ``message``.
        id: What the client says it has seen last, when it comes again.
        retry: Milliseconds that the client is to wait before it does.

    Raises:
        ValueError: If the kind holds a line end, or the id that or NUL.
    """
    lines = []
    if event is not None:
        if _LINE_END.search(event):
            raise ValueError(f"The kind of an event is one line: {event!r}")
        lines.append(f"event: {event}")
    if id is not None:
        if _LINE_END.search(id) or "\0" in id:
            raise ValueError(f"The id of an event is one line, without NUL: {id!r}")
        lines.append(f"id: {id}")
    if retry is not None:
        lines.append(f"retry: {int(retry)}")
    lines += [f"data: {line}" for line in _LINE_END.split(data)]
    return "\n".join([*lines, "", ""]).encode()


class EventStream(Backpressure):
    """Events to one client.

    Args:
        request: The request.
        keep_alive: Seconds between two empty comments, which keep proxies from closing; None for none.

    Attributes:
        request: The request.
        last_event_id: What the client has seen last; None if it is new.
    """

    def __init__(self, request: Any, *, keep_alive: float | None = 15.0) -> None:
        super().__init__()
        self.request = request
        seen = request.getHeader(b"last-event-id")
        self.last_event_id: str | None = None if seen is None else seen.decode("utf-8", "replace")
        self._keep_alive = keep_alive
        self._timer: Any = None
        self._reactor = request.site.reactor
        request.setHeader(b"content-type", b"text/event-stream; charset=utf-8")
        request.setHeader(b"cache-control", b"no-store")
        # nginx would keep events back otherwise.
        request.setHeader(b"x-accel-buffering", b"no")
        request.write(b"")
        request.registerProducer(self, True)
        self._wait()

    @property
    def is_open(self) -> bool:
        """Whether the client is still there."""
        return not self.request._disconnected and not self.request.finished

    async def send(
        self, data: str, *, event: str | None = None, id: str | None = None, retry: int | None = None
    ) -> None:
        """Send an event, as `format_event` has it, and wait while too much is on its way.

        Raises:
            ConnectionLost: If the client is gone.
            ValueError: As `format_event` does.
        """
        octets = format_event(data, event=event, id=id, retry=retry)
        if not self.is_open:
            raise ConnectionLost("The client is gone.")
        self.request.write(octets)
        if self._room is not None:
            await self._flowing()
            if not self.is_open:
                raise ConnectionLost("The client is gone.")

    def close(self) -> None:
        """End the response; a client that does not want that comes again."""
        self._stop_timer()
        if self.is_open:
            self.request.unregisterProducer()
            self.request.finish()

    # What the connection calls when much, or little, waits to be sent

    def stopProducing(self) -> None:
        """Let `send` go on, to learn that the client is gone."""
        self._stop_timer()
        self.resumeProducing()

    def _wait(self) -> None:
        if self._keep_alive is not None:
            self._timer = self._reactor.callLater(self._keep_alive, self._comment)

    def _comment(self) -> None:
        self._timer = None
        if self.is_open:
            if self._room is None:
                self.request.write(_KEEP_ALIVE)
            self._wait()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()


class EventStreamResource(Resource):
    """Sends events to each client, for as long as a coroutine function goes on.

    When the client goes away the coroutine is cancelled.

    Args:
        handler: Called with the `EventStream`.
        keep_alive: Seconds between two empty comments; None for none.
    """

    isLeaf = True

    def __init__(
        self, handler: Callable[[EventStream], Awaitable[Any]], *, keep_alive: float | None = 15.0
    ) -> None:
        super().__init__()
        self._handler = handler
        self._keep_alive = keep_alive

    def render_GET(self, request: Any) -> int:
        """Begin to send events."""
        stream = EventStream(request, keep_alive=self._keep_alive)
        running = ensureDeferred(_run(self._handler, stream))
        if not request.finished:
            request.notifyFinish().addErrback(_cancel, running)
        running.addErrback(_failed, stream)
        return NOT_DONE_YET


async def _run(handler: Callable[[EventStream], Awaitable[Any]], stream: EventStream) -> None:
    await handler(stream)
    stream.close()


def _cancel(reason: Failure, running: Deferred[None]) -> None:
    running.cancel()


def _failed(reason: Failure, stream: EventStream) -> None:
    if not stream.is_open and reason.check(CancelledError, ConnectionLost):
        return
    report_error(reason, "A stream of events failed:", request=repr(stream.request))
    stream.close()
