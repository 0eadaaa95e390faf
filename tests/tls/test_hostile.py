"""Peers that must not be trusted, or do not speak TLS: the right error each time, and no data."""

from __future__ import annotations

import random
import ssl

import pytest
import service_identity
from OpenSSL import SSL
from tests.tls import pki
from tests.tls.kit import Pair, Recorder, openssl_client, openssl_server, standard_client, standard_server

from sennit.core.errors import ConnectionLost
from sennit.protocol import Factory
from sennit.task import Clock
from sennit.testing import StringTransport
from sennit.tls import (
    CertificateOptions,
    ClientContextFactory,
    PrivateCertificate,
    TLSMemoryBIOFactory,
    TLSVersion,
    VerificationError,
    optionsForClientTLS,
)
from sennit.tls.trust import TrustFiles

STRANGER = pki.issue("A stranger's authority", ca=True, alternatives=False)


class Talks(Recorder):
    """Says something at once, which nobody may get."""

    def connectionMade(self):
        super().connectionMade()
        self.transport.write(b"secret")


BAD = {
    "expired": pki.issue("localhost", issuer=pki.AUTHORITY, days=(-30, -1)),
    "not yet valid": pki.issue("localhost", issuer=pki.AUTHORITY, days=(1, 30)),
    "self-signed": pki.issue("localhost"),
    "of an unknown authority": pki.issue("localhost", issuer=STRANGER),
    "signed by one that is no authority": pki.issue("localhost", issuer=pki.CLIENT),
}
OTHER_NAMES = {
    "another name": pki.issue("example.org", issuer=pki.AUTHORITY),
    "the name as common name alone": pki.issue("localhost", issuer=pki.AUTHORITY, alternatives=False),
    "a wildcard for a single label": pki.issue("*", issuer=pki.AUTHORITY),
    "an address": pki.issue("127.0.0.1", issuer=pki.AUTHORITY),
}


def refuse(pair):
    """Run a pair whose client must not trust its server; give the client's and the server's reason."""
    pair.run()
    assert pair.client.reason is not None
    assert pair.server.received == pair.client.received == b""
    assert pair.server.reason.check(Exception)
    return pair.client.reason, pair.server.reason


@pytest.mark.parametrize("which", BAD)
def test_a_certificate_that_cannot_be_trusted_is_refused(which, client_engine):
    server = CertificateOptions.from_files(BAD[which].path)
    client, server = refuse(Pair(server, client_engine(), server=Talks, client=Talks))
    assert client.check(SSL.Error)
    assert "certificate verify failed" in str(client.value).lower()
    assert server.check(ssl.SSLError)
    assert server.check(SSL.Error)
    assert "alert" in str(server.value).lower()


@pytest.mark.parametrize("which", OTHER_NAMES)
def test_a_certificate_for_another_host_is_refused(which, client_engine):
    server = CertificateOptions.from_files(OTHER_NAMES[which].path)
    client, _ = refuse(Pair(server, client_engine(), server=Talks, client=Talks))
    assert client.check(VerificationError, service_identity.CertificateError)


@pytest.mark.parametrize("hostname", ["127.0.0.2", "localhost.example"])
def test_the_host_is_the_one_that_was_asked_for(hostname, client_engine):
    client, _ = refuse(Pair(standard_server(), client_engine(hostname), server=Talks, client=Talks))
    assert client.check(VerificationError)


@pytest.mark.parametrize(
    "hostname", ["localhost", "127.0.0.1", "b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example"]
)
def test_the_right_host_is_believed(hostname, server_engine, client_engine):
    pair = Pair(server_engine(), client_engine(hostname), client=Talks)
    pair.run()
    assert pair.server.received == b"secret"


def test_cve_2014_7143_the_trust_root_alone_is_trusted(client_engine):
    """The platform's authorities do not count beside one that was named."""
    pair = Pair(
        CertificateOptions.from_files(BAD["of an unknown authority"].path), client_engine(), client=Talks
    )
    client, _ = refuse(pair)
    assert client.check(SSL.Error)
    trusting = optionsForClientTLS("localhost", TrustFiles(STRANGER.path))
    pair = Pair(CertificateOptions.from_files(BAD["of an unknown authority"].path), trusting, client=Talks)
    pair.run()
    assert pair.server.received == b"secret"


def test_the_platforms_trust_is_the_default():
    client, _ = refuse(Pair(standard_server(), optionsForClientTLS("localhost"), client=Talks))
    assert client.check(SSL.Error)


