from __future__ import annotations

import hmac

import pytest
from zope.interface.verify import verifyObject

from sennit.cred import (
    Anonymous,
    BearerToken,
    ClientCertificate,
    CramMD5Credentials,
    IAnonymous,
    IBearerToken,
    IClientCertificate,
    IPluggableAuthenticationModules,
    ISSHPrivateKey,
    IUsernameHashedPassword,
    IUsernamePassword,
    PluggableAuthenticationModules,
    SSHPrivateKey,
    UsernameHashedPassword,
    UsernamePassword,
)


@pytest.mark.parametrize(
    ("interface", "credentials"),
    [
        (IUsernamePassword, UsernamePassword(b"alice", b"secret")),
        (IUsernameHashedPassword, UsernameHashedPassword(b"alice", b"hash")),
        (IUsernameHashedPassword, CramMD5Credentials(b"host")),
        (IAnonymous, Anonymous()),
        (ISSHPrivateKey, SSHPrivateKey(b"alice", b"ssh-ed25519", b"blob", b"data", None)),
        (IPluggableAuthenticationModules, PluggableAuthenticationModules(b"alice", list)),
        (IClientCertificate, ClientCertificate(b"der")),
        (IBearerToken, BearerToken(b"token")),
    ],
)
def test_each_kind_provides_its_interface(interface, credentials):
    assert verifyObject(interface, credentials)


@pytest.mark.parametrize("kind", [UsernamePassword, UsernameHashedPassword])
def test_a_password_matches_itself_alone(kind):
    credentials = kind(b"alice", b"secret")
    assert credentials.checkPassword(b"secret")
    for wrong in (b"", b"secre", b"secret2", b"Secret", b"\xff"):
        assert not credentials.checkPassword(wrong)


def test_passwords_are_compared_by_the_library_for_that(monkeypatch):
    compared = []

    def compare(expected, given):
        compared.append((expected, given))
        return False

    monkeypatch.setattr("sennit.cred.comparing.compare_digest", compare)
    assert not UsernamePassword(b"alice", b"given").checkPassword(b"expected")
    assert compared == [(b"expected", b"given")]


def test_text_is_its_utf8():
    assert UsernamePassword("käthe", "grün").checkPassword("grün".encode())
    assert not UsernamePassword("käthe", "grün").checkPassword("grün".encode("latin-1"))


def test_cram_md5_gives_the_answer_of_rfc_2195():
    credentials = CramMD5Credentials()
    credentials.challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    credentials.setResponse(b"tim b913a602c7eda7a495b4e6e7334d3890")
    assert credentials.username == b"tim"
    assert credentials.checkPassword(b"tanstaaftanstaaf")
    assert not credentials.checkPassword(b"tanstaaf")


def test_a_challenge_of_cram_md5_names_the_host_and_stays_the_same():
    credentials = CramMD5Credentials(b"mail.example")
    challenge = credentials.getChallenge()
    assert challenge.startswith(b"<")
    assert challenge.endswith(b"@mail.example>")
    assert credentials.getChallenge() == challenge
    assert CramMD5Credentials(b"mail.example").getChallenge() != challenge
    assert not credentials.moreChallenges()


def test_a_response_to_a_challenge_that_was_not_made_is_wrong():
    credentials = CramMD5Credentials()
    credentials.setResponse(b"tim " + hmac.new(b"secret", b"", "md5").hexdigest().encode())
    assert not credentials.checkPassword(b"secret")


def test_a_name_may_have_spaces_but_must_be_there():
    credentials = CramMD5Credentials(b"host")
    digest = hmac.new(b"secret", credentials.getChallenge(), "md5").hexdigest().encode()
    credentials.setResponse(b"tim the enchanter " + digest)
    assert credentials.username == b"tim the enchanter"
    assert credentials.checkPassword(b"secret")
    with pytest.raises(ValueError, match="a name, a space and a digest"):
        credentials.setResponse(digest)
