"""Telling an HTTP/2 peer that works from one that floods.

Frames that cost us more than the peer, and lead nowhere, come out of budgets: a burst is fine, and after it a
steady rate.  Published attacks that this ends: rapid reset (CVE-2023-44487), and its twin in which the peer
makes us reset its streams (CVE-2025-8671); ping, reset, settings, priority and window floods
(CVE-2019-9512, -9513, -9514, -9515, -9517); and empty frames (CVE-2019-9518).  Endless CONTINUATION frames
and header bombs are h2's and hpack's to refuse, by count and by size.
"""

from __future__ import annotations

from typing import Any

from h2.exceptions import DenialOfServiceError
from hyperframe.frame import (
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from sennit.http.h2.limits import Http2Limits

__all__ = ["Budget", "FloodGuard"]

_WINDOWS_A_FRAME = 4


class Budget:
    """So many at once, and so many a second after that.

    Args:
        burst: How many at once.
        rate: How many a second.
        now: The time, in seconds.
    """

    __slots__ = ("_burst", "_left", "_rate", "_when")

    def __init__(self, burst: float, rate: float, now: float = 0.0) -> None:
        self._burst = self._left = float(burst)
        self._rate = rate
        self._when = now

    def spend(self, now: float, amount: float = 1.0) -> bool:
        """Take something out; tell whether it was there."""
        if self._left < amount:
            self._left = min(self._burst, self._left + (now - self._when) * self._rate)
            self._when = now
            if self._left < amount:
                return False
        self._left -= amount
        return True

    def put_back(self, amount: float) -> None:
        """Give something back, up to the burst."""
        self._left = min(self._burst, self._left + amount)


class FloodGuard:
    """Counts a peer's frames.

    Args:
        limits: The budgets.
        now: The time, in seconds.

    Attributes:
        now: The time; whoever feeds the connection keeps it.
    """

    __slots__ = ("_control", "_empty", "_resets", "_windows", "now")

    def __init__(self, limits: Http2Limits, now: float) -> None:
        self.now = now
        self._resets = Budget(limits.reset_burst, limits.reset_rate, now)
        self._control = Budget(limits.control_burst, limits.control_rate, now)
        self._windows = Budget(limits.window_burst, limits.window_rate, now)
        self._empty = Budget(limits.empty_burst, limits.empty_rate, now)

    def count(self, frame: Any) -> None:
        """Count a frame that was received.

        Raises:
            DenialOfServiceError: If it is one too many.
        """
        kind = type(frame)
        if kind is DataFrame:
            if not frame.data and "END_STREAM" not in frame.flags:
                self._charge(self._empty, "empty frames")
        elif kind is HeadersFrame or kind is PushPromiseFrame:
            if not frame.data:
                self._charge(self._empty, "empty frames")
        elif kind is WindowUpdateFrame:
            self._charge(self._windows, "window updates")
        elif kind is RstStreamFrame:
            self.count_reset()
        elif kind is SettingsFrame:
            self._charge(self._control, "settings", max(1, len(frame.settings)))
        elif kind is not GoAwayFrame:
            self._charge(self._control, "control frames")

    def count_reset(self) -> None:
        """Count a stream that was reset by the peer, or because of it.

        Raises:
            DenialOfServiceError: If it is one too many.
        """
        self._charge(self._resets, "resets")

    def count_sent(self) -> None:
        """Take note of a frame of data that was sent: the peer may well answer it with window updates."""
        self._windows.put_back(_WINDOWS_A_FRAME)

    def _charge(self, budget: Budget, what: str, amount: float = 1.0) -> None:
        if not budget.spend(self.now, amount):
            raise DenialOfServiceError(f"The peer floods this connection with {what}.")
