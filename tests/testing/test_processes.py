"""Child processes in memory: the test plays the child."""

from __future__ import annotations

import pytest
from zope.interface.verify import verifyObject

from sennit.core.errors import ProcessDone, ProcessExitedAlready, ProcessTerminated
from sennit.core.interfaces import IProcessTransport, IReactorProcess
from sennit.endpoint import ProcessEndpoint
from sennit.process import getProcessOutputAndValue
from sennit.protocol import Factory, ProcessProtocol, Protocol
from sennit.testing import MemoryProcess, MemoryReactor


class Recorder(ProcessProtocol):
    def __init__(self):
        self.events = []

    def connectionMade(self):
        self.events.append("made")

    def childDataReceived(self, childFD, data):
        self.events.append((childFD, data))

    def childConnectionLost(self, childFD):
        self.events.append(f"lost {childFD}")

    def processExited(self, reason):
        self.events.append(("exited", type(reason.value), self.transport.status))

    def processEnded(self, reason):
        self.events.append(("ended", type(reason.value), reason.value.exitCode, reason.value.signal))


@pytest.fixture
def child():
    return MemoryProcess(Recorder())


def test_it_is_the_transport_of_a_child(child):
    verifyObject(IProcessTransport, child)
    assert child.proto.transport is child
    assert child.getHost() == child.getPeer()
    assert child.proto.events == ["made"]


def test_what_is_written_is_kept(child):
    child.write(b"one ")
    child.writeSequence([b"two", b" three"])
    child.closeStdin()
    child.write(b"dropped")
    assert child.written == {0: b"one two three"}
    with pytest.raises(KeyError):
        child.writeToChild(0, b"x")
    with pytest.raises(KeyError):
        child.writeToChild(1, b"x")
    assert child.proto.events == ["made"]
    child.settle()
    assert child.proto.events == ["made", "lost 0"]


def test_what_the_child_writes_is_received(child):
    child.child_writes(b"out")
    child.child_writes(b"err", 2)
    child.child_closes(1)
    with pytest.raises(BrokenPipeError):
        child.child_writes(b"more")
    with pytest.raises(BrokenPipeError):
        child.child_writes(b"more", 0)
    assert child.proto.events == ["made", (1, b"out"), (2, b"err"), "lost 1"]


def test_a_paused_protocol_is_told_nothing(child):
    child.pauseProducing()
    child.child_writes(b"out")
    child.child_closes(1)
    assert child.proto.events == ["made"]
    child.resumeProducing()
    assert child.proto.events == ["made"]
    child.settle()
    assert child.proto.events == ["made", (1, b"out"), "lost 1"]


@pytest.mark.parametrize(
    ("options", "kind", "status", "code", "signal"),
    [
        ({}, ProcessDone, 0, 0, None),
        ({"exitCode": 3}, ProcessTerminated, 768, 3, None),
        ({"signal": 9}, ProcessTerminated, 9, None, 9),
    ],
)
def test_the_end_is_told_in_order(child, options, kind, status, code, signal):
    child.pauseProducing()
    child.child_writes(b"last words")
    child.child_exits(**options)
    assert child.proto.events == [
        "made",
        ("exited", kind, status),
        (1, b"last words"),
        "lost 0",
        "lost 1",
        "lost 2",
        ("ended", kind, code, signal),
    ]
    assert child.pid is None
    with pytest.raises(ProcessExitedAlready):
        child.signalProcess("TERM")


def test_signals_are_noted(child):
    child.signalProcess("TERM")
    child.signalProcess(9)
    assert child.signals == ["TERM", 9]


@pytest.mark.parametrize("close", ["loseConnection", "stopProducing"])
def test_losing_the_connection_closes_the_standard_streams(close):
    child = MemoryProcess(Recorder(), childFDs={0: "w", 1: "r", 2: "r", 3: "r"})
    getattr(child, close)()
    child.closeChildFD(77)
    child.child_writes(b"x", 3)
    assert child.proto.events == ["made", (3, b"x"), "lost 0", "lost 1", "lost 2"]


def test_a_memory_reactor_starts_such_children():
    reactor = MemoryReactor()
    assert IReactorProcess.providedBy(reactor)
    result = []
    getProcessOutputAndValue("/bin/cat", ["-u"], {"A": "1"}, "/", reactor, b"in").addCallback(result.append)
    [child] = reactor.processes
    assert (child.executable, child.args, child.env, child.path) == (
        "/bin/cat",
        ("/bin/cat", "-u"),
        {"A": "1"},
        "/",
    )
    assert child.written == {0: b"in"}
    child.child_writes(b"out")
    child.child_writes(b"err", 2)
    child.child_exits(3)
    assert result == [(b"out", b"err", 3)]


def test_endpoints_work_on_it():
    reactor = MemoryReactor()
    protocols = []
    ProcessEndpoint(reactor, "/bin/cat", ["cat"]).connect(Factory.forProtocol(Protocol)).addCallback(
        protocols.append
    )
    protocols[0].transport.write(b"hello")
    assert reactor.processes[0].written == {0: b"hello"}
