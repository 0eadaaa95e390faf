"""Services made of recurring work: a function called at an interval, and cooperative iteration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sennit.app.service import Service
from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.task import Cooperator, LoopingCall

__all__ = ["CooperatorService", "TimerService"]

_log = Logger()


class VolatileService(Service):
    """A service some of whose attributes are not kept when it is pickled."""

    volatile: list[str] = []  # noqa: RUF012 - subclasses replace it, as Twisted's do

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        for name in self.volatile:
            state.pop(name, None)
        return state


class TimerService(VolatileService):
    """Calls a function at an interval while it runs, the first time at once.

    When the function raises, or its Deferred fails, the error is logged and the calls end.

    Args:
        step: Seconds between calls.
        callable: The function.
        *args: Its arguments.
        **kwargs: Its keyword arguments.
    """

    volatile = ["_loop", "_loopFinished"]  # noqa: RUF012 - as above
    clock: Any = None
    _loop: LoopingCall
    _loopFinished: Deferred[Any]

    def __init__(self, step: float, callable: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        self.step = step
        self.call = (callable, args, kwargs)

    def startService(self) -> None:
        """Make the first call and start the interval."""
        super().startService()
        function, args, kwargs = self.call
        self._loop = loop = LoopingCall(function, *args, **kwargs)
        loop.clock = current_reactor() if self.clock is None else self.clock
        self._loopFinished = loop.start(self.step, now=True)
        self._loopFinished.addErrback(self._failed)

    def _failed(self, why: Failure) -> None:
        self._loop.running = False
        _log.failure("The call of a timer service failed; it is not called again.", failure=why)

    def stopService(self) -> Deferred[Any]:
        """Stop the interval; the service runs as long as a call is under way.

        Returns:
            A Deferred that fires once none is.
        """
        done: Deferred[Any] = Deferred()

        def end(result: Any = None) -> Any:
            Service.stopService(self)
            done.callback(None)
            return result

        if not hasattr(self, "_loopFinished"):
            end()
            return done
        if self._loop.running:
            self._loop.stop()
        self._loopFinished.addCallback(end)
        return done


class CooperatorService(Service):
    """Runs iterators side by side, a step of each in turn, while it runs."""

    def __init__(self) -> None:
        self.coop = Cooperator(started=False)

    def coiterate(self, iterator: Iterator[Any]) -> Deferred[Any]:
        """Run an iterator.

        Returns:
            A Deferred that fires with the iterator once it is exhausted.
        """
        done: Deferred[Any] = self.coop.coiterate(iterator)
        return done

    def startService(self) -> None:
        """Start stepping."""
        super().startService()
        self.coop.start()

    def stopService(self) -> None:
        """Stop stepping; what is not exhausted fails."""
        super().stopService()
        self.coop.stop()
