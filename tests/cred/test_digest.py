from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.cred import DigestCredentialFactory, DigestedCredentials, LoginFailed
from sennit.cred.digest import calcHA1, calcHA2, calcResponse

# RFC 7616, section 3.9.1
RFC_FIELDS = {
    "nonce": b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    "uri": b"/dir/index.html",
    "qop": b"auth",
    "nc": b"00000001",
    "cnonce": b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
}
RFC_RESPONSES = {
    b"MD5": b"8ca523f5e9506fed4657c9700eebdbec",
    b"SHA-256": b"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
}


@pytest.mark.parametrize("algorithm", RFC_RESPONSES)
def test_the_examples_of_rfc_7616_are_right(algorithm):
    fields = {**RFC_FIELDS, "algorithm": algorithm, "response": RFC_RESPONSES[algorithm]}
    credentials = DigestedCredentials(b"Mufasa", b"GET", b"http-auth@example.org", fields)
    assert credentials.checkPassword(b"Circle of Life")
    assert not credentials.checkPassword(b"Circle of Strife")
    digest = {b"MD5": hashlib.md5, b"SHA-256": hashlib.sha256}[algorithm]
    kept = digest(b"Mufasa:http-auth@example.org:Circle of Life").hexdigest().encode()
    assert credentials.checkHash(kept)
    assert not credentials.checkHash(kept[::-1])


def client(
    challenge, password, *, host_method=b"GET", uri=b"/x", qop=b"auth", entity=b"", without="", **changes
):
    """Answer a challenge as RFC 7616, section 3.4 has it, with hashlib alone."""
    name = challenge["algorithm"].decode().lower()
    base = name.removesuffix("-sess")

    def digest(*parts):
        known = {"md5": "md5", "sha": "sha1", "sha-256": "sha256", "sha-512-256": "sha512_256"}
        return hashlib.new(known[base], b":".join(parts)).hexdigest().encode()

    ha1 = digest(b"alice", challenge["realm"], password)
    if name.endswith("-sess"):
        ha1 = digest(ha1, challenge["nonce"], b"client")
    ha2 = digest(host_method, uri, digest(entity)) if qop == b"auth-int" else digest(host_method, uri)
    fields = {
        "username": b'"alice"',
        "realm": b'"%s"' % challenge["realm"],
        "nonce": b'"%s"' % challenge["nonce"],
        "uri": b'"%s"' % uri,
        "algorithm": challenge["algorithm"],
        "opaque": b'"%s"' % challenge["opaque"],
        "qop": qop,
        "nc": b"00000001",
        "cnonce": b'"client"',
        "response": b'"%s"' % digest(ha1, challenge["nonce"], b"00000001", b"client", qop, ha2),
        **changes,
    }
    return b", ".join(
        b"%s=%s" % (name.encode(), value) for name, value in fields.items() if value and name != without
    )


ALGORITHMS = [b"md5", b"md5-sess", b"sha", b"SHA-256", b"SHA-256-sess", b"SHA-512-256", b"SHA-512-256-sess"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_lets_the_right_password_in_alone(algorithm):
    factory = DigestCredentialFactory(algorithm, b"test realm")
    credentials = factory.decode(client(factory.getChallenge("::1"), b"secret"), b"GET", "::1")
    assert credentials.username == b"alice"
    assert credentials.checkPassword(b"secret")
    assert not credentials.checkPassword(b"guess")


def test_a_response_is_for_one_method():
    factory = DigestCredentialFactory(b"sha-256", b"realm")
    response = client(factory.getChallenge("::1"), b"secret", host_method=b"GET")
    assert not factory.decode(response, b"DELETE", "::1").checkPassword(b"secret")


def test_auth_int_covers_the_body():
    factory = DigestCredentialFactory(b"sha-256", b"realm", body_integrity=True)
    challenge = factory.getChallenge("::1")
    assert challenge["qop"] == b"auth,auth-int"
    response = client(challenge, b"secret", qop=b"auth-int", entity=b"the body")
    assert factory.decode(response, b"GET", "::1", entity=b"the body").checkPassword(b"secret")
    assert not factory.decode(response, b"GET", "::1", entity=b"another").checkPassword(b"secret")
    assert not factory.decode(response, b"GET", "::1").checkPassword(b"secret")


def test_the_challenge_says_what_was_asked_for():
    challenge = DigestCredentialFactory(b"sha-256", b"realm").getChallenge(None)
    assert {name: challenge[name] for name in ("qop", "algorithm", "realm")} == {
        "qop": b"auth",
        "algorithm": b"sha-256",
        "realm": b"realm",
    }
    assert challenge["nonce"] != DigestCredentialFactory(b"sha-256", b"realm").getChallenge(None)["nonce"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"username": b""}, "no username"),
        ({"username": b'""'}, "no username"),
        ({"nonce": b""}, "no nonce"),
        ({"opaque": b""}, "no opaque"),
        ({"opaque": b'"nothing"'}, "invalid opaque"),
        ({"opaque": b'"signature-*"'}, "invalid opaque"),
        ({"opaque": b'"signature-eCx5LHo="'}, "invalid opaque"),
        ({"nonce": b'"another"'}, "incompatible opaque/nonce"),
    ],
)
def test_what_is_no_answer_to_a_challenge_of_ours_is_refused(changes, complaint):
    factory = DigestCredentialFactory(b"md5", b"realm")
    response = client(factory.getChallenge("192.0.2.1"), b"secret", **changes)
    with pytest.raises(LoginFailed, match=complaint):
        factory.decode(response, b"GET", "192.0.2.1")


