"""`Reactor`: every capability in one class, and reactors around loops that others run.

A capability is a class of its own in a file of its own; `Reactor` lists them.
"""

from __future__ import annotations

import asyncio

from zope.interface import implementer

from sennit.core.current import set_loop_adopter
from sennit.core.interfaces import (
    IReactorCore,
    IReactorFDSet,
    IReactorMulticast,
    IReactorPluggableNameResolver,
    IReactorPluggableResolver,
    IReactorProcess,
    IReactorSocket,
    IReactorSSL,
    IReactorTCP,
    IReactorThreads,
    IReactorTime,
    IReactorUDP,
    IReactorUNIX,
    IReactorUNIXDatagram,
)
from sennit.reactor.base import LOOP_ATTRIBUTE
from sennit.reactor.datagrams import Datagrams
from sennit.reactor.names import Names
from sennit.reactor.processes import Processes
from sennit.reactor.secure import Secure
from sennit.reactor.streams import Streams

__all__ = ["Reactor"]


@implementer(
    IReactorCore,
    IReactorFDSet,
    IReactorMulticast,
    IReactorPluggableNameResolver,
    IReactorPluggableResolver,
    IReactorProcess,
    IReactorSocket,
    IReactorSSL,
    IReactorTCP,
    IReactorThreads,
    IReactorTime,
    IReactorUDP,
    IReactorUNIX,
    IReactorUNIXDatagram,
)
class Reactor(Names, Secure, Streams, Datagrams, Processes):
    """A reactor on an asyncio event loop: an ordinary object, as many as wanted, one running in a thread.

    Args:
        loop: The loop, or the name of one for `new_loop`; None for the default kind, made when it is first
            needed.  A loop handed in stays the caller's to close.
        debug: Ask the loop to report slow callbacks and misuse.

    Attributes:
        loop: The asyncio event loop underneath.
        running: True from the ``startup`` event to the ``shutdown`` event.
        exit_signal: The number of the signal that ended the last run, or None.
    """

    @classmethod
    def adopt(cls, loop: asyncio.AbstractEventLoop) -> Reactor:
        """Return the reactor of a loop that somebody else runs; a loop has one at most.

        It counts as running from the start.  When the loop's owner ends it in asyncio's way
        (``shutdown_asyncgens``, as `asyncio.run` does), the ``shutdown`` event is fired.

        Args:
            loop: A running loop.

        Raises:
            RuntimeError: If the loop does not run in this thread.
        """
        found = getattr(loop, LOOP_ATTRIBUTE, None)
        if isinstance(found, cls):
            return found
        if asyncio._get_running_loop() is not loop:
            raise RuntimeError("A loop is adopted from within: call this while it runs, in its thread.")
        reactor = cls(loop)
        reactor._live_with_loop()
        return reactor


set_loop_adopter(Reactor.adopt)
