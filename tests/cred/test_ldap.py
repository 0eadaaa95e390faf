from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time

import pytest

from sennit.core.combinators import DeferredList
from sennit.cred import UnauthorizedLogin, UsernamePassword

pytest.importorskip("ldap3")

from sennit.cred.ldap import LDAPChecker

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


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A directory server with one user in it; its address."""
    slapd = shutil.which("slapd", path="/usr/sbin:/usr/bin:/usr/local/libexec")
    if slapd is None:
        pytest.skip("slapd is not installed")
    folder = tmp_path_factory.mktemp("ldap")
    (folder / "data").mkdir()
    (folder / "slapd.conf").write_text(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n"
        "include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"ldap://127.0.0.1:{port}"
    server = subprocess.Popen(
        [slapd, "-f", folder / "slapd.conf", "-h", f"{url}/", "-d", "0"], stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield url
    finally:
        server.terminate()
        server.wait(30)


@pytest.mark.interop
async def test_a_password_is_right_if_its_user_can_bind_with_it(directory):
    checker = LDAPChecker(directory, USERS, allow_plaintext=True)
    assert await checker.requestAvatarId(UsernamePassword(b"alice", b"secret")) == b"alice"
    for presented in (
        *((b"alice", b"guess"), (b"bob", b"secret"), (b"alice,ou=people", b"secret"), (b"*", b"secret")),
        *((b"alice\0", b"secret"), (b"alice", b""), (b"alice)(uid=*", b"secret")),
    ):
        with pytest.raises(UnauthorizedLogin):
            await checker.requestAvatarId(UsernamePassword(*presented))


@pytest.mark.interop
async def test_a_thousand_logins_at_once_are_all_answered_rightly(directory):
    checker = LDAPChecker(directory, USERS, allow_plaintext=True)
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
