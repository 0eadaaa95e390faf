"""Files on a server, by our client from our server, over real sockets."""

from __future__ import annotations

import contextlib
import io
import os

import pytest
from tests.ftp.kit import listening_at, make_factory

from sennit import ftp
from sennit.core.deferred import CancelledError, Deferred
from sennit.core.errors import ConnectionRefusedError
from sennit.ftp.client_errors import CommandFailed, ConnectionLost, FTPError
from sennit.protocol import Protocol
from sennit.tls import CertificateOptions, PrivateCertificate
from sennit.tls.development import make_certificate

DATA = os.urandom(300_000)


@pytest.fixture(scope="module")
def identity():
    certificate, key = make_certificate(["localhost"])
    return PrivateCertificate.loadPEM(certificate + key)


@pytest.fixture
def home(tmp_path):
    factory = make_factory(tmp_path)
    return factory, tmp_path / "users" / "bob"


def bob(port, **options):
    options = {"host": "127.0.0.1", "password": "secret", "tls": False, **options}
    return ftp.connect(port=port, user="bob", **options)


@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
async def test_files_go_there_and_come_back(home, tmp_path, passive):
    factory, folder = home
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(DATA)
    heard = []
    async with listening_at(factory) as port, bob(port, passive=passive) as remote:
        assert await remote.upload(source, "a b", progress=heard.append) == len(DATA)
        assert heard[-1] == len(DATA)
        assert heard == sorted(heard)
        assert await remote.download("a b", target, progress=heard.append) == len(DATA)
    assert (folder / "a b").read_bytes() == DATA, "the octets differ"
    assert target.read_bytes() == DATA, "the octets differ"


async def test_what_is_there_in_part_is_not_moved_again(home, tmp_path):
    factory, folder = home
    target = tmp_path / "target"
    target.write_bytes(DATA[:1000])
    (folder / "half").write_bytes(DATA[:2000])
    (folder / "whole").write_bytes(DATA)
    first = []
    async with listening_at(factory) as port, bob(port) as remote:
        await remote.download("whole", target, resume=True, progress=first.append)
        assert first[0] > 1000
        assert await remote.upload(io.BytesIO(DATA), "half", resume=True) == len(DATA)
        assert await remote.upload(io.BytesIO(DATA), "new", resume=True) == len(DATA)
    assert target.read_bytes() == DATA, "the octets differ"
    assert (folder / "half").read_bytes() == DATA, "the octets differ"
    assert (folder / "new").read_bytes() == DATA, "the octets differ"


async def test_directories_are_made_listed_and_removed(home):
    factory, folder = home
    async with listening_at(factory) as port, bob(port) as remote:
        await remote.make_directory("näh")
        await remote.write("näh/a", b"hello")
        await remote.change_directory("näh")
        assert await remote.directory() == "/näh"
        await remote.rename("a", 'b"c')
        [entry] = await remote.entries()
        assert (entry.name, entry.size, entry.kind) == ('b"c', 5, "file")
        assert entry.modified == await remote.modified('b"c')
        assert await remote.names() == ['b"c']
        assert (await remote.size('b"c'), await remote.read('b"c')) == (5, b"hello")
        await remote.remove('b"c')
        await remote.change_directory("/")
        assert [(entry.name, entry.is_directory) for entry in await remote.entries()] == [("näh", True)]
        await remote.remove_directory("näh")
        assert await remote.entries() == []
    assert list(folder.iterdir()) == []


async def test_a_server_without_mlsd_lists_for_people(home):
    factory, folder = home
    (folder / "sub").mkdir()
    (folder / "file").write_bytes(b"12345")
    async with listening_at(factory) as port, bob(port) as remote:
        del remote.features["MLST"]
        found = {entry.name: (entry.kind, entry.size) for entry in await remote.entries()}
    assert found == {"sub": ("dir", None), "file": ("file", 5)}


async def test_what_is_refused_fails_and_the_next_goes_on(home):
    factory, _ = home
    async with listening_at(factory) as port, bob(port) as remote:
        with pytest.raises(CommandFailed) as caught:
            await remote.read("nothing")
        assert caught.value.code == 550
        with pytest.raises(CommandFailed):
            await remote.upload(io.BytesIO(b"x"), "no/such/directory")
        await remote.write("yes", b"x")
        assert await remote.read("yes") == b"x"


async def test_what_is_too_much_is_not_read(home):
    factory, folder = home
    (folder / "large").write_bytes(DATA)
    for number in range(5):
        (folder / str(number)).touch()
    async with listening_at(factory) as port, bob(port) as remote:
        with pytest.raises(FTPError, match="more than 1000 octets"):
            await remote.read("large", limit=1000)
        with pytest.raises(FTPError, match="more than 3 lines"):
            await remote.entries(limit=3)
        assert await remote.read("large") == DATA, "the octets differ"


