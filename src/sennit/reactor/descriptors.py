"""Descriptors that others own: `addReader` and `addWriter`.

The reactor watches, and calls ``doRead`` or ``doWrite``; it never opens, reads or closes.  A descriptor
ends when its method returns a reason or raises: it is watched no more and its ``connectionLost`` hears why.

Owners close descriptors without removing them, and the system gives the number to somebody else.  The
number under which a descriptor was added is therefore kept and compared with its ``fileno()`` before
every call.  libuv goes further and aborts the process when a number that it watches turns out closed: on
uvloop a duplicate of the descriptor is watched, which nobody else can close.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sennit.core.errors import ConnectionDone, ConnectionFdescWentAway, ConnectionLost
from sennit.core.failure import Failure
from sennit.core.interfaces import IHalfCloseableDescriptor, IReadDescriptor, IWriteDescriptor
from sennit.log import Logger
from sennit.reactor.base import ReactorBase
from sennit.reactor.loops import stands_on_libuv

__all__ = ["Descriptors"]

_log = Logger()


class _Direction:
    """The descriptors watched in one direction.

    Attributes:
        watched: Each descriptor's number, and the number that the loop watches for it.
        owners: The descriptor that was added under a number.
    """

    __slots__ = ("add", "method", "owners", "remove", "watched")

    def __init__(self, add: str, remove: str, method: str) -> None:
        self.add = add
        self.remove = remove
        self.method = method
        self.watched: dict[Any, tuple[int, int]] = {}
        self.owners: dict[int, Any] = {}


class Descriptors(ReactorBase):
    """IReactorFDSet."""

    def __init__(self, loop: asyncio.AbstractEventLoop | str | None = None, *, debug: bool = False) -> None:
        self._reading = _Direction("add_reader", "remove_reader", "doRead")
        self._writing = _Direction("add_writer", "remove_writer", "doWrite")
        super().__init__(loop, debug=debug)

    def addReader(self, reader: IReadDescriptor) -> None:
        """Call ``reader.doRead()`` whenever there is something to read, until `removeReader`.

        Args:
            reader: The descriptor (IReadDescriptor); adding it twice is adding it once.

        Raises:
            ValueError: If it has no descriptor number, or one that cannot be watched (a plain file).
        """
        self._add(self._reading, reader)

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """Call ``writer.doWrite()`` whenever writing would not block, until `removeWriter`.

        Args:
            writer: The descriptor (IWriteDescriptor); adding it twice is adding it once.

        Raises:
            ValueError: If it has no descriptor number, or one that cannot be watched (a plain file).
        """
        self._add(self._writing, writer)

    def removeReader(self, reader: IReadDescriptor) -> None:
        """Watch `reader` no more for reading; if it was not watched, do nothing."""
        self._remove(self._reading, reader)

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """Watch `writer` no more for writing; if it was not watched, do nothing."""
        self._remove(self._writing, writer)

    def removeAll(self) -> list[Any]:
        """Watch nothing more.

        Returns:
            The descriptors that were watched, each once.
        """
        watched = list(dict.fromkeys([*self._reading.watched, *self._writing.watched]))
        for descriptor in watched:
            self._remove(self._reading, descriptor)
            self._remove(self._writing, descriptor)
        return watched

    def getReaders(self) -> list[Any]:
        """Return the descriptors watched for reading."""
        return list(self._reading.watched)

    def getWriters(self) -> list[Any]:
        """Return the descriptors watched for writing."""
        return list(self._writing.watched)

    def _add(self, direction: _Direction, descriptor: Any) -> None:
        fd: int = descriptor.fileno()
        if fd < 0:
            raise ValueError(f"{descriptor!r} cannot be watched: its fileno() is {fd}, so it is closed.")
        known = direction.watched.get(descriptor)
        if known is not None:
            if known[0] == fd:
                return
            self._remove(direction, descriptor)
        self._evict(fd, descriptor)
        direction.watched[descriptor] = (fd, self._watch(self.loop, direction, descriptor, fd))
        direction.owners[fd] = descriptor

    def _watch(self, loop: asyncio.AbstractEventLoop, direction: _Direction, descriptor: Any, fd: int) -> int:
        ours = os.dup(fd) if stands_on_libuv(loop) else fd
        try:
            getattr(loop, direction.add)(ours, self._step, direction, descriptor)
        except PermissionError:
            if ours != fd:
                os.close(ours)
            raise ValueError(
                f"{descriptor!r} cannot be watched on this loop: descriptor {fd} is a plain file or a "
                "directory, which is always ready.  Read it in a thread."
            ) from None
        return ours

    def _remove(self, direction: _Direction, descriptor: Any) -> None:
        known = direction.watched.pop(descriptor, None)
        if known is not None:
            fd, ours = known
            del direction.owners[fd]
            self._unwatch(direction, fd, ours)

    def _unwatch(self, direction: _Direction, fd: int, ours: int) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            # It may fail where the owner closed it, and the number is a transport's now or nobody's.
            with suppress(OSError, RuntimeError):
                getattr(loop, direction.remove)(ours)
        if ours != fd:
            os.close(ours)

    def _evict(self, fd: int, newcomer: Any) -> None:
        """Forget who was closed without being removed, now that the system gave the number to `newcomer`.

        The loop must hear of it: some selectors take the two for one and would not watch the new one.
        """
        for direction in (self._reading, self._writing):
            owner = direction.owners.get(fd)
            if owner is not None and owner is not newcomer and owner.fileno() != fd:
                self._remove(direction, owner)

    def _step(self, direction: _Direction, descriptor: Any) -> None:
        known = direction.watched.get(descriptor)
        if known is None:
            return
        fd = known[0]
        try:
            if descriptor.fileno() != fd:
                why: Any = ConnectionFdescWentAway("it was closed while it was watched")
            else:
                why = getattr(descriptor, direction.method)()
                if not why and descriptor in direction.watched and descriptor.fileno() != fd:
                    why = ConnectionFdescWentAway("it was closed while it was watched")
        except BaseException as error:
            _log.failure(
                "Error in {method} of {descriptor!r}", method=direction.method, descriptor=descriptor
            )
            why = error
        if why:
            self._disconnect(descriptor, why, reading=direction is self._reading)
        if self._pass_wanted:
            self.loop.stop()

    def _disconnect(self, descriptor: Any, why: Any, *, reading: bool) -> None:
        self._remove(self._reading, descriptor)
        if isinstance(why, BaseException):
            reason = Failure(why)
        else:
            reason = why if isinstance(why, Failure) else Failure(ConnectionLost(str(why)))
        done = reason.check(ConnectionDone) is not None
        if reading and done and IHalfCloseableDescriptor.providedBy(descriptor):
            _tell(descriptor.readConnectionLost, reason)
            return
        self._remove(self._writing, descriptor)
        _tell(descriptor.connectionLost, reason)

    def _disconnect_descriptors(self) -> None:
        """End every watched descriptor, as shutdown does."""
        for descriptor in self.removeAll():
            _tell(descriptor.connectionLost, Failure(ConnectionLost("the reactor was stopped")))

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        super()._attach(loop)
        for direction in (self._reading, self._writing):
            for descriptor, (fd, _) in direction.watched.items():
                direction.watched[descriptor] = (fd, self._watch(loop, direction, descriptor, fd))

    def _detach(self) -> None:
        for direction in (self._reading, self._writing):
            for descriptor, (fd, ours) in direction.watched.items():
                self._unwatch(direction, fd, ours)
                direction.watched[descriptor] = (fd, fd)
        super()._detach()


def _tell(method: Callable[[Failure], object], reason: Failure) -> None:
    try:
        method(reason)
    except BaseException:
        _log.failure("Error while {method!r} was told of the end", method=method)
