"""The socket at which a process tells what it is at.

A question is one line of JSON, ``{"want": "snapshot"}``; the answer is JSON up to the end of the connection.
The socket's file can be opened by its owner alone, it stands in a folder of the owner's alone, and who
connects must be the owner, or root, by what the kernel says of the peer (unix(7), ``SO_PEERCRED``).
"""

from __future__ import annotations

import json
import os
import socket
import stat
import struct
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["ControlSocket", "ask", "default_path", "find_paths"]

_LONGEST_QUESTION = 1024
_PATIENCE = 5.0
_CREDENTIALS = struct.Struct("3i")


def _folders(user: int) -> list[Path]:
    """Return where sockets of a user's processes may be, the usual place first."""
    found = [Path(tempfile.gettempdir(), f"sennit-{user}")]
    runtime = Path(f"/run/user/{user}")
    if user == os.geteuid() and os.environ.get("XDG_RUNTIME_DIR"):
        runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    if runtime.is_dir():
        found.insert(0, runtime / "sennit")
    return found


def default_path(process: int | None = None) -> Path:
    """Return where this process has its socket, in a folder that is made if it is missing.

    Args:
        process: The process's number; None for this one's.

    Raises:
        PermissionError: If the folder is another user's, or open to others.
    """
    folder = _folders(os.geteuid())[0]
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder of this user's alone.")
    return folder / f"{os.getpid() if process is None else process}.sock"


def find_paths(process: int | None = None) -> list[Path]:
    """Return the sockets of a process, or else of its children; of all processes of this user with None.

    Args:
        process: The process's number.
    """
    if process is None:
        return sorted(path for folder in _folders(os.geteuid()) for path in folder.glob("*.sock"))
    try:
        user = Path(f"/proc/{process}").stat().st_uid
    except OSError:
        user = os.geteuid()
    own = [path for folder in _folders(user) if (path := folder / f"{process}.sock").exists()]
    return own or [path for child in _children(process) for path in find_paths(child)]


def _children(process: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except (OSError, ValueError):
        return []


def ask(path: Path | str, want: str = "snapshot", timeout: float = _PATIENCE) -> dict[str, Any]:
    """Ask a process what it is at.

    Args:
        path: Its socket.
        want: What to ask for.
        timeout: Seconds to wait for each part of the answer.

    Raises:
        OSError: If nobody answers.
        ValueError: If what answers is something else.
    """
    with socket.socket(socket.AF_UNIX) as way:
        way.settimeout(timeout)
        way.connect(os.fspath(path))
        way.sendall(json.dumps({"want": want}).encode() + b"\n")
        with way.makefile("rb") as answer:
            found = json.loads(answer.read())
    if not isinstance(found, dict):
        raise ValueError(f"{path} is not the socket of a process that tells what it is at.")  # noqa: TRY004 - not our argument
    return found


class ControlSocket:
    """The socket, with a thread that answers at it.

    Args:
        path: Where it is.
        answer: Called in the thread with what is wanted; returns the answer.

    Raises:
        OSError: If it cannot be had.
    """

    def __init__(self, path: Path, answer: Callable[[str], dict[str, Any]]) -> None:
        self.path = path
        self._answer = answer
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            with suppress(FileNotFoundError):
                if not _answers(path):
                    path.unlink()
            self._socket.bind(os.fspath(path))
            # Before it listens nobody can connect.
            path.chmod(0o600)
            self._socket.listen(5)
        except BaseException:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._serve, name="sennit.control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more, and remove the file."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with suppress(FileNotFoundError):
            self.path.unlink()

    def _serve(self) -> None:
        while True:
            try:
                way, _ = self._socket.accept()
            except OSError:
                return
            # Whoever goes away, or says nothing, is none of ours.
            with way, suppress(OSError, ValueError):
                way.settimeout(_PATIENCE)
                if _may_ask(way):
                    with way.makefile("rb") as lines:
                        question = json.loads(lines.readline(_LONGEST_QUESTION))
                    want = question.get("want") if isinstance(question, dict) else None
                    if want is not None:
                        way.sendall(json.dumps(self._answer(str(want))).encode())


def _may_ask(way: socket.socket) -> bool:
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    _, user, _ = _CREDENTIALS.unpack(way.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))
    return user in {0, os.geteuid()}


def _answers(path: Path) -> bool:
    """Tell whether somebody listens at a path; a process that was killed leaves its socket behind."""
    with socket.socket(socket.AF_UNIX) as way:
        try:
            way.connect(os.fspath(path))
        except ConnectionRefusedError:
            return False
        return True
