"""How receivers answer many messages of one read: with one system call, where the transport can do that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["gathering"]


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
