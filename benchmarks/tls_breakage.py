"""TLS connections by the thousand, each broken at a random byte, to see that nothing is left behind.

``python -m benchmarks.tls_breakage --connections 100000 --seed 7`` opens connections between a server and
clients of ours, over real sockets: with the standard library's engine, with pyOpenSSL's, and with TLS in TLS.
Each is cut when a random number of bytes has passed, in the middle of the handshake, of a record or of the
closing: by a reset, by an end without close_notify, or by aborting; a few live to their natural end.

Every protocol that was made must be lost exactly once, with nothing but what the other side sent; and at the
end there may be no descriptor, timer, connection, TLS layer or TLS engine more than at the beginning.
"""

from __future__ import annotations

import argparse
import collections
import gc
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import Deferred
from sennit.log import globalLogBeginner
from sennit.protocol import ClientFactory, Factory, Protocol
from sennit.protocol.wrapping import ProtocolWrapper, WrappingFactory
from sennit.reactor import Reactor
from sennit.tls import (
    CertificateOptions,
    TLSMemoryBIOFactory,
    TrustFiles,
    optionsForClientTLS,
    write_certificate,
)
from sennit.tls.engine import Engine
from sennit.tls.layer import TLSLayer
from sennit.transport.registry import open_things

AT_ONCE = 200
MOST_BYTES = {"standard": 6_000, "openssl": 6_000, "nested": 10_000}
"""How many bytes may pass before a connection is cut: more than a whole conversation has."""
MESSAGE = bytes(range(256)) * 4


class Talks(Protocol):
    """One end: says its message, takes the other's, and checks that it is lost once."""

    def __init__(self, run, says):
        self.run, self.says = run, says
        self.received = b""
        self.lost = False

    def connectionMade(self):
        self.run.made += 1
        if self.says:
            self.transport.write(MESSAGE)

    def dataReceived(self, data):
        self.received += data
        if self.lost or not MESSAGE.startswith(self.received):
            self.run.wrong.append("data that was not sent, or after the loss")
        if self.received == MESSAGE:
            if not self.says:
                self.transport.write(MESSAGE)
            else:
                self.transport.loseConnection()

    def connectionLost(self, reason):
        if self.lost:
            self.run.wrong.append("lost twice")
        self.lost = True
        self.run.ended(reason.type.__name__)


class Fragile(ProtocolWrapper):
    """Stands below TLS, and cuts the connection when so many bytes have passed."""

    def __init__(self, factory, wrapped):
        super().__init__(factory, wrapped)
        self.left, self.how = factory.fate()

    def write(self, data):
        self._pass(data, super().write)

    def dataReceived(self, data):
        self._pass(data, super().dataReceived)

    def _pass(self, data, onward):
        if self.left is None:
            onward(data)
            return
        data, rest = data[: self.left], data[self.left :]
        self.left -= len(data)
        if data:
            onward(data)
        if not rest or self.how is None:
            return
        how, self.how = self.how, None
        # What comes after the cut is lost.
        self.left = 0
        if how == "reset":
            self.transport.abortConnection()
        elif how == "end":
            self.transport.loseConnection()
        else:
            self.wrappedProtocol.abortConnection()


class FragileFactory(WrappingFactory):
    protocol = Fragile
    noisy = False

    def __init__(self, wrapped, fate):
        super().__init__(wrapped)
        self.fate = fate


