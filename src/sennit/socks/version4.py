"""A server of SOCKS 4 and 4a as programs subclass it: who may do what, how it connects, where it logs.

A name is looked up before `SOCKSv4.authorize` is asked, so that it judges the address that is connected to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, execute, maybeDeferred
from sennit.core.failure import Failure
from sennit.framing.buffer import LimitExceededError
from sennit.framing.timeouts import TimeoutMixin
from sennit.protocol import ClientCreator, Factory, connectionDone
from sennit.socks.connection import ServerConnection
from sennit.socks.errors import RemoteProtocolError
from sennit.socks.events import ANY_ADDRESS, Command, Reply, ReplyCode, Request
from sennit.socks.relaying import Relaying
from sennit.socks.serializer import serialize_reply_4
from sennit.socks.state import State

__all__ = ["SOCKSv4", "SOCKSv4Factory", "SOCKSv4Incoming", "SOCKSv4IncomingFactory", "SOCKSv4Outgoing"]

_GRANTED, _REJECTED = 90, 91
_COLUMNS = 16


class _Ours(Relaying):
    """A connection for a client of a `SOCKSv4`.

    Args:
        socks: The client's.
    """

    def __init__(self, socks: SOCKSv4) -> None:
        self.socks = socks

    def write(self, data: bytes) -> None:
        """Send what the client sent."""
        self.socks.log(self, data)
        self.transport.write(data)

    def dataReceived(self, data: bytes) -> None:
        """Pass on to the client what came."""
        self.socks.write(data)

    def connectionLost(self, reason: Any = connectionDone) -> None:
        """Close the client's connection."""
        self.socks.otherConn = None
        self.socks.transport.loseConnection()


class SOCKSv4Outgoing(_Ours):
    """The connection that was made for a client."""

    def connectionMade(self) -> None:
        """Tell the client where it leads, and let it speak."""
        peer = self.transport.getPeer()
        self.socks.opened(self, _GRANTED, peer.port, peer.host)


class SOCKSv4Incoming(_Ours):
    """A connection that came for a client, which had asked for one."""

    def __init__(self, socks: SOCKSv4) -> None:
        super().__init__(socks)
        socks.otherConn = self

    def connectionMade(self) -> None:
        """Let both sides speak."""
        self.socks.opened(self)


