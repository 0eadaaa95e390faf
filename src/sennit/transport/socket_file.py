"""The file that a UNIX socket has in the file system.

A name that begins with NUL is abstract (Linux, unix(7)) and has no file.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from sennit.core.failure import Failure
from sennit.log import Logger

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SocketFile"]

_log = Logger()


class SocketFile:
    """Binds a socket to a name, and removes its file.

    Args:
        name: The path, or an abstract name.

    Attributes:
        name: The same.
    """

    __slots__ = ("_identity", "name")

    def __init__(self, name: bytes) -> None:
        self.name = name
        self._identity: tuple[int, int] | None = None

    @property
    def exists_in_files(self) -> bool:
        """Whether the name is one of a file."""
        return not self.name.startswith(b"\0")

    @property
    def path(self) -> Path:
        """The file's path."""
        from pathlib import Path

        return Path(os.fsdecode(self.name))

    def bind(self, unbound: socket.socket, mode: int) -> None:
        """Give a socket the name, and its file the permissions `mode`.

        Raises:
            OSError: If it cannot be had.
        """
        unbound.bind(self.name)
        if self.exists_in_files and isinstance(unbound, socket.socket):
            found = self.path.stat()
            self._identity = found.st_dev, found.st_ino
            # Before anyone can connect.
            self.path.chmod(mode)

    def remove(self) -> None:
        """Remove the file that `bind` made, if it is still there."""
        identity, self._identity = self._identity, None
        if identity is None:
            return
        try:
            found = self.path.stat()
            # Somebody else may have put a socket there meanwhile.
            if (found.st_dev, found.st_ino) == identity:
                self.path.unlink()
        except FileNotFoundError:
            pass
        except OSError:
            _log.failure("Cannot remove the socket {path}", Failure(), path=str(self.path))
