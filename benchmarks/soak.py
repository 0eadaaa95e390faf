"""Random conversations over real sockets, to find what no single test thinks of.

``python -m benchmarks.soak --seconds 60 --seed 7 --loop uvloop`` opens, feeds, pauses, half-closes, aborts
and breaks connections at random, and holds each end to what a transport promises:

- what arrives is a beginning of what was sent;
- ``connectionMade`` comes first and ``connectionLost`` last, each once;
- nothing is read while paused, after ``loseConnection``, or after the other side's end;
- only the errors that were provoked are logged.

At the end nothing may be left: no descriptor, delayed call, task, Deferred, or connection.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import gc
import os
import random
import socket
import struct
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from zope.interface import implementer

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import Deferred
from sennit.core.interfaces import IFileDescriptorReceiver, IHalfCloseableProtocol
from sennit.log import globalLogBeginner, globalLogPublisher
from sennit.protocol import ClientFactory, Factory, Protocol
from sennit.reactor import Reactor
from sennit.transport.registry import open_things
from sennit.transport.stream import StreamConnection

MOST_CONNECTIONS = 50
MOST_IN_FLIGHT = 2_000_000
"""Bytes that one end may have sent and the other not received."""
PATTERN = random.Random(0).randbytes(1_000_003)
HEADER = struct.Struct("!Q")


class Provoked(Exception):
    """What the user code of this program raises on purpose."""


def stream(number, start, size):
    """Give a piece of what an end sends: its number, then the pattern from a place of its own."""
    header = HEADER.pack(number)
    piece = header[start : start + size]
    place = (number * 7919 + max(0, start - HEADER.size)) % len(PATTERN)
    parts = [piece]
    missing = size - len(piece)
    while missing:
        part = PATTERN[place : place + missing]
        parts.append(part)
        missing -= len(part)
        place = 0
    return b"".join(parts)


class End(Protocol):
    """One end of a conversation: sends its stream, and checks the other's."""

    def __init__(self, soak):
        self.soak = soak
        self.number = soak.next_number()
        self.sent = 0
        self.received = 0
        self.header = b""
        self.other = None
        self.made = self.lost = self.paused = self.closing = self.read_ended = False
        self.break_next = False

    def check(self, holds, message):
        if not holds:
            self.soak.violations.append(f"end {self.number}: {message}")

    def connectionMade(self):
        self.check(not self.made, "made twice")
        self.made = True
        self.soak.live.append(self)
        self.soak.counts["connections"] += 1
        chance = self.soak.chance.random()
        if chance < 0.05:
            self.pause()
        elif chance < 0.07:
            self.close()
        elif chance < 0.09:
            self.abort()
        elif chance < 0.11:
            raise Provoked("made")
        self.send(HEADER.size)

    def dataReceived(self, data):
        self.check(self.made and not self.lost, "data outside of the connection")
        self.check(not self.paused, "data while paused")
        self.check(not self.closing, "data after asking to close")
        self.check(not self.read_ended, "data after the end of reading")
        start = self.received
        self.received += len(data)
        self.soak.counts["bytes"] += len(data)
        if self.other is None:
            self.header += data
            if len(self.header) < HEADER.size:
                return
            (number,) = HEADER.unpack_from(self.header)
            self.other = self.soak.ends.get(number)
            self.check(self.other is not None, "data from nobody")
            start, data, self.header = 0, self.header, b""
        if self.other is not None:
            self.check(self.received <= self.other.sent, "more than was sent")
            if data != stream(self.other.number, start, len(data)):
                self.check(False, self.describe(start, data))
        if self.break_next:
            self.break_next = False
            raise Provoked("data")
        if self.soak.chance.random() < 0.02:
            self.soak.act(self)

    def describe(self, start, data):
        """Say where what arrived parts from what was sent, and what it is instead."""
        wanted = stream(self.other.number, start, len(data))
        at = next(i for i, (ours, theirs) in enumerate(zip(data, wanted, strict=True)) if ours != theirs)
        size = len(PATTERN)
        place = PATTERN.find(data[at : at + 16])
        origins = [
            f"end {end.number} at {offset} of {end.sent}"
            for end in self.soak.ends.values()
            if 0 <= (offset := (place - end.number * 7919) % size + HEADER.size) <= end.sent
        ]
        return (
            f"not what end {self.other.number} sent from {start + at} on (piece of {len(data)} from {start}, "
            f"{self.other.sent} sent): found at {place} of the pattern, may be {origins[:5]}; "
            f"carried by {type(self.transport).__name__} on {type(self.transport._carrier).__name__}, "
            f"peer's by {type(self.other.transport).__name__} on "
            f"{type(getattr(self.other.transport, '_carrier', None)).__name__}, {self.transport.getPeer()}"
        )

    def connectionLost(self, reason):
        self.check(self.made, "lost before it was made")
        self.check(not self.lost, "lost twice")
        self.lost = True
        self.soak.counts[f"lost: {reason.type.__name__}"] += 1
        self.soak.live.remove(self)
        self.soak.ended(self)
        if self.soak.chance.random() < 0.02:
            raise Provoked("lost")

    # What the soak does to it.

    def send(self, size):
        if self.other is not None and self.sent - self.other.received > MOST_IN_FLIGHT:
            return
        data = stream(self.number, self.sent, size)
        self.sent += size
        kind = self.soak.chance.randrange(3)
        if kind == 0:
            self.transport.write(data)
        elif kind == 1:
            half = size // 2
            self.transport.writeSequence([data[:half], data[half:]])
        else:
            self.transport.write(bytearray(data))

    def pause(self):
        self.paused = True
        self.transport.pauseProducing()

    def resume(self):
        self.paused = False
        self.transport.resumeProducing()

    def close(self):
        self.closing = True
        self.transport.loseConnection()

    def abort(self):
        self.closing = True
        self.transport.abortConnection()


