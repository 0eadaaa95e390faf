"""Descriptors that others own: `addReader` and `addWriter`.

The reactor watches, and calls ``doRead`` or ``doWrite``; it never opens, reads or closes.  A descriptor
ends when its method returns a reason or raises: it is watched no more and its ``connectionLost`` hears why.
The number under which a descriptor was added is kept, so that one whose owner closed it first can still be
taken out, and so that a number which the system has given to somebody else is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sennit.core.errors import ConnectionDone, ConnectionFdescWentAway, ConnectionLost
from sennit.core.failure import Failure
from sennit.core.interfaces import IHalfCloseableDescriptor, IReadDescriptor, IWriteDescriptor
from sennit.log import Logger
from sennit.reactor.base import ReactorBase

__all__ = ["Descriptors"]

_log = Logger()


class Descriptors(ReactorBase):
    """IReactorFDSet."""

    def __init__(self, loop: asyncio.AbstractEventLoop | str | None = None, *, debug: bool = False) -> None:
        # Which descriptor under which number, and the reverse.
        self._readers: dict[Any, int] = {}
        self._writers: dict[Any, int] = {}
        self._read_owners: dict[int, Any] = {}
        self._write_owners: dict[int, Any] = {}
        super().__init__(loop, debug=debug)

    def addReader(self, reader: IReadDescriptor) -> None:
        """Call ``reader.doRead()`` whenever there is something to read, until `removeReader`.

        Args:
            reader: The descriptor (IReadDescriptor); adding it twice is adding it once.

        Raises:
            ValueError: If it has no descriptor number, or one that cannot be watched (a plain file).
        """
        fd = _number(reader)
        known = self._readers.get(reader)
        if known == fd:
            return
        if known is not None:
            self.removeReader(reader)
        _watch(self.loop.add_reader, fd, self._on_readable, reader)
        self._readers.pop(self._read_owners.get(fd), None)
        self._readers[reader] = fd
        self._read_owners[fd] = reader

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """Call ``writer.doWrite()`` whenever writing would not block, until `removeWriter`.

        Args:
            writer: The descriptor (IWriteDescriptor); adding it twice is adding it once.

        Raises:
            ValueError: If it has no descriptor number, or one that cannot be watched (a plain file).
        """
        fd = _number(writer)
        known = self._writers.get(writer)
        if known == fd:
            return
        if known is not None:
            self.removeWriter(writer)
        _watch(self.loop.add_writer, fd, self._on_writable, writer)
        self._writers.pop(self._write_owners.get(fd), None)
        self._writers[writer] = fd
        self._write_owners[fd] = writer

    def removeReader(self, reader: IReadDescriptor) -> None:
        """Watch `reader` no more for reading; if it was not watched, do nothing."""
        fd = self._readers.pop(reader, None)
        if fd is not None:
            del self._read_owners[fd]
            _unwatch(self.loop.remove_reader, fd)

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """Watch `writer` no more for writing; if it was not watched, do nothing."""
        fd = self._writers.pop(writer, None)
        if fd is not None:
            del self._write_owners[fd]
            _unwatch(self.loop.remove_writer, fd)

    def removeAll(self) -> list[Any]:
        """Watch nothing more.

        Returns:
            The descriptors that were watched, each once.
        """
        watched = list(dict.fromkeys([*self._readers, *self._writers]))
        for descriptor in watched:
            self.removeReader(descriptor)
            self.removeWriter(descriptor)
        return watched

    def getReaders(self) -> list[Any]:
        """Return the descriptors watched for reading."""
        return list(self._readers)

    def getWriters(self) -> list[Any]:
        """Return the descriptors watched for writing."""
        return list(self._writers)

    def _on_readable(self, reader: Any) -> None:
        self._step(reader, self._readers, "doRead")

    def _on_writable(self, writer: Any) -> None:
        self._step(writer, self._writers, "doWrite")

    def _step(self, descriptor: Any, watched: dict[Any, int], method: str) -> None:
        fd = watched.get(descriptor)
        if fd is None:
            return
        try:
            if descriptor.fileno() != fd:
                why: Any = ConnectionFdescWentAway("The descriptor was closed while it was watched.")
            else:
                why = getattr(descriptor, method)()
                if not why and descriptor in watched and descriptor.fileno() != fd:
                    why = ConnectionFdescWentAway("The descriptor was closed while it was watched.")
        except BaseException as error:
            _log.failure("Error in {method} of {descriptor!r}", method=method, descriptor=descriptor)
            why = error
        if why:
            self._disconnect(descriptor, why, reading=method == "doRead")
        self._stop_loop_pass()

    def _disconnect(self, descriptor: Any, why: Any, *, reading: bool) -> None:
        self.removeReader(descriptor)
        if isinstance(why, BaseException):
            reason = Failure(why)
        else:
            reason = why if isinstance(why, Failure) else Failure(ConnectionLost(str(why)))
        done = reason.check(ConnectionDone) is not None
        if reading and done and IHalfCloseableDescriptor.providedBy(descriptor):
            _tell(descriptor.readConnectionLost, reason)
            return
        self.removeWriter(descriptor)
        _tell(descriptor.connectionLost, reason)

    def _disconnect_descriptors(self) -> None:
        """End every watched descriptor, as shutdown does."""
        for descriptor in self.removeAll():
            _tell(descriptor.connectionLost, Failure(ConnectionLost("The reactor was stopped.")))

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        super()._attach(loop)
        for reader, fd in self._readers.items():
            loop.add_reader(fd, self._on_readable, reader)
        for writer, fd in self._writers.items():
            loop.add_writer(fd, self._on_writable, writer)

    def _detach(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            for fd in self._read_owners:
                _unwatch(loop.remove_reader, fd)
            for fd in self._write_owners:
                _unwatch(loop.remove_writer, fd)
        super()._detach()


def _number(descriptor: Any) -> int:
    fd: int = descriptor.fileno()
    if fd < 0:
        raise ValueError(f"{descriptor!r} cannot be watched: its fileno() is {fd}, so it is closed.")
    return fd


def _watch(add: Callable[..., object], fd: int, callback: Callable[[Any], None], descriptor: Any) -> None:
    try:
        add(fd, callback, descriptor)
    except PermissionError:
        raise ValueError(
            f"{descriptor!r} cannot be watched on this loop: descriptor {fd} is a plain file or a directory, "
            "which is always ready.  Read it in a thread."
        ) from None


def _unwatch(remove: Callable[[int], object], fd: int) -> None:
    # It may fail where the owner closed it, and the number is a transport's now or nobody's.
    with suppress(OSError, RuntimeError):
        remove(fd)


def _tell(method: Callable[[Failure], object], reason: Failure) -> None:
    try:
        method(reason)
    except BaseException:
        _log.failure("Error while {method!r} was told of the end", method=method)
