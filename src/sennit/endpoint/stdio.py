"""This process's standard input and output as one connection.

Descriptors that can be polled (pipes, sockets, terminals) become pipe transports of the loop.  Those that
cannot (regular files, ``/dev/null``) are read piece by piece between other events and written at once.
Both are duplicates of the descriptors, so that 0 and 1 stay open; whether they block is restored at the
end, because a terminal shares that with the shell that started us.

The connection ends when standard input does, unless the protocol provides `IHalfCloseableProtocol`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import selectors
from collections.abc import Iterable
from typing import Any, cast

from zope.interface import implementer

from sennit.core.addresses import ProcessAddress
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone, ConnectionLost, NoProtocol
from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    IPushProducer,
    IStreamServerEndpoint,
    ITransport,
)

__all__ = ["StandardIOEndpoint", "StandardIOTransport"]

_CHUNK = 65536


def _pollable(descriptor: int) -> bool:
    with selectors.DefaultSelector() as selector:
        try:
            selector.register(descriptor, selectors.EVENT_READ)
        except (OSError, ValueError):
            return False
        return True


class _FileReader:
    """Reads what cannot be polled: a piece at each turn of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int, protocol: _Input) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._protocol = protocol
        self._paused = False
        self._closed = False
        self._due = loop.call_soon(self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _CHUNK)
        except OSError as error:
            self._protocol.connection_lost(error)
            return
        if not data:
            self._protocol.eof_received()
            self._protocol.connection_lost(None)
            return
        self._protocol.data_received(data)
        if not self._paused and not self._closed:
            self._due = self._loop.call_soon(self._read)

    def pause_reading(self) -> None:
        self._paused = True
        self._due.cancel()

    def resume_reading(self) -> None:
        if self._paused and not self._closed:
            self._paused = False
            self._due = self._loop.call_soon(self._read)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._due.cancel()
            os.close(self._descriptor)