def test_a_challenge_is_for_one_host_and_for_a_while():
    factory = DigestCredentialFactory(b"md5", b"realm")
    response = client(factory.getChallenge("192.0.2.1"), b"secret")
    with pytest.raises(LoginFailed, match="opaque/client"):
        factory.decode(response, b"GET", "192.0.2.2")
    now = time.time()
    factory._getTime = lambda: now + factory.CHALLENGE_LIFETIME_SECS + 2
    with pytest.raises(LoginFailed, match="too old"):
        factory.decode(response, b"GET", "192.0.2.1")
    factory._getTime = lambda: now - 60
    with pytest.raises(LoginFailed, match="too old"):
        factory.decode(response, b"GET", "192.0.2.1")


def test_another_servers_challenge_is_not_ours():
    theirs = client(DigestCredentialFactory(b"md5", b"realm").getChallenge("::1"), b"secret")
    with pytest.raises(LoginFailed, match="invalid opaque"):
        DigestCredentialFactory(b"md5", b"realm").decode(theirs, b"GET", "::1")


@pytest.mark.parametrize("name", ["response", "uri", "cnonce", "nc"])
def test_an_answer_without_a_field_that_counts_is_wrong_rather_than_an_error(name):
    factory = DigestCredentialFactory(b"md5", b"realm")
    response = client(factory.getChallenge("::1"), b"secret", without=name)
    assert not factory.decode(response, b"GET", "::1").checkPassword(b"secret")


def test_an_unknown_algorithm_is_wrong_rather_than_an_error():
    factory = DigestCredentialFactory(b"md5", b"realm")
    response = client(factory.getChallenge("::1"), b"secret", algorithm=b"rot13")
    assert not factory.decode(response, b"GET", "::1").checkPassword(b"secret")


def test_quoted_strings_may_hold_commas_quotes_and_line_folds():
    factory = DigestCredentialFactory(b"md5", b"realm")
    challenge = factory.getChallenge("::1")
    response = b'username="a\\"b, c\\\\",\r\n  nonce="%s", opaque="%s",, realm = test realm ,nc=1' % (
        challenge["nonce"],
        challenge["opaque"],
    )
    fields = factory.decode(response, b"GET", "::1").fields
    assert (fields["username"], fields["realm"], fields["nc"]) == (b'a"b, c\\', b"test realm", b"1")


def test_a_response_without_end_is_refused_and_one_full_of_blanks_read_in_one_go():
    factory = DigestCredentialFactory(b"md5", b"realm")
    with pytest.raises(LoginFailed, match="too long"):
        factory.decode(b"username=" + b"x" * 20_000, b"GET", "::1")
    for hostile in (b"a=" + b" " * 16_000 + b'"', b'a="' + b"\\\\" * 8_000, b"," * 16_000 + b"="):
        with pytest.raises(LoginFailed, match="no username"):
            factory.decode(hostile, b"GET", "::1")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_is_sent_the_answer_is_credentials_or_a_failed_login(data):
    factory = DigestCredentialFactory(b"md5", b"realm")
    with pytest.raises(LoginFailed):
        factory.decode(data, b"GET", "::1")


def test_the_formulas_refuse_what_cannot_be_hashed():
    with pytest.raises(TypeError, match="give one"):
        calcHA1(b"md5", b"alice", b"realm", b"secret", b"n", b"c", preHA1=b"00")
    with pytest.raises(TypeError, match="needs a name"):
        calcHA1(b"md5", b"alice", b"realm", None, b"n", b"c")
    with pytest.raises(TypeError, match="the digest of the request's body"):
        calcHA2(b"md5", b"GET", b"/", b"auth-int", None)


def test_without_a_nonce_count_the_response_is_that_of_rfc_2069():
    expected = hashlib.md5(b"one:nonce:two").hexdigest().encode()
    assert calcResponse(b"one", b"two", b"md5", b"nonce", None, None, None) == expected
