"""Certificates, keys, names and requests as objects; and the certificates that development needs."""

from __future__ import annotations

import datetime as dt
import ssl
import stat

import pytest
from cryptography import x509
from OpenSSL import crypto
from tests.tls import pki
from tests.tls.kit import Pair, standard_client, standard_server

from sennit.core.deferred import Deferred, succeed
from sennit.core.errors import CertificateError, VerifyError
from sennit.tls import (
    DN,
    Certificate,
    CertificateOptions,
    CertificateRequest,
    DistinguishedName,
    KeyPair,
    PrivateCertificate,
    certificates_by_name,
    make_certificate,
    optionsForClientTLS,
    write_certificate,
)
from sennit.tls.folder import NamedCertificates
from sennit.tls.trust import TrustFiles

PEM, DER = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1
PAIR = KeyPair.generate(crypto.TYPE_EC, 256)
NAME = DN(commonName="example.org", organizationName="Example", C="DE")


def test_a_name_is_a_dictionary_with_attributes_of_both_kinds():
    name = DN(CN="example.org", emailAddress="someone@example.org")
    name.O = b"Example"
    assert name == {
        "commonName": b"example.org",
        "emailAddress": b"someone@example.org",
        "organizationName": b"Example",
    }
    assert name.CN == name.commonName == name["commonName"] == b"example.org"
    assert repr(DN(CN="x")) == "<DN 'commonName': b'x'>"
    assert name.inspect() == (
        "               Common Name: example.org\n"
        "             Email Address: someone@example.org\n"
        "         Organization Name: Example"
    )
    assert DN is DistinguishedName


def test_a_name_has_no_other_parts():
    with pytest.raises(AttributeError, match="flavour is not a valid"):
        DN(flavour="vanilla")
    with pytest.raises(AttributeError, match="flavour"):
        DN().flavour
    with pytest.raises(AttributeError):
        DN().CN


@pytest.mark.parametrize("format", [PEM, DER])
def test_a_key_survives_dumping(format):
    again = KeyPair.load(PAIR.dump(format), format)
    assert again.matches(PAIR)
    assert not again.matches(KeyPair.generate(crypto.TYPE_EC, 256))
    assert repr(again) == f"<KeyPair {PAIR.keyHash()}>"


def test_keys_of_every_kind_are_made():
    assert "2048-bit RSA Key Pair with Hash: " in KeyPair.generate().inspect()
    assert KeyPair.generate(size=1024).original.bits() == 1024
    assert "384-bit EC Key Pair" in KeyPair.generate(crypto.TYPE_EC, 384).inspect()
    assert "1024-bit DSA" in KeyPair.generate(crypto.TYPE_DSA, 1024).inspect()
    with pytest.raises(crypto.Error, match="No such key type"):
        KeyPair.generate(99)


def test_what_is_no_key_or_certificate_is_refused():
    for data in (b"", b"garbage", pki.SERVER.certificate_pem):
        with pytest.raises(crypto.Error):
            KeyPair.load(data, PEM)
    for data in (b"", b"garbage", pki.SERVER.key_pem):
        with pytest.raises(crypto.Error):
            Certificate.loadPEM(data)


def test_a_certificate_tells_what_is_in_it():
    one = Certificate.loadPEM(pki.SERVER.certificate_pem)
    assert one.getSubject() == {"commonName": b"localhost"}
    assert one.getIssuer() == {"commonName": b"Test authority"}
    assert one.serialNumber() == pki.SERVER.certificate.serial_number
    assert repr(one) == "<Certificate Subject=b'localhost' Issuer=b'Test authority'>"
    assert one.digest("sha256").count(b":") == 31
    assert one.digest().count(b":") == 15
    lines = one.inspect().splitlines()
    assert lines[:2] == ["Certificate For Subject:", "               Common Name: localhost"]
    assert lines[-1].startswith("Public Key with Hash: ")
    assert f"Serial Number: {one.serialNumber()}" in lines
    assert one == Certificate.load(one.dump()) == Certificate.loadPEM(one.dumpPEM())
    assert hash(one) == hash(Certificate.load(one.dump()))
    assert one != Certificate.loadPEM(pki.CLIENT.certificate_pem)
    assert one != "a certificate"


def test_a_private_certificate_is_a_certificate_with_its_key():
    one = PrivateCertificate.loadPEM(pki.SERVER.pem)
    assert PrivateCertificate.loadPEM(pki.SERVER.pem.decode()) == one
    again = PrivateCertificate.loadPEM(one.dumpPEM())
    assert again == one
    assert again.privateKey.matches(one.privateKey)
    assert repr(one).endswith(f" with {one.privateKey!r}")
    assert "Key Pair with Hash" in one.inspect()
    assert b"PRIVATE" not in Certificate.dumpPEM(one)
    together = PrivateCertificate.fromCertificateAndKeyPair(
        Certificate.loadPEM(pki.SERVER.certificate_pem), one.privateKey
    )
    assert together == one


