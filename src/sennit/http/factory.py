"""`HTTPFactory`: makes channels, keeps count of them, and writes the access log."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any
from weakref import WeakSet

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, succeed
from sennit.core.extras import missing_extra
from sennit.core.interfaces import IProtocolNegotiationFactory
from sennit.http.dates import datetimeToLogString
from sennit.http.limits import DEFAULT_LIMITS, Limits
from sennit.http.server import HTTPChannel
from sennit.http.spool import Room
from sennit.log import Logger, LogLevel, globalLogBeginner, interest
from sennit.protocol import ServerFactory

if TYPE_CHECKING:
    from sennit.http.h2.limits import Http2Limits

__all__ = ["HTTPFactory"]

_log = Logger()


def load_http2() -> Any:
    """Return the room of HTTP/2.

    Raises:
        MissingExtraError: If its extra is not installed.
    """
    try:
        from sennit.http.h2 import serving
    except ImportError:
        raise missing_extra("HTTP/2", "http2") from None
    return serving


@implementer(IProtocolNegotiationFactory)
class HTTPFactory(ServerFactory[HTTPChannel]):
    """Listens for HTTP/1 connections.

    Args:
        logPath: The file the access log is appended to; without one, lines become log events.
        timeout: Seconds that a connection may be idle; None for no limit.
        logFormatter: Makes the access log's lines (`IAccessLogFormatter`).
        reactor: The clock for time-outs; the current reactor if None.
        limits: What one client may take up.
        http2: Whether HTTP/2 is spoken too, as ALPN decides or by prior knowledge (extra ``http2``).
        http2_limits: What one HTTP/2 connection may take up; the defaults if None.

    Attributes:
        timeOut: Seconds that a connection may be idle.
        logFile: The open access log, None without one.
        channels: The connections that are open.
        spool_room: The memory that large bodies share.
        draining: Whether `drain` was called.
        linger: Seconds that `drain` leaves open connections for one more request, which may be on its way.
    """

    protocol = HTTPChannel
    logPath: str | bytes | None = None
    timeOut: float | None = 60
    draining = False
    linger: float = 0

    def __init__(
        self,
        logPath: str | bytes | None = None,
        timeout: float | None = 60,
        logFormatter: Callable[[str, Any], str] | None = None,
        reactor: Any = None,
        *,
        limits: Limits = DEFAULT_LIMITS,
        http2: bool = False,
        http2_limits: Http2Limits | None = None,
    ) -> None:
        if logPath is not None:
            logPath = os.path.abspath(logPath)  # noqa: PTH100 (it may be bytes)
        self.logPath = logPath
        self.timeOut = timeout
        self.limits = limits
        self.http2 = http2
        self.http2_limits = http2_limits
        if http2:
            load_http2()
        self.channels: WeakSet[Any] = WeakSet()
        self.spool_room = Room(limits.spool_room)
        self._formatter = logFormatter
        self.draining = False
        self._given_reactor = reactor
        self._logFile: IO[str] | None = None
        self._log_generation = -1
        self._log_heard = False
        self._log_second = -1
        self._log_time = ""
        self._drained: list[Deferred[None]] = []
        self._lingering: Any = None

    @property
    def reactor(self) -> Any:
        """The clock for time-outs."""
        if self._given_reactor is None:
            self._given_reactor = current_reactor()
        return self._given_reactor

    @property
    def logFile(self) -> IO[str] | None:
        """The open access log, None without one."""
        return self._logFile

    @logFile.setter
    def logFile(self, logFile: IO[str] | None) -> None:
        self._logFile = logFile

    def buildProtocol(self, addr: Any) -> Any:
        """Make the channel for a connection.

        Args:
            addr: The client's address.
        """
        if self.http2:
            return self._choose(addr)
        channel = super().buildProtocol(addr)
        if channel is not None:
            self.prepare(channel)
        return channel

    def _choose(self, addr: Any) -> Any:
        """Make what finds out which HTTP the client speaks, and then makes the channel for it."""

        def make(http2: bool) -> Any:
            channel: Any = room.Http2Channel() if http2 else super(HTTPFactory, self).buildProtocol(addr)
            channel.factory = self
            if http2 and self.http2_limits is not None:
                channel.http2_limits = self.http2_limits
            self.prepare(channel)
            return channel

        room = load_http2()
        return room.Chooser(self, make, self.reactor, self.timeOut)

    def prepare(self, channel: Any) -> None:
        """Give a new channel what it needs of the factory's; a subclass adds to it."""
        reactor = self.reactor
        channel.callLater = reactor.callLater
        channel.seconds = reactor.seconds
        channel.timeOut = self.timeOut
        channel.limits = self.limits

    def acceptableProtocols(self) -> list[bytes]:
        """Return the protocols to offer in TLS, the dearest first (RFC 7301)."""
        return [b"h2", b"http/1.1"] if self.http2 else [b"http/1.1"]

    def startFactory(self) -> None:
        """Open the access log."""
        if self._logFile is None and self.logPath is not None:
            self._logFile = self._openLogFile(self.logPath)

    def stopFactory(self) -> None:
        """Close the access log."""
        if self._logFile is not None and self.logPath is not None:
            self._logFile.close()
            self._logFile = None

    def _openLogFile(self, path: str | bytes) -> IO[str]:
        return open(path, "a", buffering=1, encoding="utf-8")  # noqa: PTH123 (kept open; a file subclass may be given)

    def log(self, request: Any) -> None:
        """Write a request's line to the access log, if one is kept or anybody listens.

        Args:
            request: The request, answered.
        """
        if self._logFile is not None:
            self._logFile.write(self._line(request) + "\n")
            return
        if self._log_generation != interest.generation:
            self._log_generation = interest.generation
            # Lines kept for a log that may never begin would push out events that tell more.
            self._log_heard = (
                globalLogBeginner.begun
                and interest.lowest_rank(_log.observer, _log.namespace) <= LogLevel.info.rank
            )
        if self._log_heard:
            _log.info("{line}", line=self._line(request))

    def _line(self, request: Any) -> str:
        if self._formatter is None:
            from sennit.http.access_log import combinedLogFormatter

            self._formatter = combinedLogFormatter
        return self._formatter(self._timestamp(), request)

    def _timestamp(self) -> str:
        now = int(self.reactor.seconds())
        if now != self._log_second:
            self._log_second = now
            self._log_time = datetimeToLogString(now)
        return self._log_time

    def drain(self) -> Deferred[None]:
        """Stop gracefully: close idle connections now, and each other one when its request is answered.

        Stop listening first; connections that come in meanwhile are answered once and closed.  With `linger`
        the idle ones have so long to send one request more, whose answer says that it is the last (RFC 9112
        section 9.6): a client that is never idle loses none.

        Returns:
            A Deferred that fires with None when no connection is left.
        """
        self.draining = True
        if self.linger > 0 and self._lingering is None:
            self._lingering = self.reactor.callLater(self.linger, self._drain_channels)
            for channel in list(self.channels):
                channel.announce_end()
        else:
            self._drain_channels()
        if not self._open_channels():
            self._stop_lingering()
            return succeed(None)
        deferred: Deferred[None] = Deferred()
        self._drained.append(deferred)
        return deferred

    def _drain_channels(self) -> None:
        self._stop_lingering()
        for channel in list(self.channels):
            channel.drain()

    def _stop_lingering(self) -> None:
        if self._lingering is not None and self._lingering.active():
            self._lingering.cancel()

    def abort(self) -> None:
        """End every connection now, in the middle of whatever it does."""
        for channel in self._open_channels():
            channel.transport.abortConnection()

    def _open_channels(self) -> list[Any]:
        # A channel whose transport was taken away is another protocol's now.
        return [channel for channel in self.channels if channel.transport is not None]

    def forget(self, channel: Any) -> None:
        """Take note that a connection is gone."""
        self.channels.discard(channel)
        if self._drained and not self._open_channels():
            self._stop_lingering()
            waiting, self._drained = self._drained, []
            for deferred in waiting:
                deferred.callback(None)
