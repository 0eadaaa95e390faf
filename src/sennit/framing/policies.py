"""Policies for connections, under one roof: wrappers, throttles, limits, time-outs, traffic logs."""

from __future__ import annotations

from sennit.framing.limiting import LimitConnectionsByPeer, LimitTotalConnectionsFactory
from sennit.framing.throttling import ThrottlingFactory, ThrottlingProtocol
from sennit.framing.timeouts import TimeoutFactory, TimeoutMixin, TimeoutProtocol
from sennit.framing.traffic import (
    SpewingFactory,
    SpewingProtocol,
    TrafficLoggingFactory,
    TrafficLoggingProtocol,
)
from sennit.protocol.wrapping import WP, ProtocolWrapper, WrappingFactory

__all__ = [
    "WP",
    "LimitConnectionsByPeer",
    "LimitTotalConnectionsFactory",
    "ProtocolWrapper",
    "SpewingFactory",
    "SpewingProtocol",
    "ThrottlingFactory",
    "ThrottlingProtocol",
    "TimeoutFactory",
    "TimeoutMixin",
    "TimeoutProtocol",
    "TrafficLoggingFactory",
    "TrafficLoggingProtocol",
    "WrappingFactory",
]
