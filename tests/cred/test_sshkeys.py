from __future__ import annotations

import base64
import os
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from sennit.core.combinators import DeferredList
from sennit.cred import SSHPrivateKey, UnauthorizedLogin
from sennit.cred.errors import ValidPublicKey
from sennit.cred.sshkeys import SSHKeyChecker, authorized_keys_of, read_authorized_keys, verify_signature


def string(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def blob_of(key):
    line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64decode(line.split()[1])


def ecdsa(curve, digest):
    key = ec.generate_private_key(curve)

    def sign(data):
        r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
        return mpint(r) + mpint(s)

    return key, sign


def rsa_with(digest):
    key = rsa.generate_private_key(65537, 2048)
    return key, lambda data: key.sign(data, padding.PKCS1v15(), digest)


def ed():
    key = ed25519.Ed25519PrivateKey.generate()
    return key, key.sign


KEYS = {
    b"ssh-ed25519": ed(),
    b"rsa-sha2-256": rsa_with(hashes.SHA256()),
    b"rsa-sha2-512": rsa_with(hashes.SHA512()),
    b"ssh-rsa": rsa_with(hashes.SHA1()),
    b"ecdsa-sha2-nistp256": ecdsa(ec.SECP256R1(), hashes.SHA256()),
    b"ecdsa-sha2-nistp384": ecdsa(ec.SECP384R1(), hashes.SHA384()),
    b"ecdsa-sha2-nistp521": ecdsa(ec.SECP521R1(), hashes.SHA512()),
}
GOOD = [name for name in KEYS if name != b"ssh-rsa"]


def presented(name, algorithm, *, data=b"session", username=b"alice"):
    key, sign = KEYS[algorithm]
    return SSHPrivateKey(username, algorithm, blob_of(key), data, string(name, sign(b"session")))


def checker():
    keys = {b"alice": [blob_of(key) for key, _ in KEYS.values()]}
    return SSHKeyChecker(lambda name: keys.get(name, []))


@pytest.mark.parametrize("algorithm", GOOD)
async def test_a_signature_by_an_authorized_key_lets_its_user_in(algorithm):
    assert await checker().requestAvatarId(presented(algorithm, algorithm)) == b"alice"


@pytest.mark.parametrize("algorithm", GOOD)
async def test_a_signature_of_something_else_or_for_somebody_else_does_not(algorithm):
    for credentials in (
        presented(algorithm, algorithm, data=b"another session"),
        presented(algorithm, algorithm, username=b"bob"),
    ):
        with pytest.raises(UnauthorizedLogin):
            await checker().requestAvatarId(credentials)


async def test_a_key_that_nobody_authorized_does_not():
    credentials = presented(b"ssh-ed25519", b"ssh-ed25519")
    with pytest.raises(UnauthorizedLogin):
        await SSHKeyChecker(lambda name: [b"other"]).requestAvatarId(credentials)


async def test_known_sha1_signatures_are_refused():
    with pytest.raises(UnauthorizedLogin):
        await checker().requestAvatarId(presented(b"ssh-rsa", b"ssh-rsa"))


async def test_a_signature_by_another_algorithm_than_was_agreed_on_is_refused():
    with pytest.raises(UnauthorizedLogin):
        await checker().requestAvatarId(presented(b"rsa-sha2-512", b"rsa-sha2-256"))


async def test_without_a_signature_it_is_said_whether_the_key_would_do():
    credentials = presented(b"ssh-ed25519", b"ssh-ed25519")
    credentials.signature = None
    with pytest.raises(ValidPublicKey):
        await checker().requestAvatarId(credentials)
    credentials.username = b"bob"
    with pytest.raises(UnauthorizedLogin):
        await checker().requestAvatarId(credentials)


@pytest.mark.parametrize(
    "signature",
    [b"", b"\0", string(b"ssh-ed25519"), string(b"ssh-ed25519", b""), b"\xff" * 40, string(b"a", b"b", b"c")],
)
def test_a_signature_that_is_none_is_wrong_rather_than_an_error(signature):
    key, _ = KEYS[b"ssh-ed25519"]
    assert not verify_signature(b"ssh-ed25519", blob_of(key), b"data", signature)
    assert not verify_signature(b"ssh-ed25519", b"", b"data", signature)
    assert not verify_signature(b"ssh-ed25519", string(b"ssh-ed25519", b"short"), b"data", signature)
    assert not verify_signature(b"unknown", blob_of(key), b"data", signature)


async def test_a_thousand_logins_at_once_are_all_answered_rightly():
    credentials = [
        presented(b"ssh-ed25519", b"ssh-ed25519", data=b"session" if number % 10 < 7 else b"forged")
        for number in range(1000)
    ]
    one = checker()
    outcomes = await DeferredList([one.requestAvatarId(each) for each in credentials], consumeErrors=True)
    assert [succeeded for succeeded, _ in outcomes] == [each.sigData == b"session" for each in credentials]


def test_keys_are_read_from_lines_and_those_with_options_left_out():
    key, _ = KEYS[b"ssh-ed25519"]
    encoded = base64.b64encode(blob_of(key))
    text = b"\n".join(
        [
            b"# comment",
            b"",
            b"ssh-ed25519 " + encoded + b" alice@host",
            b'command="/bin/date" ssh-ed25519 ' + encoded,
            b"ssh-ed25519",
            b"ssh-ed25519 ***",
            b"ssh-dss " + encoded,
        ]
    )
    assert read_authorized_keys(text) == [blob_of(key)]


def test_a_users_keys_are_those_in_his_home_that_nobody_else_can_write(tmp_path):
    entry = SimpleNamespace(pw_dir=str(tmp_path), pw_uid=os.getuid())

    def lookup(name):
        if name != "alice":
            raise KeyError(name)
        return entry

    key, _ = KEYS[b"ssh-ed25519"]
    file = tmp_path / ".ssh" / "authorized_keys"
    file.parent.mkdir()
    file.write_bytes(b"ssh-ed25519 " + base64.b64encode(blob_of(key)))
    file.chmod(0o600)
    assert authorized_keys_of(b"alice", lookup=lookup) == [blob_of(key)]
    assert authorized_keys_of(b"bob", lookup=lookup) == []
    file.chmod(0o666)
    assert authorized_keys_of(b"alice", lookup=lookup) == []
