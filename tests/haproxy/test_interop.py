"""HAProxy itself in front of a server: both versions, fields, checksums, its own checks."""

from __future__ import annotations

import shutil
import socket
import subprocess
import textwrap

import pytest

from sennit.core.addresses import IPv4Address
from sennit.endpoint import serverFromString
from sennit.haproxy import HAProxyWrappingFactory
from sennit.protocol import Factory, Protocol
from sennit.reactor import Reactor

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed"),
]

CONFIGURATION = """
    defaults
        mode tcp
        timeout connect 5s
        timeout client 20s
        timeout server 20s
    listen front
        bind "fd@{front}"
        server back 127.0.0.1:{port} {options}
"""


class Greeter(Protocol):
    """Speaks first, then echoes; each with the addresses that it knows."""

    def connectionMade(self):
        self.factory.peers.append(self.transport.getPeer())
        self.factory.hosts.append(self.transport.getHost())
        self.transport.write(b"hello " + self.transport.getPeer().host.encode() + b"\n")

    def dataReceived(self, data):
        self.transport.write(data)


class Server(Factory):
    protocol = Greeter
    noisy = False

    def __init__(self):
        self.peers = []
        self.hosts = []


@pytest.fixture
def reactor():
    reactor = Reactor()
    yield reactor
    reactor.close()


@pytest.fixture
def haproxy(tmp_path):
    """Start HAProxy before a port: gives the address where it listens."""
    running = []
    fronts = []

    def start(port, options):
        front = socket.create_server(("127.0.0.1", 0))
        fronts.append(front)
        configuration = tmp_path / "haproxy.cfg"
        text = textwrap.dedent(CONFIGURATION).format(front=front.fileno(), port=port, options=options)
        configuration.write_text(text)
        command = ["haproxy", "-db", "-q", "-f", str(configuration)]
        running.append(subprocess.Popen(command, pass_fds=[front.fileno()], stderr=subprocess.PIPE))
        return front.getsockname()

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=20)
    for front in fronts:
        front.close()


def turn(reactor, until):
    for _ in range(3000):
        if until():
            return
        reactor.iterate(0.01)
    raise AssertionError("What was waited for did not happen.")


OPTIONS = {
    "version 1": "send-proxy",
    "version 2": "send-proxy-v2",
    "version 2 with a checksum": "send-proxy-v2 proxy-v2-options crc32c,unique-id",
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_haproxy_tells_who_its_client_is(reactor, haproxy, options):
    server = Server()
    ports = []
    serverFromString(reactor, "haproxy:tcp:0:interface=127.0.0.1").listen(server).addCallback(ports.append)
    front = haproxy(ports[0].getHost().port, options)
    with socket.create_connection(front, source_address=("127.0.0.9", 0)) as client:
        client.settimeout(0.01)
        received = b""

        def echoed():
            nonlocal received
            try:
                received += client.recv(1000)
            except TimeoutError:
                return False
            return received.endswith(b"ping")

        client.sendall(b"ping")
        turn(reactor, echoed)
        assert received == b"hello 127.0.0.9\nping"
        assert server.peers == [IPv4Address("TCP", *client.getsockname())]
        assert server.hosts == [IPv4Address("TCP", *front)]


def test_haproxys_own_checks_keep_the_addresses_of_the_connection(reactor, haproxy):
    server = Server()
    port = reactor.listenTCP(0, HAProxyWrappingFactory(server), interface="127.0.0.1")
    haproxy(port.getHost().port, "send-proxy-v2 check inter 50ms check-send-proxy")
    turn(reactor, lambda: len(server.peers) >= 2)
    assert {peer.host for peer in server.peers} == {"127.0.0.1"}
    assert set(server.hosts) == {port.getHost()}
