"""`WebSocket`: a WebSocket for coroutines, whose messages are waited for one after another.

Messages that nobody has taken yet wait here; when they are too many, or too large, reading stops until half
are taken.  `WebSocket.send` waits while the peer does not take what was sent.
"""

from __future__ import annotations

from collections import deque
from itertools import count
from types import TracebackType
from typing import Self

from sennit.core.deferred import Deferred, succeed
from sennit.websocket.conversation import NORMAL
from sennit.websocket.errors import WebSocketClosed
from sennit.websocket.protocol import WebSocketProtocol

__all__ = ["WebSocket"]

_ENDED_WELL = (1000, 1001, 1005)


class WebSocket(WebSocketProtocol):
    """One end of a WebSocket: ``async for message in websocket``, ``await websocket.send(message)``."""

    def __init__(self) -> None:
        self._messages: deque[str | bytes] = deque()
        self._size = 0
        self._receiver: Deferred[None] | None = None
        self._room: Deferred[None] | None = None
        self._ended: list[Deferred[None]] = []
        self._pings: dict[bytes, tuple[Deferred[float], float]] = {}
        self._ping_numbers = count()

    # Receiving

    async def receive(self) -> str | bytes:
        """Return the next message: str if it is text, else bytes.

        Raises:
            WebSocketClosed: If there is none to come.
            RuntimeError: If another call waits already.
        """
        while not self._messages:
            await self._arrival()
        return self._take()

    def _arrival(self) -> Deferred[None]:
        """Return a Deferred that fires when there is a message, or an end.

        Raises:
            WebSocketClosed: If there is none to come.
            RuntimeError: If another call waits already.
        """
        if self.close_code is not None:
            raise WebSocketClosed(self.close_code, self.close_reason)
        if self._receiver is not None:
            raise RuntimeError("Somebody waits for this WebSocket's next message already.")
        receiver = self._receiver = Deferred(self._gave_up)
        return receiver

    def _take(self) -> str | bytes:
        messages = self._messages
        message = messages.popleft()
        self._size -= len(message)
        if self._paused:
            limits = self.limits
            if len(messages) <= limits.waiting_messages // 2 and self._size <= limits.waiting_size // 2:
                self.resumeReceiving()
        return message

    def _gave_up(self, waiting: Deferred[None]) -> None:
        self._receiver = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        """Return the next message; end when the WebSocket was closed as it should be.

        Raises:
            WebSocketClosed: If it was closed otherwise.
        """
        while not self._messages:
            if self.close_code in _ENDED_WELL:
                raise StopAsyncIteration
            await self._arrival()
        return self._take()

    # Sending

    async def send(self, message: str | bytes) -> None:
        """Send a message, str as text and bytes as binary, and wait while too much is on its way.

        Raises:
            WebSocketClosed: If it is closed, or closing.
            TypeError: If it is no message.
        """
        self.sendMessage(message)
        if self._full and not self._over:
            if self._room is None or self._room.called:
                self._room = Deferred()
            waiting: Deferred[None] = Deferred()
            self._room.addCallback(_pass_on, waiting)
            await waiting

    async def ping(self) -> float:
        """Return how long the peer takes to answer, in seconds.

        Raises:
            WebSocketClosed: If it is, or becomes, closed.
        """
        if self._over:
            raise WebSocketClosed(self.close_code or NORMAL, self.close_reason)
        data = b"%d" % next(self._ping_numbers)
        answered: Deferred[float] = Deferred()
        self._pings[data] = (answered, self.reactor.seconds())
        self.sendPing(data)
        return await answered

    def close(self, code: int | None = NORMAL, reason: str = "") -> Deferred[None]:  # type: ignore[override]  # it can be waited for, besides
        """Close, as `WebSocketProtocol.close`; the Deferred returned fires with None when that is done."""
        super().close(code, reason)
        return self.wait_closed()

    def wait_closed(self) -> Deferred[None]:
        """Return a Deferred that fires with None when the WebSocket is closed."""
        if self.close_code is not None:
            return succeed(None)
        deferred: Deferred[None] = Deferred(self._ended_unheard)
        self._ended.append(deferred)
        return deferred

    def _ended_unheard(self, deferred: Deferred[None]) -> None:
        self._ended.remove(deferred)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    # What happens

    def messageReceived(self, message: str | bytes) -> None:
        """Keep a message for `receive`."""
        self._messages.append(message)
        self._size += len(message)
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.callback(None)
        limits = self.limits
        if len(self._messages) >= limits.waiting_messages or self._size >= limits.waiting_size:
            self.pauseReceiving()

    def pongReceived(self, data: bytes) -> None:
        """Tell whoever waits for it."""
        if data in self._pings:
            # An answer to a later ping stands for those before it (RFC 6455 section 5.5.3).
            for sent in list(self._pings):
                answered, when = self._pings.pop(sent)
                answered.callback(self.reactor.seconds() - when)
                if sent == data:
                    break

    def sendingResumed(self) -> None:
        """Let whoever sends go on."""
        room, self._room = self._room, None
        if room is not None:
            room.callback(None)

    def closed(self, code: int, reason: str) -> None:
        """Tell everybody who waits for something."""
        self.sendingResumed()
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.callback(None)
        pings, self._pings = self._pings, {}
        for answered, _ in pings.values():
            answered.errback(WebSocketClosed(code, reason))
        ended, self._ended = self._ended, []
        for deferred in ended:
            deferred.callback(None)


def _pass_on(result: None, waiting: Deferred[None]) -> None:
    waiting.callback(None)