@implementer(IHalfCloseableProtocol)
class HalfCloseableEnd(End):
    """An end that outlives the end of one direction, for a while."""

    def readConnectionLost(self):
        self.check(not self.read_ended, "end of reading twice")
        self.check(not self.lost, "end of reading after the loss")
        self.check(not self.paused, "end of reading while paused")
        self.read_ended = True
        self.soak.counts["half-closes"] += 1
        if self.soak.chance.random() < 0.7:
            self.close()

    def writeConnectionLost(self):
        self.check(not self.lost, "end of writing after the loss")


@implementer(IFileDescriptorReceiver)
class ReceivingEnd(HalfCloseableEnd):
    """An end that also takes descriptors."""

    def fileDescriptorReceived(self, descriptor):
        os.close(descriptor)
        self.check(self.made and not self.lost, "a descriptor outside of the connection")
        self.check(not self.closing, "a descriptor after asking to close")
        self.soak.counts["descriptors"] += 1


class Producer:
    """Feeds an end, by push or by pull, for so many pieces."""

    def __init__(self, end, streaming, pieces):
        self.end = end
        self.streaming = streaming
        self.pieces = pieces
        self.paused = self.stopped = False

    def start(self):
        with suppress(Provoked):
            self.end.transport.registerProducer(self, self.streaming)
        if self.streaming:
            self.push()

    def push(self):
        while self.pieces and not (self.paused or self.stopped):
            self.piece()
        if not (self.pieces or self.stopped):
            self.end.transport.unregisterProducer()
            self.stopped = True

    def piece(self):
        self.pieces -= 1
        self.end.send(self.end.soak.chance.randrange(1, 60_000))

    def resumeProducing(self):
        self.end.check(not self.stopped, "a producer asked after its stop")
        self.paused = False
        if self.end.soak.chance.random() < 0.01:
            raise Provoked("producer")
        if self.streaming:
            self.push()
        elif self.pieces:
            self.piece()
        else:
            self.stopped = True
            self.end.transport.unregisterProducer()

    def pauseProducing(self):
        self.end.check(self.streaming, "a pull producer paused")
        self.paused = True

    def stopProducing(self):
        self.end.check(not self.stopped, "a producer stopped twice")
        self.stopped = True


class Servers(Factory):
    noisy = False

    def __init__(self, soak):
        self.soak = soak

    def buildProtocol(self, addr):
        return self.soak.build()


