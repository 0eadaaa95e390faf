"""Files larger than what a socket takes at once, on real sockets, to clients quick and slow."""

from __future__ import annotations

import hashlib
import random
import sys

import pytest
from tests.loops import chosen_loop, loop_params

from sennit.framing.policies import ProtocolWrapper, WrappingFactory
from sennit.protocol import ClientCreator, Protocol
from sennit.reactor import Reactor
from sennit.transport import stream
from sennit.web import Site
from sennit.web.static import File

SIZE = 5_000_003
CONTENT = random.Random(5).randbytes(SIZE)


@pytest.fixture(params=loop_params(distinct=True))
def reactor(request):
    reactor = Reactor(chosen_loop(request.param))
    yield reactor
    reactor.close()


class Client(Protocol):
    """Asks, and takes what comes: in small pieces with rests, if it is slow."""

    def __init__(self, reactor, request, slow):
        self.reactor = reactor
        self.request = request
        self.slow = slow
        self.received = []

    def connectionMade(self):
        self.transport.write(self.request)

    def dataReceived(self, data):
        self.received.append(data)
        if self.slow and len(self.received) % 8 == 0:
            self.transport.pauseProducing()
            self.reactor.callLater(0.001, self.transport.resumeProducing)

    def connectionLost(self, reason):
        self.reactor.stop()


class Counting(WrappingFactory):
    """Counts what is written."""

    written = 0

    class Wrapper(ProtocolWrapper):
        def write(self, data):
            self.factory.written += len(data)
            super().write(data)

        def writeSequence(self, data):
            self.write(b"".join(data))

    protocol = Wrapper


def ask(reactor, folder, *fields, slow=False, wrap=lambda factory: factory):
    (folder / "large").write_bytes(CONTENT)
    site = Site(File(str(folder)), reactor=reactor)
    site.noisy = False
    port = reactor.listenTCP(0, wrap(site), interface="127.0.0.1")
    head = [b"GET /large HTTP/1.1", b"Host: h", b"Connection: close", *fields, b"", b""]
    client = Client(reactor, b"\r\n".join(head), slow)
    ClientCreator(reactor, lambda: client).connectTCP("127.0.0.1", port.getHost().port)
    late = reactor.callLater(20, reactor.stop)
    reactor.run(installSignalHandlers=False)
    late.cancel()
    return b"".join(client.received).partition(b"\r\n\r\n")[2]


def same(one, other):
    return hashlib.sha256(one).digest() == hashlib.sha256(other).digest()


@pytest.mark.parametrize("slow", [False, True], ids=["quick", "slow"])
def test_a_large_file_arrives_whole(reactor, tmp_path, slow):
    assert same(ask(reactor, tmp_path, slow=slow), CONTENT)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's sendfile is used")
def test_most_of_a_large_file_is_not_read(reactor, tmp_path, monkeypatch):
    sent = []

    def counting(*arguments, real=stream._sendfile):
        sent.append(real(*arguments))
        return sent[-1]

    monkeypatch.setattr(stream, "_sendfile", counting)
    assert same(ask(reactor, tmp_path), CONTENT)
    assert sum(sent) > SIZE / 2


def test_a_large_range_ends_where_it_was_asked_to(reactor, tmp_path):
    assert same(ask(reactor, tmp_path, b"Range: bytes=1000-4000000"), CONTENT[1000:4000001])


def test_a_wrapper_sees_all_that_is_sent(reactor, tmp_path):
    wrappers = []

    def wrap(factory):
        wrappers.append(Counting(factory))
        wrappers[0].noisy = False
        return wrappers[0]

    assert same(ask(reactor, tmp_path, wrap=wrap), CONTENT)
    assert wrappers[0].written > SIZE


def test_a_file_that_became_shorter_ends_the_connection_early(reactor, tmp_path, monkeypatch):
    monkeypatch.setattr(File, "getFileSize", lambda self: SIZE + 1000)
    assert same(ask(reactor, tmp_path), CONTENT)
