"""The life of anything that listens: a port for streams or for datagrams.

It listens from `startListening` to `stopListening`, and may be started again.  The socket is closed at once;
what the port serves, a factory or a protocol, hears of it in the loop's next turn.
"""

from __future__ import annotations

import socket
from abc import abstractmethod
from typing import Any

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IListeningPort, ILoggingContext, ISystemHandle
from sennit.log import Logger
from sennit.transport.registry import open_things
from sennit.transport.sockets import new_socket

__all__ = ["Listening"]

_log = Logger()


@implementer(IListeningPort, ISystemHandle, ILoggingContext)
class Listening:
    """A port.

    Args:
        reactor: The reactor; by default the current one.

    Attributes:
        connected: True while it listens.
        disconnecting: True from `stopListening` to the port's end.
        disconnected: True after that.
    """

    kind = "Stream"
    addressFamily: int = socket.AF_INET
    socketType: int = socket.SOCK_STREAM
    _closed_text = ""

    def __init__(self, reactor: Any = None) -> None:
        self.reactor = current_reactor() if reactor is None else reactor
        self.connected = False
        self.disconnecting = False
        self.disconnected = False
        self.socket: socket.socket | None = None
        self._stopped: Deferred[None] | None = None
        self._open = open_things(self.reactor)

    @abstractmethod
    def startListening(self) -> None:
        """Listen.

        Raises:
            CannotListenError: If the address cannot be had.
        """

    def createInternetSocket(self) -> Any:
        """Make the socket that is bound next; a subclass may set options on it.

        Raises:
            OSError: If the system gives none.
        """
        made = new_socket(self.reactor.loop, self.addressFamily, self.socketType)
        made.setblocking(False)
        return made

    def stopListening(self) -> Deferred[None]:
        """Stop listening.

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
        self._close()
        self.reactor.loop.call_soon(self._end)
        return stopped

    def loseConnection(self, connDone: Failure | None = None) -> Deferred[None]:
        """The same as `stopListening`."""
        return self.stopListening()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Close now."""
        self._close()
        self._end()

    def reactor_stopped(self) -> None:
        """Close because the reactor stops."""
        self._close()
        self._end()

    @property
    def is_reading(self) -> bool:
        """Whether it listens."""
        return self.connected and not self.disconnecting

    def getHandle(self) -> socket.socket | None:
        """Give the socket, or None if there is none."""
        return self.socket

    def fileno(self) -> int:
        """Give the number of the descriptor; -1 if there is none."""
        return -1 if self.socket is None else self.socket.fileno()

    def logPrefix(self) -> str:
        """Say whose port this is in a line of a log."""
        prefix = getattr(self._served, "logPrefix", None)
        name: str = type(self._served).__name__ if prefix is None else prefix()
        return name

    @property
    def logstr(self) -> str:
        """The same as `logPrefix`."""
        return self.logPrefix()

    def __repr__(self) -> str:
        where = f"on {self._address_text()}" if self.connected and self.socket else "(not listening)"
        return f"<{type(self).__module__}.{type(self).__name__} of {type(self._served).__name__} {where}>"

    @abstractmethod
    def getHost(self) -> Any:
        """Give the address it listens on."""

    @property
    @abstractmethod
    def _served(self) -> Any:
        """The factory or protocol, which has ``doStop``."""

    @abstractmethod
    def _address_text(self) -> str:
        """Say where it listens, for people."""

    @abstractmethod
    def _close(self) -> None:
        """Close the socket, if it is open."""

    def _begun(self) -> None:
        """Note that the port listens."""
        self.connected = True
        self.disconnecting = self.disconnected = False
        self._open[self] = None

        # An address cannot be asked for when the socket is closed.
        self._closed_text = self._name_text()

    def _name_text(self) -> str:
        return self._address_text()

    def _announce(self) -> None:
        if getattr(self._served, "noisy", False):
            # What is served says its name; where it is served is said after it.
            _say(f"{Listening.logPrefix(self)} starting on {self._address_text()}", self)

    def _end(self) -> None:
        if not self.connected:
            return
        self.connected = self.disconnecting = False
        self.disconnected = True
        self._open.pop(self, None)
        if getattr(self._served, "noisy", False):
            _say(f"({self.kind} Port {self._closed_text} Closed)", self)
        stopped, self._stopped = self._stopped, None
        failure = None
        try:
            self._served.doStop()
        except BaseException:
            failure = Failure()
        self._leave()
        if stopped is None:
            if failure is not None:
                _log.failure("Error in doStop of {served!r}", failure, served=self._served)
        elif failure is None:
            stopped.callback(None)
        else:
            stopped.errback(failure)

    def _leave(self) -> None:
        """Clean up once what the port serves knows of its end."""


def _say(text: str, port: Listening) -> None:
    # Observers of the older kind look for the text in the message.
    _log.info("{text}", text=text, message=(text,), port=port)


def _after(first: Deferred[None]) -> Deferred[None]:
    """Make another Deferred that fires with the first."""
    second: Deferred[None] = Deferred()

    def both(result: Any) -> Any:
        second.callback(None)
        return result

    first.addBoth(both)
    return second
