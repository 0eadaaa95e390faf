from __future__ import annotations

import pickle

import pytest
from tests.cred.kit import CHECKERS, NAMES, QUICK, hashed_by, written
from zope.interface.verify import verifyObject

from sennit.core.combinators import DeferredList
from sennit.core.current import current_reactor
from sennit.cred import (
    BearerToken,
    ClientCertificate,
    FilePasswordDB,
    ICredentialsChecker,
    InMemoryUsernamePasswordDatabaseDontUse,
    IUsernamePassword,
    UnauthorizedLogin,
    UsernameHashedPassword,
    UsernamePassword,
    blocking,
    comparing,
    hashed,
    sql,
    unix,
)
from sennit.cred.hashed import HashedFileChecker
from sennit.cred.remembering import RememberingChecker
from sennit.cred.tokens import CertificateChecker, TokenChecker, new_token
from sennit.cred.unix import UNIXChecker

every_checker = pytest.mark.parametrize("make", CHECKERS, ids=lambda make: make.__name__)


@every_checker
async def test_the_right_password_gives_the_users_name(make, tmp_path):
    checker = make(tmp_path)
    assert verifyObject(ICredentialsChecker, checker)
    for name in NAMES:
        assert await checker.requestAvatarId(UsernamePassword(name, b"secret")) == name


WRONG = [
    *((b"alice", b"guess"), (b"alice", b""), (b"dave", b"secret"), (b"dave", b""), (b"", b"")),
    *((b"alice", b"secret\0"), (b"alice\0", b"secret"), (b"ALICE", b"secret"), (b"# users", b"")),
    *(
        (b"\xff\xfe", b"secret"),
        (b"alice", b"x" * 100_000),
        (b"a" * 100_000, b"secret"),
        (b"../x", b"secret"),
    ),
    (b"alice", b"\xff\xfe"),
]


@every_checker
async def test_whatever_is_wrong_fails_alike(make, tmp_path):
    checker = make(tmp_path)
    for name, password in WRONG:
        with pytest.raises(UnauthorizedLogin) as caught:
            await checker.requestAvatarId(UsernamePassword(name, password))
        assert caught.value.args == ()


@every_checker
async def test_a_thousand_logins_at_once_are_all_answered_rightly(make, tmp_path):
    checker = make(tmp_path)
    presented = [(NAMES[number % 3], b"secret" if number % 10 < 7 else b"guess") for number in range(1000)]
    outcomes = await DeferredList(
        [checker.requestAvatarId(UsernamePassword(*each)) for each in presented], consumeErrors=True
    )
    assert len(outcomes) == 1000
    for (name, password), (succeeded, result) in zip(presented, outcomes, strict=True):
        if password == b"secret":
            assert (succeeded, result) == (True, name)
        else:
            assert not succeeded
            assert result.check(UnauthorizedLogin)


@pytest.fixture
def work(monkeypatch):
    """The secrets that are hashed and compared, as often as they are."""
    done = []

    def watch(module, name):
        original = getattr(module, name)

        def watched(*args):
            done.append((name, *(arg for arg in args if isinstance(arg, (bytes, str)))))
            return original(*args)

        monkeypatch.setattr(module, name, watched)

    for module in (hashed, sql, unix):
        watch(module, "verify_password")
    watch(comparing, "compare_digest")
    return done


def kinds(work):
    """What was done, without the secrets: the functions, and the scheme that each was given."""

    def kind(secret):
        return secret.split(b"$")[1:2] if b"$" in secret else [len(secret)]

    return [(name, kind(args[-1])) for name, *args in work]


@every_checker
async def test_known_an_unknown_user_costs_the_same_hashing_and_comparing_as_a_wrong_password(
    make, tmp_path, work
):
    checker = make(tmp_path)
    work_for = {}
    for name in (b"alice", b"dave"):
        # The first of each kind may have something to prepare.
        for _ in range(2):
            work.clear()
            with pytest.raises(UnauthorizedLogin):
                await checker.requestAvatarId(UsernamePassword(name, b"guess!"))
        work_for[name] = kinds(work)
    assert work_for[b"alice"] == work_for[b"dave"]
    assert len(work_for[b"alice"]) >= 1