class _FileWriter:
    """Writes what cannot be polled: such descriptors are always ready."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int, protocol: _Output) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._protocol = protocol
        self._closed = False

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and not self._closed:
            try:
                view = view[os.write(self._descriptor, view) :]
            except OSError as error:
                self._loop.call_soon(self._protocol.connection_lost, error)
                self.close()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            os.close(self._descriptor)
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close


class _Input(asyncio.Protocol):
    """What the loop tells of standard input."""

    def __init__(self, transport: StandardIOTransport) -> None:
        self._owner = transport

    def data_received(self, data: bytes) -> None:
        self._owner.protocol.dataReceived(data)

    def eof_received(self) -> None:
        self._owner._input_ended()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._owner._lost(exc)


class _Output(asyncio.BaseProtocol):
    """What the loop tells of standard output."""

    def __init__(self, transport: StandardIOTransport) -> None:
        self._owner = transport

    def pause_writing(self) -> None:
        self._owner._output_full()

    def resume_writing(self) -> None:
        self._owner._output_free()

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner._output_ended(exc)


@implementer(ITransport, IPushProducer, IConsumer)
class StandardIOTransport:
    """The transport of a protocol that speaks over standard input and output.

    Args:
        loop: The asyncio loop.
        protocol: The protocol.
        descriptors: The descriptors to read from and to write to.
    """

    disconnecting = False

    def __init__(self, loop: Any, protocol: Any, descriptors: tuple[int, int] = (0, 1)) -> None:
        self.protocol = protocol
        self.connected = False
        self._loop = loop
        self._descriptors = descriptors
        self._blocking = [os.get_blocking(one) for one in descriptors]
        self._producer: Any = None
        self._streaming = True
        self._full = False
        self._write_ended = False
        self._writer_gone = False
        self._reader: Any = None
        self._writer: Any = None

    async def open(self) -> StandardIOTransport:
        """Begin: give the protocol this transport and start reading."""
        read, write = map(os.dup, self._descriptors)
        if _pollable(write):
            pipe = os.fdopen(write, "wb", 0)
            self._writer, _ = await self._loop.connect_write_pipe(lambda: _Output(self), pipe)
        else:
            self._writer = _FileWriter(self._loop, write, _Output(self))
        self._begin()
        if _pollable(read):
            pipe = os.fdopen(read, "rb", 0)
            self._reader, _ = await self._loop.connect_read_pipe(lambda: _Input(self), pipe)
        else:
            self._reader = _FileReader(self._loop, read, _Input(self))
        if not self.connected:
            self._reader.close()
        return self

    def _begin(self) -> None:
        self.connected = True
        self.protocol.makeConnection(self)

    def write(self, data: bytes) -> None:
        """Write to standard output."""
        if self.connected and not self._write_ended:
            self._writer.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Write several pieces to standard output."""
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        """End the connection after everything written has gone out."""
        if self.connected and not self.disconnecting:
            self.disconnecting = True
            if self._writer_gone:
                self._lost(None)
            elif self._producer is None:
                self._writer.close()

    def loseWriteConnection(self) -> None:
        """Close standard output after everything written has gone out; keep reading."""
        if not self._write_ended:
            self._write_ended = True
            self._writer.close()

    def abortConnection(self) -> None:
        """End the connection now."""
        if self.connected:
            if not self._writer_gone:
                self._writer.abort()
            self._lost(None)

    def getHost(self) -> ProcessAddress:
        """Return an address that says no more than that this is a process."""
        return ProcessAddress()

    def getPeer(self) -> ProcessAddress:
        """Return an address that says no more than that this is a process."""
        return ProcessAddress()

    def pauseProducing(self) -> None:
        """Stop reading."""
        if self._reader is not None:
            self._reader.pause_reading()

    def resumeProducing(self) -> None:
        """Read again."""
        if self._reader is not None:
            self._reader.resume_reading()

    def stopProducing(self) -> None:
        """End the connection."""
        self.loseConnection()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let `producer` write, at the pace that standard output can take."""
        if self._producer is not None:
            raise RuntimeError(f"Cannot register {producer!r}: {self._producer!r} was not unregistered.")
        if not self.connected:
            producer.stopProducing()
            return
        self._producer, self._streaming = producer, streaming
        if not streaming:
            self._loop.call_soon(self._pull)
        elif self._full:
            producer.pauseProducing()

    def unregisterProducer(self) -> None:
        """The producer is done."""
        self._producer = None
        if self.disconnecting and self.connected:
            self._writer.close()

    def _pull(self) -> None:
        if self._producer is not None and not self._streaming and not self._full:
            self._producer.resumeProducing()
            self._loop.call_soon(self._pull)

    def _output_full(self) -> None:
        self._full = True
        if self._producer is not None and self._streaming:
            self._producer.pauseProducing()

    def _output_free(self) -> None:
        self._full = False
        if self._producer is not None:
            (self._producer.resumeProducing if self._streaming else self._pull)()

    def _input_ended(self) -> None:
        if IHalfCloseableProtocol.providedBy(self.protocol):
            self.protocol.readConnectionLost()
        else:
            self.loseConnection()

    def _output_ended(self, error: Exception | None) -> None:
        self._writer_gone = True
        half_closeable = IHalfCloseableProtocol.providedBy(self.protocol)
        if self.connected and not self.disconnecting and (half_closeable or self._write_ended):
            self._write_ended = True
            if half_closeable:
                self.protocol.writeConnectionLost()
        else:
            self._lost(error)

    def _lost(self, error: Exception | None) -> None:
        if not self.connected:
            return
        self.connected = False
        self.disconnecting = True
        if self._reader is not None:
            self._reader.close()
        self._writer.close()
        for descriptor, blocking in zip(self._descriptors, self._blocking, strict=True):
            with contextlib.suppress(OSError):  # the program may have closed it
                os.set_blocking(descriptor, blocking)
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.stopProducing()
        reason = ConnectionDone() if error is None else ConnectionLost(str(error))
        self.protocol.connectionLost(Failure(reason))


@implementer(IStreamServerEndpoint)
class StandardIOEndpoint:
    """The one connection that this process was started with.

    Args:
        reactor: The reactor whose loop watches the descriptors.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def listen(self, stdioProtocolFactory: Any) -> Deferred[Any]:
        """Connect a protocol to standard input and output.

        Args:
            stdioProtocolFactory: An `IProtocolFactory`.

        Returns:
            A Deferred that fires with the transport.
        """
        result: Deferred[Any] = Deferred()
        try:
            protocol = stdioProtocolFactory.buildProtocol(ProcessAddress())
            if protocol is None:
                raise NoProtocol
            loop = cast("asyncio.AbstractEventLoop", self._reactor.loop)
            transport = StandardIOTransport(loop, protocol)
            opening = loop.create_task(transport.open())
        except Exception:
            result.errback(Failure())
            return result
        opening.add_done_callback(lambda task: _deliver(task, result))
        return result


def _deliver(task: asyncio.Task[Any], result: Deferred[Any]) -> None:
    if task.cancelled():
        result.cancel()
    elif (error := task.exception()) is not None:
        result.errback(Failure(error))
    else:
        result.callback(task.result())
