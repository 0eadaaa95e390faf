"""Streams over TCP and over UNIX sockets, as kinds for the contract; and a pattern for kinds of one's own."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

from sennit.testing.contract.kinds import Ability, RawPeer, StreamKind

__all__ = ["TCPStreams", "UNIXStreams"]


class TCPStreams(StreamKind):
    """Streams over TCP, on 127.0.0.1."""

    name = "tcp"

    def listen(self, factory: Any) -> Any:
        """Listen on a free port."""
        return self.reactor.listenTCP(0, factory, interface="127.0.0.1")

    def connect(self, port: Any, factory: Any) -> Any:
        """Connect by the reactor."""
        return self.reactor.connectTCP("127.0.0.1", port.getHost().port, factory)

    def plain(self, port: Any) -> Any:
        """Connect a socket; the system accepts for the port."""
        sock = socket.create_connection(("127.0.0.1", port.getHost().port))
        sock.setblocking(False)
        return sock

    def raw(self, port: Any) -> RawPeer:
        """Connect a socket that can be waited for."""
        return RawPeer(self.reactor, self.plain(port))


class UNIXStreams(StreamKind):
    """Streams over UNIX sockets, in a folder of their own."""

    name = "unix"
    abilities = Ability.ALL ^ Ability.RESETS

    def __init__(self, reactor: Any) -> None:
        super().__init__(reactor)
        # Short enough for the address of such a socket.
        self._folder = Path(tempfile.mkdtemp(prefix="s"))
        self._paths = (str(self._folder / f"{number}") for number in itertools.count())

    def listen(self, factory: Any) -> Any:
        """Listen on a path that was not used."""
        return self.reactor.listenUNIX(next(self._paths), factory)

    def connect(self, port: Any, factory: Any) -> Any:
        """Connect by the reactor."""
        return self.reactor.connectUNIX(os.fsdecode(port.getHost().name), factory)

    def plain(self, port: Any) -> Any:
        """Connect a socket; the system accepts for the port."""
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(port.getHost().name)
        sock.setblocking(False)
        return sock

    def raw(self, port: Any) -> RawPeer:
        """Connect a socket that can be waited for."""
        return RawPeer(self.reactor, self.plain(port))

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder)
