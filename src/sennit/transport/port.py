"""The life of a listening port, of any family.

A port listens from `startListening` to `stopListening`, and may be started again.  The connections that it
accepted outlive it.
"""

from __future__ import annotations

import socket
from abc import abstractmethod
from typing import Any

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IListeningPort, ILoggingContext, IProtocolFactory, ISystemHandle
from sennit.log import Logger
from sennit.transport.accepting import Acceptor
from sennit.transport.registry import open_things
from sennit.transport.stream import Owner, StreamConnection

__all__ = ["StreamPort"]

_log = Logger()


@implementer(IListeningPort, ISystemHandle, ILoggingContext)
class StreamPort(Owner):
    """A port that accepts connections.

    Args:
        factory: Builds a protocol for each connection.
        backlog: How many connections may wait to be accepted.
        reactor: The reactor; by default the current one.

    Attributes:
        connected: True while it listens.
        disconnecting: True from `stopListening` to the port's end.
        disconnected: True after that.
    """

    kind = "Port"
    factory: Any = None
    backlog: int = 50
    sessionno = 0

    def __init__(self, factory: IProtocolFactory, backlog: int = 50, reactor: Any = None) -> None:
        self.reactor = current_reactor() if reactor is None else reactor
        self.factory = factory
        self.backlog = backlog
        self.connected = False
        self.disconnecting = False
        self.disconnected = False
        self.socket: socket.socket | None = None
        self._acceptor: Acceptor | None = None
        self._stopped: Deferred[None] | None = None
        self._open = open_things(self.reactor)

    def startListening(self) -> None:
        """Listen.

        Raises:
            CannotListenError: If the address cannot be had.
        """
        if self.connected:
            return
        listening = self._listening_socket()
        # The acceptor may let go of its socket object on the way; ours is for questions only.
        self.socket = listening
        try:
            self.factory.doStart()
        except BaseException:
            self._let_go()
            raise
        try:
            self._acceptor = self._accept(listening)
        except BaseException:
            self._let_go()
            self.factory.doStop()
            raise
        self.connected = True
        self.disconnecting = self.disconnected = False
        self._open.add(self)
        if getattr(self.factory, "noisy", False):
            _log.info("{prefix} starting on {address}", prefix=self.logPrefix(), address=self._address_text())

    def stopListening(self) -> Deferred[None]:
        """Stop accepting.

        Returns:
            A Deferred that fires with None when the port is closed.
        """
        if self._stopped is not None:
            return _after(self._stopped)
        stopped: Deferred[None] = Deferred()
        if not self.connected:
            stopped.callback(None)
            return stopped
        self._stopped = stopped
        self.disconnecting = True
        self._close_acceptor()
        self.reactor.loop.call_soon(self._end)
        return stopped

    def loseConnection(self, connDone: Failure | None = None) -> Deferred[None]:
        """The same as `stopListening`."""
        return self.stopListening()

    def connectionLost(self, reason: Failure) -> None:
        """Close now."""
        self._close_acceptor()
        self._end()

    def reactor_stopped(self) -> None:
        """Close because the reactor stops."""
        self._close_acceptor()
        self._end()

    def getHandle(self) -> socket.socket | None:
        """Give the listening socket, or None if there is none."""
        return self.socket

    def fileno(self) -> int:
        """Give the number of the listening descriptor; -1 if there is none."""
        return -1 if self.socket is None else self.socket.fileno()

    def logPrefix(self) -> str:
        """Say whose port this is in a line of a log."""
        prefix = getattr(self.factory, "logPrefix", None)
        name: str = type(self.factory).__name__ if prefix is None else prefix()
        return name

    @property
    def logstr(self) -> str:
        """The same as `logPrefix`."""
        return self.logPrefix()

    def __repr__(self) -> str:
        where = f"on {self._address_text()}" if self.connected else "(not listening)"
        return f"<{type(self).__module__}.{type(self).__name__} of {type(self.factory).__name__} {where}>"

    @abstractmethod
    def getHost(self) -> Any:
        """Give the address it listens on."""

    @abstractmethod
    def _listening_socket(self) -> socket.socket:
        """Make the socket."""

    @abstractmethod
    def _accept(self, listening: socket.socket) -> Acceptor:
        """Begin to accept."""

    @abstractmethod
    def _address_text(self) -> str:
        """Say where it listens, for people."""

    def _after_close(self) -> None:
        """Clean up what stands beside the socket."""

    # What connections ask of their owner.

    def protocol_for(self, connection: StreamConnection, peer: Any) -> Any:
        """Have the factory build the protocol."""
        return self.factory.buildProtocol(peer)

    def next_session(self) -> int:
        """Give the number of the next connection."""
        number = self.sessionno
        self.sessionno = number + 1
        return number

    def _close_acceptor(self) -> None:
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            acceptor.close()
            self.socket = None
            self._after_close()

    def _let_go(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        self._after_close()

    def _end(self) -> None:
        if not self.connected:
            return
        self.connected = self.disconnecting = False
        self.disconnected = True
        self._open.discard(self)
        if getattr(self.factory, "noisy", False):
            _log.info("({prefix} {kind} closed)", prefix=self.logPrefix(), kind=self.kind)
        stopped, self._stopped = self._stopped, None
        try:
            self.factory.doStop()
        except BaseException:
            if stopped is None:
                _log.failure("Error in doStop of {factory!r}", Failure(), factory=self.factory)
            else:
                stopped.errback(Failure())
            return
        if stopped is not None:
            stopped.callback(None)


def _after(first: Deferred[None]) -> Deferred[None]:
    """Make another Deferred that fires with the first."""
    second: Deferred[None] = Deferred()

    def both(result: Any) -> Any:
        second.callback(None)
        return result

    first.addBoth(both)
    return second
