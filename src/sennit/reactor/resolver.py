"""Resolvers of host names on the system's ``getaddrinfo``, and bridges between the two kinds of interface.

Look-ups block, so they are made in a pool of threads that nothing else uses.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias, cast

from zope.interface import implementer

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.errors import DNSLookupError
from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IResolutionReceiver,
    IResolverSimple,
)
from sennit.log import Logger
from sennit.threads import ThreadPool, deferToThreadPool

__all__ = [
    "BlockingResolver",
    "ComplexResolverSimplifier",
    "FirstOneWins",
    "GAIResolver",
    "HostResolution",
    "SimpleResolverComplexifier",
    "ThreadedResolver",
    "literal_address",
]

_log = Logger()

_SOCKET_TYPES = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}
# The seconds of the tries of Twisted's interface; a look-up by the system is given their sum.
_TIMEOUT = (1, 3, 11, 45)


_Address: TypeAlias = IPv4Address | IPv6Address
_Transport: TypeAlias = Literal["TCP", "UDP"]


class _Clock(Protocol):
    def callLater(self, delay: float, callable: Callable[..., object], *args: Any) -> Any: ...


def literal_address(text: str, port: int, transport: _Transport = "TCP") -> _Address | None:
    """Return the address that `text` is, or None if it is a name.

    Args:
        text: ``"192.0.2.1"``, ``"2001:db8::1"``, ``"fe80::1%eth0"``, or a host name.
        port: The port to put into the address.
        transport: ``"TCP"`` or ``"UDP"``.
    """
    try:
        socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):
        pass
    else:
        return IPv4Address(transport, text, port)
    host, _, zone = text.partition("%")
    try:
        socket.inet_pton(socket.AF_INET6, host)
    except (OSError, ValueError):
        return None
    return IPv6Address(transport, host, port, 0, _scope(zone))


def _scope(zone: str) -> str | int:
    return int(zone) if zone.isdecimal() else (zone or 0)


@implementer(IHostResolution)
class HostResolution:
    """A look-up under way.

    Attributes:
        name: The host's name.
    """

    __slots__ = ("_cancelled", "_on_cancel", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._cancelled = False
        self._on_cancel: Callable[[], object] | None = None

    def cancel(self) -> None:
        """Report no more addresses; the receiver still hears that the look-up is complete."""
        self._cancelled = True
        on_cancel, self._on_cancel = self._on_cancel, None
        if on_cancel is not None:
            on_cancel()


@implementer(IHostnameResolver)
class GAIResolver:
    """Host names by the system's ``getaddrinfo``, in threads; an IP address needs neither.

    Args:
        reactor: The reactor (IReactorThreads) in whose thread the receiver is called.
        getThreadPool: Returns the pool to make look-ups in; the reactor's work pool if None.
        getaddrinfo: The function that looks up.
    """

    def __init__(
        self,
        reactor: Any,
        getThreadPool: Callable[[], ThreadPool] | None = None,
        getaddrinfo: Callable[..., Any] = socket.getaddrinfo,
    ) -> None:
        self._reactor = reactor
        self._get_pool = reactor.getThreadPool if getThreadPool is None else getThreadPool
        self._getaddrinfo = getaddrinfo

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """Resolve a name (`IHostnameResolver.resolveHostName`).

        Raises:
            KeyError: If `transportSemantics` is neither ``"TCP"`` nor ``"UDP"``.
        """
        socket_type = _SOCKET_TYPES[transportSemantics]
        wanted = (IPv4Address, IPv6Address) if addressTypes is None else tuple(addressTypes)
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        literal = literal_address(hostName, portNumber, cast("_Transport", transportSemantics))
        if literal is not None and not (isinstance(literal, IPv6Address) and literal.scopeID):
            # Later, as with names: whoever asks may rely on having the resolution before its result.
            self._reactor.callFromThread(_report, resolutionReceiver, resolution, wanted, [literal])
            return resolution
        looked_up = deferToThreadPool(
            self._reactor, self._get_pool(), self._look_up, hostName, portNumber, _family(wanted), socket_type
        )
        resolution._on_cancel = looked_up.cancel
        looked_up.addErrback(_no_addresses, hostName)
        looked_up.addCallback(lambda found: _report(resolutionReceiver, resolution, wanted, found))
        looked_up.addErrback(_log_receiver_error)
        return resolution

    def _look_up(self, host: str, port: int, family: int, socket_type: int) -> list[_Address]:
        found: list[_Address] = []
        for its_family, its_type, _, _, address in self._getaddrinfo(host, port, family, socket_type):
            transport: _Transport = "UDP" if its_type == socket.SOCK_DGRAM else "TCP"
            if its_family == socket.AF_INET:
                found.append(IPv4Address(transport, *address))
            elif its_family == socket.AF_INET6 and isinstance(address[0], str):
                found.append(IPv6Address(transport, *address))
        return found


def _family(wanted: tuple[type[Any], ...]) -> int:
    if wanted == (IPv4Address,):
        return socket.AF_INET
    if wanted == (IPv6Address,):
        return socket.AF_INET6
    return socket.AF_UNSPEC


def _no_addresses(failure: Failure, host: str) -> list[Any]:
    _log.debug("The name {host!r} was not resolved: {error}", host=host, error=failure.value)
    return []


def _log_receiver_error(failure: Failure) -> None:
    _log.failure("Error in the receiver of a host's addresses", failure)


def _report(
    receiver: IResolutionReceiver, resolution: HostResolution, wanted: tuple[type[Any], ...], found: list[Any]
) -> None:
    for address in found:
        if resolution._cancelled:
            break
        if isinstance(address, wanted):
            receiver.addressResolved(address)
    receiver.resolutionComplete()


@implementer(IResolutionReceiver)
class FirstOneWins:
    """A receiver that fires a Deferred with the first address, as text.

    Args:
        deferred: The Deferred; it fails with DNSLookupError if there is no address.
    """

    def __init__(self, deferred: Deferred[str]) -> None:
        self._deferred = deferred
        self._resolved = False
        self._name = ""

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """Remember the name for the error."""
        self._name = resolutionInProgress.name

    def addressResolved(self, address: IAddress) -> None:
        """Fire with the first address."""
        if not self._resolved:
            self._resolved = True
            self._deferred.callback(getattr(address, "host", ""))

    def resolutionComplete(self) -> None:
        """Fail if there was none."""
        if not self._resolved:
            self._deferred.errback(DNSLookupError(self._name))


@implementer(IResolverSimple)
class ComplexResolverSimplifier:
    """An IResolverSimple made of an IHostnameResolver.

    Args:
        nameResolver: The resolver to ask.
    """

    def __init__(self, nameResolver: IHostnameResolver) -> None:
        self._resolver = nameResolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        """Look up an IPv4 address.

        Args:
            name: The host's name, or an address.
            timeout: For interface's sake; the resolver has its own.

        Returns:
            A Deferred that fires with the address in text, or fails with DNSLookupError.
        """
        found: Deferred[str] = Deferred(lambda _: resolution.cancel())
        resolution = self._resolver.resolveHostName(FirstOneWins(found), name, 0, [IPv4Address])
        return found


@implementer(IHostnameResolver)
class SimpleResolverComplexifier:
    """An IHostnameResolver made of an IResolverSimple.

    Args:
        simpleResolver: The resolver to ask.
    """

    def __init__(self, simpleResolver: IResolverSimple) -> None:
        self._resolver = simpleResolver

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """Resolve a name to the address that the simple resolver finds."""
        transport: _Transport = "TCP" if _SOCKET_TYPES[transportSemantics] == socket.SOCK_STREAM else "UDP"
        wanted = (IPv4Address, IPv6Address) if addressTypes is None else tuple(addressTypes)
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)

        def report(text: str) -> None:
            address = literal_address(text, portNumber, transport)
            _report(resolutionReceiver, resolution, wanted, [] if address is None else [address])

        def give_up(failure: Failure) -> None:
            if failure.check(DNSLookupError) is None and not resolution._cancelled:
                _log.failure("Error in the resolver {resolver!r}", failure, resolver=self._resolver)
            resolutionReceiver.resolutionComplete()

        looked_up = self._resolver.getHostByName(_as_dns_writes_it(hostName))
        resolution._on_cancel = looked_up.cancel
        looked_up.addCallbacks(report, give_up)
        looked_up.addErrback(_log_receiver_error)
        return resolution


def _as_dns_writes_it(name: str) -> str:
    """Return a host's name in ASCII (RFC 5891), as simple resolvers expect it."""
    if name.isascii():
        return name
    import idna

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError:
        # It is no name; the resolver says so.
        return name


