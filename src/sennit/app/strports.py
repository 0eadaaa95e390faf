"""Listening on what a description says, as a service or at once."""

from __future__ import annotations

from typing import Any

from sennit.app.listening import StreamServerEndpointService
from sennit.core.current import current_reactor
from sennit.endpoint import serverFromString

__all__ = ["listen", "service"]


def service(description: str, factory: Any, reactor: Any = None) -> StreamServerEndpointService:
    """Return a service that listens on what a description says.

    An error that is there at once is raised when the service starts, so that a program whose port is busy
    does not run on without it.

    Args:
        description: Such as ``tcp:8080``.
        factory: The `IProtocolFactory` for its connections.
        reactor: The reactor; None for the current one.

    Raises:
        TypeError: If the description lacks an argument, or has one that its kind does not know.
        ValueError: If its kind is unknown or a value is not what it must be.
    """
    made = StreamServerEndpointService(
        serverFromString(current_reactor() if reactor is None else reactor, description), factory
    )
    made._raiseSynchronously = True
    return made


def listen(description: str, factory: Any) -> Any:
    """Listen at once, on the current reactor.

    Args:
        description: One that is listened on without waiting, such as ``tcp:8080`` or ``unix:/run/app.sock``.
        factory: The `IProtocolFactory` for its connections.

    Returns:
        The `IListeningPort`.

    Raises:
        CannotListenError: If it cannot be listened on.
        RuntimeError: If listening takes time, which only a Deferred can wait for.
    """
    outcomes: list[Any] = []
    failures: list[Any] = []
    listening = serverFromString(current_reactor(), description).listen(factory)
    listening.addCallbacks(outcomes.append, failures.append)
    if failures:
        failures[0].raiseException()
    if not outcomes:
        raise RuntimeError(
            f"Listening on {description!r} takes time; wait for serverFromString(...).listen(...)."
        )
    return outcomes[0]
