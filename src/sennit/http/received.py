"""`ReceivedRequest`: a request as far as the client made it: line, fields, arguments, body."""

from __future__ import annotations

import base64
import binascii
from io import BytesIO
from typing import IO, Any, AnyStr

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.http.body import RequestBody
from sennit.http.codes import REQUEST_ENTITY_TOO_LARGE
from sennit.http.cookies import parse_cookies
from sennit.http.errors import RemoteProtocolError
from sennit.http.events import RequestHead
from sennit.http.forms import parse_form, parse_qs
from sennit.http.headers import Headers
from sennit.http.lazily import lazily, noted
from sennit.http.limits import DEFAULT_LIMITS
from sennit.http.spool import Room, SpooledBody

__all__ = ["ReceivedRequest"]

_QUERY = ord("?")
_NO_ROOM = Room(0)


class ReceivedRequest:
    """What a client asks for.

    Attributes:
        channel: The connection, until the request is finished or the client gone.
        method: The method.
        uri: The request target as sent.
        path: The target's path, still percent-encoded.
        args: Arguments of the query and of a form body: name to list of values.
        content: The body, a file at its start.
        requestHeaders: The request's fields.
        received_cookies: The cookies that came, by name.
        clientproto: ``b"HTTP/1.0"``, ``b"HTTP/1.1"`` or ``b"HTTP/2"``.
        body: The body as an asynchronous iterator of its pieces, be it that they are still arriving (a
            `RequestBody`) or that `content` has them.
        trailers: Fields that followed the body, None without any.
        streams_body: Whether `process` is called as soon as the head has arrived, for `body` to be read.
    """

    channel: Any
    method = b"(no method yet)"
    uri = b"(no uri yet)"
    path: bytes = None  # type: ignore[assignment]  # known when the request is received
    clientproto = b"(no clientproto yet)"
    queued = 0
    trailers: Headers | None = None
    streams_body = False

    _body_limit: int | None = None
    _connection: Any
    _forceSSL = 0
    _parse_forms = True
    _head: RequestHead | None = None
    _body_size = 0
    _noted = False
    _unusual = False

    @lazily
    def requestHeaders(self) -> Headers:
        """The request's fields."""
        return Headers.from_wire(self._head.headers) if self._head is not None else Headers()

    @lazily
    def received_cookies(self) -> dict[bytes, bytes]:
        """The cookies that came, by name."""
        return parse_cookies(self.requestHeaders.getRawHeaders(b"cookie") or ())

    @lazily
    def args(self) -> dict[bytes, list[bytes]]:
        """The query's arguments, until a form's join them."""
        query = self.uri.partition(b"?")[2]
        return parse_qs(query, 1) if query else {}

    @noted
    def content(self) -> IO[bytes]:
        """The body."""
        return BytesIO()

    @noted
    def body(self) -> Any:
        """The body as an asynchronous iterator of its pieces."""
        return RequestBody.of_file(self.content)

    @lazily
    def host(self) -> Any:
        """Our address."""
        return self._connection.getHost()

    @lazily
    def client(self) -> Any:
        """The client's address."""
        return self._connection.getPeer()

    @property
    def transport(self) -> Any:
        """The connection's transport."""
        return self._connection.transport

    @transport.setter
    def transport(self, transport: Any) -> None:
        self._connection.transport = transport

    def gotLength(self, length: int | None) -> None:
        """Prepare for a body.

        Args:
            length: How long it is, in octets; None if that is not known.
        """
        if length == 0:
            return
        make = getattr(getattr(self.channel, "site", None), "getContentFile", None)
        if make is not None:
            self.content = make(length)
        elif length and length >= self._limits.memory_body:
            self.content = self._spool()

    def _spool(self) -> Any:
        """Return a file for a large body."""
        factory = getattr(self.channel, "factory", None)
        return SpooledBody(getattr(factory, "spool_room", _NO_ROOM), self._limits.spool_body)

    @property
    def _limits(self) -> Any:
        return getattr(self.channel, "limits", DEFAULT_LIMITS)

    def parseCookies(self) -> None:
        """Read the Cookie fields into `received_cookies` now."""
        self.received_cookies = parse_cookies(self.requestHeaders.getRawHeaders(b"cookie") or ())

    def handleContentChunk(self, data: bytes) -> None:
        """Take a piece of the body; past `Limits.memory_body` it moves to a `SpooledBody`."""
        content = self.content
        self._body_size += len(data)
        if self._body_limit is not None and self._body_size > self._body_limit:
            self.channel.refuse(RemoteProtocolError("The body is too large.", REQUEST_ENTITY_TOO_LARGE))
            return
        content.write(data)
        if isinstance(content, BytesIO) and self._body_size > self._limits.memory_body:
            spooled = self._spool()
            spooled.write(content.getbuffer())
            self.content = spooled

    def headReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Look at a request whose body is still to come, and begin to answer it if its body is streamed.

        Args:
            command: The method.
            path: The request target.
            version: The protocol version.
        """
        if self.streams_body:
            self._take_line(command, path, version)
            self.stream_body()
            self.process()

    def _take_line(self, command: bytes, path: bytes, version: bytes) -> None:
        self.method = command
        self.uri = path
        self.clientproto = version
        self.path = path.partition(b"?")[0]

    def stream_body(self) -> None:
        """Have what is still to come of the body go to `body` piece by piece, instead of `content`."""
        self.body = RequestBody(self.channel.start_streaming(), self._body_limit)
        self.handleContentChunk = self._stream_piece  # type: ignore[method-assign]

    def _stream_piece(self, data: bytes) -> None:
        try:
            self.body.feed(data)
        except RemoteProtocolError as error:
            if self.channel is not None:
                # Whoever reads the body learns of it when the answer is settled.
                self.channel.refuse(error)

    def bodyReceived(self) -> None:
        """Take the end of a body that was streamed."""
        self.body.end()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Take the end of the request, and answer it.

        Args:
            command: The method.
            path: The request target.
            version: The protocol version.
        """
        self.method = command
        self.uri = path
        self.clientproto = version
        self.path = path.partition(b"?")[0] if _QUERY in path else path
        if self._noted and "content" in self.__dict__:
            self.content.seek(0)
            if command == b"POST" and self._parse_forms and not self._read_form():
                return
        self.process()

    def _read_form(self) -> bool:
        types = self.requestHeaders.getRawHeaders(b"content-type")
        if not types:
            return True
        limits = self._limits
        length = self.content.seek(0, 2)
        self.content.seek(0)
        try:
            form = parse_form(
                types[-1],
                self.content,
                length,
                max_fields=limits.form_fields,
                max_memory=limits.form_memory,
            )
        except RemoteProtocolError as error:
            self.channel.refuse(error)
            return False
        if form:
            self.args.update(form)
        return True

    def process(self) -> None:
        """Answer the request; override this. The default leaves it open for whoever holds the request."""

    # What the client said

    def getHeader(self, key: AnyStr) -> AnyStr | None:
        """Return the last value of a request field, None if there is none."""
        values = self.requestHeaders.getRawHeaders(key)
        return values[-1] if values else None

    def getAllHeaders(self) -> dict[bytes, bytes]:
        """Return the last value of every request field by lower-case name."""
        return {name.lower(): values[-1] for name, values in self.requestHeaders.getAllRawHeaders()}

    def getCookie(self, key: bytes) -> bytes | None:
        """Return the value of a cookie that came, None if there is none."""
        return self.received_cookies.get(key)

    def getRequestHostname(self) -> bytes:
        """Return the host the client asked for, without port or brackets; our address if it named none."""
        host = self.getHeader(b"host")
        if host is not None:
            if host.startswith(b"["):
                return host[1:].partition(b"]")[0]
            return host.partition(b":")[0]
        address = self.getHost()
        return str(getattr(address, "host", "")).encode("ascii", "replace")

    def getHost(self) -> Any:
        """Return our address on this connection."""
        return self.host

    def getClientAddress(self) -> Any:
        """Return the client's address."""
        return self.client

    def getClientIP(self) -> str | None:
        """Return the client's IP address as text, None if it has none. `getClientAddress` tells more."""
        client = self.client
        return client.host if isinstance(client, IPv4Address | IPv6Address) else None

    def isSecure(self) -> bool:
        """Tell whether the request came over TLS, or `setHost` said that it did."""
        if self._forceSSL:
            return True
        channel = self.channel
        return bool(channel is not None and channel.isSecure())

    @lazily
    def _credentials(self) -> tuple[bytes, bytes]:
        scheme, _, encoded = (self.getHeader(b"authorization") or b"").partition(b" ")
        if scheme.lower() != b"basic":
            return b"", b""
        try:
            user, colon, password = base64.b64decode(encoded.strip(b" "), validate=True).partition(b":")
        except binascii.Error:
            return b"", b""
        return (user, password) if colon else (b"", b"")

    def getUser(self) -> bytes:
        """Return the user name of Basic credentials (RFC 7617), empty without any."""
        return self._credentials[0]

    def getPassword(self) -> bytes:
        """Return the password of Basic credentials (RFC 7617), empty without any."""
        return self._credentials[1]

    def setHost(self, host: bytes, port: int, ssl: int = 0) -> None:
        """Say under which name and port the client reaches us, for use behind a proxy.

        Args:
            host: The name.
            port: The port.
            ssl: Whether the client speaks TLS.
        """
        self._forceSSL = ssl
        default = 443 if self.isSecure() else 80
        self.requestHeaders.setRawHeaders(b"host", [host if port == default else b"%b:%d" % (host, port)])
        self.host = IPv4Address("TCP", host.decode("ascii"), port)
