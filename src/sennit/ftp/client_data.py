"""The client's side of a data connection (RFC 959 section 3.2), in both directions.

A port that is listened on takes one connection, from the server's host alone.
"""

from __future__ import annotations

from typing import Any
from typing import Protocol as TypingProtocol

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.core.interfaces import IHandshakeListener
from sennit.ftp.addresses import same_host
from sennit.ftp.client_errors import FTPError, UnexpectedData
from sennit.ftp.interfaces import IFinishableConsumer
from sennit.protocol import ClientFactory, Protocol, ServerFactory, connectionDone

__all__ = ["DataWatcher", "FTPDataPortFactory", "PassiveFactory", "ProtocolWrapper", "SenderProtocol"]


class DataWatcher(TypingProtocol):
    """Who wants to know how a data connection fares."""

    def data_connected(self, transport: Any) -> bool:
        """Take note that it is there, before anything is sent or received.

        Returns:
            Whether TLS was begun.
        """

    def data_moved(self) -> None:
        """Take note that data has come or gone."""

    def data_failed(self, reason: Any) -> None:
        """Take note that the server misused it."""

    def data_unreachable(self, reason: Any) -> None:
        """Take note that it could not be made."""


class ProtocolWrapper(Protocol):
    """A data connection that a program's protocol receives by.

    Args:
        original: The program's protocol.
        deferred: Fires with None when the connection is over.

    Attributes:
        watcher: Who wants to know more, or None.
    """

    watcher: DataWatcher | None = None

    def __init__(self, original: Any, deferred: Deferred[Any]) -> None:
        self.original = original
        self.deferred = deferred

    def makeConnection(self, transport: Any) -> None:
        """Give the protocol its transport."""
        self.transport = transport
        if self.watcher is not None:
            self.watcher.data_connected(transport)
        self.original.makeConnection(transport)

    def dataReceived(self, data: bytes) -> None:
        """Hand on."""
        if self.watcher is not None:
            self.watcher.data_moved()
        self.original.dataReceived(data)

    def abandoned(self, reason: Failure) -> None:
        """Take note that it will not be made: the program's protocol need not know."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Hand on, and tell."""
        self.original.connectionLost(reason)
        if not self.deferred.called:
            self.deferred.callback(None)


@implementer(IFinishableConsumer, IHandshakeListener)
class SenderProtocol(Protocol):
    """A data connection to send by.

    Attributes:
        connectedDeferred: Fires with this when it is there; fails if it will not be.
        deferred: Fires when it has been closed by `finish`; fails if it was lost.
        watcher: Who wants to know more, or None.
    """

    watcher: DataWatcher | None = None
    _handshaking = False
    _finished = False

    def __init__(self) -> None:
        self.connectedDeferred: Deferred[Any] = Deferred()
        self.deferred: Deferred[Any] = Deferred()

    def makeConnection(self, transport: Any) -> None:
        """Tell that it is there."""
        if self.watcher is not None:
            self._handshaking = self.watcher.data_connected(transport)
        super().makeConnection(transport)
        if not self.connectedDeferred.called:
            self.connectedDeferred.callback(self)

    def abandoned(self, reason: Failure) -> None:
        """Take note that it will not be made, and tell."""
        connected = self.connectedDeferred
        if connected.called:
            return
        awaited = bool(connected.callbacks)
        connected.errback(reason)
        if awaited:
            # Whoever began the transfer hears of it by the other Deferred, too.
            connected.addErrback(lambda _: None)

    def dataReceived(self, data: bytes) -> None:
        """Refuse data: none is to come here.

        Raises:
            UnexpectedData: If nobody watches who would drop the connection.
        """
        error = UnexpectedData("The server sent data over a connection that is there to send to it.")
        if self.watcher is None:
            raise error
        self.watcher.data_failed(error)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell how it ended."""
        if self.deferred.called:
            return
        if reason.check(ConnectionDone):
            self.deferred.callback("connection done")
        else:
            self.deferred.errback(reason)

    def write(self, data: bytes) -> None:
        """Send."""
        if self.watcher is not None:
            self.watcher.data_moved()
        self.transport.write(data)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer write, at the server's pace."""
        transport: Any = self.transport
        transport.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Take note that it has written all."""
        transport: Any = self.transport
        transport.unregisterProducer()

    def finish(self) -> None:
        """Close when all is sent: that is how the server learns where the file ends."""
        self._finished = True
        if not self._handshaking:
            self.transport.loseConnection()

    def handshakeCompleted(self) -> None:
        """Close if there was nothing to send: a handshake that is broken off is no end of a file."""
        self._handshaking = False
        if self._finished:
            self.transport.loseConnection()


class PassiveFactory(ClientFactory[Any]):
    """Makes one data connection to the server.

    Args:
        data: The protocol that gets it.
    """

    noisy = False

    def __init__(self, data: Any) -> None:
        self.data = data

    def buildProtocol(self, addr: Any) -> Any:
        """Return the protocol."""
        self.data.factory = self
        return self.data

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        """Tell that there will be none."""
        watcher = self.data.watcher
        if watcher is not None:
            watcher.data_unreachable(FTPError("Connection Failed", reason))


class FTPDataPortFactory(ServerFactory[Any]):
    """Takes one data connection from the server, and listens no more.

    Attributes:
        protocol: The protocol that gets it: an object, not a class.
        port: The port that is listened on.
        peerHost: The host that it must come from; None for any.
    """

    noisy = False
    protocol: Any
    port: Any = None
    peerHost: str | None = None

    def buildProtocol(self, addr: Any) -> Any:
        """Return the protocol."""
        host = getattr(addr, "host", None)
        if self.peerHost is not None and host is not None and not same_host(host, self.peerHost):
            return None
        port, self.port = self.port, None
        if port is None and self.peerHost is not None:
            return None
        if port is not None:
            port.loseConnection()
        self.protocol.factory = self
        return self.protocol
