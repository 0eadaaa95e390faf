"""Sockets of a simulated host, with the methods of the system's that transports use.

A socket's descriptor is a number that only the host's loop knows: ``add_reader`` and ``add_writer`` of that
number work, as does everything that is done through the socket.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, Any, Self

from sennit.sim.errors import NotSimulatedError
from sennit.sim.kernel import WILDCARDS, Kernel, failure
from sennit.sim.local import LocalEnd
from sennit.sim.packets import Address, Packet, is_broadcast, is_group
from sennit.sim.streams import SEND_BUFFER, StreamEnd, StreamState

if TYPE_CHECKING:
    from sennit.sim.loop import HostLoop

__all__ = ["DatagramSocket", "SimulatedSocket", "StreamSocket", "new_socket"]

_LARGEST_DATAGRAM = 65507
_LOOP_4 = socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP
_LOOP_6 = socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP
_HOPS_4 = socket.IPPROTO_IP, socket.IP_MULTICAST_TTL
_HOPS_6 = socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS
_DEFAULTS = {_LOOP_4: 1, _LOOP_6: 1, _HOPS_4: 1, _HOPS_6: 1}
# Given as an octet, and asked for as a number.
_OCTETS = {_LOOP_4, _HOPS_4}
# Numbers of the system's that Python has no names for (ip(7)).
_JOIN_SOURCE, _LEAVE_SOURCE = 39, 40
# Whether it joins, how long a group's address is, and whether it names one sender.
_MEMBERSHIPS = {
    (socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP): (True, 4, False),
    (socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP): (False, 4, False),
    (socket.IPPROTO_IP, _JOIN_SOURCE): (True, 4, True),
    (socket.IPPROTO_IP, _LEAVE_SOURCE): (False, 4, True),
    (socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP): (True, 16, False),
    (socket.IPPROTO_IPV6, socket.IPV6_LEAVE_GROUP): (False, 16, False),
}
_DATAGRAMS_WAITING = 256


def new_socket(loop: HostLoop, family: int, kind: int, proto: int = 0) -> SimulatedSocket:
    """Make a socket of a host.

    Raises:
        NotSimulatedError: If there are none of this kind in simulations.
    """
    kind &= ~(getattr(socket, "SOCK_NONBLOCK", 0) | getattr(socket, "SOCK_CLOEXEC", 0))
    if kind == socket.SOCK_STREAM:
        return StreamSocket(loop, family)
    if kind == socket.SOCK_DGRAM and family != socket.AF_UNIX:
        return DatagramSocket(loop, family)
    raise NotSimulatedError(f"There are no sockets of family {family} and type {kind} in a simulation.")


class SimulatedSocket:
    """What all have.

    Args:
        loop: The host's loop.
        family: ``AF_INET``, ``AF_INET6`` or ``AF_UNIX``.

    Attributes:
        type: ``SOCK_STREAM`` or ``SOCK_DGRAM``.
        simulated: True: what tells it from a socket of the system.
    """

    type: int
    proto = 0
    simulated = True

    def __init__(self, loop: HostLoop, family: int) -> None:
        self.loop = loop
        self.kernel: Kernel = loop.host.kernel
        self.family = family
        self.options: dict[tuple[int, int], Any] = {}
        self._number = self.kernel.open(self)

    def fileno(self) -> int:
        """Give the descriptor's number; -1 after `close`."""
        return self._number

    def setblocking(self, flag: bool) -> None:
        """Do nothing: nothing ever blocks."""

    def settimeout(self, value: float | None) -> None:
        """Do nothing: nothing ever blocks."""

    def gettimeout(self) -> float:
        """Say that nothing blocks."""
        return 0.0

    def setsockopt(self, level: int, option: int, value: Any, length: int | None = None) -> None:
        """Remember an option."""
        self.options[level, option] = value

    def getsockopt(self, level: int, option: int, size: int = 0) -> Any:
        """Return an option that was set, or 0."""
        if (level, option) == (socket.SOL_SOCKET, socket.SO_ERROR):
            return self._error()
        return self.options.get((level, option), b"\0" * size if size else 0)

    def _error(self) -> int:
        return 0

    @property
    def readable(self) -> bool:
        """Whether there is something to read."""
        return False

    @property
    def writable(self) -> bool:
        """Whether there is room to write."""
        return True

    def close(self) -> None:
        """Close."""
        if self._number >= 0:
            self.kernel.sockets.pop(self._number, None)
            self.loop.forget(self._number)
            self._number = -1
            self._close()

    def _close(self) -> None:
        """Let go of what it stands for."""

    def detach(self) -> int:
        """Give up the descriptor."""
        number = self._number
        self._number = -1
        return number

    def _changed(self) -> None:
        self.loop.socket_changed(self._number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._number} of {self.kernel.host.name}>"


