"""An HTTP channel on a transport in memory."""

from __future__ import annotations

import pytest

from sennit.http import HTTPChannel, HTTPFactory, Request
from sennit.testing import Clock, StringTransport


class Wire(StringTransport):
    """A transport that keeps what is written, for protocols that may be closed at any time."""

    def __init__(self):
        super().__init__(lenient=True)

    def take(self):
        """Return what was written since the last call."""
        written = self.value()
        self.clear()
        return written


class Client:
    """The client's side of one connection to a factory."""

    def __init__(self, factory, clock):
        self.clock = clock
        self.channel = factory.buildProtocol(None)
        self.wire = Wire()
        self.channel.makeConnection(self.wire)

    def send(self, data):
        """Send octets; return what comes back at once."""
        self.channel.dataReceived(data)
        return self.wire.take()

    def status(self, data):
        """Send octets; return the first answer's status code."""
        return int(self.send(data).split(b" ", 2)[1])

    @property
    def closed(self):
        """Whether the server has closed."""
        return self.wire.disconnecting


class Recorder(Request):
    """A request that waits to be answered by the test."""

    seen: list

    def process(self):
        self.seen.append(self)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def seen():
    """The requests that arrived whole, in order."""
    return []


@pytest.fixture
def connect(clock, seen):
    """Open a connection to a server whose requests end up in `seen`, unanswered."""

    def connect(factory=None, **kwargs):
        if factory is None:
            factory = HTTPFactory(reactor=clock, **kwargs)
            factory.log = lambda request: None
        recorder = type("Recorder", (Recorder,), {"seen": seen})
        factory.protocol = type("Channel", (HTTPChannel,), {"requestFactory": recorder})
        return Client(factory, clock)

    return connect


@pytest.fixture
def reported():
    """The errors that were reported for want of another home."""
    from sennit.core import report

    errors = []
    previous = report._reporter
    report.set_reporter(lambda failure, message="", **context: errors.append(failure))
    yield errors
    report.set_reporter(previous)
