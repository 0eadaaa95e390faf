"""What tests of datagram ports share: a protocol that writes down what happens."""

from __future__ import annotations

from sennit.core.deferred import Deferred
from sennit.protocol import ConnectedDatagramProtocol, DatagramProtocol


class Waits:
    """Writes down what happens, and lets a test wait for it."""

    noisy = False

    def __init__(self):
        self.received = []
        self.events = []
        self._waiting = []

    def note(self, event):
        self.events.append(event)
        for condition, deferred in self._waiting[:]:
            if condition():
                self._waiting.remove((condition, deferred))
                deferred.callback(None)

    async def until(self, condition):
        if not condition():
            deferred = Deferred()
            self._waiting.append((condition, deferred))
            await deferred

    async def count(self, number):
        """Wait for so many datagrams, and give what is in them."""
        await self.until(lambda: len(self.received) >= number)
        return [datagram for datagram, _ in self.received]

    async def until_event(self, event, number=1):
        await self.until(lambda: self.events.count(event) >= number)

    def startProtocol(self):
        self.note("start")

    def stopProtocol(self):
        self.note("stop")

    def connectionRefused(self):
        self.note("refused")


class Datagrams(Waits, DatagramProtocol):
    """Keeps datagrams with their senders."""

    def datagramReceived(self, datagram, addr):
        self.received.append((datagram, addr))
        self.note("datagram")


class PeerDatagrams(Waits, ConnectedDatagramProtocol):
    """Keeps datagrams of the one peer."""

    failure = None

    def datagramReceived(self, datagram):
        self.received.append((datagram, None))
        self.note("datagram")

    def connectionFailed(self, failure):
        self.failure = failure
        self.note("failed")
