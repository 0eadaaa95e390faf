"""Giving a live connection to another protocol."""

from __future__ import annotations

from typing import Any

__all__ = ["hand_over"]


def hand_over(transport: Any, old: Any, new: Any, rest: bytes = b"") -> None:
    """Let another protocol have a transport from now on.

    Args:
        transport: The transport.
        old: The protocol that had it.
        new: The protocol that gets it.
        rest: What was received and is for the new one.
    """
    if getattr(transport, "protocol", None) is old:
        transport.protocol = new
    else:
        # A transport that keeps its protocol to itself goes on calling the old one.
        old.__dict__.update(dataReceived=new.dataReceived, connectionLost=new.connectionLost)
    new.makeConnection(transport)
    if rest:
        new.dataReceived(rest)
