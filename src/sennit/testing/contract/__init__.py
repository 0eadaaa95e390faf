"""The contract suites: what every stream transport and every loop does, for those who write their own."""

from __future__ import annotations

from typing import Any

from sennit.reactor import Reactor
from sennit.testing.contract.checks import Check, in_reactor, raises, turns
from sennit.testing.contract.kinds import Ability, RawPeer, StreamCase, StreamKind
from sennit.testing.contract.loops import LoopCase, check_loop, loop_checks
from sennit.testing.contract.recorders import Broken, Client, HalfCloseable, Producer, Recorder, Server
from sennit.testing.contract.sockets import TCPStreams, UNIXStreams
from sennit.testing.contract.streams import stream_checks

__all__ = [
    "Ability",
    "Broken",
    "Check",
    "Client",
    "HalfCloseable",
    "LoopCase",
    "Producer",
    "RawPeer",
    "Recorder",
    "Server",
    "StreamCase",
    "StreamKind",
    "TCPStreams",
    "UNIXStreams",
    "check_loop",
    "check_stream",
    "in_reactor",
    "loop_checks",
    "raises",
    "stream_checks",
    "turns",
]


def check_stream(check: Check[StreamCase], kind: type[StreamKind], loop: Any = None) -> None:
    """Run one of the checks of `stream_checks`.

    Args:
        check: The check.
        kind: The kind of stream.
        loop: The loop, as for `Reactor`: its name, an asyncio loop, or None for the default.

    Raises:
        AssertionError: If the stream does not keep the promise.
    """
    reactor = Reactor(loop)
    check.run_with(StreamCase(reactor, kind(reactor)))
