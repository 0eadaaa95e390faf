"""FTP between hosts that fail: what was acknowledged is whole, and nothing is left behind."""

from __future__ import annotations

import pytest
from tests.sim.kit import assert_clean
from zope.interface import implementer

from sennit.core.deferred import Deferred, succeed
from sennit.core.errors import ConnectError, ConnectionDone
from sennit.cred import AllowAnonymousAccess, IRealm, Portal
from sennit.endpoint import HostnameEndpoint, TCP4ClientEndpoint, TCP6ClientEndpoint, connectProtocol
from sennit.framing.basic import LineReceiver
from sennit.ftp.interfaces import IFTPShell, IReadFile, IWriteFile
from sennit.ftp.refusals import FileNotFoundError
from sennit.ftp.server import FTPFactory
from sennit.protocol import Protocol
from sennit.sim import simulated


@implementer(IReadFile)
class Reading:
    def __init__(self, octets):
        self.octets = octets
        self.done = Deferred()

    def send(self, consumer):
        self.consumer = consumer
        consumer.registerProducer(self, False)
        return self.done

    def resumeProducing(self):
        piece, self.octets = self.octets[:4096], self.octets[4096:]
        if piece:
            self.consumer.write(piece)
        else:
            self.consumer.unregisterProducer()
            self.done.callback(None)

    def stopProducing(self):
        self.done.errback(ConnectionError("cut off"))


@implementer(IWriteFile)
class Writing:
    def __init__(self, store, name):
        self.store, self.name, self.parts = store, name, []

    def receive(self):
        return succeed(self)

    def registerProducer(self, producer, streaming):
        pass

    def unregisterProducer(self):
        pass

    def write(self, data):
        self.parts.append(data)

    def close(self):
        self.store[self.name] = b"".join(self.parts)
        return succeed(None)


@implementer(IRealm, IFTPShell)
class Files:
    """Files in memory, for everybody."""

    def __init__(self, store):
        self.store = store

    def requestAvatar(self, avatarId, mind, *interfaces):
        return IFTPShell, self, lambda: None

    def openForReading(self, path):
        if path[-1] not in self.store:
            raise FileNotFoundError(path[-1])
        return succeed(Reading(self.store[path[-1]]))

    def openForWriting(self, path):
        return succeed(Writing(self.store, path[-1]))


def server(store):
    def program(reactor):
        factory = FTPFactory(Portal(Files(store), [AllowAnonymousAccess()]))
        factory.timeOut = 60
        return reactor.listenTCP(21, factory)

    return program


class Talking(LineReceiver):
    """A client: `ask` gives the next reply that is none of "go on"."""

    def __init__(self):
        self.waiting = []
        self.lost = False

    def lineReceived(self, line):
        if line[3:4] == b" " and line[:1] != b"1" and self.waiting:
            self.waiting.pop(0).callback(line.decode())

    def connectionLost(self, reason):
        self.lost = True
        for each in self.waiting:
            each.callback("000 gone")

    def ask(self, line=None):
        if self.lost:
            return succeed("000 gone")
        if line is not None:
            self.sendLine(line.encode())
        self.waiting.append(Deferred())
        return self.waiting[-1]


class Data(Protocol):
    """A data connection: what came, and whether it ended as it should."""

    def __init__(self, octets=None):
        self.octets, self.received, self.ended = octets, b"", Deferred()

    def connectionMade(self):
        if self.octets is not None:
            self.transport.write(self.octets)
            self.transport.loseConnection()

    def dataReceived(self, data):
        self.received += data

    def connectionLost(self, reason):
        self.ended.callback(reason.check(ConnectionDone) is not None)


async def begin(reactor):
    talking = await connectProtocol(HostnameEndpoint(reactor, "server", 21, timeout=10), Talking())
    reactor.callLater(120, talking.transport.abortConnection)
    await talking.ask()
    await talking.ask("USER anonymous")
    await talking.ask("PASS x")
    return talking


async def transfer(reactor, talking, command, octets=None):
    """Return the reply, and what came; a reset is no end of a file."""
    reply = await talking.ask("EPSV")
    if not reply.startswith("229"):
        return reply, b""
    end = talking.ask(command)
    port = int(reply.split("|")[3])
    # To the address that the server is spoken with at: it takes no data from another of the client's.
    host = talking.transport.getPeer().host
    kind = TCP6ClientEndpoint if ":" in host else TCP4ClientEndpoint
    data = await connectProtocol(kind(reactor, host, port, timeout=10), Data(octets))
    reply = await end
    if reply.startswith("226") and not await data.ended:
        return "000 reset", b""
    return reply, data.received


async def store_and_fetch(reactor, name, octets, outcome):
    talking = None
    try:
        talking = await begin(reactor)
        reply, _ = await transfer(reactor, talking, f"STOR {name}", octets)
        outcome["stored"] = reply[:3]
        if reply.startswith("226"):
            reply, outcome["fetched"] = await transfer(reactor, talking, f"RETR {name}")
            outcome["answer"] = reply[:3]
    except ConnectError as error:
        outcome["error"] = error
    finally:
        if talking is not None:
            talking.transport.abortConnection()
        outcome["over"] = True


def play(sim, count):
    """Have clients store files and fetch them; return the store, and what became of each."""
    store, outcomes = {}, []
    sim.host("server").run(server(store))
    for number in range(count):
        outcome = {"name": f"file-{number}", "octets": bytes(range(256)) * sim.random.randrange(400)}
        outcomes.append(outcome)
        sim.host(f"client{number % 3}").call(
            lambda reactor, outcome=outcome: Deferred.fromCoroutine(
                store_and_fetch(reactor, outcome["name"], outcome["octets"], outcome)
            )
        )
    return store, outcomes


@simulated
def test_without_faults_each_file_is_there_and_comes_back(sim):
    sim.links(loss=0.05, reorder=0.2, latency=sim.random.choice([0.001, 0.05]))
    store, outcomes = play(sim, 5)
    sim.run_until(lambda: all("over" in outcome for outcome in outcomes), limit=600)
    for outcome in outcomes:
        assert (outcome["stored"], outcome["answer"]) == ("226", "226")
        assert store[outcome["name"]] == outcome["octets"] == outcome["fetched"], "the octets differ"
    assert_clean(sim)


@pytest.mark.parametrize("kinds", [("kill",), ("partition",), ("kill", "partition")])
def test_a_file_that_was_acknowledged_is_whole(kinds):
    @simulated
    def test(sim):
        sim.links(
            loss=sim.random.choice([0.0, 0.1]),
            latency=sim.random.choice([0.001, 0.05]),
            bandwidth=sim.random.choice([20_000.0, 1_000_000.0]),
        )
        sim.trouble(["server"], every=3, lasting=3, kinds=kinds, until=25)
        store, outcomes = play(sim, 6)
        sim.run_until(lambda: all("over" in outcome for outcome in outcomes), limit=900)
        for outcome in outcomes:
            if outcome.get("stored") == "226":
                assert store[outcome["name"]] == outcome["octets"], "the octets differ"
            if outcome.get("answer") == "226":
                assert outcome["fetched"] == outcome["octets"], "the octets differ"
            acknowledged.append(outcome.get("stored"))
        # The clients here wait for data without an end; the server does not.
        assert_clean(sim, "server")

    acknowledged = []
    test()
    assert "226" in acknowledged
    assert acknowledged.count("226") < len(acknowledged)
