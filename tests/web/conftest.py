"""A site on a transport in memory, and a client that reads its answers."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sennit.core import report
from sennit.testing import Clock, StringTransport
from sennit.web import Site


@dataclass
class Answer:
    """A response, taken apart."""

    code: int
    headers: dict[bytes, bytes]
    body: bytes
    raw: bytes


class Wire(StringTransport):
    """A transport that keeps what is written, for protocols that may be closed at any time."""

    def __init__(self):
        super().__init__(lenient=True)


class Browser:
    """Sends requests on one connection."""

    def __init__(self, site, clock):
        self.site = site
        self.clock = clock
        self.channel = site.buildProtocol(None)
        self.wire = Wire()
        self.channel.makeConnection(self.wire)

    def ask(self, target, *lines, method=b"GET", body=b""):
        """Send a request; return its answer, None if it is not complete."""
        if body:
            lines = (*lines, b"Content-Length: %d" % len(body))
        head = [b"%b %b HTTP/1.1" % (method, target), b"Host: example.org", *lines]
        self.channel.dataReceived(b"\r\n".join([*head, b"", body]))
        return self.answer(method)

    def answer(self, method=b"GET"):
        """Take the answer that was written."""
        self.clock.advance(0)
        raw = self.wire.value()
        head, end, body = raw.partition(b"\r\n\r\n")
        if not end:
            return None
        line, *fields = head.split(b"\r\n")
        headers = {}
        for field in fields:
            name, _, value = field.partition(b": ")
            headers[name.lower()] = (
                headers[name.lower()] + b", " + value if name.lower() in headers else value
            )
        if headers.get(b"transfer-encoding") == b"chunked":
            pieces, rest = [], body
            while rest != b"":
                size, _, rest = rest.partition(b"\r\n")
                pieces.append(rest[: int(size, 16)])
                rest = rest[int(size, 16) + 2 :]
            body = b"".join(pieces)
        self.wire.clear()
        return Answer(int(line.split()[1]), headers, body, raw)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def browse(clock):
    """Open a connection to a site of a resource."""

    def browse(resource, **kwargs):
        return Browser(Site(resource, reactor=clock, **kwargs), clock)

    return browse


@pytest.fixture
def reported():
    """The errors that were reported for want of another home."""
    errors = []
    previous = report._reporter
    report.set_reporter(lambda failure, message="", **context: errors.append(failure))
    yield errors
    report.set_reporter(previous)
