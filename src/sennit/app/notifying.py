"""Telling the service manager how we are: sd_notify(3), for systemd and what speaks its protocol.

Where no manager asked to be told (``NOTIFY_SOCKET``), nothing is sent.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import Any

__all__ = ["Notifier"]


class Notifier:
    """Tells the manager.

    Args:
        environment: Where ``NOTIFY_SOCKET``, ``WATCHDOG_USEC`` and ``WATCHDOG_PID`` are looked up.
    """

    def __init__(self, environment: Any = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        interval, process = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
        wanted = interval.isdecimal() and process in ("", str(os.getpid()))
        self._interval = int(interval) / 2e6 if wanted and int(interval) else None
        self._timer: Any = None

    def ready(self, status: str = "") -> None:
        """Say that we serve, or serve again after `reloading`.

        Args:
            status: A line for people.
        """
        self._send("READY=1", f"MAINPID={os.getpid()}", *([f"STATUS={status}"] if status else []))

    def reloading(self) -> None:
        """Say that new code or configuration is being loaded; `ready` ends that."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Say that we end."""
        self._send("STOPPING=1")

    def watch(self, clock: Any) -> None:
        """Say from now on, twice in each period that the manager named, that the loop turns.

        Args:
            clock: The `IReactorTime`.
        """
        if self._interval is not None and self._address:
            self._send("WATCHDOG=1")
            self._timer = clock.callLater(self._interval, self.watch, clock)

    def end_watch(self) -> None:
        """Say so no more."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        # A manager that is gone, or whose queue is full, is no reason to fail.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.setblocking(False)
            way.sendto("\n".join(lines).encode(), self._address)
