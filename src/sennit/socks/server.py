"""A SOCKS server: versions 4, 4a and 5 (RFC 1928), with names and passwords if there is a portal (RFC 1929).

CONNECT and BIND are served; UDP ASSOCIATE is answered with "command not supported".  Names are looked up
here, and connected to with Happy Eyeballs.  Without a portal whoever can connect may use the server, so it
belongs on an address that only they reach, or its factory's `clients` says which ones they are.
"""

from __future__ import annotations

import errno
import ipaddress
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, maybeDeferred, succeed
from sennit.core.errors import (
    ConnectError,
    ConnectionRefusedError,
    DNSLookupError,
    NoRouteError,
    TimeoutError,
    UserError,
)
from sennit.core.failure import Failure
from sennit.cred.credentials import Anonymous, UsernamePassword
from sennit.cred.errors import LoginFailed, Unauthorized
from sennit.cred.source import login_from
from sennit.endpoint import HostnameEndpoint
from sennit.framing.buffer import LimitExceededError
from sennit.framing.timeouts import TimeoutMixin
from sennit.haproxy.trust import TrustedSources
from sennit.log import Logger
from sennit.protocol import Factory, connectionDone
from sennit.socks.connection import ServerConnection
from sennit.socks.errors import RemoteProtocolError
from sennit.socks.events import Choice, Command, Greeting, Login, Method, Reply, ReplyCode, Request, Verdict
from sennit.socks.interfaces import IProxyUser
from sennit.socks.relaying import Relaying

__all__ = ["Everybody", "Inward", "Outward", "SOCKSFactory", "SOCKSServer", "reply_code"]

_UNREACHABLE: Final = {
    errno.ENETUNREACH: ReplyCode.NETWORK_UNREACHABLE,
    errno.EHOSTUNREACH: ReplyCode.HOST_UNREACHABLE,
    errno.ECONNREFUSED: ReplyCode.REFUSED,
}
_log = Logger()


def reply_code(failure: Failure) -> ReplyCode:
    """Return what to say of a connection that could not be made."""
    error = failure.value
    number = getattr(error, "osError", None) if isinstance(error, ConnectError) else error
    known = _UNREACHABLE.get(getattr(number, "errno", number) or 0)
    if known is not None:
        return known
    if failure.check(ConnectionRefusedError):
        return ReplyCode.REFUSED
    if failure.check(NoRouteError):
        return ReplyCode.NETWORK_UNREACHABLE
    if failure.check(DNSLookupError, TimeoutError, UserError):
        return ReplyCode.HOST_UNREACHABLE
    return ReplyCode.FAILURE


@implementer(IProxyUser)
class Everybody:
    """May connect to anything, and be connected to."""

    def may(self, request: Request) -> bool:
        """Return True."""
        return True


class Outward(Relaying):
    """The connection that was made for a client."""


class Inward(Relaying):
    """A connection that came for a client, which had asked for one."""


