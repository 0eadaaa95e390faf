"""What ports say in the log."""

from __future__ import annotations

import pytest

from sennit.log import globalLogPublisher
from sennit.protocol import DatagramProtocol, ServerFactory


@pytest.fixture
def said():
    events = []
    globalLogPublisher.addObserver(events.append)
    yield lambda: [event["message"][0] for event in events if event.get("message")]
    globalLogPublisher.removeObserver(events.append)


async def test_ports_say_where_they_start_and_that_they_are_closed(reactor, said, tmp_path):
    path = str(tmp_path / "s")
    stream = reactor.listenTCP(0, ServerFactory(), interface="127.0.0.1")
    datagram = reactor.listenUDP(0, DatagramProtocol(), interface="127.0.0.1")
    local = reactor.listenUNIX(path, ServerFactory())
    tcp, udp = stream.getHost().port, datagram.getHost().port
    assert said() == [
        f"ServerFactory starting on {tcp}",
        f"DatagramProtocol starting on {udp}",
        f"ServerFactory starting on {path!r}",
    ]
    for port in (stream, datagram, local):
        await port.stopListening()
    assert said()[3:] == [
        f"(TCP Port {tcp} Closed)",
        f"(UDP Port {udp} Closed)",
        f"(UNIX Port {path} Closed)",
    ]


async def test_what_is_not_noisy_starts_and_ends_in_silence(reactor, said):
    factory = ServerFactory()
    factory.noisy = False
    await reactor.listenTCP(0, factory).stopListening()
    assert said() == []


async def test_a_port_with_tls_says_so(reactor, said):
    tls = pytest.importorskip("sennit.tls")
    port = reactor.listenSSL(0, ServerFactory(), tls.CertificateOptions())
    number = port.getHost().port
    await port.stopListening()
    assert said() == [f"ServerFactory (TLS) starting on {number}", f"(TLS Port {number} Closed)"]


async def test_a_silent_factory_with_tls_is_silent(reactor, said):
    tls = pytest.importorskip("sennit.tls")
    factory = ServerFactory()
    factory.noisy = False
    await reactor.listenSSL(0, factory, tls.CertificateOptions()).stopListening()
    assert said() == []