class Run:
    """All connections of one run.

    Args:
        reactor: A running reactor.
        connections: How many.
        seed: Of the chances.
        directory: Where to write a certificate.
    """

    def __init__(self, reactor, connections, seed, directory):
        self.reactor, self.wanted = reactor, connections
        self.chance = random.Random(seed)
        self.pem, self.trusted = write_certificate(directory, ["localhost"])
        self.begun = self.made = self.over = self.open = 0
        self.reasons = collections.Counter()
        self.wrong = []
        self.finished = Deferred()

    def settings(self, engine):
        """Make the settings of both ends for one engine."""
        ours = CertificateOptions.from_files(self.pem)
        theirs = optionsForClientTLS("localhost", TrustFiles(self.trusted))
        if engine == "openssl":
            # Whoever takes the context chooses the engine.
            ours.getContext()
            theirs._settings.getContext()
        return ours, theirs

    def secured(self, factory, settings, depth, *, client):
        for _ in range(depth):
            factory = TLSMemoryBIOFactory(settings[client], client, factory, clock=self.reactor)
        return factory

    async def go(self):
        ports, self.kinds = [], {}
        for engine in MOST_BYTES:
            depth = 2 if engine == "nested" else 1
            settings = self.settings(engine)
            server = Factory()
            server.noisy = False
            server.buildProtocol = lambda _address: Talks(self, says=False)
            layered = self.secured(server, settings, depth, client=False)
            port = self.reactor.listenTCP(0, layered, backlog=1024, interface="127.0.0.1")
            ports.append(port)
            self.kinds[engine] = (port.getHost().port, settings, depth)
        for _ in range(min(AT_ONCE, self.wanted)):
            self.connect()
        await self.finished
        while self.over < self.made:
            waited = Deferred()
            self.reactor.callLater(0.05, waited.callback, None)
            await waited
        for port in ports:
            await port.stopListening()

    def connect(self):
        self.begun += 1
        self.open += 1
        engine = self.chance.choices(list(MOST_BYTES), weights=(8, 1, 1))[0]
        number, settings, depth = self.kinds[engine]
        how = self.chance.choice(("reset", "end", "abort"))
        left = None if self.chance.random() < 0.05 else self.chance.randrange(MOST_BYTES[engine])
        client = ClientFactory()
        client.noisy = False
        client.buildProtocol = lambda _address: Talks(self, says=True)
        client.clientConnectionLost = client.clientConnectionFailed = self.client_gone
        layered = self.secured(client, settings, depth, client=True)
        self.reactor.connectTCP("127.0.0.1", number, FragileFactory(layered, lambda: (left, how)))

    def client_gone(self, _connector, _reason):
        self.open -= 1
        if self.begun < self.wanted:
            self.connect()
        elif not self.open:
            self.finished.callback(None)

    def ended(self, reason):
        self.over += 1
        self.reasons[reason] += 1


def _left(kind):
    return sum(isinstance(thing, kind) for thing in gc.get_objects())


def _descriptors():
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count


def _resident():
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() >> 10


def break_connections(connections, seed, loop=None):
    """Break connections; return what happened, and what is wrong.

    Args:
        connections: How many.
        seed: Of the chances.
        loop: The name of the loop.
    """
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False)
    reactor = Reactor(loop)
    with tempfile.TemporaryDirectory(prefix="sennit-breakage-") as directory:
        outcome = {}

        def start():
            # One of each kind first, so that what is loaded once is there.
            warm = Run(reactor, 60, seed, Path(directory) / "warm")
            run = outcome["run"] = Run(reactor, connections, seed, Path(directory) / "run")

            async def both():
                await warm.go()
                await _rest(reactor)
                outcome["before"] = (_descriptors(), _resident())
                await run.go()
                await _rest(reactor)
                outcome["after"] = (_descriptors(), _resident())
                outcome["timers"] = len(reactor.getDelayedCalls())
                outcome["open"] = len(open_things(reactor))

            ensureDeferred(both()).addBoth(lambda result: (outcome.update(result=result), reactor.stop()))

        reactor.callWhenRunning(start)
        reactor.run(installSignalHandlers=False)
        reactor.close()
    if outcome["result"] is not None:
        outcome["result"].raiseException()
    run, wrong = outcome["run"], list(outcome["run"].wrong)
    (before, resident_before), (after, resident_after) = outcome["before"], outcome["after"]
    for what, count in (
        ("descriptors", after - before),
        ("timers", outcome["timers"]),
        ("connections", outcome["open"]),
        ("protocols that were never lost", run.made - run.over),
        ("TLS layers", _left(TLSLayer)),
        ("TLS engines", _left(Engine)),
    ):
        if count > 0:
            wrong.append(f"{count} {what} are left")
    lines = [
        f"{run.begun} connections, {run.made} protocols made, {run.over} lost",
        ", ".join(f"{name} {count}" for name, count in run.reasons.most_common()),
        f"descriptors {before} -> {after}, timers {outcome['timers']}, open {outcome['open']}",
        f"resident {resident_before} KiB -> {resident_after} KiB",
    ]
    return lines, wrong


async def _rest(reactor):
    """Let the loop close what it closes, and free what can be freed."""
    for _ in range(5):
        waited = Deferred()
        reactor.callLater(0.05, waited.callback, None)
        await waited
        gc.collect()


def main():
    """Do what the command line asks for; return 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tls_breakage", description=__doc__)
    parser.add_argument("--connections", type=int, default=2_000, help="how many (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, help="of the chances (default: 1)")
    parser.add_argument("--loop", help="the event loop, such as uvloop or asyncio")
    arguments = parser.parse_args()
    if arguments.connections < 1:
        parser.error("--connections must be above zero")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    began = time.monotonic()
    lines, wrong = break_connections(arguments.connections, arguments.seed, arguments.loop)
    print(*lines, f"{time.monotonic() - began:.0f} s, seed {arguments.seed}", sep="\n")
    for each in wrong[:20]:
        print("WRONG:", each, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
