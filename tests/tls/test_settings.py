"""Settings: what they take, what they refuse, and which engine they choose."""

from __future__ import annotations

import ssl
import subprocess
import sys
import textwrap

import pytest
from OpenSSL import SSL, crypto
from tests.tls import pki
from tests.tls.kit import Pair, Recorder, openssl_client, standard_client, standard_server
from zope.interface import implementer
from zope.interface.verify import verifyObject

from sennit.core.errors import CertificateError, ConnectionDone
from sennit.core.interfaces import (
    IAcceptableCiphers,
    IOpenSSLClientConnectionCreator,
    IOpenSSLContextFactory,
    IOpenSSLServerConnectionCreator,
)
from sennit.tls import (
    AcceptableCiphers,
    Certificate,
    CertificateOptions,
    ClientContextFactory,
    ClientTLSOptions,
    ContextFactory,
    DefaultOpenSSLContextFactory,
    DiffieHellmanParameters,
    IOpenSSLTrustRoot,
    OpenSSLCipher,
    PrivateCertificate,
    ProtocolNegotiationSupport,
    TLSVersion,
    VerificationError,
    optionsForClientTLS,
    platformTrust,
    protocolNegotiationMechanisms,
    trustRootFromCertificates,
)
from sennit.tls.ciphers import available_ciphers
from sennit.tls.openssl import OpenSSLEngine
from sennit.tls.standard import StandardEngine
from sennit.tls.trust import TrustFiles

