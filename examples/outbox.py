"""An outbox that sends notes to a server: a naive one, and one that a failing network does not fool."""

from __future__ import annotations

from sennit.app import ClientService
from sennit.endpoint import HostnameEndpoint
from sennit.framing.basic import LineReceiver
from sennit.protocol import Factory


class Inbox(LineReceiver):
    """The server's side: keeps each note once, and says that it has it."""

    def lineReceived(self, line):
        self.factory.notes.setdefault(int(line), line)
        self.sendLine(line)


class InboxFactory(Factory):
    """Keeps the notes of all connections."""

    protocol = Inbox

    def __init__(self):
        self.notes = {}


class NaiveSender(LineReceiver):
    """Sends each note once, and takes it for sent."""

    def connectionMade(self):
        self.factory.outbox.sender = self
        for number in self.factory.outbox.waiting:
            self.sendLine(b"%d" % number)
        self.factory.outbox.waiting.clear()

    def lineReceived(self, line):
        """Take no note of what the server says."""

    def connectionLost(self, reason=None):
        self.factory.outbox.sender = None


class CarefulSender(NaiveSender):
    """Keeps each note until the server says that it has it, and sends it again over the next connection."""

    def connectionMade(self):
        self.factory.outbox.sender = self
        for number in self.factory.outbox.waiting:
            self.sendLine(b"%d" % number)

    def lineReceived(self, line):
        self.factory.outbox.waiting.pop(int(line), None)


class Outbox:
    """The client's side."""

    def __init__(self, reactor, kind):
        self.waiting = {}
        self.sender = None
        self.careful = kind is CarefulSender
        factory = Factory.forProtocol(kind)
        factory.outbox = self
        endpoint = HostnameEndpoint(reactor, "inbox", 7000)
        self.service = ClientService(endpoint, factory, retryPolicy=lambda _: 1.0, clock=reactor)
        self.service.startService()

    def send(self, number):
        if self.careful or self.sender is None:
            self.waiting[number] = None
        if self.sender is not None:
            self.sender.sendLine(b"%d" % number)
