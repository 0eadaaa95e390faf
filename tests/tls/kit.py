"""TLS in memory: two protocols, two layers, and a transport that is moved on by hand."""

from __future__ import annotations

import random

from tests.tls import pki

from sennit.protocol import Factory, Protocol
from sennit.task import Clock
from sennit.testing import connected_pair
from sennit.tls import CertificateOptions, PrivateCertificate, TLSMemoryBIOFactory, optionsForClientTLS
from sennit.tls.trust import TrustFiles


class Recorder(Protocol):
    """Writes down what happens to it."""

    def __init__(self):
        self.received = b""
        self.reads = 0
        self.events = []
        self.reason = None

    def connectionMade(self):
        self.events.append("made")

    def dataReceived(self, data):
        assert self.reason is None, "data after the loss"
        assert data, "no data"
        self.reads += 1
        self.received += data

    def connectionLost(self, reason):
        assert self.reason is None, "lost twice"
        self.events.append("lost")
        self.reason = reason


class Pair:
    """A server and a client under TLS, connected in memory."""

    def __init__(
        self, server_settings, client_settings, server=Recorder, client=Recorder, chunk=None, **options
    ):
        self.clock = Clock()
        self.chunk = chunk
        self.server_factory = Factory.forProtocol(server)
        self.client_factory = Factory.forProtocol(client)
        self.options = {"clock": self.clock, **options}
        server_end = self._layer(server_settings, False, self.server_factory)
        client_end = self._layer(client_settings, True, self.client_factory)
        self.server, self.client = innermost(server_end), innermost(client_end)
        self.below = connected_pair(server_end, client_end)

    def _layer(self, settings, is_client, factory):
        for one in settings if isinstance(settings, tuple) else (settings,):
            factory = TLSMemoryBIOFactory(one, is_client, factory, **self.options)
        return factory.buildProtocol(None)

    def run(self):
        """Go on until nothing moves."""
        moved = True
        while moved:
            self.clock.advance(0)
            moved = False
            while self._pump():
                moved = True

    def _pump(self):
        chunk = self.chunk
        self.below.chunk_size = chunk() if callable(chunk) else chunk
        return self.below.pump()


def innermost(protocol):
    while hasattr(protocol, "wrappedProtocol"):
        protocol = protocol.wrappedProtocol
    return protocol


def chances(seed):
    """Give sizes of pieces by chance, the same for the same seed."""
    chance = random.Random(seed)
    return lambda: chance.choice((1, 2, 5, 100, 1000, 20_000))


def standard_server(**options):
    """Settings of the standard library's engine."""
    return CertificateOptions.from_files(pki.SERVER.path, **options)


def standard_client(hostname="localhost", **options):
    return optionsForClientTLS(hostname, TrustFiles(pki.AUTHORITY.path), **options)


def openssl_server(**options):
    """Settings that pyOpenSSL serves, because their context was taken."""
    made = PrivateCertificate.loadPEM(pki.SERVER.pem)
    settings = CertificateOptions(privateKey=made.privateKey.original, certificate=made.original, **options)
    settings.getContext()
    return settings


def openssl_client(hostname="localhost", **options):
    settings = optionsForClientTLS(hostname, TrustFiles(pki.AUTHORITY.path), **options)
    settings._ctx
    return settings


SERVERS = {"standard": standard_server, "openssl": openssl_server}
CLIENTS = {"standard": standard_client, "openssl": openssl_client}
