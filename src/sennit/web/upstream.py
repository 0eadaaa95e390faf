"""`Upstream`: a place in a site that another server answers for, streamed in both directions.

Connections to the other server are kept and shared by a pool.  A body goes on as it arrives, no faster than
the side that takes it; WebSockets are passed through as octets, once the other server has agreed.  Names of
directories (``.`` and ``..``, however encoded) are refused, since what the other server makes of them might
lie outside of this place; so what a request can reach is what lies under the URL.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from sennit.core.current import current_reactor
from sennit.core.deferred import CancelledError, Deferred
from sennit.core.failure import Failure
from sennit.http.client import Agent, HTTPConnectionPool
from sennit.http.client.errors import ResponseDone
from sennit.http.client.interfaces import UNKNOWN_LENGTH
from sennit.http.client.producers import AsyncBody
from sennit.http.codes import BAD_GATEWAY, GATEWAY_TIMEOUT, NOT_FOUND, SWITCHING
from sennit.http.headers import Headers
from sennit.http.simple_client import HTTPClient
from sennit.log import Logger
from sennit.protocol import ClientFactory, Protocol, connectionDone
from sennit.web.hops import end_to_end, said_of_client
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import PlainErrorPage, Resource

__all__ = ["Upstream"]

_log = Logger()
_OURS = (b"server", b"date", b"content-length")


class Upstream(Resource):
    """A place in a site that another server answers for.

    Args:
        url: What stands there for this place: ``http:`` or ``https:``, perhaps with a path.
        agent: What sends requests (`sennit.http.client.Agent`); one with a pool of its own if None.
        reactor: The reactor; the current one if None.
        keep_host: Whether the other server is sent the client's Host field, and not its own name.
        trust_forwarded: Whether ``X-Forwarded-For`` of the client's is passed on, and not only its address.
        timeout: Seconds in which the other server's answer has to begin; None for no limit.

    Raises:
        ValueError: If the URL is of another scheme.
    """

    isLeaf = True
    streams_body = True

    def __init__(
        self,
        url: bytes | str,
        agent: Any = None,
        reactor: Any = None,
        *,
        keep_host: bool = False,
        trust_forwarded: bool = False,
        timeout: float | None = 60,
    ) -> None:
        super().__init__()
        octets = url.encode("ascii") if isinstance(url, str) else url
        parts = urlsplit(octets)
        if parts.scheme not in (b"http", b"https") or not parts.hostname:
            raise ValueError(f"Another server's URL is http: or https: and names a host, not {url!r}.")
        self._secure = parts.scheme == b"https"
        self._host = parts.hostname.decode("ascii")
        self._port = parts.port or (443 if self._secure else 80)
        self._authority = parts.netloc.rpartition(b"@")[2]
        self._origin = b"%b://%b" % (parts.scheme, self._authority)
        self._path = parts.path.rstrip(b"/")
        self._agent = agent
        self._given_reactor = reactor
        self._keep_host = keep_host
        self._trust = trust_forwarded
        self._timeout = timeout

    @property
    def _reactor(self) -> Any:
        return current_reactor() if self._given_reactor is None else self._given_reactor

    def render(self, request: Any) -> Any:
        """Pass a request on."""
        if any(segment in (b".", b"..") for segment in request.postpath):
            return PlainErrorPage(NOT_FOUND, "No Such Resource", "No such place.").render(request)
        target = self._target(request)
        head = getattr(request, "_head", None)
        tunnel = head is not None and head.protocol == b"websocket"
        if tunnel or _wants_websocket(request):
            return self._pass_through(request, target)
        return self._answer(request, target)

    def _target(self, request: Any) -> bytes:
        path = b"".join(
            b"/" + quote(segment, safe=b"!$&'()*+,;=:@").encode("ascii") for segment in request.postpath
        )
        query = request.uri.partition(b"?")[2]
        return (self._path + path or b"/") + (b"?" + query if query else b"")

    def _fields(self, request: Any) -> Iterator[tuple[bytes, list[bytes]]]:
        said = said_of_client(request, self._trust)
        for name, values in end_to_end(request.requestHeaders.getAllRawHeaders()):
            lower = name.lower()
            if lower == b"host":
                if self._keep_host:
                    yield name, values
            elif lower not in _OURS and not lower.startswith((b"x-forwarded-", b"forwarded", b"expect")):
                yield name, values
        for name, value in said.items():
            yield name, [value]

    # Requests

    async def _answer(self, request: Any, target: bytes) -> Any:
        agent = self._agent
        if agent is None:
            reactor = self._reactor
            agent = self._agent = Agent(reactor, pool=HTTPConnectionPool(reactor))
        fields = Headers.from_fields(self._fields(request))
        asking = agent.request(request.method, self._origin + target, fields, _body_of(request))
        if self._timeout is not None:
            asking.addTimeout(self._timeout, self._reactor, _timed_out)
        try:
            response = await asking
        except _TooLateError:
            return _error(request, GATEWAY_TIMEOUT, "The other server does not answer.")
        except CancelledError:
            raise
        except Exception:
            _log.failure("{url} does not answer a request.", Failure(), url=self._origin)
            return _error(request, BAD_GATEWAY, "The other server cannot be reached.")
        request.setResponseCode(response.code, response.phrase)
        for name, values in end_to_end(response.headers.getAllRawHeaders()):
            request.responseHeaders.setRawHeaders(name, values)
        if response.length != UNKNOWN_LENGTH and request.method != b"HEAD":
            request.setHeader(b"content-length", b"%d" % response.length)
        relay = _Relay(request)
        response.deliverBody(relay)
        await relay.done
        return NOT_DONE_YET

    # WebSockets

    def _pass_through(self, request: Any, target: bytes) -> int:
        fields = dict(self._fields(request))
        if not self._keep_host:
            fields[b"Host"] = [self._authority]
        fields[b"Connection"] = [b"Upgrade"]
        fields[b"Upgrade"] = [b"websocket"]
        if request.requestHeaders.getRawHeaders(b"sec-websocket-key") is None:
            # Over HTTP/2 there are no keys.
            fields[b"Sec-WebSocket-Key"] = [base64.b64encode(secrets.token_bytes(16))]
        self._connect(_TunnelFactory(request, target, fields))
        return NOT_DONE_YET

    def _connect(self, factory: Any) -> None:
        """Make a connection to the other server, for a WebSocket."""
        timeout = self._timeout or 30
        if self._secure:
            from sennit.tls import optionsForClientTLS

            options = optionsForClientTLS(self._host)
            self._reactor.connectSSL(self._host, self._port, factory, options, timeout=timeout)
        else:
            self._reactor.connectTCP(self._host, self._port, factory, timeout=timeout)


def _wants_websocket(request: Any) -> bool:
    return any(
        b"websocket" in value.lower() for value in request.requestHeaders.getRawHeaders(b"upgrade") or ()
    ) and any(
        b"upgrade" in value.lower() for value in request.requestHeaders.getRawHeaders(b"connection") or ()
    )


class _TooLateError(Exception):
    """The other server's answer did not begin in time."""


