"""Children on pipes and on a terminal: descriptors, signals, exit codes, folders, and what cannot be run."""

from __future__ import annotations

import os
import tempfile

from twisted.internet import defer, error, protocol, reactor, task
from twisted.internet.process import reapAllProcesses

SHELL = "/bin/sh"


class Child(protocol.ProcessProtocol):
    def __init__(self):
        self.received = {}
        self.lost = []
        self.order = []
        self.ended = defer.Deferred()

    def childDataReceived(self, childFD, data):
        self.received[childFD] = self.received.get(childFD, b"") + data

    def childConnectionLost(self, childFD):
        self.lost.append(childFD)

    def processExited(self, reason):
        self.order.append("exited")

    def processEnded(self, reason):
        self.order.append("ended")
        self.ended.callback(reason.value)


class Streams(Child):
    childDataReceived = protocol.ProcessProtocol.childDataReceived
    childConnectionLost = protocol.ProcessProtocol.childConnectionLost

    def outReceived(self, data):
        print("out", data)
        self.transport.closeStdin()

    def errReceived(self, data):
        print("err", data)

    def inConnectionLost(self):
        self.lost.append("in")

    def outConnectionLost(self):
        self.lost.append("out")

    def errConnectionLost(self):
        self.lost.append("err")


async def run(title, *args, child=None, write=(), executable=SHELL, **options):
    child = child or Child()
    transport = reactor.spawnProcess(child, executable, [executable, *args], **options)
    assert transport is child.transport
    for childFD, data in write:
        transport.writeToChild(childFD, data)
        transport.closeChildFD(childFD)
    reason = await child.ended
    print(title, type(reason).__name__, reason.exitCode, reason.signal, reason.status)
    print("  ", reason)
    print("  ", sorted(child.received.items()), sorted(child.lost, key=str), child.order)
    return child


async def main(reactor):
    await run("exit code", "-c", "exit 3")
    await run("signal", "-c", "kill -9 $$")
    await run("streams", "-c", "echo hello; cat; exit 0", child=Streams())
    await run("both ways", "-c", "cat; echo done >&2", write=[(0, b"some words")])
    await run(
        "a map of descriptors",
        "-c",
        "cat <&7 >&4; echo five >&5; [ -e /proc/self/fd/2 ] || echo no two",
        childFDs={1: "r", 4: "r", 5: "r", 7: "w"},
        write=[(7, b"through seven")],
    )
    with tempfile.TemporaryFile() as file:
        await run("a file of ours", "-c", "echo to the file", childFDs={0: "w", 1: file.fileno(), 2: "r"})
        file.seek(0)
        print("  ", file.read())
    await run("environment", "-c", 'echo "$A"', env={"A": "a letter"})
    await run("folder", "-c", "pwd", path="/")
    await run("bytes", b"-c", b"echo $0 $1", "zero", b"one")
    await run("no such folder", "-c", "exit 0", path="/no/such", childFDs={0: "w", 1: "r"})

    child = Child()
    transport = reactor.spawnProcess(child, "/bin/sleep", ["sleep", "100"])
    print("runs", isinstance(transport.pid, int), transport.pid == os.getpid())
    transport.signalProcess("TERM")
    print("terminated", (await child.ended).signal, transport.pid, transport.status)
    reapAllProcesses()
    try:
        transport.signalProcess("TERM")
    except error.ProcessExitedAlready as already:
        print("late", repr(already))
    transport.write(b"dropped")
    transport.loseConnection()
    try:
        transport.writeToChild(0, b"x")
    except KeyError as missing:
        print("no descriptor", missing)

    for executable, args in [("/no/such", ["x"]), ("/etc/passwd", ["x"]), (SHELL, ["a\0b"])]:
        try:
            reactor.spawnProcess(Child(), executable, args)
        except (OSError, ValueError) as failed:
            print("refused", type(failed).__name__)

    terminal = Child()
    reactor.spawnProcess(
        terminal, SHELL, [SHELL, "-c", "test -t 0 && test -t 2 && read x && echo $x; exit 4"], usePTY=True
    )
    terminal.transport.write(b"typed\n")
    ended = await terminal.ended
    print("terminal", ended.exitCode, terminal.received, terminal.lost, terminal.order)

    hung_up = Child()
    reactor.spawnProcess(hung_up, "/bin/cat", ["cat"], usePTY=True)
    hung_up.transport.write(b"echo\n")
    while b"echo\r\necho\r\n" not in hung_up.received.get(1, b""):
        await task.deferLater(reactor, 0.01)
    hung_up.transport.loseConnection()
    print("hung up", (await hung_up.ended).signal)


task.react(lambda reactor: defer.ensureDeferred(main(reactor)))
