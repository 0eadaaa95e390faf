"""The life of a reactor: run, stop, crash, iterate, close.

`run` enters the loop and fires ``startup`` from within it.  `stop` fires ``shutdown``: after the
``before`` triggers, `running` turns False, ports stop listening, every open connection and watched
descriptor hears `connectionLost`, then the ``during`` and ``after`` triggers run, and last the thread
pools are joined while the loop still turns, so that threads which wait for the loop can finish.  Then the
loop stops and `run` returns.  `crash` leaves at once and fires nothing.

Whoever else stops the loop (a toolkit, when its last window is closed) has stopped the reactor: the loop
is turned until the shutdown is through.

After either, the reactor can be run again: on the same loop, or after `close` on a new one.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from sennit.core.current import enter_reactor, leave_reactor
from sennit.core.errors import ReactorAlreadyRunning, ReactorNotRestartable, ReactorNotRunning
from sennit.log import Logger
from sennit.reactor.base import report_loop_error
from sennit.reactor.descriptors import Descriptors
from sennit.reactor.events import Events, Trigger
from sennit.reactor.signals import SignalHandlers
from sennit.reactor.threaded import Threads
from sennit.reactor.timers import Timers
from sennit.transport.registry import close_all

__all__ = ["LifeCycle"]

_log = Logger()


class LifeCycle(Timers, Events, Threads, Descriptors):
    """The run half of IReactorCore.

    Attributes:
        running: True from the ``startup`` event to the ``shutdown`` event.
        exit_signal: The number of the signal that ended the last run, or None.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | str | None = None, *, debug: bool = False) -> None:
        self.running = False
        self._started = False
        self._stopping = False
        self._signals: SignalHandlers | None = None
        self.exit_signal: int | None = None
        # Only of a reactor whose loop is run by others: waits for the end of the loop, and for our own.
        self._farewell: AsyncGenerator[None, None] | None = None
        self._left: asyncio.Future[None] | None = None
        # Counts runs, so that what one run left in the loop is not taken for the next one's.
        self._run_number = 0
        super().__init__(loop, debug=debug)

    def run(self, installSignalHandlers: bool = True) -> None:
        """Run until `stop` or `crash`.

        Args:
            installSignalHandlers: Stop on SIGINT (unless the program handles that itself), SIGTERM and
                SIGBREAK, and put the handlers of before back at the end.  Outside of the main thread,
                where Python allows no handlers, none are installed.

        Raises:
            ReactorAlreadyRunning: If the reactor runs, in this thread or another.
            ReactorNotRestartable: If it is stopping, and has not stopped yet.
        """
        self._begin(installSignalHandlers)
        self._turn()

    def startRunning(self, installSignalHandlers: bool = True) -> None:
        """Do what `run` does first, up to and with the ``startup`` event, and leave the loop to the caller.

        For programs that turn the loop themselves with `iterate`; `stop` and one more `iterate` end it.

        Args:
            installSignalHandlers: As for `run`.

        Raises:
            ReactorAlreadyRunning: If the reactor runs.
        """
        self._begin(installSignalHandlers)
        self.iterate()

    def stop(self) -> None:
        """Fire ``shutdown`` and let `run` return; the calling code goes on first.

        Raises:
            ReactorNotRunning: If the reactor does not run, or is stopping already.
        """
        if self._stopping or not self._started:
            raise ReactorNotRunning("This reactor is not running, so there is nothing to stop.")
        self._stopping = True
        self.loop.call_soon(self._fire_shutdown, self._run_number)

    def crash(self) -> None:
        """Let `run` return at once, with no ``shutdown`` event; connections stay open."""
        self.running = False
        self._stopping = False
        if self._started:
            self._started = False
            self._drop_waker()
            if self._farewell is None:
                self._held = True
                self.loop.stop()
            elif self._left is not None and not self._left.done():
                self._left.set_result(None)

    def fireSystemEvent(self, eventType: str) -> None:
        """Run the triggers of an event, phase by phase.

        ``shutdown`` ends all that is open and the thread pools too, so that a reactor which never ran leaves
        nothing behind; the reactor that runs does so at `stop`.
        """
        if eventType == "shutdown" and not self._started:
            self._fire(eventType, self._now_stopping, self._stop_pools)
        else:
            super().fireSystemEvent(eventType)

    def _stop_pools(self) -> None:
        for pool in self._take_pools():
            pool.stop()

    def iterate(self, delay: float = 0) -> None:
        """Turn the loop once: what is ready runs.

        Args:
            delay: Seconds to wait at most for something to happen when nothing is ready.

        Raises:
            ReactorAlreadyRunning: If called from within the loop.
        """
        loop = self.loop
        if loop.is_running():
            raise ReactorAlreadyRunning("iterate() turns the loop, which is turning already.")
        end: asyncio.Handle
        if delay > 0:
            self._pass_wanted = True
            end = loop.call_later(delay, loop.stop)
        else:
            end = loop.call_soon(loop.stop)
        enter_reactor(self)
        try:
            loop.run_forever()
        finally:
            leave_reactor(self)
            self._pass_wanted = False
            end.cancel()
            if not self._started:
                self._end()

    def callWhenRunning(self, callable: Callable[..., object], *args: Any, **kwargs: Any) -> Trigger | None:
        """Call now if the reactor runs, else when it starts.

        Returns:
            A handle for `removeSystemEventTrigger` if the call is still to come, else None.
        """
        if self.running:
            callable(*args, **kwargs)
            return None
        return self.addSystemEventTrigger("after", "startup", callable, *args, **kwargs)

    def sigInt(self, number: int, frame: FrameType | None = None) -> None:
        """Stop because of SIGINT."""
        self._end_by_signal(number)

    def sigTerm(self, number: int, frame: FrameType | None = None) -> None:
        """Stop because of SIGTERM."""
        self._end_by_signal(number)

    def sigBreak(self, number: int, frame: FrameType | None = None) -> None:
        """Stop because of SIGBREAK, the break key of Windows."""
        self._end_by_signal(number)

    def disconnectAll(self) -> None:
        """End everything that is watched, as shutdown does."""
        close_all(self)
        self._disconnect_descriptors()

    def close(self) -> None:
        """Give back what the reactor holds: timers, thread pools, tasks, and the loop if it made it.

        Delayed calls that are pending stay pending for another run.

        Raises:
            ReactorAlreadyRunning: If the reactor runs.
        """
        self._must_not_run()
        loop = self._loop
        self._stop_pools()
        self._detach()
        if loop is not None and self._owns_loop and not loop.is_closed():
            _drain(loop)
            loop.close()

    def _must_not_run(self) -> None:
        if self._started or (self._loop is not None and self._loop.is_running()):
            raise ReactorAlreadyRunning("Stop the reactor before closing it.")

    def _begin(self, install_signal_handlers: bool) -> None:
        loop = self.loop
        if self._stopping:
            raise ReactorNotRestartable("The reactor is stopping; run it again once it has stopped.")
        if self._started or loop.is_running():
            raise ReactorAlreadyRunning("The reactor is running already.")
        self._started = True
        self._stopping = False
        self.exit_signal = None
        self._run_number += 1
        if loop.get_exception_handler() is None:
            # A loop handed in without a handler has ours while it is ours to run.
            loop.set_exception_handler(report_loop_error)
        self._held = True
        loop.call_soon(self._fire_startup, self._run_number)
        if install_signal_handlers:
            handlers: dict[int, Any] = {signal.SIGINT: self.sigInt, signal.SIGTERM: self.sigTerm}
            sigbreak = getattr(signal, "SIGBREAK", None)
            if sigbreak is not None:
                handlers[sigbreak] = self.sigBreak
            self._signals = SignalHandlers(loop, handlers)

    def _turn(self) -> None:
        loop = self.loop
        enter_reactor(self)
        try:
            loop.run_forever()
            while self._started:
                # Somebody else stopped the loop, or a toolkit did whose last window was closed.
                if not self._stopping:
                    self.stop()
                loop.run_forever()
        finally:
            leave_reactor(self)
            self._end()

    def _live_with_loop(self) -> None:
        """Count as running for as long as the loop's owner keeps it.

        asyncio has no hook for the end of a loop, but it closes the asynchronous generators that were
        begun in it: one that waits in its first step is such a hook.
        """
        self._started = self.running = True
        self._run_number += 1
        self._farewell = self._say_farewell()
        with suppress(StopIteration):
            self._farewell.asend(None).send(None)

    async def _say_farewell(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            # A loop that was dropped without its end takes its reactor with it, and there is nowhere to wait.
            if self._started and asyncio._get_running_loop() is self.loop:
                self._left = self.loop.create_future()
                if not self._stopping:
                    self.stop()
                await self._left

    def _end(self) -> None:
        """Be as before the run, whatever ended it."""
        self.running = self._started = self._stopping = self._held = False
        self._abandon("startup")
        self._abandon("shutdown")
        self._drop_waker()
        if not self._owns_loop and self.loop.get_exception_handler() is report_loop_error:
            self.loop.set_exception_handler(None)
        signals, self._signals = self._signals, None
        if signals is not None:
            signals.restore()

    def _end_by_signal(self, number: int) -> None:
        if self.exit_signal is None:
            self.exit_signal = number
            self.callFromThread(self._stop_if_running)
            return
        if self._signals is not None:
            self._signals.restore()
        self.callFromThread(self.crash)

    def _stop_if_running(self) -> None:
        if self._started and not self._stopping:
            self.stop()

    def _fire_startup(self, run_number: int) -> None:
        if self._started and run_number == self._run_number:
            self._held = False
            self._fire("startup", self._now_running)

    def _now_running(self) -> None:
        if self._signals is not None:
            self._signals.install()
        if not self._stopping:
            self.running = True
            self._start_pools()

    def _fire_shutdown(self, run_number: int) -> None:
        if self._stopping and run_number == self._run_number:
            self._fire("shutdown", self._now_stopping, self._join_pools)

    def _now_stopping(self) -> None:
        self.running = False
        self.disconnectAll()

    def _join_pools(self) -> None:
        """Stop the pools from a thread of their own: their threads may be waiting for this loop."""
        pools = [pool for pool in self._take_pools() if pool.started]
        if not pools:
            # The loop lets go of closed transports in the turn after.
            self.loop.call_soon(self._leave, self._run_number)
            return

        run_number = self._run_number

        def join() -> None:
            for pool in pools:
                pool.stop()
            self.callFromThread(joined, run_number)

        def joined(run_number: int) -> None:
            joiner.join()
            self._leave(run_number)

        joiner = threading.Thread(target=join, name="sennit.reactor.join")
        joiner.start()

    def _leave(self, run_number: int) -> None:
        if run_number == self._run_number:
            self.crash()

    def _threads_may_run(self) -> bool:
        return self._started


def _drain(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel the tasks that are left in a loop, and let them and the generators end."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
