"""A child process as a connection."""

from __future__ import annotations

import pytest
from zope.interface.verify import verifyObject

from sennit.core.addresses import ProcessAddress
from sennit.core.errors import ConnectionDone, NoProtocol, ProcessDone, ProcessTerminated
from sennit.core.failure import Failure
from sennit.core.interfaces import IProcessTransport, ITransport
from sennit.endpoint import ProcessEndpoint, StandardErrorBehavior
from sennit.log import capturedLogs
from sennit.protocol import Factory, Protocol


class Recorder(Protocol):
    def __init__(self):
        self.seen = []

    def connectionMade(self):
        self.seen.append("made")

    def dataReceived(self, data):
        self.seen.append(data)

    def connectionLost(self, reason):
        self.seen.append(reason)


class ProcessTransport:
    pid = 42

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda *arguments: self.calls.append((name, *arguments))


class Spawning:
    """A reactor that starts processes."""

    def spawnProcess(self, processProtocol, *arguments):
        self.child, self.arguments = processProtocol, arguments
        self.transport = ProcessTransport()
        processProtocol.makeConnection(self.transport)
        return self.transport


def connected(**options):
    reactor, results = Spawning(), []
    endpoint = ProcessEndpoint(reactor, "/bin/cat", ["cat", "-u"], **options)
    endpoint.connect(Factory.forProtocol(Recorder)).addBoth(results.append)
    return reactor, results[0]


def test_the_program_is_started_with_what_was_given():
    reactor, protocol = connected(env={"A": "1"}, path="/", uid=1, gid=2, usePTY=1, childFDs={0: "w"})
    assert reactor.arguments == ("/bin/cat", ["cat", "-u"], {"A": "1"}, "/", 1, 2, 1, {0: "w"})
    assert protocol.seen == ["made"]


def test_the_transport_writes_to_the_child_and_has_addresses():
    reactor, protocol = connected()
    transport = protocol.transport
    verifyObject(ITransport, transport, tentative=True)
    assert IProcessTransport.providedBy(transport)
    transport.write(b"data")
    transport.writeSequence([b"more"])
    transport.closeStdin()
    transport.loseConnection()
    assert reactor.transport.calls == [
        ("write", b"data"),
        ("writeSequence", [b"more"]),
        ("closeStdin",),
        ("loseConnection",),
    ]
    assert transport.pid == 42
    assert isinstance(transport.getPeer(), ProcessAddress)
    assert isinstance(transport.getHost(), ProcessAddress)


def test_standard_output_is_the_stream():
    reactor, protocol = connected()
    reactor.child.childDataReceived(1, b"out")
    reactor.child.childDataReceived(7, b"elsewhere")
    assert protocol.seen == ["made", b"out"]


@pytest.mark.parametrize(
    ("behaviour", "logged"), [(StandardErrorBehavior.LOG, 1), (StandardErrorBehavior.DROP, 0)]
)
def test_standard_error_is_logged_or_dropped(behaviour, logged):
    reactor, protocol = connected(errFlag=behaviour)
    with capturedLogs() as events:
        reactor.child.childDataReceived(2, b"oops")
    assert protocol.seen == ["made"]
    assert [event["data"] for event in events] == [b"oops"] * logged


def test_a_clean_exit_is_a_clean_end_of_the_connection():
    reactor, protocol = connected()
    reactor.child.processEnded(Failure(ProcessDone(0)))
    assert protocol.seen[-1].check(ConnectionDone)


def test_any_other_exit_is_the_reason_of_the_end():
    reactor, protocol = connected()
    reason = Failure(ProcessTerminated(3))
    reactor.child.processEnded(reason)
    assert protocol.seen[-1] is reason


class Broken(Exception):
    """What a protocol raises here."""


@pytest.mark.parametrize("method", ["connectionMade", "dataReceived"])
def test_what_a_protocol_raises_ends_the_connection(method):
    class Raising(Recorder):
        pass

    def fails(*_arguments):
        raise Broken

    setattr(Raising, method, fails)
    reactor, results = Spawning(), []
    with capturedLogs() as events:
        connecting = ProcessEndpoint(reactor, "/bin/cat").connect(Factory.forProtocol(Raising))
        connecting.addBoth(results.append)
        reactor.child.childDataReceived(1, b"data")
        reactor.child.childDataReceived(1, b"more")
    assert [event["log_failure"].type for event in events] == [Broken]
    assert ("loseConnection",) in reactor.transport.calls
    protocol = reactor.child.protocol
    reactor.child.processEnded(Failure(ProcessDone(0)))
    assert protocol.seen[-1].check(Broken)
    assert (results[0] is protocol) is (method == "dataReceived")


def test_a_program_that_cannot_be_started_fails_the_connect():
    class Refusing:
        def spawnProcess(self, *arguments):
            raise OSError("no such program")

    class NoProtocols(Factory):
        def buildProtocol(self, addr):
            return None

    results = []
    ProcessEndpoint(Refusing(), "/x").connect(Factory.forProtocol(Recorder)).addBoth(results.append)
    ProcessEndpoint(Spawning(), "/x").connect(NoProtocols()).addBoth(results.append)
    assert results[0].check(OSError)
    assert results[1].check(NoProtocol)
