"""Our client and the servers that people run, each if it is installed."""

from __future__ import annotations

import contextlib
import io
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from tests.free_port import free_port

from sennit import ftp
from sennit.core.deferred import CancelledError, Deferred
from sennit.ftp.client_errors import CommandFailed
from sennit.tls import Certificate

pytestmark = pytest.mark.interop

DATA = os.urandom(700_001)
WAYS = [(tls, passive) for tls in (False, True) for passive in (True, False)]
NAMES = ["plain passive", "plain active", "TLS passive", "TLS active"]

PROFTPD = """
ModulePath /usr/lib/proftpd
LoadModule mod_tls.c
ServerType standalone
ServerName test
DefaultAddress 127.0.0.1
Port {port}
UseIPv6 off
User {user}
Group {group}
PidFile {folder}/pid
ScoreboardFile {folder}/score
DelayTable none
WtmpLog off
SystemLog {folder}/log
AuthPAM off
AuthOrder mod_auth_file.c
AuthUserFile {folder}/passwd
AuthGroupFile {folder}/group
RequireValidShell off
AllowOverwrite on
AllowStoreRestart on
TLSEngine on
TLSECCertificateFile {pem}
TLSECCertificateKeyFile {pem}
"""
VSFTPD = """
background=NO
listen=YES
listen_address=127.0.0.1
listen_port={port}
local_enable=NO
anonymous_enable=YES
anon_root={folder}/root
anon_umask=022
write_enable=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
secure_chroot_dir={folder}/empty
seccomp_sandbox=NO
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=NO
force_anon_data_ssl=NO
require_ssl_reuse=YES
ssl_ciphers=HIGH
rsa_cert_file={pem}
rsa_private_key_file={pem}
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [sys.executable, "-m", "sennit", "cert", "localhost", "--out", str(folder)],
        check=True,
        capture_output=True,
    )
    return folder / "localhost.pem"


@contextlib.contextmanager
def running(command, port):
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
                break
            assert time.monotonic() < end, "It took too long."
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def open_folder():
    """A folder that other users come by, as those do that servers become."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def proftpd(open_folder, certificate):
    if shutil.which("proftpd") is None:
        pytest.skip("proftpd is not installed")
    folder = open_folder / "proftpd"
    folder.mkdir()
    home = folder / "home"
    home.mkdir()
    me = pwd.getpwuid(os.getuid())
    root = me.pw_uid == 0
    owner = pwd.getpwnam("nobody") if root else me
    os.chown(home, owner.pw_uid, owner.pw_gid)
    made = subprocess.run(
        ["openssl", "passwd", "-6", "secret"], check=True, capture_output=True, text=True
    ).stdout.strip()
    (folder / "passwd").write_text(f"bob:{made}:{owner.pw_uid}:{owner.pw_gid}::{home}:/bin/sh\n")
    (folder / "group").write_text(f"{me.pw_name}:x:{me.pw_gid}:\n")
    for name in ("passwd", "group"):
        (folder / name).chmod(0o600)
    port = free_port()
    settings = folder / "settings"
    text = PROFTPD.format(port=port, user=me.pw_name, group=me.pw_name, folder=folder, pem=certificate)
    settings.write_text(text + "DefaultRoot ~\n" * root)
    with running(["proftpd", "--nodaemon", "--quiet", "--config", str(settings)], port):
        yield port, "bob", "/" if root else str(home)


@pytest.fixture(scope="module")
def vsftpd(open_folder, certificate):
    if shutil.which("vsftpd") is None or os.getuid() != 0:
        pytest.skip("vsftpd is not installed, or this is not root, who it needs to be")
    folder = open_folder / "vsftpd"
    folder.mkdir()
    try:
        owner = pwd.getpwnam("ftp").pw_uid
    except KeyError:
        pytest.skip("there is no user ftp, whom vsftpd needs")
    (folder / "empty").mkdir()
    (folder / "root" / "pub").mkdir(parents=True)
    os.chown(folder / "root" / "pub", owner, -1)
    port = free_port()
    settings = folder / "settings"
    settings.write_text(VSFTPD.format(port=port, folder=folder, pem=certificate).lstrip())
    with running(["vsftpd", str(settings)], port):
        yield port, "ftp", "/pub"


@pytest.fixture(params=["proftpd", "vsftpd"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(("tls", "passive"), WAYS, ids=NAMES)
async def test_files_go_there_and_come_back(server, certificate, tls, passive):
    port, user, home = server
    trusted = Certificate.loadPEM(certificate.read_bytes()) if tls else None
    # Both servers are as they come: they take protected data from a session that is resumed alone.
    async with ftp.connect(
        "localhost" if tls else "127.0.0.1",
        port,
        user=user,
        password="secret",
        tls=tls,
        trust_root=trusted,
        passive=passive,
    ) as remote:
        await remote.change_directory(home)
        await remote.make_directory("sub")
        await remote.change_directory("sub")
        assert (await remote.directory()).endswith("/sub")
        await remote.upload(io.BytesIO(DATA), "a ü")
        assert [(entry.name, entry.size) for entry in await remote.entries()] == [("a ü", len(DATA))]
        assert await remote.names() == ["a ü"]
        assert await remote.size("a ü") == len(DATA)
        assert await remote.modified("a ü") is not None
        assert await remote.read("a ü") == DATA, "the octets differ"
        half = io.BytesIO(DATA[:1000])
        await remote.download("a ü", half, resume=True)
        assert half.getvalue() == DATA, "the octets differ"
        await remote.upload(io.BytesIO(DATA + b"more"), "a ü", resume=True)
        assert await remote.size("a ü") == len(DATA) + 4
        with pytest.raises(CommandFailed):
            await remote.read("nothing")
        stopping = Deferred.fromCoroutine(
            remote.download("a ü", io.BytesIO(), progress=lambda _: stopping.cancel())
        )
        with pytest.raises(CancelledError):
            await stopping
        await remote.write("empty", b"")
        assert await remote.read("empty") == b""
        await remote.rename("a ü", "b")
        await remote.remove("b")
        await remote.remove("empty")
        assert await remote.entries() == []
        await remote.change_directory(home)
        await remote.remove_directory("sub")


async def test_a_wrong_password_is_told(proftpd):
    port, user, _ = proftpd
    with pytest.raises(CommandFailed) as caught:
        async with ftp.connect("127.0.0.1", port, user=user, password="guess", tls=False):
            """Not reached."""
    assert caught.value.code == 530
