"""Ending as a signal would have ended the process, once the reactor has stopped because of it."""

from __future__ import annotations

import os
import signal
from typing import Any

from zope.interface import Attribute, Interface

__all__ = ["_ISupportsExitSignalCapturing", "_exitWithSignal", "signal_of"]


class _ISupportsExitSignalCapturing(Interface):
    """A reactor that knows which signal stopped it."""

    _exitSignal = Attribute("The signal's number, or None.")


def signal_of(reactor: Any) -> int | None:
    """Return the number of the signal that stopped a reactor; None if none did, or it does not say."""
    name = "_exitSignal" if _ISupportsExitSignalCapturing.providedBy(reactor) else "exit_signal"
    number = getattr(reactor, name, None)
    return number if isinstance(number, int) else None


def _exitWithSignal(sig: int) -> None:
    """End as the signal ends a process that does not handle it, so that the parent knows."""
    signal.signal(sig, signal.SIG_DFL)
    os.kill(os.getpid(), sig)
