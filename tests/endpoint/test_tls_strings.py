"""TLS descriptions: which files they read, and whom the endpoints then believe."""

from __future__ import annotations

import ssl

import pytest
from tests.tls import pki
from tests.tls.kit import Pair, standard_client, standard_server

from sennit.core.errors import ConnectionDone
from sennit.endpoint import clientFromString, serverFromString
from sennit.protocol import Factory
from sennit.tls import CertificateOptions, TLSMemoryBIOFactory
from sennit.tls.trust import TrustFiles

MIDDLE = pki.issue("An authority in between", issuer=pki.AUTHORITY, ca=True, alternatives=False)
LEAF = pki.issue("localhost", "127.0.0.1", issuer=MIDDLE)


@pytest.fixture
def files(tmp_path, monkeypatch):
    (tmp_path / "server.pem").write_bytes(pki.SERVER.pem)
    (tmp_path / "key.pem").write_bytes(LEAF.key_pem)
    (tmp_path / "leaf.pem").write_bytes(LEAF.certificate_pem)
    (tmp_path / "chain.pem").write_bytes(MIDDLE.certificate_pem)
    (tmp_path / "full.pem").write_bytes(LEAF.certificate_pem + MIDDLE.certificate_pem)
    (tmp_path / "client.pem").write_bytes(pki.CLIENT.pem)
    (tmp_path / "empty.pem").write_bytes(b"")
    (tmp_path / "roots").mkdir()
    (tmp_path / "roots" / "a.pem").write_bytes(MIDDLE.certificate_pem)
    (tmp_path / "roots" / "b.pem").write_bytes(pki.AUTHORITY.certificate_pem)
    (tmp_path / "roots" / "readme.txt").write_bytes(b"no certificate")
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / "localhost.pem").write_bytes(pki.SERVER.pem)
    monkeypatch.chdir(tmp_path)


class Reactor:
    """A reactor with TLS methods."""

    def listenSSL(self, port, factory, contextFactory, backlog=50, interface=""):
        self.listening = (port, backlog, interface)
        self.settings = contextFactory

    def connectSSL(self, host, port, factory, contextFactory, timeout=30, bindAddress=None):
        self.connecting = (host, port, timeout, bindAddress)
        self.settings = contextFactory


pytestmark = pytest.mark.usefixtures("files")


def listening(description):
    reactor = Reactor()
    serverFromString(reactor, description).listen(Factory())
    return reactor


def connecting(description):
    reactor = Reactor()
    clientFromString(reactor, description).connect(Factory())
    return reactor


def talk(server, client):
    """Let two ends talk; tell whether they trust each other."""
    pair = Pair(server, client)
    pair.client.transport.write(b"x")
    pair.run()
    return pair.server.received == b"x"


def test_a_server_takes_key_and_certificate_from_one_file_by_default():
    reactor = listening("ssl:443:interface=10.0.0.1:backlog=5")
    assert reactor.listening == (443, 5, "10.0.0.1")
    assert talk(reactor.settings, standard_client())


@pytest.mark.parametrize(
    "description",
    [
        "ssl:443:privateKey=key.pem:certKey=leaf.pem:extraCertChain=chain.pem",
        "ssl:443:privateKey=key.pem:certKey=full.pem",
        "ssl:443:privateKey=key.pem:certKey=full.pem:extraCertChain=chain.pem:sslmethod=TLSv1_2_METHOD",
    ],
)
def test_a_server_takes_each_part_from_its_own_file(description):
    assert talk(listening(description).settings, standard_client())


def test_a_chain_that_is_not_sent_is_missed():
    assert not talk(listening("ssl:443:privateKey=key.pem:certKey=leaf.pem").settings, standard_client())


@pytest.mark.parametrize(
    ("description", "error", "words"),
    [
        ("ssl:443:extraCertChain=empty.pem", ValueError, "no certificate"),
        ("ssl:443:certKey=empty.pem", ValueError, "no certificate"),
        ("ssl:443:privateKey=leaf.pem", ValueError, "no private key"),
        ("ssl:443:sslmethod=SSLv2_METHOD", ValueError, "no sslmethod"),
        ("ssl:443:privateKey=nowhere.pem", FileNotFoundError, "nowhere"),
        ("ssl:443:privateKey=key.pem:certKey=server.pem", ssl.SSLError, "mismatch"),
        ("tls:nowhere", FileNotFoundError, "nowhere"),
        ("tls:/", ValueError, "no .pem file"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_at_once(description, error, words):
    with pytest.raises(error, match=f"(?i){words}"):
        listening(description)


def test_a_client_verifies_the_host_against_the_platforms_trust():
    reactor = connecting("ssl:localhost:443:timeout=5:bindAddress=10.0.0.1")
    assert reactor.connecting == ("localhost", 443, 5, ("10.0.0.1", 0))
    assert not talk(standard_server(), reactor.settings)


def test_a_client_can_be_told_the_name_and_the_roots():
    assert talk(
        standard_server(), connecting("ssl:10.0.0.9:443:hostname=localhost:caCertsDir=roots").settings
    )
    assert not talk(
        standard_server(), connecting("ssl:10.0.0.9:443:hostname=example.org:caCertsDir=roots").settings
    )


@pytest.mark.parametrize("own", ["certKey=client.pem", "certKey=client.pem:privateKey=client.pem"])
def test_a_client_can_show_a_certificate(own):
    demanding = CertificateOptions.from_files(pki.SERVER.path, trustRoot=TrustFiles(pki.AUTHORITY.path))
    assert talk(demanding, connecting(f"ssl:localhost:443:caCertsDir=roots:{own}").settings)
    assert not talk(demanding, connecting("ssl:localhost:443:caCertsDir=roots").settings)


class Below:
    """The endpoint that a layer is put around."""

    def connect(self, factory):
        self.factory = factory
        return self

    def addCallback(self, function):
        return self


def test_a_tls_client_wraps_a_name_or_any_endpoint(monkeypatch):
    endpoint = clientFromString(Reactor(), r"tls:localhost:1:trustRoots=roots:endpoint=unix\:/run/a")
    assert endpoint._wrappedEndpoint._path == "/run/a"
    below = Below()
    monkeypatch.setattr(endpoint, "_wrappedEndpoint", below)
    endpoint.connect(Factory())
    assert isinstance(below.factory, TLSMemoryBIOFactory)
    named = clientFromString(Reactor(), "tls:example.org:443")
    assert repr(named._wrappedEndpoint) == "<HostnameEndpoint example.org:443>"


def test_a_tls_server_serves_the_certificates_of_a_directory():
    endpoint = serverFromString(Reactor(), "tls:names:port=8443")
    below = endpoint._wrappedEndpoint
    assert (below._port, below._interface) == (8443, "::")
    layer = endpoint._wrapperFactory(Factory())
    assert isinstance(layer, TLSMemoryBIOFactory)


def test_a_directory_serves_each_name_with_its_certificate():
    from sennit.tls import certificates_by_name

    pair = Pair(certificates_by_name(pki.SERVER.path.parent), standard_client())
    pair.client.transport.write(b"x")
    pair.client.transport.loseConnection()
    pair.run()
    assert pair.server.received == b"x"
    assert pair.server.reason.check(ConnectionDone)