class SOCKSv4(Relaying, TimeoutMixin):
    """A client's connection.

    Args:
        logging: The file that what is relayed is written to; None for none.
        reactor: What connects; None for the current one.

    Attributes:
        otherConn: The other side, once the way is open.
        handshake_timeout: Seconds until a client must have said what it wants; None for ever.
    """

    handshake_timeout: float | None = None

    def __init__(self, logging: str | None = None, reactor: Any = None) -> None:
        self.logging = logging
        self._reactor = reactor
        self._listening: Callable[[], object] | None = None
        self._is_lost = False

    @property
    def reactor(self) -> Any:
        """What connects."""
        return current_reactor() if self._reactor is None else self._reactor

    @reactor.setter
    def reactor(self, reactor: Any) -> None:
        self._reactor = reactor

    def callLater(self, period: float, func: Callable[[], object]) -> Any:
        """Have a function called by the reactor."""
        return self.reactor.callLater(period, func)

    def connectionMade(self) -> None:
        """Wait for the client to speak."""
        self._core = ServerConnection((4,))
        self.otherConn = None
        if self.handshake_timeout is not None:
            self.setTimeout(self.handshake_timeout)

    def dataReceived(self, data: bytes) -> None:
        """Pass on what came, or hear what is wanted."""
        if self.otherConn is not None:
            self.otherConn.write(data)
            return
        try:
            self._core.receive_data(data)
            request = self._core.next_event()
        except LimitExceededError:
            self.transport.abortConnection()
            return
        except RemoteProtocolError:
            self._reply(_REJECTED)
            return
        if isinstance(request, Request):
            self._requested(request)
        if self._core.is_full and self.otherConn is None:
            self.transport.pauseProducing()

    def connectionLost(self, reason: Any = connectionDone) -> None:
        """Close the other connection."""
        self._is_lost = True
        self.setTimeout(None)
        self._stop_listening()
        super().connectionLost(reason)

    def is_about_to_be_joined(self) -> bool:
        """Tell whether something is tried for the client."""
        return not self._core.is_waiting

    def _requested(self, request: Request) -> None:
        self.setTimeout(None)
        if request.is_name:
            resolved: Deferred[Any] = maybeDeferred(self.reactor.resolve, request.host.encode("ascii"))
            resolved.addCallbacks(self._resolved, self._refused, (request,))
            resolved.addErrback(self._refused)
        else:
            self._resolved(request.host, request)

    def _resolved(self, server: str, request: Request) -> None:
        if self._is_lost:
            return
        user, port = request.user, request.port
        if request.command not in (Command.CONNECT, Command.BIND) or not self.authorize(
            request.command, server, port, user
        ):
            self.makeReply(_REJECTED)
        elif request.command == Command.CONNECT:
            self.connectClass(server, port, SOCKSv4Outgoing, self).addErrback(self._refused)
        else:
            listening = self.listenClass(0, SOCKSv4IncomingFactory, self, server)
            listening.addCallbacks(self._listens, self._refused)

    def _listens(self, address: Any) -> None:
        host, port = address
        self.makeReply(_GRANTED, 0, port, host)

    def _refused(self, failure: Failure) -> None:
        if not self._is_lost:
            self.makeReply(_REJECTED)

    def opened(self, other: Relaying, reply: int | None = None, port: int = 0, ip: str = ANY_ADDRESS) -> None:
        """Open the way.

        Args:
            other: The other side.
            reply: What to tell the client; None if it has been told.
            port: The port to tell it.
            ip: The address to tell it.
        """
        if self._is_lost:
            other.transport.loseConnection()
            return
        if reply is not None:
            self.makeReply(reply, 0, port, ip)
        rest = self._core.take_rest()
        if rest:
            other.write(rest)
        self.join(other)
        self.transport.resumeProducing()

    # What subclasses override

    def authorize(self, code: int, server: str, port: int, user: bytes) -> Any:
        """Tell whether a request is granted.

        Args:
            code: 1 to connect, 2 to be connected to.
            server: The other side's address.
            port: Its port.
            user: Who the client says it is; nobody has looked whether that is so.
        """
        return True

    def connectClass(self, host: str, port: int, klass: Any, *args: Any) -> Deferred[Any]:
        """Connect a protocol.

        Args:
            host: Where to.
            port: Its port.
            klass: Makes the protocol.
            *args: What it is called with.

        Returns:
            A Deferred that fires with the protocol.
        """
        connected: Deferred[Any] = ClientCreator(self.reactor, klass, *args).connectTCP(host, port)
        return connected

    def listenClass(self, port: int, klass: Any, *args: Any) -> Deferred[Any]:
        """Listen for a connection.

        Args:
            port: The port; 0 lets the system choose.
            klass: Makes the factory.
            *args: What it is called with.

        Returns:
            A Deferred that fires with the address and the port that is listened on.
        """
        return execute(self._listen, port, klass, *args)

    def _listen(self, port: int, klass: Any, *args: Any) -> tuple[str, int]:
        listening = self.reactor.listenTCP(port, klass(*args), 1, self.transport.getHost().host)
        self._listening = listening.stopListening
        here = listening.getHost()
        return here.host, here.port

    def _stop_listening(self) -> None:
        stop, self._listening = self._listening, None
        if stop is not None:
            maybeDeferred(stop)

    def makeReply(self, reply: int, version: int = 0, port: int = 0, ip: str = ANY_ADDRESS) -> None:
        """Answer the client, and close if it is not granted what it wants.

        Args:
            reply: 90 if it is granted, 91 if not.
            version: The reply's first octet.
            port: The port to tell it.
            ip: The address to tell it.
        """
        if self._core.state in {State.DECIDING, State.LISTENING}:
            self._core.replied(reply == _GRANTED)
        self._reply(reply, version, port, ip)

    def _reply(self, reply: int, version: int = 0, port: int = 0, ip: str = ANY_ADDRESS) -> None:
        said = Reply(ReplyCode.SUCCEEDED, ip, port)
        self.transport.write(serialize_reply_4(said, version, reply))
        if reply != _GRANTED:
            self._stop_listening()
            self.transport.loseConnection()

    def write(self, data: bytes) -> None:
        """Send what came from the other side."""
        self.log(self, data)
        self.transport.write(data)

    def log(self, proto: Any, data: bytes) -> None:
        """Write down what is about to be sent, if there is a file for that.

        Args:
            proto: The connection that it is sent on.
            data: What is sent.
        """
        if self.logging is None:
            return
        here, peer = proto.transport.getHost(), proto.transport.getPeer()
        now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        lines = [f"{now} {here.host}:{here.port} > {peer.host}:{peer.port}, {len(data)} octets\n"]
        for start in range(0, len(data), _COLUMNS):
            row = data[start : start + _COLUMNS]
            text = "".join(chr(each) if 32 <= each < 127 else "." for each in row)
            lines.append(f"  {row.hex(' ').ljust(3 * _COLUMNS)} {text}\n")
        with Path(self.logging).open("a", encoding="ascii") as file:
            file.writelines(lines)


class SOCKSv4Factory(Factory):
    """Serves SOCKS 4 and 4a to whoever can connect.

    Args:
        log: The file that what is relayed is written to; None for none.
    """

    def __init__(self, log: str | None) -> None:
        self.logging = log

    def buildProtocol(self, addr: Any) -> SOCKSv4:
        """Return the protocol for a client."""
        protocol = SOCKSv4(self.logging)
        protocol.factory = self
        protocol.handshake_timeout = 60
        return protocol


class SOCKSv4IncomingFactory(Factory):
    """Takes the one connection that a client waits for.

    Args:
        socks: The client's.
        ip: The address that it is to come from; "" when it has come.
    """

    noisy = False

    def __init__(self, socks: SOCKSv4, ip: str) -> None:
        self.socks = socks
        self.ip = ip

    def buildProtocol(self, addr: Any) -> SOCKSv4Incoming | None:
        """Return the protocol for the connection; None if it is another."""
        host = addr[0] if isinstance(addr, tuple) else addr.host
        if self.ip == "":
            return None
        expected, self.ip = self.ip, ""
        self.socks._stop_listening()
        if expected not in {host, ANY_ADDRESS}:
            self.socks.makeReply(_REJECTED)
            return None
        self.socks.makeReply(_GRANTED)
        return SOCKSv4Incoming(self.socks)