class Clients(ClientFactory):
    noisy = False

    def __init__(self, soak):
        self.soak = soak

    def buildProtocol(self, addr):
        return self.soak.build()

    def clientConnectionFailed(self, connector, reason):
        self.soak.counts[f"failed: {reason.type.__name__}"] += 1
        self.soak.connectors.discard(connector)

    def clientConnectionLost(self, connector, reason):
        if self.soak.running and self.soak.chance.random() < 0.1:
            self.soak.counts["reconnects"] += 1
            connector.connect()
        else:
            self.soak.connectors.discard(connector)


class Soak:
    """One run."""

    def __init__(self, reactor, seed, directory):
        self.reactor = reactor
        self.chance = random.Random(seed)
        self.path = str(Path(directory) / "soak")
        self.counts = collections.Counter()
        self.violations = []
        self.numbers = 0
        self.live = []
        self.ends = {}
        self.connectors = set()
        self.ports = {}
        self.running = False
        self.finished = None
        self.nowhere = socket.socket()
        self.nowhere.bind(("127.0.0.1", 0))

    def next_number(self):
        self.numbers += 1
        return self.numbers

    def build(self):
        if self.chance.random() < 0.02:
            if self.chance.random() < 0.5:
                raise Provoked("build")
            return None
        end = self.chance.choice([End, HalfCloseableEnd, ReceivingEnd])(self)
        self.ends[end.number] = end
        return end

    def ended(self, end):
        """Forget an end when the other cannot hear from it any more."""
        # What is in flight may still arrive: only the newest are kept, and what lives.
        if len(self.ends) > 50 * MOST_CONNECTIONS:
            self.ends = {n: e for n, e in self.ends.items() if not e.lost or n > self.numbers - 1000}
        self._check_finished()

    def log(self, event):
        failure = event.get("log_failure")
        if failure is not None and not failure.check(Provoked):
            self.violations.append(f"logged: {failure.getTraceback()}")

    async def run(self, seconds):
        self.running = True
        self.listen("tcp")
        self.listen("unix")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.violations:
            for _ in range(self.chance.randrange(1, 8)):
                self.step()
            turned = Deferred()
            self.reactor.callLater(self.chance.choice([0, 0, 0.0005, 0.002]), turned.callback, None)
            await turned
        self.running = False
        for port in self.ports.values():
            await port.stopListening()
        self.ports.clear()
        for connector in list(self.connectors):
            if connector.state == "connecting":
                connector.stopConnecting()
        for end in list(self.live):
            end.abort()
        self.finished = Deferred()
        self._check_finished()
        await self.finished
        # Timers that are under way are soon over.
        for _ in range(100):
            turned = Deferred()
            self.reactor.callLater(0.001, turned.callback, None)
            await turned
            if not self.reactor.getDelayedCalls():
                break

    def _check_finished(self):
        if self.finished is not None and not self.live and not self.finished.called:
            self.finished.callback(None)

    def listen(self, kind):
        if kind == "tcp":
            self.ports[kind] = self.reactor.listenTCP(0, Servers(self), interface="127.0.0.1")
        else:
            self.ports[kind] = self.reactor.listenUNIX(self.path, Servers(self))

    def step(self):
        """Do one thing."""
        chance = self.chance.random()
        if chance < 0.25 and len(self.live) < MOST_CONNECTIONS:
            self.connect()
        elif chance < 0.26:
            self.restart()
        elif chance < 0.35:
            self.timer()
        elif self.live:
            self.act(self.chance.choice(self.live))

    def connect(self):
        kind = self.chance.choice(["tcp", "unix"])
        port = self.ports.get(kind)
        if port is None:
            return
        factory = Clients(self)
        if self.chance.random() < 0.05:
            connector = self.reactor.connectTCP("127.0.0.1", self.nowhere.getsockname()[1], factory)
        elif kind == "tcp":
            connector = self.reactor.connectTCP("127.0.0.1", port.getHost().port, factory)
        else:
            connector = self.reactor.connectUNIX(self.path, factory)
        self.connectors.add(connector)
        if self.chance.random() < 0.1:
            self.reactor.callLater(self.chance.random() / 200, self.give_up, connector)

    def give_up(self, connector):
        self.counts["given up"] += 1
        if connector.state == "connected":
            connector.transport.protocol.closing = True
        connector.disconnect()

    def restart(self):
        kind = self.chance.choice(["tcp", "unix"])
        port = self.ports.pop(kind, None)
        if port is not None:
            self.counts["restarts"] += 1
            port.stopListening().addCallback(lambda _: self.running and self.listen(kind))

    def timer(self):
        timer = self.reactor.callLater(self.chance.random() / 100, self.count_timer)
        if self.chance.random() < 0.3:
            timer.cancel()

    def count_timer(self):
        self.counts["timers"] += 1

    def act(self, end):
        """Do one thing to an end."""
        if end.lost or not end.made:
            return
        chance = self.chance.random()
        self.counts["actions"] += 1
        if chance < 0.55:
            end.send(self.chance.choice([1, 10, 100, 1000, 30_000, 300_000]))
        elif chance < 0.65:
            end.resume() if end.paused else end.pause()
        elif chance < 0.68:
            end.break_next = True
        elif chance < 0.73:
            end.transport.loseWriteConnection()
        elif chance < 0.80:
            end.close()
        elif chance < 0.84:
            end.abort()
        elif chance < 0.94:
            if end.transport.producer is None:
                Producer(end, self.chance.random() < 0.5, self.chance.randrange(1, 20)).start()
        elif chance < 0.97:
            if hasattr(end.transport, "sendFileDescriptor"):
                end.transport.sendFileDescriptor(self.nowhere.fileno())
                end.send(10)
        else:
            end.transport.setTcpNoDelay(self.chance.random() < 0.5)


