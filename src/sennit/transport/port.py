"""Ports that accept connections, of any family."""

from __future__ import annotations

import socket
from abc import abstractmethod
from typing import Any

from sennit.core.interfaces import IProtocolFactory
from sennit.transport.accepting import Acceptor
from sennit.transport.listening import Listening
from sennit.transport.stream import Owner, StreamConnection

__all__ = ["StreamPort"]


class StreamPort(Listening, Owner):
    """A port that accepts connections, which outlive it.

    Args:
        factory: Builds a protocol for each connection.
        backlog: How many connections may wait to be accepted.
        reactor: The reactor; by default the current one.
    """

    factory: Any = None
    backlog: int = 50
    sessionno = 0

    def __init__(self, factory: IProtocolFactory, backlog: int = 50, reactor: Any = None) -> None:
        super().__init__(reactor)
        self.factory = factory
        self.backlog = backlog
        self._acceptor: Acceptor | None = None

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
        self._announce()
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
        self._begun()

    @property
    def _served(self) -> Any:
        return self.factory

    @abstractmethod
    def _listening_socket(self) -> socket.socket:
        """Make the socket."""

    @abstractmethod
    def _accept(self, listening: socket.socket) -> Acceptor:
        """Begin to accept."""

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

    def _close(self) -> None:
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            acceptor.close()
            self.socket = None

    def _leave(self) -> None:
        self._after_close()

    def _let_go(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        self._after_close()
