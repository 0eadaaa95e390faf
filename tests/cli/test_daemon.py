"""`sennit tap`, `sennit daemon` and `sennit plugins`, as people run them."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import sennit as sennit_package

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for processes by descriptor")


def sennit(folder, *words, program=("-m", "sennit")):
    return subprocess.run(
        [sys.executable, *program, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(sennit_package.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def end(pidfile, number=signal.SIGTERM):
    """End a daemon, and wait until it is gone."""
    pid = int(pidfile.read_text())
    descriptor = os.pidfd_open(pid)
    try:
        os.kill(pid, number)
        assert select.select([descriptor], [], [], 30)[0]
    finally:
        os.close(descriptor)


def page(log):
    port = re.search(r"starting on (\d+)", log.read_text()).group(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        return answer.read()


@pytest.fixture
def site(tmp_path):
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "index.html").write_text("from the file")
    return tmp_path


LISTEN = "--listen=tcp:0:interface=127.0.0.1"


def test_a_tap_file_is_served_by_a_daemon_until_it_is_told_to_stop(site):
    made = sennit(site, "tap", "web", f"--path={site}/www", LISTEN)
    assert made.returncode == 0, made.stderr
    assert "sennit daemon -f web.tap" in made.stdout
    started = sennit(site, "daemon", "-f", "web.tap")
    assert (started.returncode, started.stderr) == (0, "")
    try:
        assert page(site / "sennit.log") == b"from the file"
        again = sennit(site, "daemon", "-f", "web.tap")
        assert again.returncode == 1
        assert "server is running" in again.stderr
    finally:
        end(site / "sennit.pid")
    assert not (site / "sennit.pid").exists()
    assert "Server Shut Down." in (site / "sennit.log").read_text()


def test_the_starter_is_told_why_a_daemon_cannot_start(site):
    started = sennit(site, "daemon", "web", "--listen=tcp:99999")
    assert started.returncode == 1
    assert "An error has occurred" in started.stderr or "99999" in started.stderr
    assert not (site / "sennit.pid").exists()


def test_a_program_makes_the_application_and_the_loop_is_chosen(site):
    (site / "lamp.tac").write_text(
        "from sennit.app import Application, Service\n"
        "from sennit.core.current import current_reactor\n"
        "class Lamp(Service):\n"
        "    def startService(self):\n"
        "        super().startService()\n"
        "        print(type(current_reactor().loop).__module__.partition('.')[0])\n"
        "        current_reactor().callLater(0, current_reactor().stop)\n"
        "application = Application('lamp')\n"
        "Lamp().setServiceParent(application)\n"
    )
    ran = sennit(site, "daemon", "-n", "--loop=asyncio", "--json", "--pidfile=", "-y", "lamp.tac")
    assert ran.returncode == 0, ran.stderr
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    assert any(event.get("log_io") == "asyncio" for event in events)


def test_a_profile_is_written(site):
    (site / "brief.tac").write_text(
        "from sennit.app import Application\n"
        "from sennit.core.current import current_reactor\n"
        "application = Application('brief')\n"
        "current_reactor().callWhenRunning(current_reactor().stop)\n"
    )
    for profiler in ("cprofile", "flame"):
        words = ("--profile", profiler, "--profiler", profiler, "-y", "brief.tac")
        ran = sennit(site, "daemon", "-n", "--pidfile=", *words)
        assert ran.returncode == 0, ran.stderr
        assert (site / profiler).exists()
    assert "function calls" in (site / "cprofile").read_text()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("daemon",), "says what is run"),
        (("daemon", "-f", "a", "-y", "b"), "says what is run"),
        (("daemon", "-f", "a"), "There is no file a."),
        (("daemon", "-e", "web"), "not supported"),
        (("daemon", "lamp"), "no plug-in 'lamp'"),
        (("daemon", "--umask=9", "web"), "not octal"),
        (("daemon", "-u", "no-such-user", "web"), "on this system"),
        (("daemon", "--loop=lamp", "web"), "lamp"),
        (("daemon", "-f", "empty"), "no TAP file"),
        (("daemon", "-y", "empty"), "no variable named 'application'"),
        (("tap", "lamp"), "is none of"),
        (("tap", "web", "--colour"), "not recognized"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(site, words, reason):
    (site / "empty").write_text("")
    ran = sennit(site, *words)
    assert ran.returncode in (1, 2)
    assert reason in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_socket_that_systemd_passed_serves_under_tls(site):
    pytest.importorskip("OpenSSL")
    (site / "certificates").mkdir()
    made = sennit(site / "certificates", "cert", "localhost")
    assert made.returncode == 0, made.stderr
    with socket.create_server(("127.0.0.1", 0)) as passed:
        address = passed.getsockname()
        start = (
            "import os, sys; os.dup2(int(sys.argv[1]), 3); os.set_inheritable(3, True);"
            "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1');"
            "os.execv(sys.executable, [sys.executable, '-m', 'sennit', *sys.argv[2:]])"
        )
        listen = f"tls:{site}/certificates:endpoint=systemd\\:domain=INET\\:index=0"
        words = ("daemon", "-n", "--pidfile=", "web", f"--path={site}/www", f"--listen={listen}")
        with subprocess.Popen(
            [sys.executable, "-c", start, str(passed.fileno()), *words],
            env={**os.environ, "PYTHONPATH": str(Path(sennit_package.__file__).parents[1])},
            pass_fds=[passed.fileno()],
            stdout=subprocess.DEVNULL,
        ) as server:
            try:
                context = ssl.create_default_context(cafile=site / "certificates" / "localhost.crt")
                with (
                    socket.create_connection(address, timeout=30) as plain,
                    context.wrap_socket(plain, server_hostname="localhost") as secure,
                ):
                    secure.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    assert secure.makefile("rb").read().endswith(b"from the file")
            finally:
                server.terminate()


def test_the_service_manager_is_told_that_it_is_ready_alive_and_at_its_end(site):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(site / "notify"))
        manager.settimeout(30)
        with subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sennit",
                "daemon",
                "-n",
                "--pidfile=",
                "web",
                f"--path={site}/www",
                LISTEN,
            ],
            cwd=site,
            env={
                **os.environ,
                "PYTHONPATH": str(Path(sennit_package.__file__).parents[1]),
                "NOTIFY_SOCKET": str(site / "notify"),
                "WATCHDOG_USEC": "100000",
            },
            stdout=subprocess.DEVNULL,
        ) as server:
            assert manager.recv(4096).startswith(b"READY=1\n")
            assert [manager.recv(4096) for _ in range(3)] == [b"WATCHDOG=1"] * 3
            server.terminate()
            while (said := manager.recv(4096)) == b"WATCHDOG=1":
                pass
            assert said == b"STOPPING=1"
        assert server.returncode == 0


def test_a_plugin_without_a_command_of_its_own_is_run_in_the_foreground(site):
    words = ("--port=tcp:0:interface=127.0.0.1", "--host=127.0.0.1", "--dest_port=1")
    with subprocess.Popen(
        [sys.executable, "-m", "sennit", "run", "portforward", *words],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(sennit_package.__file__).parents[1]),
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        line = next(line for line in server.stdout if "ProxyFactory starting on" in line)
        with socket.create_connection(("127.0.0.1", int(line.split()[-1])), timeout=30) as client:
            # Nobody is where it leads; so it is closed, by a loop that runs.
            assert client.recv(1) == b""
        server.terminate()
        server.stdout.read()
    assert server.returncode == 0
    told = sennit(site, "run", "portforward", "--help")
    assert (told.returncode, "--dest_port=" in told.stdout) == (0, True)
    for words, reason in (
        (("run", "portforward", "--colour"), "colour not recognized"),
        (("run", "lamp"), "No such command 'lamp'"),
    ):
        refused = sennit(site, *words)
        assert refused.returncode != 0
        assert reason in refused.stderr


def test_plugins_are_listed():
    ran = sennit(".", "plugins", "--json")
    assert ran.returncode == 0, ran.stdout
    found = {row["name"]: row for row in map(json.loads, ran.stdout.splitlines())}
    assert found["web"]["loaded"]


def test_mktap_and_twistd_do_the_same_under_the_drop_in(site):
    (site / "run.py").write_text(
        "import sennit.twisted; sennit.twisted.install()\n"
        "import sys; from importlib import import_module\n"
        "import_module('twisted.scripts.' + sys.argv.pop(1)).run()\n"
    )
    made = sennit(site, "mktap", "web", f"--path={site}/www", LISTEN, program=("run.py",))
    assert made.returncode == 0, made.stderr
    assert "twistd -f web.tap" in made.stdout
    started = sennit(site, "twistd", "-f", "web.tap", program=("run.py",))
    assert (started.returncode, started.stderr) == (0, "")
    try:
        assert page(site / "twistd.log") == b"from the file"
        os.kill(int((site / "twistd.pid").read_text()), signal.SIGUSR1)
    finally:
        end(site / "twistd.pid", signal.SIGINT)
    assert not (site / "twistd.pid").exists()