class StreamSocket(SimulatedSocket):
    """A socket for streams: one that listens, or one that connects or is connected."""

    type = socket.SOCK_STREAM

    def __init__(self, loop: HostLoop, family: int, end: Any = None) -> None:
        super().__init__(loop, family)
        self.end: Any = end
        self._bound: Any = None
        self._backlog = 0
        self._waiting: deque[Any] = deque()
        if end is not None:
            end.changed = self._changed

    # Listening

    def bind(self, address: Any) -> None:
        """Take a local end."""
        if self.family == socket.AF_UNIX:
            path = address.encode() if isinstance(address, str) else bytes(address)
            if path in self.kernel.paths:
                raise failure(errno.EADDRINUSE)
            self._bound = path
            self.kernel.paths[path] = self
            return
        host, port = address[:2]
        self._bound = self.kernel.bind(self.kernel.stream_port_taken, host or self._any(), port)

    def _any(self) -> str:
        return "::" if self.family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104 - simulated

    def listen(self, backlog: int = 128) -> None:
        """Accept connections."""
        self._backlog = max(1, backlog)
        if self.family == socket.AF_UNIX:
            return
        if self._bound is None:
            self.bind((self._any(), 0))
        self.kernel.listening[self._bound] = self

    @property
    def backlog_full(self) -> bool:
        """Whether too many wait to be accepted."""
        return len(self._waiting) > self._backlog

    def arrived(self, end: StreamEnd | LocalEnd) -> None:
        """Take note of a client."""
        if self._number < 0 or self.backlog_full:
            end.abort()
            return
        self._waiting.append(end)
        self._changed()

    def accept(self) -> tuple[StreamSocket, Any]:
        """Return the next client.

        Raises:
            BlockingIOError: If there is none.
        """
        if not self._waiting:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        end = self._waiting.popleft()
        made = StreamSocket(self.loop, self.family, end)
        return made, made.getpeername() if self.family != socket.AF_UNIX else ""

    # Connecting

    def connect_ex(self, address: Any) -> int:
        """Begin to connect; as the system's, return the number of an error, or 0."""
        if self.family == socket.AF_UNIX:
            return self._connect_path(address)
        host, port = address[:2]
        kernel = self.kernel
        source = kernel.choose_source(host)
        if self._bound is not None and self._bound[0] not in WILDCARDS:
            source = self._bound[0]

        def taken(end: Address) -> bool:
            return (end, (host, port)) in kernel.streams

        try:
            local = kernel.bind(taken, source, self._bound[1] if self._bound else 0)
        except OSError as error:
            return error.errno or errno.EADDRNOTAVAIL
        self.end = StreamEnd(kernel, local, (host, port))
        self.end.changed = self._changed
        if kernel.network.owner(host) is None:
            self.end.vanish()
            return errno.EHOSTUNREACH
        self.end.open()
        return errno.EINPROGRESS

    def _connect_path(self, address: Any) -> int:
        path = address.encode() if isinstance(address, str) else bytes(address)
        listener = self.kernel.paths.get(path)
        if listener is None:
            return errno.ENOENT
        if not isinstance(listener, StreamSocket) or not listener._backlog:
            return errno.ECONNREFUSED
        if listener.backlog_full:
            return errno.EAGAIN
        self.end, server = LocalEnd.pair(self.kernel, path)
        self.end.changed = self._changed
        listener.arrived(server)
        return 0

    def connect(self, address: Any) -> None:
        """Begin to connect.

        Raises:
            OSError: As `connect_ex` says.
        """
        code = self.connect_ex(address)
        if code:
            raise failure(code)

    def _error(self) -> int:
        if self.end is None:
            return 0
        number: int = self.end.error
        self.end.error = 0
        return number

    # Connected

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Read; see `StreamEnd.read`."""
        if self.end is None:
            raise failure(errno.ENOTCONN)
        data: bytes = self.end.read(size)
        return data

    def send(self, data: bytes, flags: int = 0) -> int:
        """Write; see `StreamEnd.write`."""
        if self.end is None:
            raise failure(errno.ENOTCONN)
        taken: int = self.end.write(data)
        if data and not taken:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return taken

    def shutdown(self, how: int) -> None:
        """Send no more, or read no more, or both."""
        if self.end is None:
            raise failure(errno.ENOTCONN)
        if how in {socket.SHUT_WR, socket.SHUT_RDWR}:
            self.end.end()

    def getsockname(self) -> Any:
        """Return the local address."""
        if self.end is not None:
            return self._shaped(self.end.local)
        if self._bound is None:
            return "" if self.family == socket.AF_UNIX else self._shaped((self._any(), 0))
        return self._shaped(self._bound)

    def getpeername(self) -> Any:
        """Return the other side's address."""
        if self.end is None or self.end.state is StreamState.OPENING:
            raise failure(errno.ENOTCONN)
        return self._shaped(self.end.remote)

    def _shaped(self, address: Any) -> Any:
        if self.family == socket.AF_UNIX:
            return address.decode("utf-8", "surrogateescape")
        return (*address, 0, 0) if self.family == socket.AF_INET6 else address

    @property
    def readable(self) -> bool:
        """Whether there is something to accept or to read, the end of the stream among it."""
        if self._backlog:
            return bool(self._waiting)
        end = self.end
        return end is not None and bool(
            end.received or end.remote_ended or end.error or end.state is StreamState.CLOSED
        )

    @property
    def writable(self) -> bool:
        """Whether the connection is made and there is room to write, or it is gone."""
        end = self.end
        if end is None or end.state is StreamState.CLOSED or end.error:
            return True
        return end.state is StreamState.OPEN and end.room >= SEND_BUFFER // 4

    def _close(self) -> None:
        if self._backlog or self._bound is not None:
            tables: tuple[dict[Any, Any], ...] = (self.kernel.listening, self.kernel.paths)
            for table in tables:
                if table.get(self._bound) is self:
                    del table[self._bound]
            for end in self._waiting:
                end.abort()
            self._waiting.clear()
        end = self.end
        if end is not None:
            linger = self.options.get((socket.SOL_SOCKET, socket.SO_LINGER))
            if linger is not None and struct.unpack("ii", linger) == (1, 0):
                end.abort()
            else:
                end.close()


