"""XML-RPC, the client's side: `Proxy` stands for a server, and calls its procedures."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.http.simple_client import HTTPClient
from sennit.protocol import ClientFactory, connectionDone
from sennit.web.xmlrpc.codec import dumps, loads

__all__ = ["Proxy", "QueryFactory", "QueryProtocol", "payloadTemplate"]

payloadTemplate = '<?xml version="1.0"?>\n<methodCall><methodName>%s</methodName>%s</methodCall>\n'
"""A call: the procedure's name, and the arguments as `xmlrpc.client.dumps` gives them."""


class QueryProtocol(HTTPClient):
    """One call, on one connection."""

    factory: Any

    _response: bytes | None = None

    def connectionMade(self) -> None:
        """Send the call."""
        factory = self.factory
        self.sendCommand(b"POST", factory.path)
        self.sendHeader(b"User-Agent", b"Sennit/XMLRPClib")
        self.sendHeader(b"Host", factory.host)
        self.sendHeader(b"Content-type", b"text/xml; charset=utf-8")
        payload = factory.payload
        self.sendHeader(b"Content-length", b"%d" % len(payload))
        if factory.user:
            token = base64.b64encode(b"%b:%b" % (factory.user, factory.password or b""))
            self.sendHeader(b"Authorization", b"Basic " + token)
        self.endHeaders()
        self.transport.write(payload)

    def handleStatus(self, version: bytes, status: bytes, message: bytes) -> None:
        """Fail if the call was not carried out."""
        if status != b"200":
            self.factory.badStatus(status, message)

    def handleResponse(self, buff: bytes) -> None:
        """Keep the answer until the connection is closed, so that nothing is left open."""
        self._response = buff
        self.transport.loseConnection()

    def handleBadResponse(self) -> None:
        """Fail: what came is no answer."""
        self.factory.clientConnectionLost(None, Failure(ValueError("The server's answer is not HTTP.")))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Give the answer to the caller."""
        super().connectionLost(reason)
        response, self._response = self._response, None
        if response is not None:
            self.factory.parseResponse(response)


class QueryFactory(ClientFactory[QueryProtocol]):
    """One call.

    Args:
        path: The request target.
        host: The Host field.
        method: The procedure's name.
        user: A user name for Basic authentication.
        password: The password.
        allowNone: Whether None may be sent.
        args: The arguments.
        canceller: Called when the Deferred is cancelled.
        useDateTime: Whether dates are received as `datetime.datetime`.

    Attributes:
        deferred: Fires with the result; None when it has.
        payload: The call, in XML.
    """

    protocol = QueryProtocol
    deferred: Deferred[Any] | None = None

    def __init__(
        self,
        path: bytes,
        host: bytes,
        method: str,
        user: bytes | None = None,
        password: bytes | None = None,
        allowNone: bool = False,
        args: tuple[Any, ...] = (),
        canceller: Callable[[Deferred[Any]], None] | None = None,
        useDateTime: bool = False,
    ) -> None:
        self.path, self.host = path, host
        self.user, self.password = user, password
        arguments = dumps(args, allow_none=allowNone)
        self.payload = (payloadTemplate % (escape(method), arguments)).encode("utf-8")
        self.deferred = Deferred(canceller)
        self.useDateTime = useDateTime

    def parseResponse(self, contents: bytes) -> None:
        """Give the caller the result, or the fault, that is in an answer."""
        deferred, self.deferred = self.deferred, None
        if deferred is None:
            return
        try:
            response = loads(contents, use_datetime=self.useDateTime)[0][0]
        except Exception:
            deferred.errback(Failure())
        else:
            deferred.callback(response)

    def clientConnectionLost(self, connector: Any, reason: Failure) -> None:
        """Fail a call that is still without an answer."""
        deferred, self.deferred = self.deferred, None
        if deferred is not None:
            deferred.errback(reason)

    clientConnectionFailed = clientConnectionLost

    def badStatus(self, status: bytes, message: bytes) -> None:
        """Fail a call that was answered with another status than 200."""
        deferred, self.deferred = self.deferred, None
        if deferred is not None:
            deferred.errback(ValueError(status, message))


class Proxy:
    """Stands for an XML-RPC server.

    Args:
        url: Where it is: ``http:`` or ``https:``, perhaps with user name and password.
        user: A user name for Basic authentication; it goes before the URL's.
        password: The password.
        allowNone: Whether None may be sent.
        useDateTime: Whether dates are received as `datetime.datetime`.
        connectTimeout: Seconds that connecting may take.
        reactor: The reactor; the current one if None.

    Attributes:
        queryFactory: Makes the factory of each call.

    Raises:
        ValueError: If the URL is of another scheme.
    """

    queryFactory: Callable[..., Any] = QueryFactory

    def __init__(
        self,
        url: bytes,
        user: bytes | None = None,
        password: bytes | None = None,
        allowNone: bool = False,
        useDateTime: bool = False,
        connectTimeout: float = 30.0,
        reactor: Any = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in (b"http", b"https"):
            raise ValueError(f"An XML-RPC server's URL is http: or https:, not {url!r}.")
        userinfo, _, _ = parts.netloc.rpartition(b"@")
        name, colon, secret = userinfo.partition(b":")
        self.user = user or name or None
        self.password = password or (secret if colon else None)
        self.secure = parts.scheme == b"https"
        self.host = parts.hostname or b""
        self.port = parts.port
        self.path = (parts.path or b"/") + (b"?" + parts.query if parts.query else b"")
        self.allowNone = allowNone
        self.useDateTime = useDateTime
        self.connectTimeout = connectTimeout
        self._reactor = reactor

    def callRemote(self, method: str, *args: Any) -> Deferred[Any]:
        """Call a procedure.

        Args:
            method: Its name.
            *args: The arguments.

        Returns:
            A Deferred that fires with the result, or errbacks: with the server's `Fault`, with ValueError for
            an answer that is none (or has another status than 200), or as the connection fails.  To cancel it
            drops the connection.
        """

        def cancel(deferred: Deferred[Any]) -> None:
            factory.deferred = None
            connector.disconnect()

        factory = self.queryFactory(
            self.path,
            self.host,
            method,
            self.user,
            self.password,
            self.allowNone,
            args,
            cancel,
            self.useDateTime,
        )
        reactor = current_reactor() if self._reactor is None else self._reactor
        host = self.host.decode("ascii")
        if self.secure:
            from sennit.tls import optionsForClientTLS

            connector = reactor.connectSSL(
                host, self.port or 443, factory, optionsForClientTLS(host), timeout=self.connectTimeout
            )
        else:
            connector = reactor.connectTCP(host, self.port or 80, factory, timeout=self.connectTimeout)
        deferred: Deferred[Any] = factory.deferred
        return deferred
