"""Pipes as a kind of stream for the contract: standard input and output at one end, or at both."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

from sennit.core.deferred import Deferred
from sennit.process import PipeAddress, StandardIO
from sennit.testing.contract import Ability, RawPeer, StreamKind


class PlainPipes:
    """The two pipe ends of a plain peer, used as a socket is."""

    def __init__(self, reading, writing):
        self.reading, self.writing = reading, writing
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)

    def send(self, data):
        return os.write(self.writing, data)

    def shutdown(self, _how):
        os.close(self.writing)
        self.writing = None

    def close(self):
        for descriptor in (self.reading, self.writing):
            if descriptor is not None:
                os.close(descriptor)
        self.reading = self.writing = None


class PipePeer(RawPeer):
    """Plain pipes at the other end."""

    async def send(self, data):
        while data:
            try:
                data = data[self.sock.send(data) :]
            except BlockingIOError:
                await self._ready(self.loop.add_writer, self.loop.remove_writer, self.sock.writing)

    async def receive(self, number):
        """Receive so many bytes, or fewer if they end."""
        received = b""
        while len(received) < number:
            try:
                data = os.read(self.sock.reading, min(1 << 20, number - len(received)))
            except BlockingIOError:
                await self._ready(self.loop.add_reader, self.loop.remove_reader, self.sock.reading)
                continue
            if not data:
                break
            received += data
        return received

    async def _ready(self, add, remove, descriptor):
        ready = Deferred()

        def fire():
            remove(descriptor)
            ready.callback(None)

        add(descriptor, fire)
        await ready


class Accepting:
    """Stands for a port: whoever connects has a protocol of its factory at the other end."""

    def __init__(self, factory):
        self.factory = factory


class Pipes(StreamKind):
    """Streams over two pipes, as standard input and output are."""

    name = "pipes"
    abilities = Ability.ALL ^ Ability.SOCKETS ^ Ability.RESETS

    def listen(self, factory):
        return Accepting(factory)

    def connect(self, port, factory):
        ours, theirs = self._ends()
        self._speak(port.factory, ours)
        self._speak(factory, theirs)

    def plain(self, port):
        """Give the plain ends of pipes whose other ends have a protocol."""
        ours, theirs = self._ends()
        # As a port does, which accepts in its turn.
        self.reactor.loop.call_soon(self._speak, port.factory, ours)
        return PlainPipes(*theirs)

    def raw(self, port):
        return PipePeer(self.reactor, self.plain(port))

    def _ends(self):
        reading, their_writing = os.pipe()
        their_reading, writing = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            # As much as sockets hold.
            for one in (writing, their_writing):
                fcntl.fcntl(one, fcntl.F_SETPIPE_SZ, 1 << 20)
        return (reading, writing), (their_reading, their_writing)

    def _speak(self, factory, ends):
        StandardIO(factory.buildProtocol(PipeAddress()), *ends, reactor=self.reactor)
        for end in ends:
            with suppress(OSError):
                os.close(end)
