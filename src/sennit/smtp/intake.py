"""One message on its way from a client to those who take it for its recipients.

A taker is an `IMessage`, which gets lines, or an `IMessageSink`, which gets octets in the parts in which they
came.  Whoever fails is told no more and gets `connectionLost`; the others go on, and the reply at the end
says for whom the message was not taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from sennit.core.combinators import gatherResults
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

    __slots__ = (
        "_ended",
        "_first",
        "_lines",
        "_sinks",
        "_tail",
        "_waiting",
        "failures",
        "longest_line",
        "takers",
    )

    def __init__(self, takers: list[Any], longest_line: int) -> None:
        self.takers = takers
        self.longest_line = longest_line
        self.failures: list[Failure | None] = [None] * len(takers)
        # The places of those that take octets, and of those that take lines.
        self._sinks: list[int] = []
        self._lines: list[int] = []
        for place, taker in enumerate(takers):
            (self._sinks if IMessageSink.providedBy(taker) else self._lines).append(place)
        self._tail = b""
        self._first = True
        self._ended: Any = None
        self._waiting = 0

    def receive_header(self, place: int, header: bytes) -> None:
        """Give one taker a field that goes before the message."""
        lines = header.splitlines()
        taker = self.takers[place]
        try:
            if place in self._sinks:
                taker.partReceived(b"".join(line + b"\r\n" for line in lines))
            else:
                for line in lines:
                    taker.lineReceived(line)
        except Exception:
            self._fail(place, Failure())

    def receive_part(self, data: bytes) -> Deferred[Any] | None:
        """Give on the next octets.

        Returns:
            None, or a Deferred that fires when there is room for more.
        """
        waits: list[Deferred[Any]] = []
        for place in self._sinks:
            if self.failures[place] is None:
                try:
                    result = self.takers[place].partReceived(data)
                except Exception:
                    self._fail(place, Failure())
                else:
                    if isinstance(result, Deferred):
                        waits.append(result)
        if self._lines:
            if self._tail:
                data = self._tail + data
            lines = data.split(b"\r\n")
            self._tail = lines.pop()
            self.receive_lines(lines, len(data))
            if len(self._tail) > self.longest_line:
                self._tail = b""
                for place in self._lines:
                    self._fail(place, Failure(LineTooLongError()))
        return gatherResults(waits) if waits else None

    def receive_lines(self, lines: list[bytes], size: int) -> None:
        """Give on whole lines to those that take lines: to each all of them, and then to the next.

        Args:
            lines: The lines.
            size: How many octets they have: none of them can have more.
        """
        if self._first and lines:
            self._first = False
            if lines[0] and not _FIELD.match(lines[0]):
                # A message without a header: the empty line that ends the header is put before it.
                lines.insert(0, b"")
        longest = self.longest_line
        for place in self._lines:
            if self.failures[place] is None:
                receive = self.takers[place].lineReceived
                try:
                    for line in lines:
                        if size > longest and len(line) > longest:
                            raise LineTooLongError
                        receive(line)
                except Exception:
                    self._fail(place, Failure())

    def _fail(self, place: int, failure: Failure) -> None:
        if self.failures[place] is None:
            self.failures[place] = failure
            if not failure.check(SMTPServerError):
                _log.failure("A message could not be taken.", failure)
            self._forget(place)

    def end(self, ended: Callable[[list[Failure | None]], object]) -> None:
        """Tell the takers that the message is complete.

        Args:
            ended: Is called once all have said what became of it, with, for each, why it has failed, or None.
        """
        if self._tail:
            # The last line of a message that came in chunks has no end.
            self.receive_lines([self._tail], len(self._tail))
            self._tail = b""
        self._ended = ended
        # One more than wait, until all were asked.
        self._waiting = 1
        for place, taker in enumerate(self.takers):
            if self.failures[place] is None:
                self._waiting += 1
                maybeDeferred(taker.eomReceived).addCallbacks(self._told, partial(self._failed_at_end, place))
        self._told(None)

    def _failed_at_end(self, place: int, failure: Failure) -> None:
        self.failures[place] = failure
        if not failure.check(SMTPServerError):
            _log.failure("A message could not be kept.", failure)
        self._told(None)

    def _told(self, _: object) -> None:
        self._waiting -= 1
        if not self._waiting:
            ended, self._ended = self._ended, None
            ended(self.failures)

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
