"""A child process as a kind of stream for the contract: the other end lies behind its standard streams."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from tests.transport.pipes_kit import Accepting

from sennit.endpoint import ProcessEndpoint
from sennit.testing.contract import Ability, RawPeer, StreamKind

PROGRAM = str(Path(__file__).with_name("relaying.py"))


class Child(StreamKind):
    """Streams to a program of Sennit's, which speaks by its standard input and output.

    The program hands on what it reads and writes to a socket, whose other end is the test's: so the stream
    that is checked is the endpoint's transport, two pipes, and `StandardIO` in another process.
    """

    name = "child"
    abilities = Ability.CONTAINS

    def listen(self, factory):
        return Accepting(factory)

    def connect(self, port, factory):
        ours = self._start(port)
        self.reactor.adoptStreamConnection(ours.fileno(), socket.AF_UNIX, factory)
        ours.close()

    def plain(self, port):
        ours = self._start(port)
        ours.setblocking(False)
        return ours

    def raw(self, port):
        return RawPeer(self.reactor, self.plain(port))

    def _start(self, port):
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        theirs.setblocking(False)

        def start():
            endpoint = ProcessEndpoint(
                self.reactor,
                sys.executable,
                [sys.executable, "-W", "error", PROGRAM, "asyncio"],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                childFDs={0: "w", 1: "r", 2: "r", 3: theirs.fileno()},
            )
            # A protocol that raises is logged, too.
            endpoint.connect(port.factory).addErrback(lambda _failure: None)
            theirs.close()

        # As a port does, which accepts in its turn.
        self.reactor.loop.call_soon(start)
        return ours
