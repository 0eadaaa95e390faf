"""Ending all that a reactor serves, with grace, for programs that are not one `sennit.app.serve.Server`."""

from __future__ import annotations

from typing import Any

from sennit.core.combinators import DeferredList
from sennit.core.deferred import Deferred, maybeDeferred
from sennit.transport.port import StreamPort
from sennit.transport.registry import open_things
from sennit.transport.stream import StreamConnection

__all__ = ["drain"]

_LOOKS = 0.05


def drain(reactor: Any, grace: float, linger: float = 0) -> Deferred[None]:
    """Stop accepting, and wait until what was accepted has ended.

    Factories that can end their connections do; connections of others are left to their protocols if the
    drain lingers, and closed once their data has gone out if not.

    Args:
        reactor: The reactor.
        grace: Seconds to wait at most.
        linger: Seconds that idle connections are left open for one more request.

    Returns:
        A Deferred that fires when no accepted connection is left, or the grace is over.
    """
    done: Deferred[None] = Deferred()
    until = reactor.seconds() + grace
    ports = [thing for thing in open_things(reactor) if isinstance(thing, StreamPort)]
    factories = [_innermost(port.factory) for port in ports]
    stopping = DeferredList([maybeDeferred(port.stopListening) for port in ports])

    def begin(_: Any) -> None:
        for factory in factories:
            if not hasattr(factory, "drain"):
                continue
            if hasattr(factory, "linger"):
                factory.linger = linger
            # What it serves ends by connections, which are waited for; its own end adds nothing to that.
            maybeDeferred(factory.drain).addErrback(lambda _: None)
        if not linger:
            for connection in _accepted(reactor):
                if not hasattr(_innermost(_factory_of(connection)), "drain"):
                    connection.protocol.transport.loseConnection()
        look()

    def look() -> None:
        if not _accepted(reactor) or reactor.seconds() >= until:
            done.callback(None)
        else:
            reactor.callLater(_LOOKS, look)

    # Connections that the loop had accepted already are introduced first.
    stopping.addBoth(lambda _: reactor.callLater(_LOOKS, begin, None))
    return done


def _accepted(reactor: Any) -> list[StreamConnection]:
    return [
        thing for thing in open_things(reactor) if isinstance(thing, StreamConnection) and not thing.is_client
    ]


def _factory_of(connection: StreamConnection) -> Any:
    return getattr(connection._owner, "factory", None)


def _innermost(factory: Any) -> Any:
    """Return the factory under those that add a layer."""
    while (inner := getattr(factory, "wrappedFactory", None)) is not None:
        factory = inner
    return factory
