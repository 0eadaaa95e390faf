"""Interfaces of a reactor's life: run, stop, events, and the fork into the background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from sennit.core.deferred import Deferred

__all__ = ["IReactorCore", "IReactorDaemonize"]


class IReactorCore(Interface):
    """What every reactor does."""

    running: bool = Attribute("Whether it is between start-up and shutdown.")

    def resolve(name: str, timeout: Sequence[int] = (1, 3, 11, 45)) -> Deferred[str]:
        """Look up an IPv4 address of a host.

        Args:
            name: The host's name.
            timeout: Seconds to wait for each try in turn.

        Returns:
            A Deferred that fires with the address in text, or fails with
            `sennit.core.errors.DNSLookupError`.
        """

    def run() -> None:
        """Fire the start-up events and turn the loop until `stop` or `crash`."""

    def stop() -> None:
        """Fire the shutdown events, wait for what they return, and let `run` return.

        Raises:
            sennit.core.errors.ReactorNotRunning: If it does not run.
        """

    def crash() -> None:
        """Let `run` return at once, without any shutdown event."""

    def iterate(delay: float) -> None:
        """Turn the loop once.

        Args:
            delay: The longest to wait for something to happen, in seconds.
        """

    def fireSystemEvent(eventType: str) -> None:
        """Call what was added for an event, phase by phase."""

    def addSystemEventTrigger(
        phase: str, eventType: str, callable: Callable[..., Any], *args: object, **kwargs: object
    ) -> Any:
        """Have a callable called at an event.

        Args:
            phase: ``"before"``, ``"during"`` or ``"after"``.  The phase ``"during"`` begins when every
                Deferred that a ``"before"`` trigger returned has fired.
            eventType: ``"startup"``, ``"shutdown"``, ``"persist"``, or the program's own.
            callable: What to call.

        Returns:
            The identity to hand to `removeSystemEventTrigger`.
        """

    def removeSystemEventTrigger(triggerID: Any) -> None:
        """Take back what `addSystemEventTrigger` added.

        Raises:
            ValueError: If there is no such trigger, or no longer.
        """

    def callWhenRunning(callable: Callable[..., Any], *args: object, **kwargs: object) -> Any:
        """Call now if the reactor runs, else when it starts.

        Returns:
            The identity of the start-up trigger if there had to be one, else None.
        """


class IReactorDaemonize(Interface):
    """A reactor that must know when its process forks into the background."""

    def beforeDaemonize() -> None:
        """Prepare; called in the parent just before the fork."""

    def afterDaemonize() -> None:
        """Recover; called in the child just after the fork."""
