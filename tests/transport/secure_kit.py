"""Streams under TLS: over TCP, within another TLS, and begun in the middle of a TCP stream."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

from tests.tls import pki
from tests.transport.kit import PATIENCE, RawPeer, turns

from sennit.testing.contract import TCPStreams
from sennit.tls import CertificateOptions, TLSMemoryBIOFactory, optionsForClientTLS
from sennit.tls.trust import TrustFiles


async def settled(*protocols):
    """Wait until the handshakes of these protocols' transports are complete."""
    for protocol in protocols:
        while not all(layer._shaken or layer._over for layer in layers(protocol.transport)):
            await turns(protocol.transport.reactor, 1)


def layers(transport):
    """List the TLS layers under a protocol."""
    while hasattr(transport, "layer"):
        yield transport.layer
        transport = transport.transport
    carrier = transport._carrier
    if hasattr(carrier, "layer"):
        yield carrier.layer


class Tunnel:
    """One end of a TLS connection, of the standard library's, perhaps in another one."""

    def __init__(self, outer=None):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = pki.client_context().wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.outer = outer
        self.shaken = False

    def shake(self):
        """Tell whether the handshake is complete."""
        if self.outer is not None and not self.outer.shaken and not self.outer.shake():
            return False
        if not self.shaken:
            try:
                self.tls.do_handshake()
                self.shaken = True
            except ssl.SSLWantReadError:
                pass
        self._push()
        return self.shaken

    def feed(self, data):
        """Take ciphertext from the socket."""
        if self.outer is None:
            self.incoming.write(data)
            return
        self.outer.feed(data)
        if self.outer.shaken:
            while plain := self.outer.read():
                self.incoming.write(plain)

    def read(self):
        """Give plaintext, none if more must come, b"" only at the end."""
        try:
            data = self.tls.read(1 << 20)
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            data = b""
        self.ended = not data and self.tls.pending() == 0 and self._closed()
        return data

    def _closed(self):
        try:
            return self.tls.read(1) == b""
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLZeroReturnError:
            return True

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[self.tls.write(view) :]
        self._push()

    def close(self):
        with contextlib.suppress(ssl.SSLError):
            self.tls.unwrap()
        self._push()

    def take(self):
        """Give ciphertext for the socket."""
        return self.outgoing.read() if self.outer is None else self.outer.take()

    def _push(self):
        if self.outer is not None and self.outer.shaken and self.outgoing.pending:
            self.outer.write(self.outgoing.read())


class SecureSocket:
    """A plain socket that says good-bye before it closes."""

    def __init__(self, sock, tunnel):
        self.sock = sock
        self.tunnel = tunnel
        self.said = False

    def close(self):
        if self.sock.fileno() != -1:
            self.shutdown(1)
            self.sock.close()

    def shutdown(self, how):
        tunnel = self.tunnel
        while tunnel is not None and tunnel.shaken and not self.said:
            tunnel.close()
            tunnel = tunnel.outer
        if not self.said:
            self.said = True
            data = self.tunnel.take()
            if data:
                with contextlib.suppress(OSError):
                    self.sock.send(data)


class SecurePeer:
    """A plain socket under TLS at the other end."""

    def __init__(self, reactor, sock, tunnel):
        self.raw = RawPeer(reactor, sock)
        self.tunnel = tunnel
        self.sock = SecureSocket(sock, tunnel)

    async def settled(self, protocol):
        """Wait until both ends have completed the handshake."""
        await self.shaken()
        await settled(protocol)

    async def shaken(self):
        """Wait until the handshake is complete."""
        tunnel = self.tunnel
        while not tunnel.shake():
            await self._flush()
            try:
                data = await self.raw._task(self.raw.loop.sock_recv(self.raw.sock, 1 << 16))
            except ConnectionError:
                return False
            if not data:
                return False
            tunnel.feed(data)
        await self._flush()
        return True

    async def send(self, data):
        if await self.shaken():
            self.tunnel.write(data)
            await self._flush()

    async def receive(self, number):
        """Receive so many bytes, or fewer if they end."""
        received = b""
        if not await self.shaken():
            return received
        while len(received) < number:
            data = self.tunnel.read()
            if data:
                received += data
                continue
            if self.tunnel.ended:
                break
            more = await self.raw._task(self.raw.loop.sock_recv(self.raw.sock, 1 << 16))
            if not more:
                break
            self.tunnel.feed(more)
        return received

    async def receive_all(self):
        return await self.receive(1 << 40)

    def reset(self):
        self.raw.reset()

    async def _flush(self):
        data = self.tunnel.take()
        if data:
            await self.raw.send(data)