def _timed_out(result: Any, timeout: float) -> Any:
    if isinstance(result, Failure) and result.check(CancelledError):
        raise _TooLateError
    return result


def _error(request: Any, code: int, why: str) -> Any:
    return PlainErrorPage(code, "Bad Gateway", why).render(request)


def _body_of(request: Any) -> Any:
    """Return what produces a request's body, None if it has none."""
    length = request.getHeader(b"content-length")
    if length is None and request.getHeader(b"transfer-encoding") is None:
        return None
    body = AsyncBody(request.body)
    if length is not None and length.isdigit():
        body.length = int(length)
    return body


class _Relay(Protocol):
    """Gives the other server's body to the client, at its pace.

    Attributes:
        done: Fires when it is over.
    """

    def __init__(self, request: Any) -> None:
        self._request = request
        self.done: Deferred[None] = Deferred(self._stop)

    def _stop(self, deferred: Deferred[None]) -> None:
        close = getattr(self.transport, "abortConnection", None) or self.transport.loseConnection
        close()

    def connectionMade(self) -> None:
        if not self._request._disconnected:
            self._request.registerProducer(self.transport, True)

    def dataReceived(self, data: bytes) -> None:
        self._request.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        request = self._request
        if not request._disconnected and not request.finished:
            request.unregisterProducer()
            if reason.check(ResponseDone) or type(reason.value).__name__ == "PotentialDataLoss":
                request.finish()
            else:
                # The client must not take what it has for the whole.
                request.loseConnection()
        if not self.done.called:
            self.done.callback(None)


