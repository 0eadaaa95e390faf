"""Endpoints on UNIX stream sockets: a thin face on ``connectUNIX`` and ``listenUNIX``."""

from __future__ import annotations

from typing import Any

from sennit.core.interfaces import IListeningPort
from sennit.endpoint.connecting import ClientEndpoint, ConnectingFactory, ServerEndpoint

__all__ = ["UNIXClientEndpoint", "UNIXServerEndpoint"]


class UNIXServerEndpoint(ServerEndpoint):
    """Listens on a UNIX socket.

    Args:
        reactor: An `IReactorUNIX`.
        address: The socket's path; a leading NUL names a socket in Linux's abstract space.
        backlog: How many connections may wait to be accepted.
        mode: The permissions of the socket's file.
        wantPID: Whether to hold a lock file beside the socket, so that one left behind by a dead
            process is replaced and one in use is not.
    """

    def __init__(
        self, reactor: Any, address: str, backlog: int = 50, mode: int = 0o666, wantPID: bool | int = 0
    ) -> None:
        self._reactor = reactor
        self._address = address
        self._backlog = backlog
        self._mode = mode
        self._wantPID = wantPID

    def _open(self, protocolFactory: Any) -> IListeningPort:
        port: IListeningPort = self._reactor.listenUNIX(
            self._address,
            protocolFactory,
            backlog=self._backlog,
            mode=self._mode,
            wantPID=self._wantPID,
        )
        return port


class UNIXClientEndpoint(ClientEndpoint):
    """Connects to a UNIX socket.

    Args:
        reactor: An `IReactorUNIX`.
        path: The socket's path.
        timeout: How many seconds the attempt may take.
        checkPID: Whether to look first for a server's lock file beside the socket.
    """

    def __init__(self, reactor: Any, path: str, timeout: float = 30, checkPID: bool | int = 0) -> None:
        self._reactor = reactor
        self._path = path
        self._timeout = timeout
        self._checkPID = checkPID

    def _begin(self, wrapping: ConnectingFactory) -> object:
        return self._reactor.connectUNIX(self._path, wrapping, timeout=self._timeout, checkPID=self._checkPID)
