"""A reactor on an asyncio loop that the program chooses."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import suppress

from sennit.reactor import Reactor, new_loop
from sennit.twisted.internet.main import installReactor, refuse_a_second
from sennit.twisted.python import threadable

__all__ = ["AsyncioSelectorReactor", "install"]

_LONG = 86400.0


class AsyncioSelectorReactor(Reactor):
    """The reactor on any asyncio loop.

    Args:
        eventloop: The loop to run on, or the name of a kind; by default the thread's current one, as
            `asyncio.get_event_loop` gives it.  If there is none yet, a new one becomes that, of the best
            kind that is here.
    """

    def __init__(self, eventloop: asyncio.AbstractEventLoop | str | None = None) -> None:
        super().__init__(_current_or_new_loop() if eventloop is None else eventloop)

    usingThreads = True

    def run(self, installSignalHandlers: bool = True) -> None:
        """Run until `stop` or `crash`; see `Reactor.run`.

        Args:
            installSignalHandlers: Whether signals stop it.
        """
        threadable.registerAsIOThread()
        super().run(installSignalHandlers)

    def startRunning(self, installSignalHandlers: bool = True) -> None:
        """Begin to run, and leave the loop to the caller; see `Reactor.startRunning`.

        Args:
            installSignalHandlers: Whether signals stop it.
        """
        threadable.registerAsIOThread()
        super().startRunning(installSignalHandlers)

    def doIteration(self, timeout: float | None) -> None:
        """Let the loop run once.

        Args:
            timeout: How long to wait for something to happen, in seconds; None for a day at most.
        """
        self.iterate(_LONG if timeout is None else timeout)

    def runUntilCurrent(self) -> None:
        """Make the calls that are due."""
        self.iterate()

    @property
    def _asyncioEventloop(self) -> asyncio.AbstractEventLoop:
        """The loop, under the name that programs which need it look for."""
        return self.loop


def current_loop() -> asyncio.AbstractEventLoop | None:
    """Give the thread's current loop, where there is an open one."""
    with warnings.catch_warnings():
        # From Python 3.14 on.
        warnings.simplefilter("ignore", DeprecationWarning)
        policy = asyncio.get_event_loop_policy()
    # Asking the policy for its loop would have it make one, of its own kind.
    if getattr(getattr(policy, "_local", None), "_loop", policy) is None:
        return None
    with suppress(RuntimeError):
        current = policy.get_event_loop()
        if not current.is_closed():
            return current
    return None


def _current_or_new_loop() -> asyncio.AbstractEventLoop:
    loop = current_loop()
    if loop is None:
        loop = new_loop()
        asyncio.set_event_loop(loop)
    return loop


def install(eventloop: asyncio.AbstractEventLoop | None = None) -> None:
    """Make a reactor on `eventloop` the process's reactor.

    Args:
        eventloop: The loop to run on; by default the thread's current one.

    Raises:
        ReactorAlreadyInstalledError: If there is a reactor already.
    """
    refuse_a_second()
    installReactor(AsyncioSelectorReactor(eventloop))