async def test_an_error_here_is_what_is_raised(home):
    factory, folder = home

    class Broken(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    (folder / "large").write_bytes(DATA)
    async with listening_at(factory) as port, bob(port) as remote:
        with pytest.raises(OSError, match="No space"):
            await remote.download("large", Broken())
        with pytest.raises(OSError, match="Input/output"):
            await remote.upload(Broken(), "new")
        assert await remote.size("large") == len(DATA)


async def test_a_download_that_is_cancelled_leaves_the_connection_usable(home):
    factory, folder = home
    (folder / "large").write_bytes(DATA * 20)
    async with listening_at(factory) as port, bob(port) as remote:
        downloading = Deferred.fromCoroutine(
            remote.download("large", io.BytesIO(), progress=lambda _: downloading.cancel())
        )
        with pytest.raises(CancelledError):
            await downloading
        assert await remote.size("large") == len(DATA) * 20


async def test_many_may_ask_at_once(home):
    factory, folder = home
    for number in range(8):
        (folder / str(number)).write_bytes(b"%d" % number)
    async with listening_at(factory) as port, bob(port) as remote:
        asked = [Deferred.fromCoroutine(remote.read(str(number))) for number in range(8)]
        assert [await each for each in asked] == [b"%d" % number for number in range(8)]


async def test_under_tls_everything_is(home, identity, tmp_path):
    factory, folder = home
    factory.tls_context = identity.options()
    factory.require_tls = True
    async with (
        listening_at(factory) as port,
        bob(port, tls=True, host="localhost", trust_root=identity) as remote,
    ):
        await remote.upload(io.BytesIO(DATA), "file")
        assert await remote.read("file") == DATA, "the octets differ"
        await remote.write("empty", b"")
        assert await remote.read("empty") == b""
        await remote.remove("empty")
        assert [entry.name for entry in await remote.entries()] == ["file"]
    assert (folder / "file").read_bytes() == DATA, "the octets differ"


async def test_under_tls_data_connections_resume_the_session(home, identity):
    class Asking(Protocol):
        resumed = None

        def dataReceived(self, data):
            self.resumed = self.transport.getHandle().tls.session_reused

    factory, folder = home
    factory.tls_context = CertificateOptions(
        identity.privateKey.original, identity.original, enableSessions=True, enableSessionTickets=True
    )
    (folder / "file").write_bytes(b"hello")
    asking = Asking()
    async with (
        listening_at(factory) as port,
        bob(port, tls=True, host="localhost", trust_root=identity) as remote,
    ):
        await remote.client.retrieveFile("file", asking)
    assert asking.resumed is True


async def test_under_tls_the_server_may_connect_too(home, identity):
    factory, _ = home
    factory.tls_context = identity.options()
    async with (
        listening_at(factory) as port,
        bob(port, tls=True, host="localhost", trust_root=identity, passive=False) as remote,
    ):
        await remote.write("file", DATA)
        assert await remote.read("file") == DATA, "the octets differ"


async def test_known_a_password_is_not_told_to_a_server_without_tls(home):
    factory, _ = home
    async with listening_at(factory) as port:
        with pytest.raises(CommandFailed) as caught:
            async with ftp.connect("127.0.0.1", port, user="bob", password="secret"):
                """Not reached."""
    assert caught.value.code == 502


async def test_known_a_certificate_that_nobody_trusts_is_refused(home, identity):
    factory, _ = home
    factory.tls_context = identity.options()
    async with listening_at(factory) as port:
        with pytest.raises(ConnectionLost):
            async with bob(port, tls=True, host="localhost"):
                """Not reached."""


async def test_a_wrong_password_is_told(home):
    factory, _ = home
    async with listening_at(factory) as port:
        with pytest.raises(CommandFailed) as caught:
            async with bob(port, password="guess"):
                """Not reached."""
    assert caught.value.code == 530


@pytest.mark.parametrize("fails", [False, True], ids=["well", "badly"])
async def test_the_connection_is_closed_when_the_block_is_left(home, fails):
    factory, _ = home
    async with listening_at(factory) as port:
        with contextlib.suppress(ZeroDivisionError):
            async with bob(port) as remote:
                if fails:
                    raise ZeroDivisionError
        assert remote.client.transport.disconnected


async def test_nobody_there_is_told(home):
    factory, _ = home
    async with listening_at(factory) as port:
        """Learn a port that is free afterwards."""
    with pytest.raises(ConnectionRefusedError):
        async with bob(port):
            """Not reached."""
