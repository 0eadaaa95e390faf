"""The FTP server: its commands in memory, transfers over sockets by the standard library's client."""

from __future__ import annotations

import ftplib
import io
import os
import socket
import ssl
import tracemalloc
from typing import Any, ClassVar

import pytest
from tests.ftp.kit import listening, make_factory
from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.cred import AllowAnonymousAccess, IRealm, Portal
from sennit.cred.checkers import ANONYMOUS
from sennit.cred.interfaces import IAnonymous, ICredentialsChecker
from sennit.ftp import Limits, Reply
from sennit.ftp.server import FTP
from sennit.ftp.shell import FTPShell
from sennit.log import capturedLogs
from sennit.tls import PrivateCertificate
from sennit.tls.development import write_certificate

DATA = bytes(range(256)) * 3000


@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
async def test_a_user_sends_files_and_gets_them_back(tmp_path, passive):
    def use(client):
        client.set_pasv(passive)
        client.storbinary("STOR new", io.BytesIO(DATA))
        got = io.BytesIO()
        client.retrbinary("RETR new", got.write)
        return got.getvalue(), client.nlst(), client.size("new"), client.quit()

    async with listening(make_factory(tmp_path)) as run:
        got, names, size, bye = await run(use)
    assert (len(got), names, size, bye[:3]) == (len(DATA), ["new"], len(DATA), "221")
    assert got == DATA, "the octets differ"
    assert (tmp_path / "users" / "bob" / "new").read_bytes() == DATA, "the octets differ"


async def test_who_has_no_name_reads_and_changes_nothing(tmp_path):
    factory = make_factory(tmp_path)
    (tmp_path / "public" / "readme").write_bytes(b"hello")

    def use(client):
        got = io.BytesIO()
        client.retrbinary("RETR readme", got.write)
        refused = []
        for command in ("DELE readme", "MKD new", "RMD new", "RNFR readme"):
            try:
                client.sendcmd(command)
                client.sendcmd("RNTO other")
            except ftplib.error_perm as error:
                refused.append(str(error)[:3])
        with pytest.raises(ftplib.error_perm, match="550"):
            client.storbinary("STOR new", io.BytesIO(b""))
        return got.getvalue(), refused

    async with listening(factory) as run:
        assert await run(use, user="anonymous", password="me@") == (b"hello", ["550"] * 4)
    assert [path.name for path in (tmp_path / "public").iterdir()] == ["readme"]


async def test_a_wrong_password_is_refused(tmp_path):
    async with listening(make_factory(tmp_path)) as run:
        with pytest.raises(ftplib.error_perm, match="530"):
            await run(lambda client: None, password="guess")


# Logging in


def test_a_log_in_and_what_it_takes(talk):
    client = talk()
    assert client.codes("PASS x", "USER bob", "PASS guess", "USER nobody", "PASS secret") == [
        503,
        331,
        530,
        331,
        530,
    ]
    assert client.codes("USER bob", "PASS secret", "NOOP") == [331, 230, 200]


def test_a_password_may_be_empty_for_who_has_no_name_alone(talk):
    assert talk().codes("USER anonymous", "PASS ", "USER bob", "PASS ", "USER bob", "PASS") == [
        *(331, 230, 331, 530, 331, 500)
    ]


def test_nobody_is_anonymous_where_that_is_not_allowed(talk):
    client = talk(allowAnonymous=False)
    assert client.say("USER anonymous") == ["331 Password required for anonymous."]
    assert client.codes("PASS x") == [530]


def test_who_is_anonymous_may_have_another_name(talk):
    client = talk(userAnonymous="guest")
    assert client.codes("USER anonymous", "PASS x", "USER guest", "PASS x") == [331, 530, 331, 230]


def test_known_guessing_of_passwords_ends_at_its_limit(talk):
    client = talk(limits=Limits(logins=3))
    assert client.codes(*["USER bob", "PASS guess"] * 2) == [331, 530] * 2
    assert client.codes("USER bob", "PASS guess", "USER bob") == [331, 421]
    assert client.transport.disconnecting


def test_log_ins_that_succeed_between_failures_are_no_guessing(talk):
    client = talk(limits=Limits(logins=3))
    for _ in range(3):
        assert client.codes("USER bob", "PASS guess", "USER bob", "PASS secret") == [331, 530, 331, 230]


@implementer(IRealm)
class Leaving:
    """A realm that counts who is in."""

    def __init__(self, shell):
        self.shell = shell
        self.inside = 0

    def requestAvatar(self, avatarId, mind, *interfaces):
        self.inside += 1
        return interfaces[0], self.shell, self.leave

    def leave(self):
        self.inside -= 1


@pytest.fixture
def realm(tmp_path):
    return Leaving(FTPShell(tmp_path))


def portal_of(realm, checker=None):
    return Portal(realm, [checker or AllowAnonymousAccess()])


