from __future__ import annotations

import contextlib
import gc
import shutil
import socket
import subprocess
import time
from typing import NamedTuple

import pytest

from sennit.core.combinators import DeferredList
from sennit.cred import UnauthorizedLogin, UsernamePassword

pytest.importorskip("ldap3")

from sennit.cred.ldap import LDAPChecker
from sennit.tls.development import write_certificate

USERS = "uid={},ou=people,dc=example,dc=org"


def test_passwords_are_not_sent_in_plain_text_unasked():
    with pytest.raises(ValueError, match="in plain text"):
        LDAPChecker("ldap://localhost", USERS)
    assert LDAPChecker("ldap://localhost", USERS, start_tls=True)
    assert LDAPChecker("ldaps://localhost", USERS)


def test_the_name_has_one_place_in_the_users_name():
    for template in ("uid=alice,dc=example", "uid={},cn={}"):
        with pytest.raises(ValueError, match="once"):
            LDAPChecker("ldaps://localhost", template)


async def test_an_empty_name_or_password_is_never_sent():
    checker = LDAPChecker("ldaps://host.invalid", USERS)
    for presented in ((b"alice", b""), (b"", b"secret"), (b"\xff", b"secret"), (b"alice", b"\xff")):
        with pytest.raises(UnauthorizedLogin):
            await checker.requestAvatarId(UsernamePassword(*presented))


class Directory(NamedTuple):
    """A directory server."""

    plain: str
    to_be_secured: str
    secure: str
    certificate: str


async def test_where_the_directory_does_not_begin_tls_no_password_is_sent():
    checker = LDAPChecker("ldap://localhost", USERS, start_tls=True)
    calls = []

    class Connection:
        socket = None

        def __init__(self, server, **options):
            pass

        def __getattr__(self, name):
            return lambda **options: calls.append(name)

    class Library:
        pass

    Library.Connection = Connection
    checker._ldap3 = Library
    with pytest.raises(ConnectionError, match="does not begin TLS"):
        await checker.requestAvatarId(UsernamePassword(b"alice", b"secret"))
    assert calls == ["open", "start_tls", "unbind"]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A directory server with one user in it."""
    slapd = shutil.which("slapd", path="/usr/sbin:/usr/bin:/usr/local/libexec")
    if slapd is None:
        pytest.skip("slapd is not installed")
    folder = tmp_path_factory.mktemp("ldap")
    (folder / "data").mkdir()
    both, alone = write_certificate(folder, ["localhost"])
    (folder / "slapd.conf").write_text(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n"
        "include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
        f"TLSCertificateFile {alone}\nTLSCertificateKeyFile {both}\n"
        f"pidfile {folder}/pid\ndatabase mdb\nsuffix dc=example,dc=org\nrootdn cn=admin,dc=example,dc=org\n"
        f"rootpw admin\ndirectory {folder}/data\nmaxsize 10485760\n"
    )
    (folder / "users.ldif").write_text(
        "dn: dc=example,dc=org\nobjectClass: domain\ndc: example\n\n"
        "dn: ou=people,dc=example,dc=org\nobjectClass: organizationalUnit\nou: people\n\n"
        "dn: uid=alice,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: alice\ncn: Alice\n"
        "sn: A\nuserPassword: secret\n"
    )
    subprocess.run(
        ["/usr/sbin/slapadd", "-f", folder / "slapd.conf", "-l", folder / "users.ldif"],
        check=True,
        capture_output=True,
    )
    with socket.socket() as probe, socket.socket() as another:
        probe.bind(("127.0.0.1", 0))
        another.bind(("127.0.0.1", 0))
        port, secure = probe.getsockname()[1], another.getsockname()[1]
    url = f"ldap://127.0.0.1:{port}"
    listen = f"{url}/ ldaps://127.0.0.1:{secure}/"
    server = subprocess.Popen(
        [slapd, "-f", folder / "slapd.conf", "-h", listen, "-d", "0"], stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield Directory(url, f"ldap://localhost:{port}", f"ldaps://localhost:{secure}", str(alone))
    finally:
        server.terminate()
        server.wait(30)


@pytest.mark.interop
async def test_a_password_is_right_if_its_user_can_bind_with_it(directory):
    checker = LDAPChecker(directory.plain, USERS, allow_plaintext=True)
    assert await checker.requestAvatarId(UsernamePassword(b"alice", b"secret")) == b"alice"
    for presented in (
        *((b"alice", b"guess"), (b"bob", b"secret"), (b"alice,ou=people", b"secret"), (b"*", b"secret")),
        *((b"alice\0", b"secret"), (b"alice", b""), (b"alice)(uid=*", b"secret")),
    ):
        with pytest.raises(UnauthorizedLogin):
            await checker.requestAvatarId(UsernamePassword(*presented))


# ldap3's way to compare names, and what it leaves open where it does not like one.
@pytest.mark.filterwarnings(
    "ignore:ssl.match_hostname", "ignore:unclosed", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.interop
@pytest.mark.parametrize("start_tls", [False, True])
async def test_under_tls_the_server_has_to_be_who_it_says(directory, start_tls):
    url = directory.to_be_secured if start_tls else directory.secure
    checker = LDAPChecker(url, USERS, start_tls=start_tls, authorities=directory.certificate)
    assert await checker.requestAvatarId(UsernamePassword(b"alice", b"secret")) == b"alice"
    with pytest.raises(UnauthorizedLogin):
        await checker.requestAvatarId(UsernamePassword(b"alice", b"guess"))
    for wrong in (
        LDAPChecker(url, USERS, start_tls=start_tls),
        LDAPChecker(
            url.replace("localhost", "127.0.0.1"),
            USERS,
            start_tls=start_tls,
            authorities=directory.certificate,
        ),
    ):
        with pytest.raises(Exception, match=r"(?i)certificate") as caught:
            await wrong.requestAvatarId(UsernamePassword(b"alice", b"secret"))
        assert not isinstance(caught.value, UnauthorizedLogin)
        # The thread that waited lets go of the error when it has something else to wait for.
        del caught
        assert await checker.requestAvatarId(UsernamePassword(b"alice", b"secret")) == b"alice"
        gc.collect()


@pytest.mark.interop
async def test_a_thousand_logins_at_once_are_all_answered_rightly(directory):
    checker = LDAPChecker(directory.plain, USERS, allow_plaintext=True)
    presented = [(b"alice", b"secret" if number % 10 < 7 else b"guess") for number in range(1000)]
    outcomes = await DeferredList(
        [checker.requestAvatarId(UsernamePassword(*each)) for each in presented], consumeErrors=True
    )
    assert [succeeded for succeeded, _ in outcomes] == [password == b"secret" for _, password in presented]


@pytest.mark.interop
async def test_a_server_that_is_not_there_is_an_error_and_no_wrong_password():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    checker = LDAPChecker(f"ldap://127.0.0.1:{port}", USERS, allow_plaintext=True, timeout=5)
    with pytest.raises(Exception, match="refused") as caught:
        await checker.requestAvatarId(UsernamePassword(b"alice", b"secret"))
    assert not isinstance(caught.value, UnauthorizedLogin)
