"""Which HTTP a connection speaks: by ALPN under TLS (RFC 7301), else by how it begins.

A client that knows that we speak HTTP/2 begins with its preface (RFC 9113 section 3.4); no request of
HTTP/1 begins so.  The protocol chosen takes the transport over, and this one is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.failure import Failure
from sennit.http.handing_over import hand_over
from sennit.protocol import Protocol, connectionDone

__all__ = ["Chooser"]

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Chooser(Protocol):
    """Waits until it is known what the client speaks.

    Args:
        factory: The factory, whose `draining` and `forget` matter here.
        make: Called with whether it is HTTP/2; returns the protocol.
        reactor: The clock.
        timeout: Seconds that the client may take to begin; None for no limit.
    """

    transport: Any = None

    def __init__(
        self, factory: Any, make: Callable[[bool], Any], reactor: Any, timeout: float | None
    ) -> None:
        self.factory = factory
        self._make = make
        self._held = b""
        self._reactor = reactor
        self._timeout = timeout
        self._timer: Any = None

    def connectionMade(self) -> None:
        """Wait for the first octets."""
        self.factory.channels.add(self)
        if self._timeout is not None:
            self._timer = self._reactor.callLater(self._timeout, self.transport.abortConnection)

    def dataReceived(self, data: bytes) -> None:
        """Choose as soon as it can be told."""
        chosen = getattr(self.transport, "negotiatedProtocol", None)
        data = self._held + data
        if chosen is None and len(data) < len(_PREFACE) and _PREFACE.startswith(data):
            self._held = data
            return
        speaks_http2 = chosen == b"h2" or (chosen is None and data.startswith(_PREFACE))
        protocol = self._make(speaks_http2)
        hand_over(self.transport, self, protocol)
        self._forget()
        protocol.dataReceived(data)

    def announce_end(self) -> None:
        """Do nothing: what is chosen learns it from the factory."""

    def drain(self) -> None:
        """Close: nothing has begun."""
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Take note that the client is gone."""
        self._forget()

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.factory.forget(self)
