"""One message on its way from a client to those who take it for its recipients.

A taker is an `IMessage`, which gets lines, or an `IMessageSink`, which gets octets in the parts in which they
came.  Whoever fails is told no more and gets `connectionLost`; the others go on, and the reply at the end
says for whom the message was not taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sennit.core.combinators import DeferredList, gatherResults
from sennit.core.deferred import Deferred, maybeDeferred
from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.smtp.interfaces import IMessageSink
from sennit.smtp.refusals import SMTPServerError

__all__ = ["Intake", "LineTooLongError"]

_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:|[ \t]")
_log = Logger()


class LineTooLongError(SMTPServerError):
    """A message that is taken in lines has too long a one."""

    def __init__(self) -> None:
        super().__init__(500, b"Line too long")


class Intake:
    """A message being received.

    Args:
        takers: Who takes it, for each recipient.
        longest_line: How long a line may be for those that take lines.

    Attributes:
        failures: For each taker, why it has failed, or None.
    """

    __slots__ = ("_first", "_lines", "_sinks", "_tail", "failures", "longest_line", "takers")

    def __init__(self, takers: list[Any], longest_line: int) -> None:
        self.takers = takers
        self.longest_line = longest_line
        self.failures: list[Failure | None] = [None] * len(takers)
        self._sinks = [place for place, taker in enumerate(takers) if IMessageSink.providedBy(taker)]
        sinks = set(self._sinks)
        self._lines = [place for place in range(len(takers)) if place not in sinks]
        self._tail = b""
        self._first = True

    def receive_header(self, place: int, header: bytes) -> None:
        """Give one taker a field that goes before the message."""
        lines = header.splitlines()
        if place in self._sinks:
            self._call(place, self.takers[place].partReceived, b"".join(line + b"\r\n" for line in lines))
        else:
            for line in lines:
                self._call(place, self.takers[place].lineReceived, line)

    def receive_part(self, data: bytes) -> Deferred[Any] | None:
        """Give on the next octets.

        Returns:
            None, or a Deferred that fires when there is room for more.
        """
        waits = [
            result
            for place in self._sinks
            if isinstance(result := self._call(place, self.takers[place].partReceived, data), Deferred)
        ]
        if self._lines:
            *lines, self._tail = (self._tail + data if self._tail else data).split(b"\r\n")
            self.receive_lines(lines)
            if len(self._tail) > self.longest_line:
                self._tail = b""
                for place in self._lines:
                    self._fail(place, Failure(LineTooLongError()))
        return gatherResults(waits) if waits else None

    def receive_lines(self, lines: Iterable[bytes]) -> None:
        """Give on whole lines to those that take lines."""
        for line in lines:
            if self._first:
                self._first = False
                if line and not _FIELD.match(line):
                    # A message without a header: the empty line that ends the header is put before it.
                    self._line(b"")
            if len(line) > self.longest_line:
                for place in self._lines:
                    self._fail(place, Failure(LineTooLongError()))
            else:
                self._line(line)

    def _line(self, line: bytes) -> None:
        for place in self._lines:
            if self.failures[place] is None:
                self._call(place, self.takers[place].lineReceived, line)

    def _call(self, place: int, method: Any, data: bytes) -> Any:
        if self.failures[place] is not None:
            return None
        try:
            return method(data)
        except Exception:
            self._fail(place, Failure())
            return None

    def _fail(self, place: int, failure: Failure) -> None:
        if self.failures[place] is None:
            self.failures[place] = failure
            if not failure.check(SMTPServerError):
                _log.failure("A message could not be taken.", failure)
            self._forget(place)

    def end(self) -> Deferred[list[Failure | None]]:
        """Tell the takers that the message is complete.

        Returns:
            A Deferred that fires with, for each taker, why it has failed, or None.
        """
        if self._tail:
            # The last line of a message that came in chunks has no end.
            self.receive_lines([self._tail])
            self._tail = b""
        waiting = [
            maybeDeferred(taker.eomReceived).addCallbacks(
                self._kept, self._failed_at_end, errbackArgs=(place,)
            )
            for place, taker in enumerate(self.takers)
            if self.failures[place] is None
        ]
        return waiting[0] if len(waiting) == 1 else DeferredList(waiting).addCallback(self._kept)

    def _kept(self, _: object) -> list[Failure | None]:
        return self.failures

    def _failed_at_end(self, failure: Failure, place: int) -> list[Failure | None]:
        self.failures[place] = failure
        if not failure.check(SMTPServerError):
            _log.failure("A message could not be kept.", failure)
        return self.failures

    def abandon(self) -> None:
        """Tell the takers that the rest will not come."""
        for place, failure in enumerate(self.failures):
            if failure is None:
                self._forget(place)

    def _forget(self, place: int) -> None:
        try:
            self.takers[place].connectionLost()
        except Exception:
            _log.failure("A message that did not come could not be forgotten.")
