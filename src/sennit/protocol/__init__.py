"""Protocols and factories: what a program writes, apart from any transport.

A *protocol* is one end of one conversation; a *factory* builds one for each connection, and holds what
they share.  Nothing here opens a socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sennit.lazy import loaded_when_asked
from sennit.protocol.adapters import ConsumerToProtocolAdapter, ProtocolToConsumerAdapter
from sennit.protocol.factory import ClientFactory, Factory, ServerFactory
from sennit.protocol.stream import BaseProtocol, Protocol, connectionDone

if TYPE_CHECKING:
    from sennit.protocol.creator import ClientCreator, _InstanceFactory
    from sennit.protocol.datagram import AbstractDatagramProtocol, ConnectedDatagramProtocol, DatagramProtocol
    from sennit.protocol.file import FileWrapper
    from sennit.protocol.process import ProcessProtocol
    from sennit.protocol.reconnecting import ReconnectingClientFactory

__all__ = [
    "AbstractDatagramProtocol",
    "BaseProtocol",
    "ClientCreator",
    "ClientFactory",
    "ConnectedDatagramProtocol",
    "ConsumerToProtocolAdapter",
    "DatagramProtocol",
    "Factory",
    "FileWrapper",
    "ProcessProtocol",
    "Protocol",
    "ProtocolToConsumerAdapter",
    "ReconnectingClientFactory",
    "ServerFactory",
    "_InstanceFactory",
    "connectionDone",
]

_HOMES = {
    "AbstractDatagramProtocol": "sennit.protocol.datagram",
    "ClientCreator": "sennit.protocol.creator",
    "ConnectedDatagramProtocol": "sennit.protocol.datagram",
    "DatagramProtocol": "sennit.protocol.datagram",
    "FileWrapper": "sennit.protocol.file",
    "ProcessProtocol": "sennit.protocol.process",
    "ReconnectingClientFactory": "sennit.protocol.reconnecting",
    "_InstanceFactory": "sennit.protocol.creator",
}

__getattr__, __dir__ = loaded_when_asked(__name__, _HOMES, __all__)