def test_a_key_must_be_the_certificates_own():
    with pytest.raises(VerifyError, match="do not match"):
        PrivateCertificate.load(pki.SERVER.certificate_pem, PAIR, PEM)
    with pytest.raises(VerifyError, match="do not match"):
        PrivateCertificate.fromCertificateAndKeyPair(Certificate.loadPEM(pki.CLIENT.certificate_pem), PAIR)


@pytest.mark.parametrize("format", [PEM, DER])
def test_a_request_is_signed_with_its_key(format):
    request = CertificateRequest.load(PAIR.certificateRequest(NAME, format), format)
    assert request.getSubject() == NAME
    assert (
        request == PAIR.requestObject(NAME) or request.getSubject() == PAIR.requestObject(NAME).getSubject()
    )
    data = bytearray(PAIR.certificateRequest(NAME))
    data[-1] ^= 1
    with pytest.raises((VerifyError, ValueError)):
        CertificateRequest.load(bytes(data))


def test_an_authority_certifies_what_is_asked_for():
    authority = KeyPair.generate(crypto.TYPE_EC, 256).selfSignedCert(1, CN="An authority")
    assert isinstance(authority, PrivateCertificate)
    asked = []
    signed = authority.signCertificateRequest(
        PAIR.certificateRequest(NAME), lambda name: asked.append(name) or True, 77
    )
    one = PAIR.newCertificate(signed)
    assert asked == [NAME]
    assert one.getSubject() == NAME
    assert one.getIssuer() == {"commonName": b"An authority"}
    assert one.serialNumber() == 77
    valid = one.original.to_cryptography().not_valid_after_utc - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=364) < valid <= dt.timedelta(days=365)
    assert authority.newCertificate(authority.dump()) == authority
    renewed = CertificateRequest.load(authority.certificateRequest())
    assert authority.signRequestObject(renewed, 78, secondsToExpiry=60).serialNumber() == 78


@pytest.mark.parametrize("flags", [ssl.VERIFY_DEFAULT, ssl.VERIFY_X509_STRICT], ids=["as usual", "strictly"])
@pytest.mark.parametrize("kind", ["certified", "its own authority", "for development"])
def test_what_we_certify_is_verified_by_others(tmp_path, kind, flags):
    authority = PAIR.selfSignedCert(1, CN="authority")
    trusted, presented = authority.dump(PEM), authority.dumpPEM()
    if kind == "certified":
        pair = KeyPair.generate(crypto.TYPE_RSA, 2048)
        request = pair.certificateRequest(NAME)
        signed = authority.signCertificateRequest(request, lambda _: True, 2)
        presented = PrivateCertificate.load(signed, pair).dumpPEM()
    elif kind == "for development":
        key, trusted = make_certificate(["localhost"])
        presented = key + trusted
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (tmp_path / "server.pem").write_bytes(presented)
    server.load_cert_chain(tmp_path / "server.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= flags
    client.load_verify_locations(cadata=trusted.decode())
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking, answering = client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)
    for side in (asking, answering):
        with pytest.raises(ssl.SSLWantReadError):
            side.do_handshake()
    asking.do_handshake()
    answering.do_handshake()


def test_an_authority_may_decline_or_take_its_time():
    authority = PAIR.selfSignedCert(1, CN="An authority")
    request = PAIR.certificateRequest(NAME)
    with pytest.raises(VerifyError, match="rejected request DN"):
        authority.signCertificateRequest(request, lambda _name: False, 1)
    thinking = authority.signCertificateRequest(request, lambda _name: succeed(True), 1)
    assert isinstance(thinking, Deferred)
    results = []
    thinking.addCallback(results.append)
    assert Certificate.load(results[0]).getSubject() == NAME


def test_a_digest_must_exist():
    with pytest.raises(ValueError, match="no digest algorithm 'crc32'"):
        PAIR.requestObject(NAME, "crc32")


# For development.


def test_a_development_certificate_is_for_its_names_and_days():
    _, pem = make_certificate(["localhost", "127.0.0.1", "*.b\xfccher.example"], days=3)
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "*.xn--bcher-kva.example"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert certificate.not_valid_after_utc < dt.datetime.now(dt.UTC) + dt.timedelta(days=3, minutes=1)


@pytest.mark.parametrize("names", [[], ["no name!"], ["-x"], ["a..b"], [""], ["../etc"]])
def test_what_is_no_name_gets_no_certificate(names):
    with pytest.raises(ValueError):
        make_certificate(names)
    with pytest.raises(ValueError):
        make_certificate(["localhost"], days=0)


