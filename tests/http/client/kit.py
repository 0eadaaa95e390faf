"""A server in the test's hands, at the other end of a client's connections in memory."""

from __future__ import annotations

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.http.client.interfaces import IAgent, IBodyProducer
from sennit.http.client.request import Request
from sennit.http.client.response import Response
from sennit.http.headers import Headers
from sennit.testing import StringTransport


class Wire(StringTransport):
    """A transport that keeps what is written, for protocols that may be closed at any time."""

    def __init__(self):
        super().__init__(lenient=True)

    def take(self):
        """Return what was written since the last call."""
        written = self.value()
        self.clear()
        return written


class Endpoint:
    """Connects at once, in memory.

    Attributes:
        protocols: What was connected.
        failing: What to fail with instead, if anything.
    """

    def __init__(self):
        self.protocols = []
        self.failing = None

    def connect(self, factory):
        result = Deferred()
        if self.failing is not None:
            result.errback(self.failing)
            return result
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(Wire())
        self.protocols.append(protocol)
        result.callback(protocol)
        return result


class Outcome:
    """What became of a Deferred."""

    def __init__(self, deferred):
        self.deferred = deferred
        self.results = []
        deferred.addBoth(self.results.append)

    @property
    def result(self):
        (result,) = self.results
        assert not isinstance(result, Failure), result.getTraceback()
        return result

    @property
    def error(self):
        (result,) = self.results
        assert isinstance(result, Failure), result
        return result.value

    @property
    def reasons(self):
        return [type(reason.value) for reason in self.error.reasons]


class Body:
    """Receives a body."""

    def __init__(self):
        self.data = b""
        self.reason = None

    def makeConnection(self, transport):
        self.transport = transport

    def dataReceived(self, data):
        assert self.reason is None
        self.data += data

    def connectionLost(self, reason):
        assert self.reason is None
        self.reason = reason.value


@implementer(IBodyProducer)
class ByHand:
    """A body that the test writes."""

    def __init__(self, length):
        self.length = length
        self.done = Deferred(lambda _: setattr(self, "cancelled", True))
        self.cancelled = False
        self.stopped = 0
        self.paused = False

    def startProducing(self, consumer):
        self.consumer = consumer
        return self.done

    def stopProducing(self):
        self.stopped += 1

    def pauseProducing(self):
        self.paused = True

    def resumeProducing(self):
        self.paused = False


@implementer(IAgent)
class Recorder:
    """An agent whose answers the test gives: each request is a tuple, with its Deferred at the end."""

    def __init__(self):
        self.requests = []

    def request(self, method, uri, headers=None, bodyProducer=None):
        answered = Deferred()
        self.requests.append((method, uri, headers, bodyProducer, answered))
        return answered

    def answer(self, code=200, **fields):
        method, uri, headers, _, answered = self.requests[-1]
        headers = Headers({name.replace("_", "-"): [value] for name, value in fields.items()})
        response = Response((b"HTTP", 1, 1), code, b"Phrase", headers, Wire())
        response.request = Request(method, uri, Headers({"Host": ["h"]}), None)
        answered.callback(response)
        return response


def request(method=b"GET", target=b"/", body=None, *, persistent=True, **fields):
    headers = Headers({"Host": ["example.com"]})
    for name, value in fields.items():
        headers.setRawHeaders(name.replace("_", "-"), [value])
    return Request(method, target, headers, body, persistent)


DONE = Failure(ConnectionDone())
