from __future__ import annotations

import pytest

from sennit.cred import hashes
from sennit.cred.hashes import SCHEMES, decoy, decoys, hash_password, is_hash, verify_password


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_password_matches_its_hash_alone(scheme):
    stored = hash_password(b"secret", scheme)
    assert is_hash(stored)
    assert verify_password(b"secret", stored)
    assert not verify_password(b"guess", stored)
    assert hash_password(b"secret", scheme) != stored


@pytest.mark.parametrize(
    ("stored", "password"),
    [
        (b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", b"secret"),  # base64 of sha1("secret")
        (b"$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/", b"myPassword"),  # Apache's documentation
        (b"$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", b"password"),
        (b"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", b"Hello world!"),
        (
            b"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
            b"Hello world!",
        ),
        (b"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", b"U*U"),
        (b"abNANd1rDfiNc", b"secret"),  # DES, as crypt(3) had it first
        (
            b"$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
            b"password",
        ),
    ],
)
def test_hashes_that_others_have_published_are_verified(stored, password):
    assert verify_password(password, stored)
    assert not verify_password(password + b"x", stored)


@pytest.mark.parametrize(
    "stored",
    [
        *(
            b"",
            b"!",
            b"*",
            b"!!",
            b"x",
            b"plain",
            b"{SHA}",
            b"{SHA}***",
            b"{SSHA}AA==",
            b"$",
            b"$$",
            b"$9$x$y",
        ),
        *(b"$2y$04$short", b"$argon2id$nonsense", b"$apr1$", b"!$6$salt$hash", b"$apr1$\xff$x"),
    ],
)
@pytest.mark.parametrize("password", [b"", b"secret", b"plain", b"nul\0inside"])
def test_what_is_no_hash_is_never_right(stored, password):
    assert not verify_password(password, stored)


def test_a_password_that_bcrypt_would_cut_is_not_hashed_but_verified_as_others_do():
    with pytest.raises(ValueError, match="this one is longer"):
        hash_password(b"x" * 73, "bcrypt")
    assert verify_password(b"x" * 100, hash_password(b"x" * 72, "bcrypt"))


def test_an_unknown_scheme_is_refused():
    with pytest.raises(ValueError, match="there are argon2, bcrypt, yescrypt, sha512"):
        hash_password(b"secret", "rot13")


def test_a_library_that_is_not_there_is_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(hashes.importlib, "import_module", missing)
    with pytest.raises(ImportError, match=r'pip install "sennit\[passwords\]"'):
        hash_password(b"secret")


def test_a_decoy_is_some_users_hash_and_always_the_same_for_a_name():
    users = decoys([b"$6$one", b"{SHA}two", b"!", b""])
    chosen = {name: decoy(name, users) for name in (b"%d" % number for number in range(50))}
    assert set(chosen.values()) == {b"$6$one", b"{SHA}two"}
    assert all(decoy(name, users) == stored for name, stored in chosen.items())
    assert decoy(b"anybody", decoys([])) == b""