def test_a_written_certificate_serves_and_is_kept_secret(tmp_path):
    both, alone = write_certificate(tmp_path / "new", ["localhost"])
    assert stat.S_IMODE(both.stat().st_mode) == 0o600
    assert b"PRIVATE" not in alone.read_bytes()
    with pytest.raises(FileExistsError, match="exists already"):
        write_certificate(tmp_path / "new", ["localhost"])
    before = both.read_bytes()
    assert write_certificate(tmp_path / "new", ["localhost"], replace=True) == (both, alone)
    assert both.read_bytes() != before
    pair = Pair(CertificateOptions.from_files(both), optionsForClientTLS("localhost", TrustFiles(alone)))
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"


# A folder of certificates.


@pytest.fixture
def folder(tmp_path):
    for file, name in (
        ("DEFAULT", "default.example"),
        ("a", "a.example"),
        ("wild", "*.wild.example"),
        ("by-file.example", "something.else"),
    ):
        pki.issue(name, issuer=pki.AUTHORITY).write(tmp_path, file)
    (tmp_path / "readme.txt").write_text("no certificate")
    return tmp_path


def shown(settings, name, **options):
    """Tell whom the server says it is when a client asks for a name."""
    options["extraCertificateOptions"] = {"requireCertificate": True, **options.get("extra", {})}
    options.pop("extra", None)
    client = standard_client(name, **options)
    client._settings.verify = False
    pair = Pair(settings, client)
    pair.run()
    return Certificate.peerFromTransport(pair.client.transport).getSubject().CN.decode()


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("a.example", "a.example"),
        ("A.EXAMPLE", "a.example"),
        ("one.wild.example", "*.wild.example"),
        ("one.two.wild.example", "default.example"),
        ("by-file.example", "something.else"),
        ("unknown.example", "default.example"),
        ("127.0.0.1", "default.example"),
    ],
)
def test_a_folder_shows_the_certificate_for_the_name(folder, asked, answer):
    assert shown(certificates_by_name(folder), asked) == answer


def test_a_folder_without_a_default_shows_the_first(folder):
    (folder / "DEFAULT.pem").unlink()
    assert shown(certificates_by_name(folder), "unknown.example") == "a.example"


def test_a_folder_negotiates_for_every_name(folder):
    settings = certificates_by_name(folder, acceptableProtocols=[b"h2"])
    pair = Pair(settings, standard_client("a.example", acceptableProtocols=[b"h2"]))
    pair.run()
    assert pair.client.transport.negotiatedProtocol == b"h2"
    assert pair.server.transport.negotiatedProtocol == b"h2"


def test_changes_in_a_folder_are_noticed(folder, logged):
    now = [0.0]
    settings = NamedCertificates(folder, {}, monotonic=lambda: now[0])
    pki.issue("new.example", issuer=pki.AUTHORITY).write(folder, "new")
    assert shown(settings, "new.example") == "default.example"
    now[0] = 61
    assert shown(settings, "new.example") == "new.example"
    (folder / "half.pem").write_bytes(b"-----BEGIN")
    now[0] = 122
    assert shown(settings, "new.example") == "new.example"
    (folder / "half.pem").unlink()
    now[0] = 183
    assert shown(settings, "new.example") == "new.example"
    assert logged() == []


def test_a_folder_must_hold_certificates(tmp_path):
    with pytest.raises(ValueError, match=r"no \.pem file"):
        certificates_by_name(tmp_path)
    with pytest.raises(FileNotFoundError):
        certificates_by_name(tmp_path / "nowhere")
    (tmp_path / "bad.pem").write_bytes(b"garbage")
    with pytest.raises((OSError, ValueError)):
        certificates_by_name(tmp_path)


def test_a_folder_is_for_servers(folder):
    with pytest.raises(TypeError, match="for servers"):
        Pair(standard_server(), certificates_by_name(folder))


def test_settings_for_a_client_are_for_clients():
    with pytest.raises(TypeError, match="no settings for servers"):
        Pair(standard_client(), standard_client())


class _Handle:
    def __init__(self, found=None):
        self.get_peer_certificate = self.get_host_certificate = lambda: found


class _Transport:
    def __init__(self, handle):
        self.getHandle = lambda: handle


@pytest.mark.parametrize("ask", [Certificate.peerFromTransport, Certificate.hostFromTransport])
@pytest.mark.parametrize(
    ("transport", "words"),
    [(object(), "non-TLS"), (_Transport(object()), "non-TLS"), (_Transport(_Handle()), "TLS transport")],
)
def test_a_connection_without_a_certificate_is_an_error(ask, transport, words):
    with pytest.raises(CertificateError, match=f"^{words}"):
        ask(transport)


def test_a_request_has_one_of_two_formats():
    request = KeyPair.generate().requestObject(DN(commonName="x"))
    with pytest.raises(ValueError, match="in PEM or in DER"):
        request.dump(99)
    with pytest.raises(ValueError, match="in PEM or in DER"):
        CertificateRequest.load(request.dump(), 99)
    assert CertificateRequest.load(request.dump()).getSubject() == DN(commonName="x")