async def test_known_a_locked_or_expired_account_costs_what_others_do(tmp_path, work):
    shadow = tmp_path / "shadow"
    stored = QUICK["sha512"]()
    shadow.write_bytes(
        b"open:%s:::::::\nlocked:!%s:::::::\nnone::::::::\nexpired:%s::::::100:\nlater:%s::::::90000:\nbroken\n"
        % (stored, stored, stored, stored)
    )
    entry = type("entry", (), {"pw_passwd": "x"})
    checker = UNIXChecker(shadow, lookup=lambda name: entry, now=lambda: 101 * 86400)
    for name in (b"open", b"later"):
        assert await checker.requestAvatarId(UsernamePassword(name, b"secret")) == name
    for name in (b"locked", b"none", b"expired", b"broken", b"absent"):
        for password in (b"secret", b"", b"!"):
            work.clear()
            with pytest.raises(UnauthorizedLogin):
                await checker.requestAvatarId(UsernamePassword(name, password))
            assert ("verify_password", [b"6"]) in kinds(work)


async def test_a_hash_in_the_user_database_itself_counts_where_there_is_no_shadow(tmp_path):
    entry = type("entry", (), {"pw_passwd": QUICK["sha512"]().decode()})
    checker = UNIXChecker(tmp_path / "absent", lookup=lambda name: entry)
    assert await checker.requestAvatarId(UsernamePassword(b"alice", b"secret")) == b"alice"


async def test_checkers_of_plain_passwords_check_hashes_made_on_the_way_too(tmp_path):
    for checker in (CHECKERS[0](tmp_path), CHECKERS[1](tmp_path)):
        assert await checker.requestAvatarId(UsernameHashedPassword(b"alice", b"secret")) == b"alice"


async def test_names_as_text_find_users_in_bytes():
    checker = InMemoryUsernamePasswordDatabaseDontUse(alice=b"secret")
    assert await checker.requestAvatarId(UsernamePassword("alice", "secret")) == "alice"


async def test_a_file_with_hashes_of_the_programs_own_takes_no_others(tmp_path):
    checker = FilePasswordDB(str(written(tmp_path, lambda: b"0")), hash=hashed_by)
    assert checker.credentialInterfaces == (IUsernamePassword,)
    with pytest.raises(UnauthorizedLogin):
        await checker.requestAvatarId(UsernameHashedPassword(b"alice", b"0"))


async def test_a_files_fields_and_its_case_may_be_others(tmp_path):
    path = tmp_path / "users"
    path.write_bytes(b"1;secret;Alice\n2;hidden\n")
    checker = FilePasswordDB(path, delim=b";", usernameField=2, passwordField=1, caseSensitive=False)
    assert await checker.requestAvatarId(UsernamePassword(b"ALICE", b"secret")) == b"alice"
    assert checker.getUser(b"aLiCe") == (b"alice", b"secret")
    with pytest.raises(KeyError):
        checker.getUser(b"bob")


async def test_a_file_that_cannot_be_read_lets_nobody_in(tmp_path):
    with pytest.raises(UnauthorizedLogin):
        FilePasswordDB(str(tmp_path / "absent")).getUser(b"alice")
    with pytest.raises(UnauthorizedLogin):
        await FilePasswordDB(str(tmp_path / "absent")).requestAvatarId(UsernamePassword(b"a", b""))
    with pytest.raises(FileNotFoundError):
        await HashedFileChecker(tmp_path / "absent").requestAvatarId(UsernamePassword(b"a", b""))


@pytest.mark.parametrize("kind", [lambda path: FilePasswordDB(str(path), cache=True), HashedFileChecker])
async def test_a_file_kept_in_memory_is_read_again_when_it_has_changed(kind, tmp_path):
    path = tmp_path / "users"
    sha = b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="
    plain = kind is not HashedFileChecker
    path.write_bytes(b"alice:" + (b"secret" if plain else sha))
    checker = kind(path)
    assert await checker.requestAvatarId(UsernamePassword(b"alice", b"secret")) == b"alice"
    path.write_bytes(b"robert:" + (b"secret" if plain else sha))
    assert await checker.requestAvatarId(UsernamePassword(b"robert", b"secret")) == b"robert"
    with pytest.raises(UnauthorizedLogin):
        await checker.requestAvatarId(UsernamePassword(b"alice", b"secret"))


