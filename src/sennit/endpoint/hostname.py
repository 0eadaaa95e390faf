"""Connecting to a host by name: resolution and Happy Eyeballs, version 2 (RFC 8305).

The reactor's name resolver gives addresses one at a time.  Attempts begin when resolution is complete,
or soon after the first address (section 3: at once for IPv6, after the Resolution Delay for IPv4).  The
families take turns, in the resolver's order (section 4).  A new attempt begins one Connection Attempt
Delay after the last, or as soon as every attempt under way has failed (section 5).  The first connection
wins; everything else is cancelled: the losing attempts, the resolution, the timers.

One `_Race` is one ``connect``; its Deferred fires once, and then nothing of it is left.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from sennit.core.addresses import HostnameAddress, IPv4Address, IPv6Address
from sennit.core.deferred import Deferred, fail
from sennit.core.errors import ConnectingCancelledError, DNSLookupError, TimeoutError
from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IHostnameResolver,
    IHostResolution,
    IProtocol,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from sennit.endpoint.tcp import TCP4ClientEndpoint, TCP6ClientEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ATTEMPT_DELAY", "RESOLUTION_DELAY", "HostnameEndpoint"]

ATTEMPT_DELAY = 0.25
"""Seconds between two attempts: the Connection Attempt Delay that RFC 8305, section 5, recommends."""

RESOLUTION_DELAY = 0.05
"""Seconds that an IPv4 address waits for IPv6 ones: the Resolution Delay of RFC 8305, section 3."""

_MAXIMUM_NAME = 253
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE | re.ASCII)


def _is_literal(host: str) -> bool:
    """Whether `host` is an IP address in its presentation form, an IPv6 scope included."""
    import socket

    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host.partition("%")[0])
        except (OSError, ValueError):
            continue
        return True
    return False


def _encode_name(text: str) -> bytes:
    """Return a host name as the DNS writes it (IDNA), or raise ValueError."""
    if not text.isascii():
        import idna

        text = idna.encode(text.lower(), uts46=True).decode("ascii")
    labels = text.removesuffix(".").split(".")
    if len(text) > _MAXIMUM_NAME + 1 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("not a host name")
    return text.encode("ascii")


def _decode_name(ascii_name: bytes) -> str:
    """Return a host name as people read it; as it is where IDNA 2008 has no reading of it."""
    text = ascii_name.decode("ascii")
    if "xn--" not in text.lower():
        return text
    import idna

    try:
        return idna.decode(text)
    except idna.IDNAError:
        return text


@implementer(IStreamClientEndpoint)
class HostnameEndpoint:
    """Connects to a host by name over TCP, trying all of its addresses (RFC 8305).

    Args:
        reactor: An `IReactorTCP` and `IReactorTime`, with a name resolver or at least threads.
        host: The name or the IP address, as text or bytes; names may be internationalised.
        port: The port number.
        timeout: How many seconds each attempt may take.
        bindAddress: The local address, or ``(address, port)``; None lets the system choose.
        attemptDelay: Seconds between two attempts; None for 0.25.
        overall_timeout: How many seconds all of it may take, resolution included; None for no limit.
    """

    def __init__(
        self,
        reactor: Any,
        host: str | bytes,
        port: int,
        timeout: float = 30,
        bindAddress: Any | None = None,
        attemptDelay: float | None = None,
        *,
        overall_timeout: float | None = None,
    ) -> None:
        self._reactor = reactor
        self._badHostname, self._hostBytes, self._hostText = self._hostAsBytesAndText(host)
        self._port = port
        self._timeout = timeout
        self._bindAddress = _binding(bindAddress)
        self._attemptDelay = ATTEMPT_DELAY if attemptDelay is None else attemptDelay
        self._overall_timeout = overall_timeout

    @staticmethod
    def _hostAsBytesAndText(host: str | bytes) -> tuple[bool, bytes, str]:
        """Return whether the name is unusable, and its wire form and its readable form."""
        text = host.decode("ascii", "backslashreplace") if isinstance(host, bytes) else host
        if _is_literal(text):
            return False, text.encode("ascii"), text
        try:
            wire = _encode_name(text)
            return False, wire, _decode_name(wire)
        except ValueError:
            shown = text.encode("ascii", "backslashreplace")
            return True, shown, shown.decode("ascii")

    def __repr__(self) -> str:
        host = self._hostBytes.decode("ascii")
        return f"<HostnameEndpoint {f'[{host}]' if ':' in host else host}:{self._port}>"

    def connect(self, protocolFactory: Any) -> Deferred[IProtocol]:
        """Resolve the name and connect to the address that answers first.

        Args:
            protocolFactory: An `IProtocolFactory`.

        Returns:
            A Deferred that fires with the connected protocol.  It fails with `ValueError` for a name
            that is none, with `DNSLookupError` for one that has no address, and with the last
            attempt's error when no address could be reached; the other attempts' errors are notes on
            it.  Cancelling it leaves nothing open.
        """
        if self._badHostname:
            return fail(ValueError(f"invalid hostname: {self._hostText}"))
        return _Race(self, protocolFactory).start()

    def _attempt(self, address: IPv4Address | IPv6Address, factory: Any) -> Deferred[IProtocol]:
        if isinstance(address, IPv4Address):
            kind: Callable[..., Any] = TCP4ClientEndpoint
            host = address.host
        else:
            kind = TCP6ClientEndpoint
            host = address.host
            if address.scopeID and "%" not in host:
                host = f"{host}%{address.scopeID}"
        result: Deferred[IProtocol] = kind(
            self._reactor, host, address.port, self._timeout, self._bindAddress
        ).connect(factory)
        return result


def _binding(given: Any) -> Any:
    """Return a local address in the form ``connectTCP`` takes."""
    if isinstance(given, (bytes, str)):
        given = (given, 0)
    if isinstance(given, tuple) and isinstance(given[0], bytes):
        return (given[0].decode("ascii"), *given[1:])
    return given


@implementer(IResolutionReceiver)
class _Race:
    """One connection being made.

    Args:
        endpoint: Whose host it is.
        factory: The user's factory.
    """

    __slots__ = (
        "_complete",
        "_deadline",
        "_endpoint",
        "_factory",
        "_failures",
        "_next",
        "_over",
        "_pending",
        "_resolution",
        "_result",
        "_running",
        "_seen",
        "_starting",
        "_turn",
        "_waiting",
    )

    def __init__(self, endpoint: HostnameEndpoint, factory: Any) -> None:
        self._endpoint = endpoint
        self._factory = factory
        self._result: Deferred[IProtocol] = Deferred(lambda _: self._cancelled())
        self._waiting: dict[type, deque[Any]] = {IPv6Address: deque(), IPv4Address: deque()}
        self._seen: set[Any] = set()
        self._turn: type | None = None
        self._running: list[Deferred[IProtocol]] = []
        self._failures: list[tuple[Any, Failure]] = []
        self._resolution: Any = None
        self._complete = False
        self._over = False
        self._starting = False
        self._next: Any = None
        self._deadline: Any = None

    def start(self) -> Deferred[IProtocol]:
        """Begin, and return the Deferred of the outcome."""
        endpoint = self._endpoint
        if endpoint._overall_timeout is not None:
            self._deadline = endpoint._reactor.callLater(endpoint._overall_timeout, self._too_late)
        try:
            _resolver(endpoint._reactor).resolveHostName(self, endpoint._hostText, portNumber=endpoint._port)
        except Exception:
            self._finish(Failure())
        return self._result

    def resolutionBegan(self, resolutionInProgress: Any) -> None:
        """Keep what a cancellation stops."""
        self._resolution = resolutionInProgress

    def addressResolved(self, address: Any) -> None:
        """Note one address; see to it that attempts begin soon."""
        waiting = self._waiting.get(type(address))
        if self._over or waiting is None or address in self._seen:
            return
        self._seen.add(address)
        waiting.append(address)
        if self._turn is None:
            self._turn = type(address)
        if self._running or self._failures:
            if self._next is None:
                self._schedule(0 if not self._running else self._endpoint._attemptDelay)
        elif self._next is None or isinstance(address, IPv6Address):
            self._schedule(0 if isinstance(address, IPv6Address) else RESOLUTION_DELAY)

    def resolutionComplete(self) -> None:
        """There are no more addresses; begin now if nothing has begun."""
        self._complete = True
        self._resolution = None
        if self._over:
            return
        if not self._seen:
            host = self._endpoint._hostText
            self._finish(Failure(DNSLookupError(f"no results for hostname lookup: {host}")))
        elif not self._running:
            self._advance()

    def _schedule(self, delay: float) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = self._endpoint._reactor.callLater(delay, self._due)

    def _due(self) -> None:
        self._next = None
        self._advance()

    def _take(self) -> Any:
        """Return the next address, the families taking turns; None when none is waiting."""
        order = [IPv6Address, IPv4Address] if self._turn is IPv6Address else [IPv4Address, IPv6Address]
        for family in order:
            if self._waiting[family]:
                self._turn = IPv4Address if family is IPv6Address else IPv6Address
                return self._waiting[family].popleft()
        return None

    def _advance(self) -> None:
        """Begin the next attempt, or end the race when nothing is left to try."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        wanting = True
        while wanting and not self._over:
            address = self._take()
            if address is None:
                if self._complete and not self._running:
                    self._finish(self._gathered())
                return
            attempt = self._endpoint._attempt(address, self._factory)
            self._running.append(attempt)
            self._starting = True
            attempt.addCallbacks(self._won, self._lost, (attempt,), None, (address, attempt))
            self._starting = False
            wanting = not self._running
        if not self._over and any(self._waiting.values()):
            self._schedule(self._endpoint._attemptDelay)

    def _won(self, protocol: IProtocol, attempt: Deferred[IProtocol]) -> None:
        self._running.remove(attempt)
        self._finish(protocol)

    def _lost(self, reason: Failure, address: Any, attempt: Deferred[IProtocol]) -> None:
        if self._over:
            return
        self._running.remove(attempt)
        self._failures.append((address, reason))
        if not self._running and not self._starting:
            self._advance()

    def _gathered(self) -> Failure:
        """The last failure, with a note on it for every other attempt."""
        *others, (_, last) = self._failures
        for address, reason in others:
            if reason.value is not last.value:
                last.value.add_note(f"{address.host} port {address.port}: {reason.getErrorMessage()}")
        return last

    def _too_late(self) -> None:
        self._deadline = None
        seconds = self._endpoint._overall_timeout
        self._finish(Failure(TimeoutError(string=f"No connection to {self._endpoint!r} within {seconds} s.")))

    def _cancelled(self) -> None:
        endpoint = self._endpoint
        if self._seen:
            where = HostnameAddress(endpoint._hostBytes, endpoint._port)
            error: Exception = ConnectingCancelledError(where)
        else:
            error = DNSLookupError(f"Couldn't find the hostname '{endpoint._hostText}'")
        self._finish(Failure(error))

    def _finish(self, outcome: Any) -> None:
        """End the race: stop everything else, then tell."""
        if self._over:
            return
        self._over = True
        for timer in (self._next, self._deadline):
            if timer is not None:
                timer.cancel()
        self._next = self._deadline = None
        if self._resolution is not None:
            self._resolution.cancel()
        losers, self._running = self._running, []
        for attempt in losers:
            attempt.cancel()
        if isinstance(outcome, Failure):
            self._result.errback(outcome)
        else:
            self._result.callback(outcome)