def test_a_server_can_insist_on_a_certificate(server_engine, client_engine):
    demanding = server_engine(trustRoot=TrustFiles(pki.AUTHORITY.path))
    pair = Pair(demanding, client_engine(), server=Talks)
    pair.run()
    assert pair.server.reason.check(SSL.Error)
    assert pair.client.reason.check(Exception)
    assert pair.client.received == b""
    own = PrivateCertificate.loadPEM(pki.CLIENT.pem)
    pair = Pair(demanding, client_engine(clientCertificate=own), server=Talks)
    pair.run()
    assert pair.client.received == b"secret"
    assert pair.server.transport.getPeerCertificate().to_cryptography() == pki.CLIENT.certificate


def test_a_client_with_the_wrong_certificate_is_refused(server_engine, client_engine):
    own = PrivateCertificate.loadPEM(BAD["self-signed"].pem)
    pair = Pair(
        server_engine(trustRoot=TrustFiles(pki.AUTHORITY.path)),
        client_engine(clientCertificate=own),
        server=Talks,
    )
    pair.run()
    assert pair.server.reason.check(SSL.Error)
    assert pair.client.received == b""


def test_versions_that_do_not_overlap_are_refused(server_engine, client_engine):
    pair = Pair(
        server_engine(lowerMaximumSecurityTo=TLSVersion.TLSv1_2),
        client_engine(extraCertificateOptions={"raiseMinimumTo": TLSVersion.TLSv1_3}),
        server=Talks,
    )
    client, server = refuse(pair)
    assert client.check(SSL.Error)
    assert server.check(SSL.Error)


@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize(
    "garbage",
    {
        "random": random.Random(3).randbytes(1 << 24),
        "text": b"GET / HTTP/1.1\r\n" * (1 << 20),
        "zeros": bytes(1 << 24),
        "an endless handshake": b"\x16\x03\x01\x40\x00" + b"\x01\xff\xff\xff" + bytes(1 << 24),
    }.items(),
    ids=lambda item: item[0],
)
def test_16_mib_of_garbage_end_the_connection_and_are_not_kept(role, garbage):
    settings = {
        "server": (standard_server(), openssl_server()),
        "client": (standard_client(), openssl_client()),
    }
    for one in settings[role]:
        factory = TLSMemoryBIOFactory(one, role == "client", Factory.forProtocol(Talks), clock=Clock())
        layer = factory.buildProtocol(None)
        transport = StringTransport()
        layer.makeConnection(transport)
        protocol = layer.wrappedProtocol
        _, data = garbage
        fed = 0
        for start in range(0, len(data), 1 << 16):
            if transport.disconnecting:
                break
            layer.dataReceived(data[start : start + (1 << 16)])
            fed += 1 << 16
        assert transport.disconnecting
        assert fed <= 1 << 20
        layer.dataReceived(data[: 1 << 16])
        layer.connectionLost()
        assert protocol.reason.check(SSL.Error)
        assert protocol.received == b""


@pytest.mark.parametrize("cut", range(1, 400, 13))
def test_a_handshake_cut_at_any_byte_is_lost(cut):
    pair = Pair(standard_server(), standard_client(), server=Talks)
    first = bytes(pair.below.client.outgoing[:cut])
    pair.below.client.outgoing.clear()
    pair.below.client.outgoing += first
    pair.below.client.loseConnection()
    pair.run()
    assert pair.server.reason.check(ConnectionLost)


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_byte_is_never_read_over(seed, server_engine, client_engine):
    chance = random.Random(seed)
    pair = Pair(server_engine(), client_engine())
    pair.run()
    pair.client.transport.write(b"x" * 1000)
    pair.clock.advance(0)
    outgoing = pair.below.client.outgoing
    # A length that grew has the other side wait for more.
    where = chance.choice([0, *range(5, len(outgoing))])
    outgoing[where] ^= 1 << chance.randrange(8)
    pair.run()
    assert pair.server.received == b""
    assert pair.server.reason.check(SSL.Error)
    assert pair.client.reason is not None


@pytest.mark.parametrize("make_server", [standard_server, openssl_server])
def test_a_renegotiation_is_refused(make_server):
    """The server takes no part in a second handshake (TLS 1.2), and stays as it was."""

    class Asks(ClientContextFactory):
        method = SSL.TLSv1_2_METHOD

    pair = Pair(make_server(), Asks())
    pair.run()
    connection = pair.client.transport.getHandle()
    assert connection.get_protocol_version_name() == "TLSv1.2"
    before = connection.get_finished()
    assert connection.renegotiate()
    pair.client.transport.write(b"under the first handshake still")
    pair.run()
    assert connection.get_finished() == before
    assert pair.server.received in {b"", b"under the first handshake still"}
    assert pair.client.reason is None or pair.client.reason.check(SSL.Error)