def test_who_logs_in_anew_or_goes_is_logged_out(talk, realm):
    client = talk(portal=portal_of(realm))
    client.login("anonymous", "x")
    assert realm.inside == 1
    client.login("anonymous", "x")
    assert realm.inside == 1
    client.say("USER anonymous")
    assert realm.inside == 0
    client.say("PASS x")
    client.hang_up()
    assert realm.inside == 0


@implementer(ICredentialsChecker)
class Slow:
    """A checker that takes its time."""

    credentialInterfaces = (IAnonymous,)

    def __init__(self):
        self.answer = Deferred()

    def requestAvatarId(self, credentials):
        return self.answer


def test_who_goes_while_he_is_let_in_is_logged_out(talk, realm):
    checker = Slow()
    client = talk(portal=portal_of(realm, checker))
    assert client.codes("USER anonymous", "PASS x", "NOOP") == [331]
    client.hang_up()
    checker.answer.callback(ANONYMOUS)
    assert realm.inside == 0
    assert client.server.shell is None


def test_a_checker_that_goes_wrong_lets_nobody_in_and_is_logged(talk, realm):
    checker = Slow()
    client = talk(portal=portal_of(realm, checker))
    client.say("USER anonymous", "PASS x")
    with capturedLogs() as logs:
        checker.answer.errback(ZeroDivisionError("a secret of the server's"))
    [line] = client.said()
    assert line[:3] == "550"
    assert "secret" not in line
    assert [event["log_failure"].type for event in logs] == [ZeroDivisionError]
    assert client.codes("NOOP") == [530]


# Directories


def test_paths_begin_in_the_directory_that_was_chosen(talk, tmp_path):
    client = talk().login()
    home = tmp_path / "users" / "bob"
    assert client.say("PWD") == ['257 "/"']
    assert client.codes("MKD a", "CWD a", "MKD b", "CWD b") == [257, 250, 257, 250]
    assert client.say("PWD") == ['257 "/a/b"']
    assert client.codes("CDUP", "RMD b", "CWD ..", "CDUP") == [250, 250, 250, 550]
    assert client.say("PWD") == ['257 "/"']
    assert client.codes("CWD nothing", "CWD ../..", "CWD a") == [550, 550, 250]
    client.login()
    assert client.say("PWD") == ['257 "/"']
    assert [path.name for path in home.iterdir()] == ["a"]


def test_a_quote_in_a_name_is_doubled(talk):
    client = talk().login()
    assert client.codes('MKD a"b', 'CWD a"b') == [257, 250]
    assert client.say("PWD") == ['257 "/a""b"']


def test_files_are_told_of_renamed_and_removed(talk, tmp_path):
    client = talk().login()
    home = tmp_path / "users" / "bob"
    (home / "f").write_bytes(b"hello")
    os.utime(home / "f", (0, 0))
    assert client.say("SIZE f", "MDTM f") == ["213 5", "213 19700101000000"]
    assert client.codes("RNFR f", "RNTO g", "DELE f", "DELE g", "SIZE g", "MDTM g") == [
        350,
        250,
        550,
        250,
        550,
        550,
    ]
    assert client.codes("RNFR nothing", "RNTO g", "RNTO g", "RNFR x", "NOOP", "RNTO y") == [
        350,
        550,
        503,
        350,
        503,
        550,
    ]


@pytest.mark.parametrize("verb", ["CWD", "SIZE", "MDTM", "MKD", "RMD", "DELE", "RNFR", "MLST"])
@pytest.mark.parametrize("path", ["../eve/f", "/../eve/f", "a/../../eve/f", "/../../etc/passwd", "\0"])
def test_known_traversal_no_command_leaves_the_users_directory(talk, tmp_path, verb, path):
    client = talk().login()
    (tmp_path / "users" / "eve").mkdir()
    (tmp_path / "users" / "eve" / "f").touch()
    assert client.codes(f"{verb} {path}") == [550]
    assert (tmp_path / "users" / "eve" / "f").exists()


# Odds and ends


def test_how_files_are_sent(talk):
    client = talk().login()
    assert client.say("TYPE I", "TYPE A", "type i") == [
        *("200 The type is I.", "200 The type is A.", "200 The type is I.")
    ]
    assert client.codes(
        "TYPE A N", "TYPE L 8", "TYPE L 7", "TYPE E", "TYPE I X", "TYPE A T", "TYPE \0", "TYPE"
    ) == [*(200, 200, 504, 504, 501, 501, 504, 500)]
    assert client.codes("STRU F", "STRU R", "MODE S", "MODE B", "ALLO 5") == [200, 504, 200, 504, 202]


