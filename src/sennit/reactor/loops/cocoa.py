"""asyncio's loop in Cocoa's main loop: rubicon-objc's, for macOS.

It is written to that library's documentation and has not been run: see the table of loops in the docs.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sennit.reactor.loops import LoopNotAvailable

__all__ = ["new"]

_APPLICATION_DEFINED = 15


class _Application:
    """What rubicon-objc calls a life cycle: runs the application, and ends the run but not the process."""

    def __init__(self, objc: Any) -> None:
        self._objc = objc
        self._application = objc.ObjCClass("NSApplication").sharedApplication

    def start(self) -> None:
        self._application.run()

    def stop(self) -> None:
        self._application.stop(None)
        # It looks whether it was stopped after an event: here is one.
        event = self._objc.ObjCClass("NSEvent").otherEventWithType(
            _APPLICATION_DEFINED,
            location=self._objc.types.NSPoint(0, 0),
            modifierFlags=0,
            timestamp=0,
            windowNumber=0,
            context=None,
            subtype=0,
            data1=0,
            data2=0,
        )
        self._application.postEvent(event, atStart=True)


def new() -> asyncio.AbstractEventLoop:
    """Make a loop in the main loop of this process's ``NSApplication``.

    Raises:
        LoopNotAvailable: If rubicon-objc is not installed, or this is not macOS.
    """
    try:
        from rubicon import objc
        from rubicon.objc.eventloop import EventLoopPolicy
    except (ImportError, ValueError):
        raise LoopNotAvailable(
            'Cocoa\'s loop needs macOS and rubicon-objc: `pip install "sennit[cocoa]"`.'
        ) from None
    policy = EventLoopPolicy()
    policy._lifecycle = _Application(objc)
    loop: asyncio.AbstractEventLoop = policy.new_event_loop()
    return loop
