"""A client's connection to a server as coroutines use it: send, wait for the answer, send a body at its pace.

It joins a `ClientConnection` to a transport, and adds what that has not: waiting, with a limit of time.  One
coroutine at a time uses a channel.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IPushProducer
from sennit.protocol import Protocol, connectionDone
from sennit.smtp.client_connection import Answer, ClientConnection
from sennit.smtp.commands import Chunk
from sennit.smtp.errors import (
    LocalProtocolError,
    RemoteProtocolError,
    SMTPConnectError,
    SMTPProtocolError,
    SMTPTimeoutError,
)
from sennit.smtp.events import Command, Reply
from sennit.smtp.limits import DEFAULT_LIMITS, Limits

__all__ = ["BLOCK", "Channel"]

BLOCK = 1 << 16
"""How many octets of a message are read and written at a time."""
_CHUNKS_UNANSWERED = 4


@implementer(IPushProducer)
class Channel(Protocol):
    """A client's connection to a server.

    Args:
        timeout: Seconds to wait for an answer, and for room to write; None for ever.
        lmtp: Whether it is LMTP that is spoken (RFC 2033).
        limits: What the server may take up.
        reactor: What measures time; None for the current one.

    Attributes:
        conversation: What was said.
        secure: Whether it goes over TLS.
        verified: Whether that is with a server that has proven its name.
        messages: How many were begun.
        error: Why nothing more can be said, or None.
    """

    transport: Any

    def __init__(
        self,
        timeout: float | None = 300,
        *,
        lmtp: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        reactor: Any = None,
    ) -> None:
        self.conversation = ClientConnection(limits, lmtp=lmtp)
        self.timeout = timeout
        self.secure = False
        self.verified = False
        self.messages = 0
        self.error: Exception | None = None
        self._reactor = reactor
        self._answers: deque[Answer] = deque()
        self._wanted: Deferred[None] | None = None
        self._full = False
        self._farewell: Reply | None = None

    # From the transport

    def dataReceived(self, data: bytes) -> None:
        """Take what the server sent."""
        try:
            self.conversation.receive_data(data)
            while isinstance(answer := self.conversation.next_event(), Answer):
                self._answers.append(answer)
                if answer.reply.code == 421:
                    self._farewell = answer.reply
        except RemoteProtocolError as error:
            self._fail(SMTPProtocolError(-1, str(error)))
            self.transport.abortConnection()
        else:
            if self._answers:
                self._wake()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Take note that nothing more will come."""
        self._fail(SMTPConnectError(-1, f"The connection to the server was lost: {reason.value}"))

    def pauseProducing(self) -> None:
        """Take note that there is no room to write."""
        self._full = True

    def resumeProducing(self) -> None:
        """Take note that there is."""
        self._full = False
        self._wake()

    def stopProducing(self) -> None:
        """Take note that nobody wants any more; `connectionLost` says why."""

    def _fail(self, error: Exception) -> None:
        if self.error is None:
            self.error = error
        self._full = False
        self._wake()

    def _wake(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted.callback(None)

    # For coroutines

    @property
    def expects(self) -> bool:
        """Whether there are answers to be waited for, or to be looked at."""
        return bool(self._answers or self.conversation.outstanding)

    @property
    def idle(self) -> bool:
        """Whether a command could be sent now."""
        return self.error is None and not self.expects

    async def _wait(self) -> None:
        wanted: Deferred[None] = Deferred()
        self._wanted = wanted
        clock = self._reactor or current_reactor()
        timer = None if self.timeout is None else clock.callLater(self.timeout, self._timed_out)
        try:
            await wanted
        finally:
            self._wanted = None
            if timer is not None and timer.active():
                timer.cancel()

    def _timed_out(self) -> None:
        self._fail(SMTPTimeoutError(-1, f"The server did not answer for {self.timeout:g} seconds."))
        self.transport.abortConnection()

    async def answer(self) -> Answer:
        """Wait for the next answer.

        Raises:
            SMTPClientError: If there will be none.
        """
        while not self._answers:
            if self._farewell is not None:
                raise SMTPConnectError(self._farewell.code, self._farewell.text)
            if self.error is not None:
                raise self.error
            await self._wait()
        return self._answers.popleft()

    def send(self, *commands: Command) -> None:
        """Send commands in one write; a group if the server takes groups."""
        self.transport.write(b"".join([self.conversation.send(command) for command in commands]))

    async def ask(self, command: Command) -> Answer:
        """Send a command and wait for its answer."""
        self.send(command)
        return await self.answer()

    def respond(self, line: bytes) -> None:
        """Answer a challenge, in base64."""
        self.transport.write(self.conversation.respond(line))

    async def _write(self, data: bytes) -> None:
        self.transport.write(data)
        while self._full and self._farewell is None:
            await self._wait()
        if self._farewell is not None:
            raise SMTPConnectError(self._farewell.code, self._farewell.text)
        if self.error is not None:
            raise self.error

    async def send_body(self, blocks: Iterator[bytes], progress: Callable[[int], object]) -> None:
        """Send a message after DATA, and its end; the answer is to be waited for.

        Args:
            blocks: Its parts.
            progress: Is told how many octets more were written.
        """
        self.transport.registerProducer(self, True)
        try:
            for block in blocks:
                await self._write(self.conversation.send_body(block))
                progress(len(block))
            self.transport.write(self.conversation.end_body())
        finally:
            self.transport.unregisterProducer()

    async def send_chunks(
        self, blocks: Iterator[bytes], progress: Callable[[int], object]
    ) -> AsyncIterator[Answer]:
        """Send a message in chunks (RFC 3030), and give the answers as they come, that to the last too.

        Args:
            blocks: Its parts, as they go over the wire.
            progress: Is told how many octets more were written.
        """
        self.transport.registerProducer(self, True)
        unanswered = 0
        window = _CHUNKS_UNANSWERED if self.conversation.can_pipeline else 1
        try:
            block = next(blocks, b"")
            last = False
            while not last:
                following = next(blocks, b"")
                last = not following
                data = self.conversation.send(Chunk(len(block), last).command)
                await self._write(data + self.conversation.send_body(block) if block else data)
                progress(len(block))
                block = following
                unanswered += 1
                while unanswered and (self._answers or (unanswered >= window and not last)):
                    unanswered -= 1
                    yield await self.answer()
            while self.expects:
                yield await self.answer()
        finally:
            self.transport.unregisterProducer()

    def start_tls(self, context: Any, *, verified: bool) -> None:
        """Begin TLS, after STARTTLS was answered."""
        self.conversation.tls_started()
        self.transport.startTLS(context)
        self.secure = True
        self.verified = verified

    def quit(self) -> None:
        """Say good-bye if that can be, and close."""
        if self.idle:
            with suppress(LocalProtocolError):
                self.send(Command(b"QUIT"))
        if self.transport is not None:
            self.transport.loseConnection()

    def abort(self) -> None:
        """Drop the connection."""
        if self.transport is not None:
            self.transport.abortConnection()
