"""Database servers of the tests' own: private ones, in a folder that goes away with them."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


def _program(name: str, *places: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ["PATH"], "/usr/sbin"]))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged(*candidates: str) -> dict[str, str]:
    """Whom to run a server as: servers refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    if not Path(os.devnull).stat().st_mode & stat.S_IWOTH:
        pytest.skip(f"{os.devnull} is closed to the users that database servers run as")
    for name in candidates:
        with contextlib.suppress(KeyError):
            return {"user": pwd.getpwnam(name).pw_name}
    pytest.skip("there is no user to run a database server as")


@contextlib.contextmanager
def _folder(owner: dict[str, str]) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sennit-db-"))
    try:
        if owner:
            os.chown(folder, pwd.getpwnam(owner["user"]).pw_uid, -1)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _serving(command: list[str], owner: dict[str, str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, cwd="/", **owner)
        try:
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The server did not come up:\n{log.read_text()[-2000:]}")
                time.sleep(0.05)
            yield
        finally:
            server.terminate()
            server.wait(60)


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Run PostgreSQL; give its address."""
    places = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    initdb, postgres = _program("initdb", *places), _program("postgres", *places)
    owner = _unprivileged("postgres", "nobody")
    with _folder(owner) as folder:
        subprocess.run(
            [initdb, "-D", folder / "data", "-U", "sennit", "--auth=trust", "--no-sync", "--encoding=UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            **owner,
        )
        port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "fsync": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [postgres, "-D", str(folder / "data"), *options]
        with _serving(command, owner, port, folder / "log"):
            yield f"postgresql://sennit@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def mariadb() -> Iterator[str]:
    """Run MariaDB; give its address."""
    install, daemon = _program("mariadb-install-db"), _program("mariadbd")
    owner = _unprivileged("mysql", "nobody")
    with _folder(owner) as folder:
        subprocess.run(
            [
                *(install, "--no-defaults", f"--datadir={folder / 'data'}", "--skip-test-db"),
                *("--auth-root-authentication-method=normal", "--skip-name-resolve"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **owner,
        )
        port = _free_port()
        command = [
            *(daemon, "--no-defaults", f"--datadir={folder / 'data'}", f"--socket={folder / 'socket'}"),
            *(f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder / 'pid'}"),
            *("--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"),
        ]
        with _serving(command, owner, port, folder / "log"):
            yield f"mariadb://root@127.0.0.1:{port}/mysql"