class _TunnelFactory(ClientFactory["_Tunnel"]):
    """Makes the other server's end of a WebSocket."""

    def __init__(self, request: Any, target: bytes, fields: dict[bytes, list[bytes]]) -> None:
        self.request = request
        self.target = target
        self.fields = fields

    def buildProtocol(self, addr: Any) -> _Tunnel:
        return _Tunnel(self.request, self.target, self.fields)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        if not self.request._disconnected:
            self.request.write(_error(self.request, BAD_GATEWAY, "The other server cannot be reached."))
            self.request.finish()


class _Tunnel(HTTPClient):
    """Asks the other server for a WebSocket, and then is one of two pipes."""

    transport: Any

    def __init__(self, request: Any, target: bytes, fields: dict[bytes, list[bytes]]) -> None:
        super().__init__()
        self._request = request
        self._target = target
        self._fields = fields
        self._answer: dict[bytes, list[bytes]] = {}
        self._status = 0
        self._ends: _ClientEnd | None = None

    def connectionMade(self) -> None:
        request = self._request
        if request._disconnected:
            self.transport.abortConnection()
            return
        request.notifyFinish().addErrback(lambda _: self.transport.abortConnection())
        lines = [b"GET %b HTTP/1.1\r\n" % self._target]
        for name, values in self._fields.items():
            lines += [b"%b: %b\r\n" % (name, value) for value in values]
        self.transport.write(b"".join(lines) + b"\r\n")

    def dataReceived(self, data: bytes) -> None:
        if self._ends is None:
            super().dataReceived(data)
        else:
            self._ends.transport.write(data)

    def handleStatus(self, version: bytes, status: bytes, message: bytes) -> None:
        self._status = int(status)

    def handleHeader(self, key: bytes, val: bytes) -> None:
        self._answer.setdefault(key.lower(), []).append(val)

    def handleEndHeaders(self) -> None:
        request = self._request
        if request._disconnected:
            return
        if self._status != SWITCHING:
            # The other server's refusal is the client's answer.
            request.setResponseCode(self._status)
            for name, values in end_to_end(self._answer.items()):
                if name not in _OURS:
                    request.responseHeaders.setRawHeaders(name, values)
            return
        self.length = None
        head = request._head
        # Over HTTP/2 there is no key, and so nothing that is made of it.
        over_http2 = head is not None and head.protocol is not None
        left_out = (b"sec-websocket-accept", b"connection", b"upgrade") if over_http2 else ()
        fields = {name: values for name, values in self._answer.items() if name not in (*_OURS, *left_out)}
        self._ends = _ClientEnd(self)
        request.upgrade(fields, self._ends)

    def handleResponsePart(self, data: bytes) -> None:
        if self._ends is not None:
            self._ends.transport.write(data)
        elif not self._request._disconnected:
            self._request.write(data)

    def handleResponseEnd(self) -> None:
        request = self._request
        if self._ends is not None:
            self._ends.transport.loseConnection()
        elif not request._disconnected and not request.finished:
            if self.firstLine or self._status == 0:
                request.write(_error(request, BAD_GATEWAY, "The other server gave no answer."))
            request.finish()
        self.transport.loseConnection()

    def handleBadResponse(self) -> None:
        request = self._request
        if self._ends is None and not request._disconnected and not request.finished:
            request.write(_error(request, BAD_GATEWAY, "The other server's answer is none."))
            request.finish()


class _ClientEnd(Protocol):
    """The client's end of a WebSocket that is passed through."""

    transport: Any

    def __init__(self, tunnel: _Tunnel) -> None:
        self._tunnel = tunnel

    def connectionMade(self) -> None:
        # Neither side may send faster than the other one takes.
        self.transport.registerProducer(self._tunnel.transport, True)
        self._tunnel.transport.registerProducer(self.transport, True)

    def dataReceived(self, data: bytes) -> None:
        self._tunnel.transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._tunnel.transport.unregisterProducer()
        self._tunnel.transport.loseConnection()