def test_what_the_server_tells_of_itself(talk):
    client = talk()
    assert client.say("FEAT")[0] == "211-Features:"
    assert client.codes("SYST", "HELP") == [530, 530]
    client.login()
    assert client.say("SYST") == ["215 UNIX Type: L8"]
    assert client.say("STAT") == ["211-Status:", " Logged in as bob", " Type: binary", "211 End"]
    assert client.codes("STAT x", "HELP", "OPTS UTF8 ON", "OPTS utf8", "OPTS x") == [504, 214, 200, 200, 502]
    assert " TVFS" in client.say("FEAT")


def test_a_subclass_adds_commands_and_features(talk):
    class Own(FTP):
        FEATURES: ClassVar[Any] = [*FTP.FEATURES, "XOWN"]
        PUBLIC_COMMANDS: ClassVar[Any] = [*FTP.PUBLIC_COMMANDS, "XOWN"]

        def ftp_XOWN(self, what="nothing"):
            return Reply(200, (what,))

        def type_E(self, code):
            return Reply(200, ("EBCDIC",))

    client = talk(protocol=Own)
    assert client.say("XOWN", "XOWN a b") == ["200 nothing", "200 a b"]
    assert " XOWN" in client.say("FEAT")
    assert client.login().say("TYPE E") == ["200 EBCDIC"]


# Over TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    both, _ = write_certificate(tmp_path_factory.mktemp("certificate"), ["localhost"])
    return PrivateCertificate.loadPEM(both.read_bytes())


@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
async def test_files_go_over_tls(tmp_path, certificate, passive):
    factory = make_factory(tmp_path)
    factory.tls_context = certificate.options()
    factory.require_tls = True

    def use(client):
        client.set_pasv(passive)
        client.prot_p()
        client.storbinary("STOR new", io.BytesIO(DATA))
        got = io.BytesIO()
        client.retrbinary("RETR new", got.write)
        names = client.nlst()
        client.storbinary("STOR empty", io.BytesIO())
        client.retrbinary("RETR empty", lambda _: pytest.fail("There is nothing in it."))
        assert isinstance(client.sock, ssl.SSLSocket)
        client.quit()
        return got.getvalue(), names

    def make(**options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return ftplib.FTP_TLS(context=context, **options)

    async with listening(factory) as run:
        with pytest.raises(ftplib.error_perm, match="530"):
            await run(lambda client: None)
        got, names = await run(use, make)
    assert (len(got), names) == (len(DATA), ["new"])
    assert got == DATA, "the octets differ"


async def test_a_transfer_goes_on_where_it_was_cut_off(tmp_path):
    def use(client):
        client.storbinary("STOR f", io.BytesIO(DATA[:100_000]))
        client.storbinary("STOR f", io.BytesIO(DATA[50_000:]), rest=50_000)
        got = io.BytesIO()
        client.retrbinary("RETR f", got.write, rest=700_000)
        with pytest.raises(ftplib.error_perm, match="554"):
            client.retrbinary("RETR f", got.write, rest=len(DATA) + 1)
        return got.getvalue()

    async with listening(make_factory(tmp_path)) as run:
        assert await run(use) == DATA[700_000:], "the octets differ"
    assert (tmp_path / "users" / "bob" / "f").read_bytes() == DATA, "the octets differ"


async def test_an_abort_that_is_sent_as_urgent_is_heard(tmp_path):
    (tmp_path / "public").mkdir()
    with (tmp_path / "public" / "huge").open("wb") as file:
        file.truncate(1 << 28)

    def use(client):
        with client.transfercmd("RETR huge") as data:
            data.recv(1)
            client.sock.sendall(b"\xff\xf4\xff", socket.MSG_OOB)
            client.sock.sendall(b"\xf2ABOR\r\n")
            with pytest.raises(ftplib.error_temp, match="426"):
                client.getresp()
            return client.getresp()[:3]

    async with listening(make_factory(tmp_path)) as run:
        assert await run(use, user="anonymous", password="x") == "226"


async def test_a_client_that_stops_reading_does_not_fill_the_memory(tmp_path):
    factory = make_factory(tmp_path)
    with (tmp_path / "public" / "huge").open("wb") as file:
        file.truncate(1 << 30)

    def use(client):
        data = client.transfercmd("RETR huge")
        data.recv(1)
        before = tracemalloc.get_traced_memory()[0]
        # Answered by the server's thread once it has written all it will.
        client.abort()
        grown = tracemalloc.get_traced_memory()[0] - before
        data.close()
        return grown

    async with listening(factory) as run:
        tracemalloc.start()
        try:
            assert await run(use, user="anonymous", password="x") < 4_000_000
        finally:
            tracemalloc.stop()


async def test_over_ipv6_too(tmp_path):
    factory = make_factory(tmp_path)

    def use(client):
        client.storbinary("STOR f", io.BytesIO(b"hello"))
        client.set_pasv(False)
        return client.nlst()

    async with listening(factory, "::1") as run:
        assert await run(use) == ["f"]
