"""`WebSocketProtocol`: a WebSocket on a transport, for programs that are called with each message.

It answers pings, sends its own to learn whether the peer is still there, and closes as RFC 6455 section 7
says, dropping the connection when the peer takes too long.  While the transport has more to send than it
likes nothing is read, and whoever sends is told to pause.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.failure import Failure
from sennit.core.interfaces import IPushProducer
from sennit.core.report import report_error
from sennit.protocol import Protocol, connectionDone
from sennit.websocket.conversation import ABNORMAL, GOING_AWAY, INTERNAL_ERROR, NORMAL, Conversation, Pong
from sennit.websocket.library import Extension
from sennit.websocket.limits import DEFAULT_WEBSOCKET_LIMITS, WebSocketLimits

__all__ = ["WebSocketProtocol"]

_PING = b"sennit"


@implementer(IPushProducer)
class WebSocketProtocol(Protocol):
    """One end of a WebSocket; subclass it, and override `opened`, `messageReceived` and `closed`.

    Attributes:
        limits: What the peer may take up.
        subprotocol: The subprotocol agreed on, None without one.
        request: The request that opened it, on the server's side.
        close_code: The code it was closed with, None while it is open.
        close_reason: The reason that goes with it.
    """

    transport: Any = None
    limits: WebSocketLimits = DEFAULT_WEBSOCKET_LIMITS
    subprotocol: str | None = None
    request: Any = None
    close_code: int | None = None
    close_reason = ""
    is_client = False
    reactor: Any = None
    http_factory: Any = None

    _extensions: Sequence[Extension] = ()
    _timer: Any = None
    _receiving = False
    _awaiting_pong = False
    _paused = False
    _full = False
    _over = False
    _conversation: Conversation

    # To be overridden

    def opened(self) -> None:
        """Begin: messages can be sent."""

    def messageReceived(self, message: str | bytes) -> None:
        """Take a message: str if it is text, else bytes."""

    def pongReceived(self, data: bytes) -> None:
        """Take a pong."""

    def closed(self, code: int, reason: str) -> None:
        """End: the connection is gone.

        Args:
            code: The code it was closed with; 1006 if the peer said none.
            reason: The reason that goes with it.
        """

    def sendingPaused(self) -> None:
        """Send less, if that can be helped: much waits for the peer."""

    def sendingResumed(self) -> None:
        """Send again."""

    # To be called

    def sendMessage(self, message: str | bytes) -> None:
        """Send a message: str as text, bytes as binary.

        Raises:
            WebSocketClosed: If it is closed, or closing.
            TypeError: If it is no message.
        """
        self._conversation.send(message)
        if not self._receiving:
            self._flush()

    def sendPing(self, data: bytes = b"") -> None:
        """Ask the peer for a pong that carries `data`, at most 125 octets.

        Raises:
            WebSocketClosed: If it is closed.
            ValueError: If the data is too long.
        """
        self._conversation.ping(data)
        self._flush()

    def close(self, code: int | None = NORMAL, reason: str = "") -> None:
        """Close once what was sent is with the peer; do nothing if it is closing already.

        Args:
            code: The closing code, 1000 or from 3000 to 4999 for programs; None for none.
            reason: Why, at most 123 octets of UTF-8.

        Raises:
            ValueError: If the code may not be sent, or the reason is too long.
        """
        if self._over:
            return
        was_open = self._conversation.open
        self._conversation.close(code, reason)
        self._flush()
        if was_open and not self._over:
            self._wait(self.limits.close_timeout, self._give_up)
            if self._paused:
                # The peer's closing frame is behind what was not wanted.
                self.resumeReceiving()

    def abort(self) -> None:
        """Drop the connection now."""
        if self.transport is not None:
            self.transport.abortConnection()

    def pauseReceiving(self) -> None:
        """Read no more until `resumeReceiving`; messages already read still come."""
        self._paused = True
        self._update_reading()

    def resumeReceiving(self) -> None:
        """Read again."""
        self._paused = False
        self._update_reading()

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return not self._over and self._conversation.open

    def drain(self) -> None:
        """Close because the server goes away."""
        self.close(GOING_AWAY)

    announce_end = drain

    # What the transport calls

    def prepare(self, extensions: Sequence[Extension], subprotocol: str | None) -> None:
        """Take what was agreed on; to be called before the transport is there."""
        self._extensions = extensions
        self.subprotocol = subprotocol

    def connectionMade(self) -> None:
        """Begin the conversation."""
        self._conversation = Conversation(
            client=self.is_client, extensions=self._extensions, limits=self.limits
        )
        if self.reactor is None:
            self.reactor = getattr(self.transport, "reactor", None) or current_reactor()
        self.transport.registerProducer(self, True)
        if self.http_factory is not None:
            self.http_factory.channels.add(self)
        if self.limits.ping_interval is not None:
            self._wait(self.limits.ping_interval, self._keep_alive)
        self._call(self.opened)

    def dataReceived(self, data: bytes) -> None:
        """Take octets from the peer."""
        self._receiving = True
        self._awaiting_pong = False
        try:
            for event in self._conversation.receive_data(data):
                if type(event) is Pong:
                    if event.data != _PING:
                        self.pongReceived(event.data)
                else:
                    self.messageReceived(event)  # type: ignore[arg-type]  # it is no Pong
        except Exception:
            self._failed()
        finally:
            self._receiving = False
        self._flush()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the conversation."""
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        conversation = self._conversation
        conversation.receive_eof()
        # Only a closing frame of the peer's tells how it saw the end.
        self.close_code = conversation.close_code if conversation.clean else self._lost_code(conversation)
        self.close_reason = conversation.close_reason
        factory, self.http_factory = self.http_factory, None
        self.transport = None
        try:
            self._call(self.closed, self.close_code, self.close_reason)
        finally:
            if factory is not None:
                factory.forget(self)

    @staticmethod
    def _lost_code(conversation: Conversation) -> int:
        return conversation.close_code if conversation.ends else ABNORMAL

    def pauseProducing(self) -> None:
        """Stop reading, and tell whoever sends: the transport has more to send than it likes."""
        self._full = True
        self._update_reading()
        self.sendingPaused()

    def resumeProducing(self) -> None:
        """Go on: the transport has room again."""
        self._full = False
        self._update_reading()
        self.sendingResumed()

    def stopProducing(self) -> None:
        """Do nothing: `connectionLost` is to follow."""

    # Inside

    def _call(self, function: Any, *args: Any) -> None:
        """Call a method of the program's; an error closes the WebSocket."""
        try:
            function(*args)
        except Exception:
            self._failed()

    def _failed(self) -> None:
        report_error(Failure(), f"A WebSocket's program failed: {self!r}")
        if not self._over:
            self._conversation.fail(INTERNAL_ERROR)
            self._flush()

    def _flush(self) -> None:
        if self._over:
            return
        conversation = self._conversation
        data = conversation.output()
        if data:
            self.transport.write(data)
        if conversation.ends:
            self._end()

    def _end(self) -> None:
        """Close the transport: all is said."""
        self._over = True
        self.transport.unregisterProducer()
        self._wait(self.limits.close_timeout, self._give_up)
        self.transport.loseConnection()

    def _update_reading(self) -> None:
        if self._over or self.transport is None:
            return
        if self._paused or self._full:
            self.transport.pauseProducing()
        else:
            self.transport.resumeProducing()

    def _wait(self, period: float, then: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.reactor.callLater(period, then)

    def _keep_alive(self) -> None:
        self._timer = None
        if self._over or not self._conversation.open:
            return
        self._awaiting_pong = True
        self._conversation.ping(_PING)
        self._flush()
        timeout = self.limits.ping_timeout
        if timeout is None:
            self._wait(self.limits.ping_interval or 0.0, self._keep_alive)
        else:
            self._wait(timeout, self._look_for_pong)

    def _look_for_pong(self) -> None:
        self._timer = None
        # While reading is paused by us, nothing can arrive.
        if self._awaiting_pong and not self._paused:
            self._conversation.fail(INTERNAL_ERROR, "The keep-alive ping was not answered in time.")
            self._flush()
            if self.transport is not None:
                self.transport.abortConnection()
            return
        interval, timeout = self.limits.ping_interval or 0.0, self.limits.ping_timeout or 0.0
        self._wait(max(0.0, interval - timeout), self._keep_alive)

    def _give_up(self) -> None:
        self._timer = None
        if self.transport is not None:
            self.transport.abortConnection()
