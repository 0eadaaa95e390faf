"""What every capability of a reactor stands on: its loop, and the loop's clocks.

The loop is made when it is first needed and can be given back: a reactor that nobody runs holds no
descriptor, and one that was closed makes itself a new loop when it is run again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.reactor.clock import steady_clock, wall_clock
from sennit.reactor.loops import new_loop, runs_nested

__all__ = ["LOOP_ATTRIBUTE", "ReactorBase", "report_loop_error"]

_log = Logger()

# A loop remembers its reactor under this name, so that there is one for each and both go together.
LOOP_ATTRIBUTE = "_sennit_reactor"


class ReactorBase:
    """A loop, attached or yet to be made.

    Args:
        loop: The loop to stand on, or the name of one for `new_loop`; None for the default kind.
            A loop handed in stays the caller's: `close` lets go of it and leaves it open.
        debug: Ask the loop to report slow callbacks and misuse.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | str | None = None, *, debug: bool = False) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._now: Callable[[], float] = time.monotonic
        self._wall: Callable[[], float] = time.time
        self._debug = debug
        # True from `run` to its start-up event, and from a crash to the end of the run: calls wait.
        self._held = False
        # True while `iterate` waits for something to happen: whoever runs something then stops the loop.
        self._pass_wanted = False
        # True on a loop that may be run from within a call that it makes.
        self._nested = False
        self._loop_name = loop if isinstance(loop, str) else None
        self._owns_loop = not isinstance(loop, asyncio.AbstractEventLoop)
        if isinstance(loop, asyncio.AbstractEventLoop):
            self._attach(loop)

    @property
    def loop_name(self) -> str | None:
        """The name of the loop that it makes; None for the fastest."""
        return self._loop_name

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The asyncio event loop underneath, made now if there is none yet."""
        loop = self._loop
        if loop is None:
            loop = self._make_loop()
            self._attach(loop)
        return loop

    def _make_loop(self) -> asyncio.AbstractEventLoop:
        """Give the loop that is needed now; may be overridden."""
        return new_loop(self._loop_name)

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stand on `loop` from now on."""
        self._loop = loop
        self._now = steady_clock(loop)
        self._wall = wall_clock(loop)
        self._nested = runs_nested(loop)
        if self._debug:
            loop.set_debug(True)
        if getattr(loop, LOOP_ATTRIBUTE, None) is None:
            setattr(loop, LOOP_ATTRIBUTE, self)
        if self._owns_loop:
            loop.set_exception_handler(report_loop_error)
            logging.getLogger("asyncio").addFilter(_is_worth_a_line)

    def _detach(self) -> None:
        """Stand on no loop; each capability lets go of what it holds in the loop, then calls on."""
        if self._loop is not None and getattr(self._loop, LOOP_ATTRIBUTE, None) is self:
            delattr(self._loop, LOOP_ATTRIBUTE)
        self._loop = None


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Leave out what asyncio says of each write to a connection that was reset and has yet to hear of it.

    A peer could have a line logged for every write to it; the loss itself is reported to the protocol.
    """
    return record.msg != "socket.send() raised exception."


def report_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what the loop could not hand to anyone: the handler for ``call_exception_handler``."""
    error = context.get("exception")
    message = context.get("message", "Unhandled error in the event loop")
    rest = {key: value for key, value in context.items() if key not in {"exception", "message"}}
    if isinstance(error, BaseException):
        _log.failure("{message}", Failure(error), message=message, context=rest)
    else:
        _log.critical("{message}: {context}", message=message, context=rest)
