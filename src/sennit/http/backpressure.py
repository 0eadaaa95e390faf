"""What writes at the pace of a connection: paused when much waits to be sent, resumed when it has gone."""

from __future__ import annotations

from sennit.core.deferred import Deferred

__all__ = ["Backpressure"]


class Backpressure:
    """The half of a push producer that is told to pause and to resume; its writer awaits `_flowing`."""

    __slots__ = ("_room",)

    def __init__(self) -> None:
        self._room: Deferred[None] | None = None

    def pauseProducing(self) -> None:
        """Have the writer wait."""
        if self._room is None:
            self._room = Deferred()

    def resumeProducing(self) -> None:
        """Let the writer go on."""
        room, self._room = self._room, None
        if room is not None:
            room.callback(None)

    def _flowing(self) -> Deferred[None]:
        """Return a Deferred of the writer's own, which fires when it is resumed: now, if it is not paused."""
        waiting: Deferred[None] = Deferred()
        if self._room is None:
            waiting.callback(None)
        else:
            self._room.addCallback(_wake, waiting)
        return waiting


def _wake(result: None, waiting: Deferred[None]) -> None:
    if not waiting.called:
        waiting.callback(None)
