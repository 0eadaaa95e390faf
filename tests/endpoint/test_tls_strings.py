"""TLS descriptions: which files they read, and what they ask of the TLS room."""

from __future__ import annotations

import sys
import types

import pytest

from sennit.endpoint import clientFromString, serverFromString
from sennit.protocol import Factory

ONE = b"-----BEGIN CERTIFICATE-----\none\n-----END CERTIFICATE-----\n"
TWO = b"-----BEGIN CERTIFICATE-----\ntwo\n-----END CERTIFICATE-----\n"
KEY = b"-----BEGIN PRIVATE KEY-----\nkey\n-----END PRIVATE KEY-----\n"


class Original:
    """A loaded certificate or key."""

    def __init__(self, kind, pem):
        self.original = (kind, pem)


@pytest.fixture
def room(monkeypatch):
    """A TLS room that remembers what it was asked for."""
    made = types.ModuleType("sennit.tls")
    made.SSL = types.SimpleNamespace(TLS_METHOD="any version")
    made.crypto = types.SimpleNamespace(FILETYPE_PEM="pem")
    made.Certificate = types.SimpleNamespace(loadPEM=lambda pem: Original("certificate", pem))
    made.KeyPair = types.SimpleNamespace(load=lambda pem, kind: Original("key", pem))
    made.CertificateOptions = lambda **options: options
    made.DiffieHellmanParameters = types.SimpleNamespace(fromFile=lambda path: ("parameters", path.name))
    made.trustRootFromCertificates = lambda found: [one.original[1].strip() for one in found]
    made.PrivateCertificate = types.SimpleNamespace(
        fromCertificateAndKeyPair=lambda certificate, key: (certificate.original, key.original)
    )
    made.optionsForClientTLS = lambda host, **options: {"host": host, **options}
    made.certificates_by_name = lambda directory: ("by name", directory.name)
    made.TLSMemoryBIOFactory = lambda creator, client, factory, clock=None: (creator, client, factory)
    monkeypatch.setitem(sys.modules, "sennit.tls", made)
    return made


@pytest.fixture
def files(tmp_path, monkeypatch):
    (tmp_path / "server.pem").write_bytes(KEY + ONE)
    (tmp_path / "key.pem").write_bytes(KEY)
    (tmp_path / "chain.pem").write_bytes(ONE + TWO)
    (tmp_path / "empty.pem").write_bytes(b"")
    (tmp_path / "dh").write_bytes(b"dh")
    (tmp_path / "roots").mkdir()
    (tmp_path / "roots" / "a.pem").write_bytes(ONE + TWO)
    (tmp_path / "roots" / "readme.txt").write_bytes(b"no certificate")
    monkeypatch.chdir(tmp_path)


class Reactor:
    """A reactor with TLS methods."""

    def listenSSL(self, port, factory, contextFactory, backlog=50, interface=""):
        self.listening = (port, contextFactory, backlog, interface)

    def connectSSL(self, host, port, factory, contextFactory, timeout=30, bindAddress=None):
        self.connecting = (host, port, contextFactory, timeout, bindAddress)


pytestmark = pytest.mark.usefixtures("room", "files")


def listening(description):
    reactor = Reactor()
    serverFromString(reactor, description).listen(Factory())
    return reactor.listening


def test_a_server_takes_key_and_certificate_from_one_file_by_default():
    assert listening("ssl:443:interface=10.0.0.1:backlog=5") == (
        443,
        {"privateKey": ("key", KEY + ONE), "certificate": ("certificate", KEY + ONE)},
        5,
        "10.0.0.1",
    )


def test_a_server_takes_each_part_from_its_own_file():
    _, options, _, _ = listening(
        "ssl:443:privateKey=key.pem:certKey=chain.pem:sslmethod=TLS_METHOD:extraCertChain=chain.pem:dhParameters=dh"
    )
    assert options == {
        "privateKey": ("key", KEY),
        "certificate": ("certificate", ONE + TWO),
        "method": "any version",
        "extraCertChain": [("certificate", ONE), ("certificate", TWO)],
        "dhParameters": ("parameters", "dh"),
    }


def test_a_chain_without_a_certificate_is_an_error():
    with pytest.raises(ValueError, match=r"'empty\.pem' given as extraCertChain holds no certificate"):
        listening("ssl:443:extraCertChain=empty.pem")


def test_a_missing_file_is_an_error():
    with pytest.raises(FileNotFoundError):
        listening("ssl:443:privateKey=nowhere.pem")


def connecting(description):
    reactor = Reactor()
    clientFromString(reactor, description).connect(Factory())
    return reactor.connecting


def test_a_client_verifies_the_host_against_the_platforms_trust():
    assert connecting("ssl:example.org:443:timeout=5:bindAddress=10.0.0.1") == (
        "example.org",
        443,
        {"host": "example.org", "trustRoot": None, "clientCertificate": None},
        5,
        ("10.0.0.1", 0),
    )


def test_a_client_can_be_told_the_name_the_roots_and_its_own_certificate():
    _, _, options, _, _ = connecting(
        "ssl:10.0.0.9:443:hostname=example.org:caCertsDir=roots:certKey=server.pem:privateKey=key.pem"
    )
    assert options == {
        "host": "example.org",
        "trustRoot": [ONE.strip(), TWO.strip()],
        "clientCertificate": (("certificate", KEY + ONE), ("key", KEY)),
    }


class Below:
    prefix = "below"

    def connect(self, factory):
        return Recorded(factory)


class Recorded:
    """What stands for the Deferred of a connect."""

    def __init__(self, factory):
        self.factory = factory

    def addCallback(self, function):
        return self


def test_a_tls_client_wraps_a_name_or_any_endpoint(monkeypatch):
    endpoint = clientFromString(Reactor(), r"tls:example.org:1:certificate=server.pem:endpoint=unix\:/run/a")
    below = endpoint._wrappedEndpoint
    assert below._path == "/run/a"
    monkeypatch.setattr(endpoint, "_wrappedEndpoint", Below())
    (options, is_client, _) = endpoint.connect("the user's").factory
    assert is_client
    assert options["host"] == "example.org"
    assert options["clientCertificate"] == (("certificate", KEY + ONE), ("key", KEY + ONE))
    named = clientFromString(Reactor(), "tls:example.org:443")
    assert repr(named._wrappedEndpoint) == "<HostnameEndpoint example.org:443>"


def test_a_tls_server_serves_the_certificates_of_a_directory():
    endpoint = serverFromString(Reactor(), "tls:roots:port=8443")
    below = endpoint._wrappedEndpoint
    assert (below._port, below._interface) == (8443, "::")
    assert endpoint._wrapperFactory("the user's") == (("by name", "roots"), False, "the user's")
