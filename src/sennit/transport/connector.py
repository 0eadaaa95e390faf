"""Outgoing connections: a connector, and one attempt of it at a time.

An attempt goes through finding the address, the socket's ``connect`` and the loop's taking the socket.  It
can be given up at each step; whatever it holds then is closed, and nothing more is heard of it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.errors import (
    ConnectBindError,
    ConnectionDone,
    ConnectionLost,
    NotConnectingError,
    TimeoutError,
    UserError,
    getConnectError,
)
from sennit.core.failure import Failure
from sennit.core.interfaces import Binding, IClientFactory, IConnector, ITransport
from sennit.log import Logger
from sennit.transport.accepting import carry
from sennit.transport.names import is_ipv4, is_ipv6, socket_address
from sennit.transport.registry import open_things
from sennit.transport.sockets import new_socket
from sennit.transport.stream import Owner, StreamConnection

__all__ = ["Attempt", "StreamConnector"]

_log = Logger()

_Socket = socket.socket

BACKLOG_FULL_DELAY = 0.01
"""Seconds until a UNIX socket whose backlog is full is tried again."""


@implementer(IConnector)
class StreamConnector(Owner, ABC):
    """Holds one outgoing connection, and can make it again.

    Args:
        factory: Builds the protocol, and hears of failure and loss.
        timeout: Seconds for an attempt; None or 0 for no limit.
        reactor: The reactor; by default the current one.

    Attributes:
        state: ``"disconnected"``, ``"connecting"`` or ``"connected"``.
        transport: The connection or the attempt, or None.
    """

    def __init__(self, factory: IClientFactory, timeout: float | None, reactor: Any = None) -> None:
        self.reactor = current_reactor() if reactor is None else reactor
        self.factory: Any = factory
        self.timeout = timeout
        self.state = "disconnected"
        self.factoryStarted = False
        self.timeoutID: Any = None
        self.transport: Any = None

    def connect(self) -> None:
        """Begin to connect.

        Raises:
            RuntimeError: Unless the state is ``"disconnected"``.
        """
        if self.state != "disconnected":
            raise RuntimeError(f"Cannot connect: this connector is {self.state} already.")
        self.state = "connecting"
        if not self.factoryStarted:
            self.factory.doStart()
            self.factoryStarted = True
        attempt = self.transport = self._attempt()
        if self.timeout:
            self.timeoutID = self.reactor.callLater(self.timeout, self._timed_out)
        self.factory.startedConnecting(self)
        if self.transport is attempt:
            attempt.start()

    def stopConnecting(self) -> None:
        """Give up; the factory hears of it as a failure with `UserError`.

        Raises:
            NotConnectingError: If it is not connecting.
        """
        if self.state != "connecting":
            raise NotConnectingError("This connector is not trying to connect.")
        self.connectionFailed(Failure(UserError()))

    def disconnect(self) -> None:
        """Close the connection, or give up making it."""
        if self.state == "connecting":
            self.stopConnecting()
        elif self.state == "connected":
            _outermost(self.transport).loseConnection()

    def cancelTimeout(self) -> None:
        """Let the attempt take as long as it takes."""
        timer, self.timeoutID = self.timeoutID, None
        if timer is not None and timer.active():
            timer.cancel()

    def buildProtocol(self, addr: Any) -> Any:
        """Have the factory build the protocol for the connection that is made."""
        self.state = "connected"
        self.cancelTimeout()
        return self.factory.buildProtocol(addr)

    def connectionFailed(self, reason: Failure) -> None:
        """Give up the attempt because of `reason`, and tell the factory."""
        self.cancelTimeout()
        attempt, self.transport = self.transport, None
        if isinstance(attempt, Attempt):
            attempt.give_up()
        self.state = "disconnected"
        try:
            self.factory.clientConnectionFailed(self, reason)
        finally:
            self._stop_factory()

    def connectionLost(self, reason: Failure) -> None:
        """Tell the factory that the connection is lost."""
        self.state = "disconnected"
        self.transport = None
        try:
            self.factory.clientConnectionLost(self, reason)
        finally:
            self._stop_factory()

    @abstractmethod
    def getDestination(self) -> Any:
        """Give the address it connects to."""

    @abstractmethod
    def _attempt(self) -> Attempt:
        """Make an attempt, to be started."""

    # What the connection asks of its owner.

    def protocol_for(self, connection: StreamConnection, peer: Any) -> Any:
        """Have the factory build the protocol."""
        if isinstance(self.transport, Attempt):
            self.transport.done()
        self.transport = connection
        return self.buildProtocol(peer)

    def connection_refused(self, connection: Any, reason: Failure) -> None:
        """Learn that the factory built no protocol."""
        try:
            if reason.check(ConnectionDone):
                self.connectionLost(reason)
            else:
                self.connectionFailed(reason)
        except BaseException:
            self._report()

    def connection_ended(self, connection: Any, reason: Failure) -> None:
        """Learn that the connection is lost."""
        try:
            self.connectionLost(reason)
        except BaseException:
            self._report()

    def failed(self, reason: Failure) -> None:
        """Learn from the attempt that it failed."""
        try:
            self.connectionFailed(reason)
        except BaseException:
            self._report()

    def _report(self) -> None:
        _log.failure("Error in {factory!r}", Failure(), factory=self.factory)

    def _timed_out(self) -> None:
        self.timeoutID = None
        if self.state == "connecting":
            self.failed(Failure(TimeoutError()))

    def _stop_factory(self) -> None:
        # The factory may have begun to connect again.
        if self.state == "disconnected" and self.factoryStarted:
            self.factoryStarted = False
            self.factory.doStop()

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} {self.state} {self.getDestination()!r}>"


def _outermost(transport: Any) -> Any:
    """Give the transport that the program's protocol has: a layer in between says good-bye in its own way."""
    layer = transport.protocol
    while ITransport.providedBy(layer):
        transport = layer
        layer = getattr(layer, "wrappedProtocol", None)
    return transport


