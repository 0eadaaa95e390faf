"""UNIX sockets, named by a path or abstract (beginning with NUL): how to listen and to connect.

What does it is loaded with the first of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sennit.core.interfaces import IClientFactory, IProtocolFactory
from sennit.lazy import loaded_when_asked

if TYPE_CHECKING:
    from sennit.transport.unix_stream import UNIXClient, UNIXConnection, UNIXConnector, UNIXPort, UNIXServer

__all__ = [
    "UNIXClient",
    "UNIXConnection",
    "UNIXConnector",
    "UNIXPort",
    "UNIXServer",
    "connect_unix",
    "listen_unix",
]

_CLASSES = ("UNIXClient", "UNIXConnection", "UNIXConnector", "UNIXPort", "UNIXServer")

__getattr__, __dir__ = loaded_when_asked(
    __name__, dict.fromkeys(_CLASSES, "sennit.transport.unix_stream"), __all__
)


def listen_unix(
    reactor: Any,
    address: str | bytes,
    factory: IProtocolFactory,
    backlog: int = 50,
    mode: int = 0o666,
    wantPID: bool = False,
) -> UNIXPort:
    """Accept connections on a UNIX socket.

    Args:
        reactor: The reactor.
        address: The path of the socket; a name that begins with NUL is abstract (Linux).
        factory: Builds a protocol for each connection.
        backlog: How many connections may wait to be accepted.
        mode: The permissions of the socket's file.
        wantPID: Keep a lock beside it, ``<path>.lock``, that names this process.  A socket that a process
            left behind which held the lock and is gone is then removed.

    Returns:
        The port, which listens.

    Raises:
        CannotListenError: If the address cannot be had, or the lock is held.
    """
    from sennit.transport.unix_stream import UNIXPort

    port = UNIXPort(address, factory, backlog, mode, reactor, wantPID)
    port.startListening()
    return port


def connect_unix(
    reactor: Any,
    address: str | bytes,
    factory: IClientFactory,
    timeout: float | None = 30,
    checkPID: bool = False,
) -> UNIXConnector:
    """Connect to a UNIX socket.

    Args:
        reactor: The reactor.
        address: The path of the socket; a name that begins with NUL is abstract (Linux).
        factory: Builds the protocol, and hears of failure and loss.
        timeout: Seconds until the attempt fails with `TimeoutError`; None or 0 for no limit.
        checkPID: Fail with `BadFileError` unless a process that lives holds the lock beside the socket.

    Returns:
        The connector, which is connecting.
    """
    from sennit.transport.unix_stream import UNIXConnector

    connector = UNIXConnector(address, factory, timeout, reactor, checkPID)
    connector.connect()
    return connector
