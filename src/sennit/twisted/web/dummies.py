"""Requests and connections for programs' own tests, which take them from ``twisted.web.test``."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from zope.interface import directlyProvides, implementer

from sennit.core.addresses import IPv4Address
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IAddress, ISSLTransport
from sennit.http.dates import datetimeToString
from sennit.http.headers import Headers
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import Resource
from sennit.web.session import Session
from sennit.web.site import Site

__all__ = ["DummyChannel", "DummyRequest", "NullAddress"]


@implementer(IAddress)
class NullAddress:
    """The address of nobody."""


class DummyChannel:
    """A connection that keeps what is written to it.

    Attributes:
        transport: What it is written to: ``transport.written``.
        site: What is published.
    """

    class TCP:
        """The transport.

        Attributes:
            written: What was written.
            producers: The producers that were registered.
            disconnected: Whether it was closed.
        """

        port = 80
        disconnected = False

        def __init__(self, peer: Any = None) -> None:
            self._peer = IPv4Address("TCP", "192.168.1.1", 12344) if peer is None else peer
            self.written = io.BytesIO()
            self.producers: list[tuple[Any, bool]] = []

        def getPeer(self) -> Any:
            """Return the other side's address."""
            return self._peer

        def getHost(self) -> IPv4Address:
            """Return this side's address."""
            return IPv4Address("TCP", "10.0.0.1", self.port)

        def write(self, data: bytes) -> None:
            """Keep the data."""
            if not isinstance(data, bytes):
                raise TypeError(f"Bytes are written, not {data!r}.")
            self.written.write(data)

        def writeSequence(self, iovec: Iterable[bytes]) -> None:
            """Keep all the data."""
            for data in iovec:
                self.write(data)

        def registerProducer(self, producer: Any, streaming: bool) -> None:
            """Note a producer."""
            self.producers.append((producer, streaming))

        def unregisterProducer(self) -> None:
            """Do nothing: producers stay noted."""

        def loseConnection(self) -> None:
            """Note that it was closed."""
            self.disconnected = True

    class SSL(TCP):
        """The transport of a connection that has TLS."""

        def __init__(self, peer: Any = None) -> None:
            super().__init__(peer)
            # What asks whether there is TLS asks for no more.
            directlyProvides(self, ISSLTransport)

        def getPeerCertificate(self) -> None:
            """Return None: the other side has shown none."""

    site = Site(Resource())

    def __init__(self, peer: Any = None) -> None:
        self.transport = self.TCP(peer)

    def getPeer(self) -> Any:
        """Return the other side's address."""
        return self.transport.getPeer()

    def getHost(self) -> IPv4Address:
        """Return this side's address."""
        return self.transport.getHost()

    def isSecure(self) -> bool:
        """Return whether the transport has TLS."""
        return isinstance(self.transport, self.SSL)

    def writeHeaders(
        self, version: bytes, code: bytes, reason: bytes, headers: Headers | Iterable[tuple[bytes, bytes]]
    ) -> None:
        """Write the head of a response."""
        pairs = headers.getAllRawHeaders() if isinstance(headers, Headers) else ((k, [v]) for k, v in headers)
        lines = [b" ".join((version, code, reason))]
        lines += [name + b": " + value for name, values in pairs for value in values]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n")

    def write(self, data: bytes) -> None:
        """Write a part of a body."""
        self.transport.write(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Write parts of a body."""
        self.transport.writeSequence(iovec)

    def requestDone(self, request: Any) -> None:
        """Take notice that a response is complete."""

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Note a producer."""
        self.transport.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Do nothing: producers stay noted."""
        self.transport.unregisterProducer()

    def loseConnection(self) -> None:
        """Note that the connection was closed."""
        self.transport.loseConnection()


class DummyRequest:
    """A request that a resource can be rendered with, and that keeps the answer.

    Args:
        postpath: The segments of the path that no resource has taken yet.
        session: Its session; one of its own if None.
        client: The address of who asks.

    Attributes:
        written: The parts of the body.
        finished: How many times `finish` was called.
        responseCode: The code that was set; None if none was.
        responseHeaders: What was set.
        requestHeaders: What was sent.
        args: The arguments.
    """

    uri = b"http://dummy/"
    method = b"GET"
    client: Any = None
    clientproto = b"HTTP/1.0"
    content: Any = None

    def __init__(self, postpath: list[bytes], session: Any = None, client: Any = None) -> None:
        self.sitepath: list[bytes] = []
        self.written: list[bytes] = []
        self.finished = 0
        self.postpath = postpath
        self.prepath: list[bytes] = []
        self.session: Any = None
        self.protoSession = session
        self.args: dict[bytes, list[bytes]] = {}
        self.requestHeaders = Headers()
        self.responseHeaders = Headers()
        self.responseCode: int | None = None
        self.client = NullAddress() if client is None else client
        self.go = 0
        self._waiting: list[Deferred[None]] = []
        self._host = b"dummy"

    # What was asked

    def getHeader(self, name: bytes | str) -> Any:
        """Return the last value of a field that was sent, or None."""
        return self.requestHeaders.getRawHeaders(name, [None])[-1]

    def getAllHeaders(self) -> dict[bytes, bytes]:
        """Return the last value of each field that was sent, by its name in lower case."""
        return {name.lower(): values[-1] for name, values in self.requestHeaders.getAllRawHeaders()}

    def addArg(self, name: bytes, value: bytes) -> None:
        """Have an argument."""
        self.args[name] = [value]

    def getSession(self, sessionInterface: Any = None) -> Any:
        """Return the session, or what of it provides an interface."""
        if self.session is None:
            self.session = self.protoSession or Session(DummyChannel.site, b"0")
        return self.session if sessionInterface is None else self.session.getComponent(sessionInterface)

    def getClientAddress(self) -> Any:
        """Return the address of who asks."""
        return self.client

    def getClientIP(self) -> str | None:
        """Return the IP address of who asks, or None."""
        return getattr(self.client, "host", None)

    def getHost(self) -> IPv4Address:
        """Return the address that was asked."""
        return IPv4Address("TCP", "127.0.0.1", 80)

    def getRequestHostname(self) -> bytes:
        """Return the name of the host that was asked."""
        return self._host

    def setHost(self, host: bytes, port: int, ssl: int = 0) -> None:
        """Set the name of the host that was asked."""
        self._host = host

    # What is answered

    def render(self, resource: Any) -> None:
        """Have a resource answer."""
        result = resource.render(self)
        if result is not NOT_DONE_YET:
            self.write(result)
            self.finish()

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:
        """Set the code; nothing must be written yet."""
        if self.written:
            raise AssertionError("The code comes before the body, which has begun.")
        self.responseCode = code
        self.responseMessage = message

    def setHeader(self, name: bytes | str, value: bytes | str) -> None:
        """Set a field."""
        self.responseHeaders.setRawHeaders(name, [value])

    def setLastModified(self, when: float) -> None:
        """Set when what is answered was changed; nothing must be written yet."""
        if self.written:
            raise AssertionError("The time of the last change comes before the body.")
        self.setHeader(b"last-modified", datetimeToString(when))

    def setETag(self, tag: bytes) -> None:
        """Set the tag of what is answered; nothing must be written yet."""
        if self.written:
            raise AssertionError("The tag comes before the body.")
        self.setHeader(b"etag", tag)

    def redirect(self, url: bytes) -> None:
        """Answer with another place."""
        self.setResponseCode(302)
        self.setHeader(b"location", url)

    def write(self, data: bytes) -> None:
        """Keep a part of the body."""
        if not isinstance(data, bytes):
            raise TypeError(f"Bytes are written, not {data!r}.")
        self.written.append(data)

    def registerProducer(self, prod: Any, s: bool) -> None:
        """Let a producer produce until it unregisters itself."""
        self.go = 1
        while self.go:
            prod.resumeProducing()

    def unregisterProducer(self) -> None:
        """End what `registerProducer` began."""
        self.go = 0

    def notifyFinish(self) -> Deferred[None]:
        """Return a Deferred that fires when the answer is complete, or fails as processing does."""
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def finish(self) -> None:
        """Complete the answer."""
        self.finished += 1
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    def processingFailed(self, reason: Failure) -> None:
        """Tell those who wait that there will be no answer."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.errback(reason)