class DatagramSocket(SimulatedSocket):
    """A socket for UDP."""

    type = socket.SOCK_DGRAM

    def __init__(self, loop: HostLoop, family: int) -> None:
        super().__init__(loop, family)
        self.peer: Address | None = None
        # The groups that were joined: for each the senders that are heard, or none for all.
        self.groups: dict[str, set[str]] = {}
        self._local: Address | None = None
        self._waiting: deque[Packet] = deque()
        self._refused = False

    @property
    def shares_port(self) -> bool:
        """Whether others may have the same port."""
        reuse = (socket.SO_REUSEADDR, getattr(socket, "SO_REUSEPORT", socket.SO_REUSEADDR))
        return any(self.options.get((socket.SOL_SOCKET, option)) for option in reuse)

    def setsockopt(self, level: int, option: int, value: Any, length: int | None = None) -> None:
        """Remember an option; join or leave a group."""
        change = _MEMBERSHIPS.get((level, option))
        if change is None:
            super().setsockopt(level, option, value[0] if (level, option) in _OCTETS else value, length)
            return
        joins, size, of_source = change
        group = socket.inet_ntop(socket.AF_INET if size == 4 else socket.AF_INET6, value[:size])
        source = socket.inet_ntoa(value[8:12]) if of_source else None
        if joins:
            if group in self.groups and source is None:
                raise failure(errno.EADDRINUSE)
            self.groups.setdefault(group, set()).update([source] if source else [])
            return
        if group not in self.groups:
            raise failure(errno.EADDRNOTAVAIL)
        self.groups[group].discard(source or "")
        if source is None or not self.groups[group]:
            del self.groups[group]

    def getsockopt(self, level: int, option: int, size: int = 0) -> Any:
        """Return an option."""
        default = _DEFAULTS.get((level, option))
        return (
            super().getsockopt(level, option, size)
            if default is None
            else self.options.get((level, option), default)
        )

    @property
    def loops(self) -> bool:
        """Whether this host hears what it sends to a group."""
        six = self.family == socket.AF_INET6
        where = _LOOP_6 if six else _LOOP_4
        return bool(self.getsockopt(*where))

    @property
    def hops(self) -> int:
        """Over how many hops go what it sends to a group; all other hosts are one away."""
        return int(self.getsockopt(*(_HOPS_6 if self.family == socket.AF_INET6 else _HOPS_4)))

    def bind(self, address: Any) -> None:
        """Take a local end."""
        host, port = address[:2]
        wildcard = "::" if self.family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104 - simulated
        self._local = self.kernel.bind(self.kernel.datagram_port_taken, host or wildcard, port)
        self.kernel.datagram.setdefault(self._local, []).append(self)

    def connect(self, address: Any) -> None:
        """Settle on one peer."""
        self._ensure_bound()
        self.peer = address[0], address[1]

    def _ensure_bound(self) -> Address:
        if self._local is None:
            self.bind(("", 0))
        assert self._local is not None
        return self._local

    def sendto(self, data: bytes, *address: Any) -> int:
        """Send a datagram."""
        host, port = address[-1][:2]
        return self._send(bytes(data), (host, port))

    def send(self, data: bytes, flags: int = 0) -> int:
        """Send a datagram to the peer."""
        if self.peer is None:
            raise failure(errno.EDESTADDRREQ)
        return self._send(bytes(data), self.peer)

    def _send(self, data: bytes, to: Address) -> int:
        if self._refused:
            self._refused = False
            raise failure(errno.ECONNREFUSED)
        if len(data) > _LARGEST_DATAGRAM:
            raise failure(errno.EMSGSIZE)
        local = self._ensure_bound()
        source = self.kernel.choose_source(to[0]) if local[0] in WILDCARDS else local[0]
        packet = Packet("udp", (source, local[1]), to, data)
        if is_broadcast(to[0]):
            if not self.options.get((socket.SOL_SOCKET, socket.SO_BROADCAST)):
                raise failure(errno.EACCES)
            self.kernel.send_to_all(packet, here=True, elsewhere=True)
        elif is_group(to[0]):
            self.kernel.send_to_all(packet, here=self.loops, elsewhere=self.hops > 0)
        else:
            self.kernel.send(packet)
        return len(data)

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, Any]:
        """Return the next datagram, cut to `size`, and its sender."""
        if self._refused:
            self._refused = False
            raise failure(errno.ECONNREFUSED)
        if not self._waiting:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        packet = self._waiting.popleft()
        source: Any = packet.source
        if self.family == socket.AF_INET6:
            source = (*source, 0, 0)
        return packet.payload[:size], source

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return the next datagram, cut to `size`."""
        return self.recvfrom(size)[0]

    def receive(self, packet: Packet) -> None:
        """Take a datagram; it is dropped if too many wait."""
        if len(self._waiting) < _DATAGRAMS_WAITING:
            self._waiting.append(packet)
            self._changed()

    def refused(self) -> None:
        """Hear that the peer has nobody who listens."""
        self._refused = True
        self._changed()

    @property
    def readable(self) -> bool:
        """Whether there is a datagram, or an error."""
        return bool(self._waiting) or self._refused

    def getsockname(self) -> Any:
        """Return the local address."""
        address = self._local or ("::" if self.family == socket.AF_INET6 else "0.0.0.0", 0)  # noqa: S104 - simulated
        return (*address, 0, 0) if self.family == socket.AF_INET6 else address

    def getpeername(self) -> Any:
        """Return the peer."""
        if self.peer is None:
            raise failure(errno.ENOTCONN)
        return (*self.peer, 0, 0) if self.family == socket.AF_INET6 else self.peer

    def _error(self) -> int:
        refused, self._refused = self._refused, False
        return errno.ECONNREFUSED if refused else 0

    def _close(self) -> None:
        if self._local is not None:
            others = self.kernel.datagram.get(self._local, [])
            if self in others:
                others.remove(self)
            if not others:
                self.kernel.datagram.pop(self._local, None)
