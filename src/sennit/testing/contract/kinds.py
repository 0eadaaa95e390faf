"""What the contract asks of a kind of stream: ways to listen, to connect, and to be a plain peer."""

from __future__ import annotations

import enum
import socket
import struct
from abc import ABC, abstractmethod
from typing import Any

from sennit.testing.contract.checks import Case
from sennit.testing.contract.recorders import Client, Recorder, Server

__all__ = ["Ability", "RawPeer", "StreamCase", "StreamKind"]


class Ability(enum.Flag):
    """What not every stream can do; all that is not listed here, every stream must."""

    NONE = 0
    SOCKETS = enum.auto()
    """It has ports, connectors and sockets: `IListeningPort`, `IConnector`, ``getHandle``."""
    RESETS = enum.auto()
    """The other side can reset it, as TCP does."""
    HALVES = enum.auto()
    """Its directions close one by one: `IHalfCloseableDescriptor`, `IHalfCloseableProtocol`."""
    ABORTS = enum.auto()
    """``abortConnection`` ends it at once."""
    DESCRIBES = enum.auto()
    """``connected``, ``disconnecting`` and ``disconnected`` tell its state, ``logstr`` its name."""
    CONTAINS = enum.auto()
    """An error of a protocol ends the connection and no more, is its reason, and is logged."""
    BLAMES = enum.auto()
    """An error of a producer does the same."""
    MARKS = enum.auto()
    """``set_write_buffer_limits`` sets when a push producer is paused."""
    NAMES = enum.auto()
    """Its two ends have addresses that name each other."""
    REPLACES = enum.auto()
    """Its ``protocol`` can be replaced."""
    SHARED = enum.auto()
    """Both ends are in this process, so that nothing of the two is left when they are forgotten."""

    ALL = (
        SOCKETS | RESETS | HALVES | ABORTS | DESCRIBES | CONTAINS | BLAMES | MARKS | NAMES | REPLACES | SHARED
    )


class RawPeer:
    """A plain socket at the other end.

    Args:
        reactor: The reactor whose loop waits for it.
        sock: The socket; it must not block.
    """

    def __init__(self, reactor: Any, sock: Any) -> None:
        self.loop = reactor.loop
        self.sock = sock

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        await self._task(self.loop.sock_sendall(self.sock, data))

    async def receive(self, number: int) -> bytes:
        """Receive so many bytes, or fewer if they end."""
        received = bytearray()
        while len(received) < number:
            data = await self._task(self.loop.sock_recv(self.sock, min(1 << 20, number - len(received))))
            if not data:
                break
            received += data
        return bytes(received)

    async def receive_all(self) -> bytes:
        """Receive until they end."""
        return await self.receive(1 << 40)

    def reset(self) -> None:
        """Close, and have the other end told that it was not done in order."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    async def settled(self, protocol: Any) -> None:
        """Wait until both ends have said what they say by themselves."""

    async def _task(self, coroutine: Any) -> Any:
        return await self.loop.create_task(coroutine)


class StreamKind(ABC):
    """A kind of stream transport: what to subclass for one of your own.

    Args:
        reactor: The reactor of the check.

    Attributes:
        name: What tests call it.
        abilities: What it can do beyond what every stream must.
        layered: Whether the transport that a protocol sees lies over the one that the reactor made.
        secure: Whether it is TLS.
    """

    name: str
    abilities: Ability = Ability.ALL
    layered = False
    secure = False

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor

    @abstractmethod
    def listen(self, factory: Any) -> Any:
        """Accept connections for a factory, and return what `connect` and `plain` need to reach it."""

    @abstractmethod
    def connect(self, port: Any, factory: Any) -> Any:
        """Connect a client factory to what `listen` returned; with SOCKETS, return the `IConnector`."""

    @abstractmethod
    def plain(self, port: Any) -> Any:
        """Return a new plain peer, that need not be accepted yet: ``send``, ``shutdown(1)`` and ``close``."""

    @abstractmethod
    def raw(self, port: Any) -> Any:
        """Return a new plain peer that can be waited for, with the methods of `RawPeer`.

        Its ``sock`` has the methods of a socket that `plain` returns.
        """

    async def settled(self, *protocols: Any) -> None:  # noqa: B027  # most kinds say nothing
        """Wait until both ends have said what they say by themselves, such as a handshake."""

    def beneath(self, transport: Any) -> Any:
        """Return the transport that the reactor made, of one that a protocol has."""
        return transport

    def close(self) -> None:  # noqa: B027  # most kinds leave nothing
        """Remove what the check leaves behind, after the reactor is closed."""


class StreamCase(Case):
    """What a check of the contract of streams works with.

    Args:
        reactor: The reactor.
        streams: The kind.

    Attributes:
        streams: The kind.
    """

    def __init__(self, reactor: Any, streams: StreamKind) -> None:
        super().__init__(reactor)
        self.streams = streams
        self._ports: list[Any] = []
        self._peers: list[Any] = []

    async def connect(self, server: Any = Recorder, client: Any = Recorder) -> tuple[Any, Any]:
        """Connect a recorder to a recorder: returns the server's and the client's."""
        listening = Server(server)
        port = self.streams.listen(listening)
        self._ports.append(port)
        connecting = Client(client)
        self.streams.connect(port, connecting)
        both = await listening.nth(), await connecting.nth()
        await self.streams.settled(*both)
        return both

    async def serve(self, server: Any = Recorder) -> tuple[Any, Any]:
        """Connect a plain peer to a recorder: returns the recorder and the peer."""
        listening = Server(server)
        port = self.streams.listen(listening)
        peer = self.streams.raw(port)
        self._ports.append(port)
        self._peers.append(peer)
        protocol = await listening.nth()
        await peer.settled(protocol)
        return protocol, peer

    def close(self) -> None:
        """Close the peers, the reactor, and what the kind has opened."""
        for peer in self._peers:
            peer.sock.close()
        super().close()
        self.streams.close()