class SOCKSServer(Relaying, TimeoutMixin):
    """A client's connection.

    Attributes:
        factory: The `SOCKSFactory`.
        user: The `IProxyUser` once the client may ask for something.
    """

    factory: Any
    user: Any = None

    def connectionMade(self) -> None:
        """Wait for the client to speak."""
        self._core = ServerConnection(self.factory.versions)
        self._trying: Deferred[Any] | None = None
        self._port: Any = None
        self._logout: Callable[[], object] | None = None
        self._is_lost = False
        self.setTimeout(self.factory.timeout)

    def callLater(self, period: float, func: Callable[[], object]) -> Any:
        """Have a function called by the factory's reactor."""
        return self.factory.reactor.callLater(period, func)

    def dataReceived(self, data: bytes) -> None:
        """Pass on what came, or hear what is wanted."""
        if self.otherConn is not None:
            self.otherConn.write(data)
            return
        try:
            self._core.receive_data(data)
        except LimitExceededError:
            self.transport.abortConnection()
            return
        self._advance()
        if self._core.is_full and self.otherConn is None:
            self.transport.pauseProducing()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Give up what is tried for the client, and log it out."""
        self._is_lost = True
        self.setTimeout(None)
        self._stop_listening()
        trying, self._trying = self._trying, None
        if trying is not None:
            trying.cancel()
        logout, self._logout = self._logout, None
        if logout is not None:
            logout()
        super().connectionLost(reason)

    def _advance(self) -> None:
        try:
            event = self._core.next_event()
        except RemoteProtocolError as error:
            if error.answer:
                self.transport.write(error.answer)
            self.transport.loseConnection()
            return
        if event is None:
            if self._read_ended and self._core.is_waiting:
                self.transport.loseConnection()
        elif isinstance(event, Greeting):
            self._greeted(event)
        elif isinstance(event, Login):
            self._try(self._login(UsernamePassword(event.user, event.password)), self._judged, Verdict)
        else:
            self._requested(event)

    def is_about_to_be_joined(self) -> bool:
        """Tell whether something is tried for the client."""
        return not self._core.is_waiting

    def _try(self, deferred: Deferred[Any], then: Callable[..., None], *args: Any) -> None:
        """Wait for something on the client's behalf, which ends when it goes."""
        self._trying = deferred

        def over(result: Any) -> None:
            self._trying = None
            if not self._is_lost:
                then(result, *args)

        deferred.addBoth(over)
        deferred.addErrback(self._broken)

    def _broken(self, failure: Failure) -> None:
        _log.failure("A SOCKS client's request came to an unexpected end", failure=failure)
        self.transport.abortConnection()

    # Who it is

    def _greeted(self, greeting: Greeting) -> None:
        if self.factory.portal is not None and Method.PASSWORD in greeting.methods:
            self._say(Choice(Method.PASSWORD))
            self._advance()
        elif Method.NONE in greeting.methods:
            self._try(self._login(Anonymous()), self._judged, self._choice)
        else:
            self._choose(Choice(Method.UNACCEPTABLE))

    @staticmethod
    def _choice(accepted: bool) -> Choice:
        return Choice(Method.NONE if accepted else Method.UNACCEPTABLE)

    def _choose(self, choice: Choice | Verdict) -> None:
        self._say(choice)
        if choice in (Choice(Method.UNACCEPTABLE), Verdict(accepted=False)):
            self.transport.loseConnection()
        else:
            self._advance()

    def _login(self, credentials: Any) -> Deferred[Any]:
        """Return a Deferred that fires with the user, or fails."""
        portal = self.factory.portal
        if portal is None:
            return succeed((IProxyUser, self.factory.user, None))
        with login_from(self.transport.getPeer()):
            entered: Deferred[Any] = portal.login(credentials, None, IProxyUser)
        return entered

    def _entered(self, result: Any) -> bool:
        if isinstance(result, Failure):
            if not result.check(Unauthorized, LoginFailed):
                _log.failure("A SOCKS client's log-in could not be checked", failure=result)
            return False
        _, self.user, self._logout = result
        return True

    def _judged(self, result: Any, answer: Callable[[bool], Choice | Verdict]) -> None:
        self._choose(answer(self._entered(result)))

    # What it wants

    def _requested(self, request: Request) -> None:
        if request.command not in (Command.CONNECT, Command.BIND):
            self._refuse(ReplyCode.UNKNOWN_COMMAND)
        elif self.user is None:
            # Version 4, where nobody can say who he is for certain.
            self._try(self._login(Anonymous()), self._entered_4, request)
        else:
            self._ask(request)

    def _entered_4(self, result: Any, request: Request) -> None:
        if self._entered(result):
            self._ask(request)
        else:
            self._refuse(ReplyCode.FORBIDDEN)

    def _ask(self, request: Request) -> None:
        self._try(maybeDeferred(self.user.may, request), self._allowed, request)

    def _allowed(self, allowed: Any, request: Request) -> None:
        if isinstance(allowed, Failure):
            _log.failure("Whether a SOCKS client may connect could not be told", failure=allowed)
            self._refuse(ReplyCode.FAILURE)
        elif not allowed:
            self._refuse(ReplyCode.FORBIDDEN)
        elif request.command == Command.CONNECT:
            self.setTimeout(None)
            self._try(self.factory.connect(request), self._connected)
        else:
            self._listen(request)

    def _connected(self, outward: Any) -> None:
        if isinstance(outward, Failure):
            self._refuse(reply_code(outward))
            return
        here = outward.transport.getHost()
        self._open(outward, Reply(ReplyCode.SUCCEEDED, here.host, here.port))

    def _open(self, other: Relaying, reply: Reply) -> None:
        self.setTimeout(None)
        self._say(reply)
        rest = self._core.take_rest()
        if rest:
            other.write(rest)
        self.join(other)
        self.transport.resumeProducing()

    def _refuse(self, code: ReplyCode) -> None:
        self._say(Reply(code))
        self.transport.loseConnection()

    def _say(self, event: Choice | Verdict | Reply) -> None:
        self.transport.write(self._core.send(event))

    # BIND (RFC 1928 section 4)

    def _listen(self, request: Request) -> None:
        host = self.transport.getHost().host
        expected = None if request.is_name or _is_any(request.host) else ipaddress.ip_address(request.host)
        try:
            self._port = self.factory.reactor.listenTCP(0, _InwardFactory(self, expected), 1, host)
        except Exception as error:
            _log.info("A SOCKS client cannot be listened for: {error}", error=error)
            self._refuse(ReplyCode.FAILURE)
            return
        self.setTimeout(self.factory.bind_timeout)
        self._say(Reply(ReplyCode.SUCCEEDED, host, self._port.getHost().port))

    def _stop_listening(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            maybeDeferred(port.stopListening)

    def incoming(self, address: Any, expected: Any) -> Inward | None:
        """Take the connection that the client waits for, if it is from where it should be."""
        if self._port is None or self._is_lost:
            return None
        self._stop_listening()
        if expected is not None and ipaddress.ip_address(address.host.partition("%")[0]) != expected:
            self._refuse(ReplyCode.FORBIDDEN)
            return None
        return _Arriving(self, Reply(ReplyCode.SUCCEEDED, address.host, address.port))

    def arrived(self, inward: Inward, reply: Reply) -> None:
        """Open the way to a connection that has come."""
        if self._is_lost:
            inward.transport.loseConnection()
        else:
            self._open(inward, reply)


class _Arriving(Inward):
    def __init__(self, server: SOCKSServer, reply: Reply) -> None:
        self._server = server
        self._reply = reply

    def connectionMade(self) -> None:
        self._server.arrived(self, self._reply)


class _InwardFactory(Factory):
    noisy = False

    def __init__(self, server: SOCKSServer, expected: Any) -> None:
        self._server = server
        self._expected = expected

    def buildProtocol(self, addr: Any) -> Any:
        return self._server.incoming(addr, self._expected)


def _is_any(host: str) -> bool:
    return ipaddress.ip_address(host).is_unspecified


class SOCKSFactory(Factory):
    """Serves SOCKS.

    Args:
        portal: Who may log in, as an `IProxyUser`: with a name and a password, or anonymously if it has a
            checker for that. None if all clients are welcome.
        clients: The networks that clients may be in; empty for all.
        versions: The versions that are spoken, of 4 and 5.
        timeout: Seconds until a client must have said what it wants.
        connect_timeout: Seconds for a connection to a destination.
        bind_timeout: Seconds to wait for a connection on a client's behalf.
        reactor: What connects; None for the current one.

    Attributes:
        user: What clients are if there is no portal.

    Raises:
        ValueError: If one of the networks is none.
    """

    protocol: Any = SOCKSServer
    noisy = False

    def __init__(
        self,
        portal: Any = None,
        *,
        clients: Sequence[str] = (),
        versions: Collection[int] = (4, 5),
        timeout: float = 60,
        connect_timeout: float = 30,
        bind_timeout: float = 120,
        reactor: Any = None,
    ) -> None:
        self.portal = portal
        self.versions = versions
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self.bind_timeout = bind_timeout
        self.user: Any = Everybody()
        self._clients = TrustedSources(clients) if clients else None
        self._reactor = reactor
        self._outward: Any = Factory.forProtocol(Outward)
        self._outward.noisy = False

    @property
    def reactor(self) -> Any:
        """What connects."""
        return current_reactor() if self._reactor is None else self._reactor

    def buildProtocol(self, addr: Any) -> Any:
        """Return the protocol for a client, None if it is in none of the networks."""
        if self._clients is not None and hasattr(addr, "host") and addr not in self._clients:
            return None
        return super().buildProtocol(addr)

    def connect(self, request: Request) -> Deferred[Outward]:
        """Connect to where a client wants to; may be overridden.

        Args:
            request: What it wants.

        Returns:
            A Deferred that fires with an `Outward`.
        """
        endpoint = HostnameEndpoint(self.reactor, request.host, request.port, timeout=self.connect_timeout)
        connected: Deferred[Any] = endpoint.connect(self._outward)
        return connected