@implementer(IResolverSimple)
class ThreadedResolver:
    """IPv4 addresses by the system's ``gethostbyname``, in the reactor's threads.

    Args:
        reactor: The reactor whose threads and clock are used; the current one if None.
    """

    def __init__(self, reactor: Any = None) -> None:
        self.reactor = current_reactor() if reactor is None else reactor

    def getHostByName(self, name: str, timeout: Sequence[int] = _TIMEOUT) -> Deferred[str]:
        """Look up an IPv4 address.

        Args:
            name: The host's name.
            timeout: Seconds; their sum is how long to wait, 60 if there are none.

        Returns:
            A Deferred that fires with the address in text, or fails with DNSLookupError.
        """
        waits = sum(timeout) if timeout else 60
        found: Deferred[str] = Deferred()
        looked_up = deferToThreadPool(self.reactor, self.reactor.getThreadPool(), socket.gethostbyname, name)
        clock: _Clock = self.reactor
        late = clock.callLater(waits, looked_up.cancel)

        def done(result: str | Failure) -> None:
            if late.active():
                late.cancel()
                why = "not found" if isinstance(result, Failure) else ""
            else:
                why = "timed out"
            if found.called:
                return
            if isinstance(result, Failure):
                found.errback(DNSLookupError(f"{name!r}: {why}"))
            else:
                found.callback(result)

        looked_up.addBoth(done)
        return found


@implementer(IResolverSimple)
class BlockingResolver:
    """IPv4 addresses by the system's ``gethostbyname``, while everything else waits: for scripts."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        """Look up an IPv4 address.

        Args:
            name: The host's name.
            timeout: For interface's sake; the system has its own.

        Returns:
            A Deferred that has fired with the address, or failed with DNSLookupError.
        """
        try:
            return succeed(socket.gethostbyname(name))
        except OSError:
            return fail(DNSLookupError(f"{name!r}: not found"))
