"""`sennit daemon` run by root: other users, another root, the system's log."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.free_port import free_port

import sennit as sennit_package

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for processes by descriptor"),
    pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may become another"
    ),
]

NOBODY = pwd.getpwnam("nobody")


def until(condition, limit=30):
    end = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def get(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return connection.makefile("rb").read().rpartition(b"\r\n\r\n")[2]


class Site:
    """A directory with a page, and daemons that serve it."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        (folder / "www").mkdir()
        (folder / "www" / "index.html").write_text("from the file")
        self.log = folder / "sennit.log"
        self.pidfile = folder / "sennit.pid"

    def start(self, *options, path=None):
        """Start a daemon; return what its starter ended with."""
        web = [
            "web",
            f"--path={path or self.folder / 'www'}",
            f"--listen=tcp:{self.port}:interface=127.0.0.1",
        ]
        return subprocess.run(
            [sys.executable, "-m", "sennit", "daemon", *options, *web],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(Path(sennit_package.__file__).parents[1])},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def status(self, pid=None):
        """Return the numbers of the users, the groups and the umask of the daemon."""
        lines = Path(f"/proc/{pid or self.pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        return {name: fields[name].split() for name in ("Uid", "Gid", "Groups", "Umask")}

    @property
    def pid(self):
        return int(self.pidfile.read_text())

    def end(self):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            pid = self.pid
            os.kill(pid, signal.SIGTERM)
            until(lambda: not Path(f"/proc/{pid}").exists())


@pytest.fixture
def site(tmp_path):
    # Somebody else has to find what is in it.
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    site = Site(tmp_path)
    yield site
    site.end()


def begun(done):
    assert (done.returncode, done.stderr) == (0, "")


def test_it_runs_as_another_user_who_has_the_log_file_from_then_on(site):
    begun(site.start("--uid", "nobody", "--umask", "027"))
    uid, gid = str(NOBODY.pw_uid), str(NOBODY.pw_gid)
    assert site.status() == {"Uid": [uid] * 4, "Gid": [gid] * 4, "Groups": [gid], "Umask": ["0027"]}
    assert site.log.stat().st_uid == NOBODY.pw_uid
    os.kill(site.pid, signal.SIGHUP)
    assert get(site.port) == b"from the file"
    site.end()
    assert "Server Shut Down" in site.log.read_text()


def test_a_log_file_that_cannot_be_opened_anew_stays_in_use(site):
    begun(site.start("--uid", "nobody"))
    aside = site.log.rename(site.folder / "aside.log")
    os.kill(site.pid, signal.SIGHUP)
    until(lambda: "cannot be opened anew" in aside.read_text())
    assert get(site.port) == b"from the file"
    until(lambda: "GET / HTTP/1.0" in aside.read_text())


def test_the_group_may_be_another_and_the_real_user_may_stay(site):
    begun(site.start("--uid", "nobody", "--gid", "1", "--euid"))
    status = site.status()
    assert status["Uid"] == ["0", str(NOBODY.pw_uid), "0", str(NOBODY.pw_uid)]
    assert status["Gid"] == ["0", "1", "0", "1"]
    assert get(site.port) == b"from the file"


def test_workers_run_as_the_other_user_and_their_parent_does_not(site):
    begun(site.start("--uid", "nobody", "--workers", "2"))
    workers = [
        pid
        for task in Path(f"/proc/{site.pid}/task").iterdir()
        for pid in (task / "children").read_text().split()
    ]
    assert [site.status(pid)["Uid"][1] for pid in workers] == [str(NOBODY.pw_uid)] * 2
    assert site.status()["Uid"][1] == "0"
    assert get(site.port) == b"from the file"


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]], ids=["alone", "workers"])
def test_in_an_empty_root_it_serves_what_is_there(site, workers):
    begun(site.start("--chroot", str(site.folder / "www"), "--uid", "nobody", *workers, path="/"))
    if not workers:
        site.pidfile = site.folder / "www" / "sennit.pid"
        assert Path(f"/proc/{site.pid}/root").readlink() == site.folder / "www"
        again = site.start("--chroot", str(site.folder / "www"), path="/")
        assert again.returncode == 1
        assert f"PID {site.pid}" in again.stderr
    assert get(site.port) == b"from the file"


def test_the_starter_is_told_of_a_daemon_that_was_killed_before_it_began(site):
    killed = site.folder / "killed.tac"
    killed.write_text(
        "import os, signal\n"
        "from sennit.app import Application, Service\n"
        "class Killed(Service):\n"
        "    def privilegedStartService(self): os.kill(os.getpid(), signal.SIGKILL)\n"
        "application = Application('killed')\n"
        "Killed().setServiceParent(application)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "sennit", "daemon", "-y", str(killed)],
        cwd=site.folder,
        env={**os.environ, "PYTHONPATH": str(Path(sennit_package.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "ended without a word" in done.stderr
    site.pidfile.unlink()


@pytest.mark.skipif(Path("/dev/log").exists(), reason="the system has a log of its own")
def test_the_systems_log_has_each_event_with_the_name(site):
    log = Path("/dev/log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as system:
        try:
            system.bind(str(log))
        except OSError as error:
            pytest.skip(f"Somebody else is the system's log: {error}")
        try:
            log.chmod(0o666)
            system.settimeout(30)
            begun(site.start("--syslog", "--prefix", "shop", "--uid", "nobody"))
            assert get(site.port) == b"from the file"
            said = ""
            while "GET / HTTP/1.0" not in said:
                line = system.recv(8192).decode()
                assert line.startswith("<14>")
                said += line + "\n"
        finally:
            log.unlink()
    assert "shop: [-] Sennit" in said
    assert f"shop: [-] Site starting on {site.port}" in said
    assert not site.log.exists()