OWN = PrivateCertificate.loadPEM(pki.SERVER.pem)
KEY, CERTIFICATE = OWN.privateKey.original, OWN.original
V = TLSVersion


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"privateKey": KEY}, ValueError, "neither or both"),
        ({"certificate": CERTIFICATE}, ValueError, "neither or both"),
        ({"verify": True}, ValueError, "client CA certificate information"),
        ({"verify": True, "caCerts": []}, ValueError, "client CA certificate information"),
        ({"extraCertChain": [CERTIFICATE]}, ValueError, "supplemental"),
        ({"trustRoot": platformTrust(), "verify": True}, TypeError, "mutually exclusive"),
        ({"trustRoot": platformTrust(), "requireCertificate": False}, TypeError, "mutually exclusive"),
        ({"method": SSL.TLS_METHOD, "raiseMinimumTo": V.TLSv1_3}, TypeError, "mutually exclusive"),
        (
            {"raiseMinimumTo": V.TLSv1_3, "insecurelyLowerMinimumTo": V.TLSv1_0},
            TypeError,
            "mutually exclusive",
        ),
        ({"raiseMinimumTo": V.TLSv1_3, "lowerMaximumSecurityTo": V.TLSv1_2}, ValueError, "needs to be lower"),
        (
            {"insecurelyLowerMinimumTo": V.TLSv1_3, "lowerMaximumSecurityTo": V.TLSv1_2},
            ValueError,
            "needs to be lower",
        ),
        ({"lowerMaximumSecurityTo": V.SSLv3}, ValueError, "SSLv3"),
        ({"trustRoot": 1}, TypeError, "Could not adapt"),
        ({"acceptableCiphers": AcceptableCiphers([])}, ValueError, "no usable ciphers"),
        ({"nothing": 1}, TypeError, "nothing"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        CertificateOptions(**arguments)


@pytest.mark.parametrize(
    ("arguments", "lowest", "highest"),
    [
        ({}, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MAXIMUM_SUPPORTED),
        ({"raiseMinimumTo": V.TLSv1_3}, ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.MAXIMUM_SUPPORTED),
        ({"raiseMinimumTo": V.TLSv1_0}, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MAXIMUM_SUPPORTED),
        ({"insecurelyLowerMinimumTo": V.TLSv1_0}, ssl.TLSVersion.TLSv1, ssl.TLSVersion.MAXIMUM_SUPPORTED),
        ({"lowerMaximumSecurityTo": V.TLSv1_2}, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
        ({"lowerMaximumSecurityTo": V.TLSv1_1}, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1),
        ({"method": SSL.TLSv1_2_METHOD}, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
    ],
)
def test_versions_are_limited(arguments, lowest, highest):
    context = CertificateOptions(**arguments).standard_context(is_client=False)
    assert (context.minimum_version, context.maximum_version) == (lowest, highest)
    assert isinstance(CertificateOptions(**arguments).getContext(), SSL.Context)


def test_a_context_never_renegotiates_or_compresses():
    context = CertificateOptions().standard_context(is_client=False)
    for option in (ssl.OP_NO_RENEGOTIATION, ssl.OP_NO_COMPRESSION, ssl.OP_NO_TICKET):
        assert context.options & option
    flags = CertificateOptions(enableSessionTickets=True).getContext().set_options(0)
    assert flags & SSL.OP_NO_COMPRESSION
    assert not flags & SSL.OP_NO_TICKET


def test_the_same_context_serves_every_connection():
    options = CertificateOptions()
    assert options.standard_context(is_client=True) is options.standard_context(is_client=True)
    assert options.getContext() is options.getContext()


def test_options_provide_what_they_say():
    options = CertificateOptions()
    for interface in (
        IOpenSSLContextFactory,
        IOpenSSLServerConnectionCreator,
        IOpenSSLClientConnectionCreator,
    ):
        assert verifyObject(interface, options)
    assert verifyObject(IOpenSSLClientConnectionCreator, optionsForClientTLS("localhost"))
    assert verifyObject(IAcceptableCiphers, AcceptableCiphers([]))


def engine_of(pair, end):
    return type(getattr(pair, end).transport.layer._engine)


def test_the_standard_library_serves_unless_the_context_was_taken():
    server, client = standard_server(), standard_client()
    pair = Pair(server, client)
    assert engine_of(pair, "server") is engine_of(pair, "client") is StandardEngine
    server.getContext()
    client.clientConnectionForTLS(None)
    pair = Pair(server, client)
    assert engine_of(pair, "server") is engine_of(pair, "client") is OpenSSLEngine


@implementer(IOpenSSLTrustRoot)
class Foreign:
    def _addCACertsToContext(self, context):
        context.get_cert_store().add_cert(crypto.X509.from_cryptography(pki.AUTHORITY.certificate))


class OwnContext(CertificateOptions):
    def getContext(self):
        return super().getContext()


@pytest.mark.parametrize(
    "make",
    [
        lambda: OwnContext.from_files(pki.SERVER.path),
        lambda: standard_server(verifyDepth=3),
        lambda: standard_server(contextForServerName=lambda _name: None),
    ],
)
def test_what_the_standard_library_cannot_do_pyopenssl_does(make):
    pair = Pair(make(), standard_client())
    assert engine_of(pair, "server") is OpenSSLEngine
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"


def test_a_trust_root_of_a_programs_own_will_do():
    pair = Pair(standard_server(), optionsForClientTLS("localhost", Foreign()))
    assert engine_of(pair, "client") is OpenSSLEngine
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"


@pytest.mark.parametrize("send", [True, False])
def test_a_client_may_say_or_hide_whom_it_means(send):
    names = []
    server = standard_server(contextForServerName=names.append)
    pair = Pair(server, standard_client(sendServerName=send))
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"
    assert names == [b"localhost" if send else None]


def test_another_context_may_serve_a_name():
    other = CertificateOptions.from_files(pki.issue("other", issuer=pki.AUTHORITY).path)
    server = standard_server(
        contextForServerName=lambda name: other.getContext() if name == b"other" else None
    )
    for name in ("localhost", "other"):
        pair = Pair(server, standard_client(name))
        pair.client.transport.write(b"x")
        pair.run()
        assert pair.server.received == b"x"


def test_a_subclass_may_verify_in_its_own_way():
    seen = []

    class Lenient(ClientTLSOptions):
        def _identityVerifyingInfoCallback(self, connection, where, ret):
            if where & SSL.SSL_CB_HANDSHAKE_DONE:
                seen.append(connection.get_peer_certificate())

    lenient = Lenient("example.org", SSL.Context(SSL.TLS_METHOD))
    pair = Pair(standard_server(), lenient)
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"
    assert len(seen) == 1


def test_a_function_may_make_the_connections_of_a_client():
    made = []

    def make(protocol):
        made.append(protocol)
        context = SSL.Context(SSL.TLS_METHOD)
        TrustFiles(pki.AUTHORITY.path)._addCACertsToContext(context)
        context.set_verify(SSL.VERIFY_PEER)
        return SSL.Connection(context, None)

    pair = Pair(standard_server(), ClientTLSOptions("localhost", make))
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"
    assert made == [pair.client.transport]


class AnyName(ClientTLSOptions):
    """Verifies in a way of its own, as clients do that only want to warn."""

    def clientConnectionForTLS(self, tlsProtocol):
        connection = super().clientConnectionForTLS(tlsProtocol)
        connection.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        return connection


class Legacy(CertificateOptions):
    def _makeContext(self, skipCiphers=False):
        context = super()._makeContext(skipCiphers)
        context.set_options(SSL.OP_NO_TICKET)
        return context


@pytest.mark.parametrize("make_client", [standard_client, openssl_client])
@pytest.mark.parametrize("by_openssl", [False, True])
def test_a_server_may_be_given_keys_and_certificates_of_cryptography(make_client, by_openssl):
    settings = CertificateOptions(
        privateKey=KEY.to_cryptography_key(),
        certificate=CERTIFICATE.to_cryptography(),
        extraCertChain=[
            crypto.load_certificate(crypto.FILETYPE_PEM, pki.AUTHORITY.certificate_pem).to_cryptography()
        ],
    )
    if by_openssl:
        settings.getContext()
    assert settings._identity.certificate().digest("sha256") == CERTIFICATE.digest("sha256")
    pair = Pair(settings, make_client())
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"


class Asker(Recorder):
    """Asks for the connection at once, as those do that want its channel's identity later."""

    def connectionMade(self):
        super().connectionMade()
        self.transport.write(b"hello ")
        self.handle = self.transport.getHandle()


def test_who_asks_for_the_connection_before_the_handshake_gets_pyopenssls():
    pair = Pair(standard_server(), standard_client(), server=Asker, client=Asker)
    pair.client.transport.write(b"x")
    pair.run()
    assert (pair.server.received, pair.client.received) == (b"hello x", b"hello ")
    for end in (pair.server, pair.client):
        assert isinstance(end.handle, SSL.Connection)
        assert end.transport.getHandle() is end.handle
    assert pair.client.handle.get_finished() == pair.server.handle.get_peer_finished()


def test_settings_that_give_a_context_serve_who_asks_at_once(tmp_path):
    path = pki.SERVER.write(tmp_path)
    pair = Pair(DefaultOpenSSLContextFactory(str(path), str(path)), standard_client(), server=Asker)
    pair.run()
    assert isinstance(pair.server.handle, SSL.Connection)
    assert pair.client.received == b"hello "


def test_the_connection_of_who_asked_at_once_verifies_the_name():
    pair = Pair(standard_server(), standard_client("example.org"), client=Asker)
    pair.run()
    assert isinstance(pair.client.reason.value, VerificationError)
    assert pair.server.received == b""


class Unhashable(list):
    """A suite of somebody else's, that knows only whether it is equal to another."""


def test_a_choice_of_ciphers_is_made_of_hashable_and_of_other_suites():
    ours, theirs = OpenSSLCipher("one"), Unhashable("two")
    choice = AcceptableCiphers([ours, theirs])
    assert choice.selectCiphers([theirs, OpenSSLCipher("one")]) == (ours, theirs)
    assert AcceptableCiphers([ours]).selectCiphers([OpenSSLCipher("one")]) == (ours,)


def test_the_suites_that_openssl_has_are_asked_for_once():
    assert available_ciphers() is available_ciphers()


def test_a_client_whose_connections_a_function_makes_verifies_the_name():
    roots = trustRootFromCertificates([Certificate.loadPEM(pki.AUTHORITY.certificate_pem)])
    for settings in (CertificateOptions(trustRoot=roots), CertificateOptions()):
        pair = Pair(standard_server(), ClientTLSOptions(settings._makeTLSConnection, "example.org"))
        pair.client.transport.write(b"x")
        pair.run()
        assert pair.server.received == b""
        assert isinstance(pair.client.reason.value, VerificationError)


def test_a_client_whose_connections_a_function_makes_trusts_whom_its_context_trusts():
    settings = CertificateOptions(trustRoot=trustRootFromCertificates([]))
    pair = Pair(standard_server(), ClientTLSOptions(settings._makeTLSConnection, "localhost"))
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b""
    assert isinstance(pair.client.reason.value, SSL.Error)


def test_a_subclass_may_verify_by_a_callback_of_its_own():
    pair = Pair(standard_server(), AnyName(Legacy()._makeTLSConnection, "example.org"))
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"


def test_what_makes_a_clients_connections_leads_to_its_context():
    creator = optionsForClientTLS("localhost")
    assert creator._createConnection.__self__.getContext() is creator._ctx


def test_a_host_name_is_text():
    with pytest.raises(TypeError, match="requires text"):
        optionsForClientTLS(b"localhost")


def test_certificates_are_trust_roots():
    authority = Certificate.loadPEM(pki.AUTHORITY.certificate_pem)
    for root in (authority, trustRootFromCertificates([authority])):
        for make in (standard_client, openssl_client):
            del make
            pair = Pair(standard_server(), optionsForClientTLS("localhost", root))
            pair.client.transport.write(b"x")
            pair.run()
            assert pair.server.received == b"x"
    with pytest.raises(TypeError, match="Certificate instances"):
        trustRootFromCertificates([b"bytes"])


def test_private_certificates_make_settings():
    own, authority = (
        PrivateCertificate.loadPEM(pki.SERVER.pem),
        Certificate.loadPEM(pki.AUTHORITY.certificate_pem),
    )
    client = optionsForClientTLS(
        "localhost", authority, clientCertificate=PrivateCertificate.loadPEM(pki.CLIENT.pem)
    )
    pair = Pair(own.options(authority), client)
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"
    assert Certificate.peerFromTransport(pair.server.transport).getSubject().CN == b"a client"
    assert Certificate.hostFromTransport(pair.server.transport) == own
    assert Certificate.hostFromTransport(pair.client.transport) == PrivateCertificate.loadPEM(pki.CLIENT.pem)


def test_a_connection_without_certificates_says_so():
    pair = Pair(standard_server(), standard_client())
    pair.run()
    with pytest.raises(CertificateError, match="the peer certificate"):
        Certificate.peerFromTransport(pair.server.transport)
    with pytest.raises(CertificateError, match="the host certificate"):
        Certificate.hostFromTransport(pair.client.transport)


def test_a_certificate_may_be_all_that_is_trusted():
    server = pki.issue("localhost", ca=True)
    trusting = Certificate.loadPEM(server.certificate_pem).options()
    pair = Pair(CertificateOptions.from_files(server.path), trusting)
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"


def test_ciphers_are_chosen_in_order():
    one, two, three = map(OpenSSLCipher, ("one", "two", "three"))
    assert AcceptableCiphers([three, one]).selectCiphers([one, two, three]) == (three, one)
    expanded = AcceptableCiphers.fromOpenSSLCipherString("ECDHE-ECDSA-AES128-GCM-SHA256:UNKNOWN")
    assert OpenSSLCipher("ECDHE-ECDSA-AES128-GCM-SHA256") in expanded._ciphers
    assert AcceptableCiphers.fromOpenSSLCipherString("UNKNOWN")._ciphers == ()
    assert repr(one) == "OpenSSLCipher(fullName='one')"


def test_the_chosen_cipher_is_used(server_engine, client_engine):
    cipher = "ECDHE-ECDSA-AES256-GCM-SHA384"
    server = server_engine(
        acceptableCiphers=AcceptableCiphers([OpenSSLCipher(cipher)]), lowerMaximumSecurityTo=V.TLSv1_2
    )
    pair = Pair(server, client_engine())
    pair.run()
    handle = pair.client.transport.getHandle()
    assert handle.get_cipher_name() == cipher
    assert handle.get_cipher_bits() == 256
    assert handle.get_cipher_version() in {"TLSv1.2", "TLSv1.0"}


def test_a_handle_answers_before_the_handshake_too():
    handle = Pair(standard_server(), standard_client()).client.transport.getHandle()
    assert handle.get_cipher_name() is handle.get_cipher_bits() is handle.get_cipher_version() is None
    assert handle.get_peer_certificate() is None
    assert handle.get_alpn_proto_negotiated() == b""
    assert handle.get_servername() == b"localhost"


DH = """-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""


def test_diffie_hellman_parameters_come_from_a_file(tmp_path):
    path = tmp_path / "dh.pem"
    path.write_text(DH)
    parameters = DiffieHellmanParameters.fromFile(path)
    assert parameters.path == str(path)
    options = standard_server(dhParameters=parameters)
    options.standard_context(is_client=False)
    options.getContext()


def test_versions_have_names_and_an_order():
    assert [version.name for version in V.iterconstants()] == [
        "SSLv3",
        "TLSv1_0",
        "TLSv1_1",
        "TLSv1_2",
        "TLSv1_3",
    ]
    assert V.TLSv1_0 < V.TLSv1_2 <= V.TLSv1_3
    assert V.lookupByName("TLSv1_2") is V.TLSv1_2
    with pytest.raises(ValueError, match="TLSv9"):
        V.lookupByName("TLSv9")
    assert repr(V.TLSv1_2) == "<TLSVersion=TLSv1_2>"


def test_alpn_is_what_there_is():
    assert ProtocolNegotiationSupport.ALPN in protocolNegotiationMechanisms()
    assert ProtocolNegotiationSupport.NPN not in protocolNegotiationMechanisms()


def test_the_oldest_settings_must_be_completed():
    with pytest.raises(TypeError, match="override getContext"):
        ContextFactory().getContext()
    assert ContextFactory.isClient == 0
    assert ClientContextFactory.isClient == 1
    assert isinstance(ClientContextFactory().getContext(), SSL.Context)


def test_both_ends_of_pyopenssl_meet():
    pair = Pair(OWN.options(), openssl_client())
    pair.client.transport.write(b"x")
    pair.client.transport.loseConnection()
    pair.run()
    assert pair.server.received == b"x"
    assert pair.server.reason.check(ConnectionDone)


WITHOUT = """
import sys
for name in ("OpenSSL", "cryptography", "service_identity"):
    sys.modules[name] = None
sys.path[:0] = {paths!r}
{code}
"""


def without_extra(code):
    """Run a program that has nothing of the extra."""
    program = WITHOUT.format(paths=sys.path, code=textwrap.dedent(code))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_the_extra_files_and_verifying_clients_work():
    assert without_extra(
        f"""
            from sennit.protocol import Factory, Protocol
            from sennit.task import Clock
            from sennit.testing import connected_pair
            from sennit.tls import CertificateOptions, TLSMemoryBIOFactory, TrustFiles, optionsForClientTLS
            from sennit.tls import VerificationError

            class P(Protocol):
                def dataReceived(self, data):
                    print(data.decode())
                def connectionLost(self, reason):
                    print(reason.type.__name__)

            for name in ("localhost", "example.org"):
                ends = [
                    TLSMemoryBIOFactory(settings, client, Factory.forProtocol(P)).buildProtocol(None)
                    for settings, client in (
                        (CertificateOptions.from_files({str(pki.SERVER.path)!r}), False),
                        (optionsForClientTLS(name, TrustFiles({str(pki.AUTHORITY.path)!r})), True),
                    )
                ]
                pair = connected_pair(*ends)
                ends[1].write(b"hello")
                pair.flush()
                ends[1].loseConnection()
                pair.flush()
            """
    ).split() == ["hello", "ConnectionDone", "ConnectionDone", "TLSError", "VerificationError"]


def test_without_the_extra_everything_else_says_what_to_install():
    assert (
        without_extra(
            """
            import sennit.tls
            from sennit.core.extras import MissingExtraError
            for use in (
                lambda: sennit.tls.KeyPair,
                lambda: sennit.tls.Certificate,
                lambda: sennit.tls.SSL,
                lambda: sennit.tls.CertificateOptions().getContext(),
                lambda: sennit.tls.make_certificate(["localhost"]),
            ):
                try:
                    use()
                except MissingExtraError as error:
                    assert str(error).endswith("extra 'tls': pip install 'sennit[tls]'."), error
                    print("told")
            """
        ).split()
        == ["told"] * 5
    )