class EarlyBird:
    """A peer in a thread of its own, whose first bytes are sent before anybody answers."""

    def __init__(self, sock, tunnels):
        sock.setblocking(True)
        self.sock, self.tunnels = sock, tunnels
        self.thread = None

    def send(self, data):
        self.thread = threading.Thread(target=self._talk, args=(data,))
        self.thread.start()

    def _talk(self, data):
        tunnel = self.tunnels
        try:
            while not tunnel.shake():
                self.sock.sendall(tunnel.take())
                more = self.sock.recv(1 << 16)
                if not more:
                    return
                tunnel.feed(more)
            tunnel.write(data)
            self.sock.sendall(tunnel.take())
            while self.sock.recv(1 << 16):
                pass
        except OSError:
            pass

    def close(self):
        if self.thread is not None:
            # The thread reads to the end, which the loop, waiting for the thread here, would never send.
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
            self.thread.join(PATIENCE)
            assert not self.thread.is_alive()
        self.sock.close()


class TLS(TCPStreams):
    """Streams under TLS over TCP."""

    name = "tls"
    layered = secure = True
    depth = 1

    def __init__(self, reactor):
        super().__init__(reactor)
        self.ours = CertificateOptions.from_files(pki.SERVER.path)
        self.theirs = optionsForClientTLS("localhost", TrustFiles(pki.AUTHORITY.path))

    def secured(self, factory, *, client):
        for _ in range(self.depth):
            factory = TLSMemoryBIOFactory(
                self.theirs if client else self.ours,
                client,
                factory,
                clock=self.reactor,
                # The peers of these tests do not answer when they are not asked.
                shutdown_timeout=0,
            )
        return factory

    def listen(self, factory):
        return super().listen(self.secured(factory, client=False))

    def connect(self, port, factory):
        return super().connect(port, self.secured(factory, client=True))

    def tunnel(self):
        tunnel = None
        for _ in range(self.depth):
            tunnel = Tunnel(tunnel)
        return tunnel

    async def settled(self, *protocols):
        """Wait until both ends have completed the handshake."""
        await settled(*protocols)

    def beneath(self, transport):
        while hasattr(transport, "wrappedProtocol"):
            transport = transport.transport
        return transport

    def plain(self, port):
        return EarlyBird(super().plain(port), self.tunnel())

    def raw(self, port):
        return SecurePeer(self.reactor, TCPStreams.plain(self, port), self.tunnel())


class NestedTLS(TLS):
    """Streams under TLS in TLS."""

    name = "tls-in-tls"
    depth = 2


class StartedTLS(TLS):
    """Streams that go over to TLS as soon as they are there."""

    name = "started-tls"
    layered = False

    def secured(self, factory, *, client):
        build = factory.buildProtocol

        def build_starting(address):
            protocol = build(address)
            if protocol is not None:
                make = protocol.makeConnection

                def start(transport):
                    del protocol.makeConnection
                    transport.startTLS(self.theirs if client else self.ours)
                    transport._carrier.layer._shutdown_timeout = 0
                    make(transport)

                protocol.makeConnection = start
            return protocol

        factory.buildProtocol = build_starting
        return factory
