"""Takes the header off each connection, then gets out of the way.

The program's protocol is built when the header is there, with the address of the client.  So a protocol
that speaks first, or that decides by the peer as it is made, has the right one from the beginning.  A stream
transport of ours takes the addresses over, and the protocol gets the transport itself.  Over any other
transport the wrapper stays between the two, to tell the addresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zope.interface import directlyProvides, providedBy

from sennit.core.current import current_reactor
from sennit.core.failure import Failure
from sennit.haproxy.errors import InvalidProxyHeader
from sennit.haproxy.events import ProxyInfo
from sennit.haproxy.parser import DEFAULT_MAX_HEADER, HeaderParser
from sennit.haproxy.trust import TRUSTED_BY_DEFAULT, TrustedSources
from sennit.log import Logger
from sennit.protocol import Protocol, connectionDone
from sennit.protocol.wrapping import ProtocolWrapper, WrappingFactory

__all__ = ["HAProxyProtocolWrapper", "HAProxyWrappingFactory"]

_log = Logger()

DEFAULT_HEADER_TIMEOUT = 5.0
"""Seconds until a connection without a header is closed."""


class HAProxyProtocolWrapper(ProtocolWrapper):
    """Reads the header; stays as a transport only where the one below cannot tell other addresses.

    Args:
        factory: The factory.

    Attributes:
        info: What the header says; None before it is there.
    """

    info: ProxyInfo | None = None

    def __init__(self, factory: HAProxyWrappingFactory) -> None:
        super().__init__(factory, None)
        self._parser = HeaderParser(factory.max_header)
        self._timer: Any = None

    def logPrefix(self) -> str:
        """Give the factory's prefix."""
        prefix: str = self.factory.logPrefix()
        return prefix

    def makeConnection(self, transport: Any) -> None:
        """Take the transport, and wait for the header."""
        directlyProvides(self, providedBy(transport))
        Protocol.makeConnection(self, transport)
        self.factory.registerProtocol(self)
        reactor = self.factory.reactor or getattr(transport, "reactor", None) or current_reactor()
        self._timer = reactor.callLater(self.factory.header_timeout, self._too_late)

    def dataReceived(self, data: bytes) -> None:
        """Read the header; hand bytes on after it."""
        if self.info is not None:
            if self.wrappedProtocol is not None:
                self.wrappedProtocol.dataReceived(data)
            return
        try:
            self._parser.receive_data(data)
        except InvalidProxyHeader as error:
            self._refuse(str(error))
            return
        info = self._parser.next_event()
        if info is not None:
            self._stop_timer()
            self.info = info
            self._introduce(info, self._parser.trailing_data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Unregister, and tell the wrapped protocol if there is one."""
        self._stop_timer()
        self.factory.unregisterProtocol(self)
        protocol, self.wrappedProtocol = self.wrappedProtocol, None
        if protocol is not None:
            protocol.connectionLost(reason)

    def getPeer(self) -> Any:
        """Give the address of the client."""
        told = None if self.info is None else self.info.source
        return super().getPeer() if told is None else told

    def getHost(self) -> Any:
        """Give the address that the client connected to."""
        told = None if self.info is None else self.info.destination
        return super().getHost() if told is None else told

    def _introduce(self, info: ProxyInfo, rest: bytes) -> None:
        transport = self.transport
        protocol = self.factory.wrappedFactory.buildProtocol(self.getPeer())
        if protocol is None:
            self._end()
            return
        take_addresses = getattr(transport, "take_addresses", None)
        if take_addresses is None:
            self.wrappedProtocol = protocol
            protocol.makeConnection(self)
        else:
            take_addresses(info.source, info.destination)
            self.factory.unregisterProtocol(self)
            transport.protocol = protocol
            protocol.makeConnection(transport)
        if rest and not (self.disconnecting or getattr(transport, "disconnecting", False)):
            protocol.dataReceived(rest)

    def _too_late(self) -> None:
        self._timer = None
        self._refuse(f"There was no PROXY header within {self.factory.header_timeout} seconds.")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, why: str) -> None:
        self._stop_timer()
        if not self.disconnecting:
            _log.info("A connection from {peer} was closed: {why}", peer=self.transport.getPeer(), why=why)
            self._end()

    def _end(self) -> None:
        self.disconnecting = True
        end = getattr(self.transport, "abortConnection", None) or self.transport.loseConnection
        end()


class HAProxyWrappingFactory(WrappingFactory[Any]):
    """Has each connection begin with a PROXY header, from trusted sources only.

    Args:
        wrappedFactory: Builds the program's protocols; called with the address of the client.
        trusted: Networks whose headers are believed: ``"10.0.0.0/8"``, ``"::1"``; ``"unix"`` for every UNIX
            socket.  By default the machine itself and private networks.
        header_timeout: Seconds until a connection without a header is closed.
        max_header: How long a version 2 header may be, in bytes.
        direct: What to do with a connection from another source: take it as what it is, without a header;
            or, by default, refuse it.
        reactor: The reactor for the time-out; by default the transport's.

    Attributes:
        protocols: The wrappers whose header is not there yet, or that stay.
    """

    protocol = HAProxyProtocolWrapper

    def __init__(
        self,
        wrappedFactory: Any,
        *,
        trusted: Iterable[str] = TRUSTED_BY_DEFAULT,
        header_timeout: float = DEFAULT_HEADER_TIMEOUT,
        max_header: int = DEFAULT_MAX_HEADER,
        direct: bool = False,
        reactor: Any = None,
    ) -> None:
        super().__init__(wrappedFactory)
        self.trusted = TrustedSources(trusted)
        self.header_timeout = header_timeout
        self.max_header = max_header
        self.direct = direct
        self.reactor = reactor

    def logPrefix(self) -> str:
        """Give the wrapped factory's prefix, and what is expected."""
        prefix = getattr(self.wrappedFactory, "logPrefix", None)
        name = type(self.wrappedFactory).__name__ if prefix is None else prefix()
        return f"{name} (PROXY)"

    def buildProtocol(self, addr: Any) -> Any:
        """Build what reads the header; None, which refuses the connection, for an untrusted source."""
        if addr in self.trusted:
            return self.protocol(self)
        if self.direct:
            return self.wrappedFactory.buildProtocol(addr)
        _log.info("A connection from {peer} was refused: it is no trusted proxy", peer=addr)
        return None