def _resolver(reactor: Any) -> Any:
    """Return the reactor's name resolver, or one on its threads when it has none."""
    found = getattr(reactor, "nameResolver", None)
    return _ThreadedResolver(reactor) if found is None else found


@implementer(IHostResolution)
class _ThreadedResolution:
    def __init__(self, name: str) -> None:
        self.name = name
        self.wanted = True

    def cancel(self) -> None:
        """Ignore the answer when it comes: a lookup in a thread cannot be stopped."""
        self.wanted = False


@implementer(IHostnameResolver)
class _ThreadedResolver:
    """The system's resolver, in the threads of a reactor that has no resolver of its own."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Any = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """Look `hostName` up with ``getaddrinfo``."""
        import socket

        from sennit.threads import deferToThreadPool

        resolution = _ThreadedResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        kind = socket.SOCK_DGRAM if transportSemantics == "UDP" else socket.SOCK_STREAM

        def deliver(answers: Any) -> None:
            if not resolution.wanted:
                return
            for family, _, _, _, place in answers if isinstance(answers, list) else ():
                if family == socket.AF_INET:
                    address: Any = IPv4Address(transportSemantics, *place[:2])  # type: ignore[arg-type]
                elif family == socket.AF_INET6:
                    address = IPv6Address(transportSemantics, *place)  # type: ignore[arg-type]
                else:
                    continue
                if addressTypes is None or isinstance(address, tuple(addressTypes)):
                    resolutionReceiver.addressResolved(address)
            resolutionReceiver.resolutionComplete()

        pool = self._reactor.getThreadPool()
        deferToThreadPool(self._reactor, pool, socket.getaddrinfo, hostName, portNumber, 0, kind).addBoth(
            deliver
        )
        return resolution
