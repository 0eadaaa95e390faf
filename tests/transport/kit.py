"""What tests of transports share, which is the public contract's: recorders, plain peers, waiting."""

from __future__ import annotations

from sennit.testing.contract import Client, HalfCloseable, RawPeer, Recorder, Server, in_reactor, turns
from sennit.testing.contract.checks import PATIENCE

__all__ = ["PATIENCE", "Client", "HalfCloseable", "RawPeer", "Recorder", "Server", "in_reactor", "turns"]
