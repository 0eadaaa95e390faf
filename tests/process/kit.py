"""What tests of child processes share: a protocol that writes down what its child does."""

from __future__ import annotations

import sys

from sennit.core.deferred import Deferred
from sennit.protocol import ProcessProtocol

PYTHON = sys.executable


class Watcher(ProcessProtocol):
    """Writes down what happens, and lets a test wait for it."""

    def __init__(self):
        self.events = []
        self.data = {}
        self.exited = Deferred()
        self.ended = Deferred()
        self.reason = None
        self._waiting = []

    def _note(self, event):
        assert self.reason is None, "called after the end"
        self.events.append(event)
        for waiting in self._waiting[:]:
            condition, deferred = waiting
            if condition():
                self._waiting.remove(waiting)
                deferred.callback(None)

    async def until(self, condition):
        if not condition():
            deferred = Deferred()
            self._waiting.append((condition, deferred))
            await deferred

    async def until_received(self, name, data):
        await self.until(lambda: data in self.data.get(name, b""))

    def connectionMade(self):
        self._note("made")

    def childDataReceived(self, name, data):
        self.data[name] = self.data.get(name, b"") + data
        self._note(f"data {name}")

    def childConnectionLost(self, name):
        self._note(f"lost {name}")

    def processExited(self, reason):
        self._note("exited")
        self.exited.callback(reason.value)

    def processEnded(self, reason):
        self._note("ended")
        self.reason = reason
        self.ended.callback(reason.value)

    @property
    def marks(self):
        """The events that are not data, without repetition."""
        return [event for event in self.events if not event.startswith("data")]