def _count(kind):
    gc.collect()
    return sum(isinstance(thing, kind) for thing in gc.get_objects())


def _descriptors():
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


def run_soak(seconds, seed, loop=None):
    """Run, and check that nothing is left.

    Returns:
        The counts.

    Raises:
        AssertionError: With all that went wrong.
    """
    reactor = Reactor(loop)
    before = {kind: _count(kind) for kind in (Deferred, StreamConnection, End)}
    # libuv opens one descriptor for good with its first stream.
    warm_up = reactor.loop.run_until_complete(reactor.loop.create_server(asyncio.Protocol, "127.0.0.1", 0))
    warm_up.close()
    reactor.loop.run_until_complete(asyncio.sleep(0.01))
    descriptors = _descriptors()
    counts, violations = _run(reactor, seconds, seed)
    violations.extend(f"delayed call left: {call}" for call in reactor.getDelayedCalls())
    violations.extend(f"open: {thing!r}" for thing in open_things(reactor))
    violations.extend(f"task left: {task!r}" for task in asyncio.all_tasks(reactor.loop))
    left = _descriptors() - descriptors
    if left > 0:
        violations.append(f"{left} descriptors left")
    reactor.close()
    for kind, number in before.items():
        more = _count(kind) - number
        if more > 0:
            violations.append(f"{more} more of {kind.__name__} than before")
    assert not violations, "\n".join(violations[:20])
    return counts


def _run(reactor, seconds, seed):
    with tempfile.TemporaryDirectory() as directory:
        soak = Soak(reactor, seed, directory)
        # Before logging is begun, what was logged is kept, and with it what it speaks of.
        globalLogBeginner.beginLoggingTo([soak.log], discardBuffer=True, redirectStandardIO=False)

        def start():
            ensureDeferred(soak.run(seconds)).addErrback(
                lambda failure: soak.violations.append(failure.getTraceback())
            ).addBoth(lambda _: reactor.stop())

        try:
            reactor.callWhenRunning(start)
            reactor.run()
        finally:
            globalLogPublisher.removeObserver(soak.log)
            soak.nowhere.close()
    return soak.counts, soak.violations


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--loop", default=None)
    arguments = parser.parse_args()
    seed = random.randrange(1 << 32) if arguments.seed is None else arguments.seed
    print(f"seed {seed}, loop {arguments.loop or 'default'}, {arguments.seconds:g} s")
    for name, number in sorted(run_soak(arguments.seconds, seed, arguments.loop).items()):
        print(f"{name:32}{number:>14,}")


if __name__ == "__main__":
    main()