async def test_hashing_does_not_keep_the_reactor(tmp_path, monkeypatch):
    threads = []
    import threading

    def slow(password, stored):
        threads.append(threading.get_ident())
        return False

    monkeypatch.setattr(hashed, "verify_password", slow)
    checker = HashedFileChecker(written(tmp_path, QUICK["sha"]))
    with pytest.raises(UnauthorizedLogin):
        await checker.requestAvatarId(UsernamePassword(b"alice", b"secret"))
    assert threads[0] != threading.get_ident()


async def test_a_checker_may_have_threads_of_its_own(tmp_path):
    from sennit.threads import ThreadPool

    pool = ThreadPool(0, 1, "hashing")
    pool.start()
    try:
        checker = HashedFileChecker(written(tmp_path, QUICK["sha"]), threadpool=pool)
        assert await checker.requestAvatarId(UsernamePassword(b"alice", b"secret")) == b"alice"
        assert blocking.current_reactor() is current_reactor()
        assert len(pool.threads) == 1
    finally:
        pool.stop()


async def test_a_login_is_remembered_for_a_while():
    asked = []

    class Behind:
        credentialInterfaces = (IUsernamePassword,)

        def requestAvatarId(self, credentials):
            asked.append(credentials)
            if credentials.password != b"secret":
                raise UnauthorizedLogin
            return credentials.username

    now = [0.0]
    checker = RememberingChecker(Behind(), 60, max_entries=2, clock=lambda: now[0])
    right = UsernamePassword(b"alice", b"secret")
    for _ in range(3):
        assert await checker.requestAvatarId(right) == b"alice"
    assert len(asked) == 1
    with pytest.raises(UnauthorizedLogin):
        await checker.requestAvatarId(UsernamePassword(b"alice", b"guess"))
    with pytest.raises(UnauthorizedLogin):
        await checker.requestAvatarId(UsernamePassword(b"alices", b"ecret"))
    now[0] = 60
    assert await checker.requestAvatarId(right) == b"alice"
    assert len(asked) == 4
    for name in (b"b", b"c", b"d"):
        await checker.requestAvatarId(UsernamePassword(name, b"secret"))
    assert len(checker._known) == 2
    assert b"secret" not in repr(checker.__dict__).encode()


async def test_a_token_is_known_by_its_digest():
    token, digest = new_token()
    checker = TokenChecker({digest: b"alice"})
    assert await checker.requestAvatarId(BearerToken(token.encode())) == b"alice"
    for wrong in (b"", token.encode()[:-1], digest):
        with pytest.raises(UnauthorizedLogin):
            await checker.requestAvatarId(BearerToken(wrong))
    outcomes = await DeferredList([checker.requestAvatarId(BearerToken(token.encode())) for _ in range(1000)])
    assert outcomes == [(True, b"alice")] * 1000


async def test_a_certificate_is_known_by_its_fingerprint():
    from hashlib import sha256

    checker = CertificateChecker({sha256(b"der").digest(): b"alice"})
    assert await checker.requestAvatarId(ClientCertificate(b"der")) == b"alice"
    with pytest.raises(UnauthorizedLogin):
        await checker.requestAvatarId(ClientCertificate(b"other"))
    outcomes = await DeferredList([checker.requestAvatarId(ClientCertificate(b"der")) for _ in range(1000)])
    assert outcomes == [(True, b"alice")] * 1000


def test_a_sql_checker_writes_its_parameter_as_the_driver_has_it():
    from types import SimpleNamespace

    for style, mark in (("qmark", "?"), ("pyformat", "%s"), ("format", "%s")):
        pool = SimpleNamespace(dbapi=SimpleNamespace(paramstyle=style))
        assert sql.SQLChecker(pool).query == f"SELECT password FROM users WHERE username = {mark}"


async def test_users_in_memory_may_be_added_removed_and_pickled_between_logins():
    checker = InMemoryUsernamePasswordDatabaseDontUse(ada=b"lovelace")

    async def outcome(checker, name):
        try:
            return await checker.requestAvatarId(UsernamePassword(name, b"lovelace"))
        except UnauthorizedLogin:
            return None

    assert await outcome(checker, b"ada") == b"ada"
    assert await outcome(checker, b"bob") is None
    checker.addUser(b"bob", b"lovelace")
    assert await outcome(checker, b"bob") == b"bob"
    copied = pickle.loads(pickle.dumps(checker))
    assert await outcome(copied, b"ada") == b"ada"
    checker.users = {}
    assert [await outcome(checker, name) for name in (b"ada", b"bob", "ada")] == [None] * 3
