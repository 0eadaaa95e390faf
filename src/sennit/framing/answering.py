"""How receivers answer many messages of one read: with one system call, where the transport can do that.

Compiled, what a connection of ours keeps is looked at where it lies, for what is done with every message.

This module is compiled where it can be (`sennit.core.native`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.transport.consumer import Consumer

__all__ = ["answer", "gathering", "is_closing"]

COMPILED = False


def gathering(transport: Any) -> Callable[[], Any] | None:
    """Have a transport gather what is written to it.

    Args:
        transport: Any transport; most of those that are not a connection of ours cannot.

    Returns:
        What to call when all messages are delivered; None if it does not gather.
    """
    gather = getattr(transport, "gather_writes", None)
    if gather is None or gather() is not True:
        return None
    send: Callable[[], Any] = transport.send_gathered
    return send


def answer(transport: Any, message: bytes, ending: bytes) -> Any:
    """Write a message to a transport, and what ends it.

    Args:
        transport: Any transport.
        message: The bytes.
        ending: More bytes.

    Returns:
        What its ``write`` returns.
    """
    if COMPILED and type(message) is bytes and type(ending) is bytes and isinstance(transport, Consumer):
        ours = transport
        gathered = ours._gathered
        if gathered is not None and ours.write is gathered:
            # They are joined with the other messages: once is enough.
            return gathered.take(message, ending)
    return transport.write(message + ending)


def is_closing(transport: Any) -> bool:
    """Tell whether a transport is to deliver no more; one that does not say so may."""
    if COMPILED and isinstance(transport, Consumer):
        ours = transport
        return ours.disconnecting
    return bool(getattr(transport, "disconnecting", False))