class Attempt(ABC):
    """One try at connecting a socket.

    Args:
        connector: Whose attempt it is.
    """

    def __init__(self, connector: StreamConnector) -> None:
        self.connector = connector
        self.reactor = connector.reactor
        self._open = open_things(self.reactor)
        self._socket: _Socket | None = None
        self._watching = False
        self._over = False
        self._connection: StreamConnection | None = None
        self._waiting: Any = None

    def start(self) -> None:
        """Begin; outcomes are told to the connector, and never before this returns."""
        self._open[self] = None
        self._get_ready()
        self._waiting = self.reactor.loop.call_soon(self._step, self._begin)

    def give_up(self) -> None:
        """Stop without another word."""
        self._over = True
        self._open.pop(self, None)
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.cancel()
        self._drop_socket()
        connection = self._connection
        if connection is not None:
            # The loop has the socket, and lets go of it on its way.
            connection.discard()

    def loseConnection(self) -> None:
        """Give up, as the connector's user."""
        self.connector.disconnect()

    def reactor_stopped(self) -> None:
        """Fail because the reactor stops."""
        self.connector.failed(Failure(ConnectionLost()))

    @property
    def socket(self) -> _Socket | None:
        """The socket, bound if it is to be; None while it is not known of which family it will be."""
        return self._socket

    @abstractmethod
    def _get_ready(self) -> None:
        """Call `_prepare` if the family is known."""

    @abstractmethod
    def _begin(self) -> None:
        """Find the address; `_connect` goes on."""

    @abstractmethod
    def _make_connection(self) -> StreamConnection:
        """Make our side of the connection."""

    def _step(self, function: Callable[..., None], *args: Any) -> None:
        """Take one step; what goes wrong ends the attempt."""
        self._waiting = None
        if self._over:
            return
        try:
            function(*args)
        except OSError as error:
            self._fail(getConnectError(error))
        except Exception as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self._over:
            self.connector.failed(Failure(error))

    def _connect(self, family: int, address: Any, bind: Binding | None = None) -> None:
        sock = self._socket
        if sock is None or sock.family != family:
            self._drop_socket()
            sock = self._socket = self._new_socket(family, bind)
        self._try(sock, address)

    def _prepare(self, family: int, bind: Binding | None = None) -> None:
        """Make the socket ahead; what keeps it from being made is found again when it is needed."""
        with suppress(OSError, ConnectBindError):
            self._socket = self._new_socket(family, bind)

    def _new_socket(self, family: int, bind: Binding | None) -> _Socket:
        # asyncio's loops turn off Nagle's algorithm only where the protocol is named.
        number = 0 if family == socket.AF_UNIX else socket.IPPROTO_TCP
        sock = new_socket(self.reactor.loop, family, socket.SOCK_STREAM, number)
        sock.setblocking(False)
        if bind is not None:
            try:
                _bind(sock, bind)
            except BaseException as error:
                sock.close()
                if isinstance(error, OSError):
                    raise ConnectBindError(error.errno, error.strerror or str(error)) from None
                raise
        return sock

    def _try(self, sock: _Socket, address: Any) -> None:
        code = sock.connect_ex(address)
        if code == 0:
            self._hand_over(sock)
        elif code in {errno.EINPROGRESS, errno.EINTR, errno.EALREADY}:
            self._watching = True
            self.reactor.loop.add_writer(sock.fileno(), self._step, self._writable, sock)
        elif code == errno.EAGAIN:
            # Nothing tells when there is room again.
            self._waiting = self.reactor.loop.call_later(
                BACKLOG_FULL_DELAY, self._step, self._try, sock, address
            )
        else:
            raise OSError(code, os.strerror(code))

    def _writable(self, sock: _Socket) -> None:
        self._unwatch(sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        self._hand_over(sock)

    def _hand_over(self, sock: _Socket) -> None:
        self._socket = None
        try:
            connection = self._connection = self._make_connection()
            self._carry(sock, connection)
        except BaseException:
            sock.close()
            raise

    def _carry(self, sock: _Socket, connection: StreamConnection) -> None:
        carry(self.reactor.loop, sock, connection, self._not_carried)

    def _not_carried(self, error: BaseException) -> None:
        connected = isinstance(error, (OSError, asyncio.CancelledError))
        self._fail(getConnectError(error) if connected else error)

    def done(self) -> None:
        """Learn that the connection stands, and the attempt is done."""
        self._over = True
        self._drop_socket()
        self._connection = None
        self._open.pop(self, None)

    def _unwatch(self, sock: _Socket) -> None:
        if self._watching:
            self._watching = False
            self.reactor.loop.remove_writer(sock.fileno())

    def _drop_socket(self) -> None:
        sock, self._socket = self._socket, None
        if sock is not None:
            self._unwatch(sock)
            sock.close()


def _bind(sock: _Socket, bind: Binding) -> None:
    if bind.reuseAddress:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if bind.reusePort:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    literal = is_ipv4(bind.address) or is_ipv6(bind.address)
    sock.bind(socket_address(bind.address, bind.port)[1] if literal else (bind.address, bind.port))
