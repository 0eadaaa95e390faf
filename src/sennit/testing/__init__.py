"""The public test kit: transports in memory, reactors that only take notes, a clock moved by hand."""

from __future__ import annotations

from sennit.task import Clock
from sennit.testing.observing import EventLoggingObserver
from sennit.testing.pairs import MemoryPair, MemoryTransport, connected_pair
from sennit.testing.processes import MemoryProcess
from sennit.testing.protocols import (
    AccumulatingProtocol,
    LineSendingProtocol,
    NonStreamingProducer,
    waitUntilAllDisconnected,
)
from sennit.testing.reactors import (
    MemoryReactor,
    MemoryReactorClock,
    RaisingMemoryReactor,
    SynchronousResolver,
    _FakeConnector,
    _FakePort,
)
from sennit.testing.transports import (
    FakeDatagramTransport,
    StringIOWithoutClosing,
    StringTransport,
    StringTransportWithDisconnection,
)

__all__ = [
    "AccumulatingProtocol",
    "Clock",
    "EventLoggingObserver",
    "FakeDatagramTransport",
    "LineSendingProtocol",
    "MemoryPair",
    "MemoryProcess",
    "MemoryReactor",
    "MemoryReactorClock",
    "MemoryTransport",
    "NonStreamingProducer",
    "RaisingMemoryReactor",
    "StringIOWithoutClosing",
    "StringTransport",
    "StringTransportWithDisconnection",
    "SynchronousResolver",
    "_FakeConnector",
    "_FakePort",
    "connected_pair",
    "waitUntilAllDisconnected",
]
