"""Tk's windows under a reactor on any loop: Tk is given its turn at short intervals.

A reactor on a toolkit's loop is left alone: on Tk's own (``Reactor("tk")``) windows need no turns given.
"""

from __future__ import annotations

from typing import Any

from sennit.core.current import current_reactor
from sennit.reactor.loops import runs_nested
from sennit.task import LoopingCall

__all__ = ["install", "uninstall"]

_turns: LoopingCall | None = None


def install(widget: Any, ms: int = 10, reactor: Any = None) -> None:
    """Give Tk its turn while the reactor runs, in place of ``mainloop``.

    Args:
        widget: Any widget of the program, its root among them.
        ms: Milliseconds between two turns.
        reactor: The reactor; by default the current one.
    """
    global _turns
    uninstall()
    if reactor is None:
        reactor = current_reactor()
    if runs_nested(reactor.loop):
        return
    _turns = LoopingCall(_turn, widget)
    _turns.clock = reactor
    _turns.start(ms / 1000.0)


def uninstall() -> None:
    """Give Tk no more turns; after the window is destroyed none are given anyway."""
    global _turns
    turns, _turns = _turns, None
    if turns is not None and turns.running:
        turns.stop()


def _turn(widget: Any) -> None:
    from tkinter import TclError

    try:
        widget.update()
    except TclError:
        # The window was destroyed, perhaps in this very turn.
        if _exists(widget):
            raise
        uninstall()


def _exists(widget: Any) -> bool:
    from tkinter import TclError

    try:
        return bool(widget.winfo_exists())
    except TclError:
        return False
