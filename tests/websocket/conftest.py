"""WebSockets in memory: a site on one side, and on the other this room's client or another library's."""

from __future__ import annotations

import pytest
import wsproto

from sennit.core import report
from sennit.testing import Clock, StringTransport
from sennit.web import Site
from sennit.web.websocket import WebSocketResource
from sennit.websocket import WebSocketLimits

REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


class Wire(StringTransport):
    """A transport that keeps what is written, for protocols that may be closed at any time."""

    def __init__(self):
        super().__init__(lenient=True)
        self.aborted = False

    def take(self):
        """Return what was written since the last call."""
        written = self.value()
        self.clear()
        return written

    def abortConnection(self):
        self.aborted = True


class Client:
    """wsproto's client on a connection to a site in memory."""

    def __init__(self, site, *lines):
        self.wire = Wire()
        channel = site.buildProtocol(None)
        self.wire.protocol = channel
        channel.makeConnection(self.wire)
        channel.dataReceived(REQUEST + b"".join(line + b"\r\n" for line in lines) + b"\r\n")
        self.head, _, rest = self.wire.take().partition(b"\r\n\r\n")
        self.status = int(self.head.split()[1])
        self.ws = wsproto.Connection(wsproto.ConnectionType.CLIENT)
        self.ws.receive_data(rest)
        self.got = []

    @property
    def protocol(self):
        return self.wire.protocol

    def send(self, *events):
        """Send events together; return what comes back."""
        self.write(b"".join(self.ws.send(event) for event in events))
        return self.events()

    def write(self, data):
        """Send octets."""
        self.protocol.dataReceived(data)

    def events(self):
        """Return what came since the last call."""
        data = self.wire.take()
        if data:
            self.ws.receive_data(data)
        new = list(self.ws.events())
        self.got += new
        return new


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def open_(clock):
    """Open a WebSocket to a handler."""

    def open_(handler, *lines, options=None, **limits):
        resource = WebSocketResource(handler, limits=WebSocketLimits(**limits), **(options or {}))
        site = Site(resource, reactor=clock)
        site.log = lambda request: None
        client = Client(site, *lines)
        client.site = site
        return client

    return open_


@pytest.fixture
def reported():
    """The failures reported while the test runs."""
    failures = []
    previous = report.set_reporter(lambda failure, message="", **context: failures.append(failure))
    yield failures
    report.set_reporter(previous)
