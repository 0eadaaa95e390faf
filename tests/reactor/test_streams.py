from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest

from sennit.core.deferred import Deferred
from sennit.protocol import ClientFactory, Protocol, ServerFactory


class Noted(Protocol):
    """Notes what happens to it in its factory's list."""

    def connectionMade(self):
        self.factory.note("made")
        if self.factory.greeting:
            self.transport.write(self.factory.greeting)

    def dataReceived(self, data):
        self.factory.note(data)

    def connectionLost(self, reason):
        self.factory.note(reason.type.__name__)


class Notes:
    protocol = Noted

    def __init__(self, who, notes, greeting=b""):
        self.who = who
        self.notes = notes
        self.greeting = greeting
        self.waiting = {}

    def note(self, what):
        self.notes.append((self.who, what))
        if what in self.waiting:
            self.waiting.pop(what).callback(None)

    def when(self, what):
        self.waiting[what] = Deferred()
        return self.waiting[what]


class Server(Notes, ServerFactory):
    """A server that takes notes."""


class Client(Notes, ClientFactory):
    """A client that takes notes."""


def by_tcp(reactor, server, client):
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    reactor.connectTCP("127.0.0.1", port.getHost().port, client)


def by_unix(reactor, server, client):
    # Not pytest's tmp_path, which is longer than the address of a UNIX socket may be.
    path = str(Path(tempfile.mkdtemp()) / "socket")
    reactor.listenUNIX(path, server)
    reactor.connectUNIX(path, client)


def by_adoption(reactor, server, client):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = reactor.adoptStreamPort(listening.fileno(), socket.AF_INET, server)
    with socket.create_connection(("127.0.0.1", port.getHost().port)) as connected:
        connected.setblocking(False)
        reactor.adoptStreamConnection(connected.fileno(), socket.AF_INET, client)


@pytest.mark.parametrize("way", [by_tcp, by_unix, by_adoption])
def test_what_is_connected_talks_and_is_lost_when_the_reactor_stops(
    reactor, run_for, way, no_new_descriptors
):
    notes = []
    server = Server("server", notes, b"welcome")
    client = Client("client", notes)
    seen = []

    async def main():
        reactor.addSystemEventTrigger("during", "shutdown", lambda: seen.extend(notes))
        greeted = client.when(b"welcome")
        way(reactor, server, client)
        await greeted

    def listen():
        """Let the loop open the descriptors that it keeps for listening."""
        reactor.listenTCP(0, ServerFactory(), interface="127.0.0.1")

    run_for(reactor, listen)
    with no_new_descriptors():
        run_for(reactor, main)
    assert sorted(note for note in seen if note[0] == "server") == [
        ("server", "ConnectionLost"),
        ("server", "made"),
    ]
    assert [note[1] for note in seen if note[0] == "client"] == ["made", b"welcome", "ConnectionLost"]


def test_a_port_opened_before_the_run_is_closed_with_the_reactor(reactor, no_new_descriptors):
    with no_new_descriptors():
        port = reactor.listenTCP(0, Server("server", []), interface="127.0.0.1")
        address = ("127.0.0.1", port.getHost().port)
        socket.create_connection(address).close()
        reactor.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_connections_that_a_crash_left_open_work_in_the_next_run(reactor, run_for):
    notes = []
    server = Server("server", notes)
    client = Client("client", notes)

    def start():
        client.when("made").addCallback(lambda _: reactor.callLater(0, reactor.crash))
        by_tcp(reactor, server, client)

    reactor.callWhenRunning(start)
    reactor.run()
    server.greeting = b"late"
    again = Client("again", notes)

    async def main():
        by_tcp(reactor, server, again)
        await again.when(b"late")

    run_for(reactor, main)
    assert ("again", b"late") in notes
    assert ("client", "ConnectionLost") in notes


def test_a_host_is_looked_up_by_the_reactors_resolver(reactor, run_for):
    from sennit.reactor.resolver import GAIResolver

    def getaddrinfo(host, port, family, kind):
        assert host == "server.example"
        return [(socket.AF_INET, kind, 6, "", ("127.0.0.1", port))]

    reactor.installNameResolver(GAIResolver(reactor, getaddrinfo=getaddrinfo))
    client = Client("client", [])

    async def main():
        port = reactor.listenTCP(0, Server("server", [], b"hello"), interface="127.0.0.1")
        reactor.connectTCP("server.example", port.getHost().port, client)
        await client.when(b"hello")

    run_for(reactor, main)


def test_many_runs_with_connections_leave_nothing(reactor, run_for, no_new_descriptors):
    async def main():
        client = Client("client", [])
        by_tcp(reactor, Server("server", [], b"x"), client)
        await client.when(b"x")

    run_for(reactor, main)
    with no_new_descriptors():
        for _ in range(100):
            run_for(reactor, main)
