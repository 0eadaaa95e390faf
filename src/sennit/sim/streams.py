"""One end of a stream between two hosts: a small TCP (RFC 9293).

Octets are numbered, sent in segments, acknowledged as far as they came without a gap, and sent again if that
takes too long; the receiver's window bounds what is on its way.  Segments are cut at places that the seed
chooses, so that no receiver can rely on how a sender wrote.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING

from sennit.sim.packets import Address, Packet

if TYPE_CHECKING:
    from sennit.sim.kernel import Kernel
    from sennit.sim.scheduler import Timer
    from sennit.sim.sockets import StreamSocket

__all__ = ["RECEIVE_WINDOW", "SEND_BUFFER", "StreamEnd", "StreamState"]

RECEIVE_WINDOW = 65536
SEND_BUFFER = 65536
_LARGEST_SEGMENT = 1460
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 60.0
_OPENING_TRIES = 6
_TRIES = 15


class StreamState(Enum):
    """Where an end is."""

    OPENING = auto()
    ACCEPTING = auto()
    OPEN = auto()
    CLOSED = auto()


class StreamEnd:
    """One end of a connection.

    Args:
        kernel: The system it is in.
        local: Its own address.
        remote: The other end's.

    Attributes:
        state: Where it is.
        error: The number of the error that ended it, or 0.
        received: What has come and was not read.
        remote_ended: Whether the other side sends no more.
        changed: Called when there is something to read, to write or to hear.
    """

    def __init__(self, kernel: Kernel, local: Address, remote: Address) -> None:
        self.kernel = kernel
        self.local = local
        self.remote = remote
        self.state = StreamState.OPENING
        self.error = 0
        self.received = bytearray()
        self.remote_ended = False
        self.changed: Callable[[], object] | None = None
        self.listener: StreamSocket | None = None
        self._pending = bytearray()
        self._ending = False
        self._forsaken = False
        self._unacknowledged: deque[Packet] = deque()
        self._next = 0
        self._sent = 0
        self._expected = 0
        self._early: dict[int, Packet] = {}
        self._window = RECEIVE_WINDOW
        # Up to where octets were acknowledged; without room for more, it stays behind what came.
        self._acknowledged = 0
        self._full = False
        self._fin_sent = False
        self._tries = 0
        self._timer: Timer | None = None
        kernel.streams[local, remote] = self

    # From the program

    def open(self) -> None:
        """Begin to connect."""
        self._send_numbered(("SYN",))

    def accept(self, opening: Packet) -> None:
        """Answer a client that connects."""
        self.state = StreamState.ACCEPTING
        self._expected = opening.end
        self._send_numbered(("SYN", "ACK"))

    @property
    def room(self) -> int:
        """How many octets can be written now."""
        return SEND_BUFFER - len(self._pending) - (self._next - self._sent)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take octets to send.

        Returns:
            How many were taken.

        Raises:
            OSError: If the connection is gone.
        """
        if self.error:
            raise self._take_error()
        if self._ending or self.state is StreamState.CLOSED:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        room = self.room
        # As a system does, it takes no more by drops once it is full: they would go out as drops.
        taken = min(len(data), room) if room >= min(len(data), SEND_BUFFER // 4) else 0
        self._pending += data[:taken]
        self._pump()
        return taken

    def read(self, size: int) -> bytes:
        """Take octets that have come; none if the other side sends no more.

        Raises:
            BlockingIOError: If there are none yet.
            OSError: If the connection is gone.
        """
        if not self.received:
            if self.error:
                raise self._take_error()
            if self.remote_ended or self.state is StreamState.CLOSED:
                return b""
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        data = bytes(self.received[:size])
        del self.received[:size]
        if self._full and len(self.received) < RECEIVE_WINDOW // 2:
            self._full = False
            self._acknowledge()
        return data

    def _take_error(self) -> OSError:
        number, self.error = self.error, 0
        from sennit.sim.kernel import failure

        return failure(number)

    def end(self) -> None:
        """Send no more, after all that was written."""
        if not self._ending:
            self._ending = True
            self._pump()

    def close(self) -> None:
        """Let go: nobody reads any more, and what was written still goes out."""
        self.changed = None
        if self.state is StreamState.CLOSED:
            return
        if self.received or self.state is StreamState.OPENING:
            # What came and was not read is lost, and the other side is told so (RFC 2525 section 2.17).
            self.abort()
            return
        self._forsaken = True
        self.end()
        self._maybe_done()

    def abort(self) -> None:
        """Let go at once, and tell the other side."""
        if self.state is not StreamState.CLOSED:
            if self.state is not StreamState.OPENING:
                self._send(("RST", "ACK"), self._next)
            self.vanish()

    def vanish(self) -> None:
        """Be gone without a word."""
        self.state = StreamState.CLOSED
        self._unacknowledged.clear()
        self._pending.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.kernel.streams.pop((self.local, self.remote), None)

    # To the network

    def _send(self, flags: tuple[str, ...], sequence: int, payload: bytes = b"") -> Packet:
        if not self._full:
            self._acknowledged = self._expected
        packet = Packet("tcp", self.local, self.remote, payload, flags, sequence, self._acknowledged)
        self.kernel.send(packet)
        return packet

    def _send_numbered(self, flags: tuple[str, ...], payload: bytes = b"") -> None:
        packet = self._send(flags, self._next, payload)
        self._next = packet.end
        self._unacknowledged.append(packet)
        if self._timer is None:
            self._wait()

    def _wait(self) -> None:
        delay = min(_FIRST_WAIT * 2**self._tries, _LONGEST_WAIT)
        link = self.kernel.network.link(self.kernel.host.name, self._other_name())
        self._timer = self.kernel.scheduler.call_later(delay + 3 * link.latency, self._send_again)

    def _other_name(self) -> str:
        other = self.kernel.network.owner(self.remote[0])
        return "" if other is None else other.name

    def _send_again(self) -> None:
        self._timer = None
        if not self._unacknowledged:
            self._tries = 0
            self._pump()
            return
        self._tries += 1
        limit = _TRIES if self.state is StreamState.OPEN else _OPENING_TRIES
        if self._tries > limit:
            self._fail(errno.ETIMEDOUT)
            return
        first = self._unacknowledged[0]
        self.kernel.send(first)
        self._wait()

    def _pump(self) -> None:
        """Send what there is and the window allows."""
        if self.state is not StreamState.OPEN:
            return
        chance = self.kernel.scheduler.random
        while self._pending:
            room = min(self._window - (self._next - self._sent), len(self._pending), _LARGEST_SEGMENT)
            waits = self._unacknowledged and room < min(len(self._pending), _LARGEST_SEGMENT)
            if room <= 0 or waits:
                # No small segments into a window that is nearly shut (RFC 9293 section 3.8.6.2.1).
                if self._timer is None:
                    # The window is shut; it is asked for again, should the word that it is open get lost.
                    self._wait()
                return
            size = room if chance.random() < 0.7 else chance.randint(1, room)
            payload = bytes(self._pending[:size])
            del self._pending[:size]
            self._send_numbered(("PSH", "ACK"), payload)
        if self._ending and not self._fin_sent:
            self._fin_sent = True
            self._send_numbered(("FIN", "ACK"))

    def _acknowledge(self) -> None:
        self._send(("ACK",), self._next)

    # From the network

    def receive(self, packet: Packet) -> None:
        """Take a segment."""
        if "RST" in packet.flags:
            self._fail(errno.ECONNREFUSED if self.state is StreamState.OPENING else errno.ECONNRESET)
            return
        if self.state is StreamState.OPENING:
            if packet.flags != ("SYN", "ACK"):
                return
            self._expected = packet.end
            self.state = StreamState.OPEN
            self._take_acknowledgement(packet)
            self._acknowledge()
            self._tell()
            self._pump()
            return
        if "ACK" in packet.flags:
            self._take_acknowledgement(packet)
        if packet.end > packet.sequence:
            self._take_numbered(packet)

    def _take_acknowledgement(self, packet: Packet) -> None:
        if self.state is StreamState.ACCEPTING:
            self.state = StreamState.OPEN
            listener, self.listener = self.listener, None
            if listener is not None:
                listener.arrived(self)
        moved = False
        while self._unacknowledged and self._unacknowledged[0].end <= packet.acknowledged:
            self._unacknowledged.popleft()
            moved = True
        if not moved:
            if packet.flags == ("ACK",):
                # There is no room over there; but somebody is.
                self._tries = 0
            return
        self._sent = max(self._sent, packet.acknowledged)
        self._tries = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._unacknowledged:
            self._wait()
        self._pump()
        self._tell()
        self._maybe_done()

    def _take_numbered(self, packet: Packet) -> None:
        if packet.sequence > self._expected:
            if len(self.received) < RECEIVE_WINDOW:
                self._early[packet.sequence] = packet
        elif packet.end > self._expected:
            self._take(packet)
            while (early := self._early.pop(self._expected, None)) is not None:
                self._take(early)
            for number in [number for number in self._early if number < self._expected]:
                del self._early[number]
            self._tell()
        if self.state is not StreamState.CLOSED:
            self._acknowledge()
            self._maybe_done()

    def _take(self, packet: Packet) -> None:
        if self._forsaken and packet.payload:
            # Nobody will read it.
            self.abort()
            return
        self._expected = packet.end
        self.received += packet.payload
        if len(self.received) >= RECEIVE_WINDOW:
            # Not acknowledged until there is room: the sender stops, and tries again now and then.
            self._full = True
        if "FIN" in packet.flags:
            self.remote_ended = True

    def _maybe_done(self) -> None:
        if self._forsaken and self._fin_sent and not self._unacknowledged:
            if self.remote_ended:
                self.vanish()
            elif self._timer is None:
                # Nobody holds this end any more, so it does not wait for ever for the other (FIN-WAIT-2).
                self._timer = self.kernel.scheduler.call_later(_LONGEST_WAIT, self.vanish)

    def _fail(self, number: int) -> None:
        self.vanish()
        self.error = number
        self._tell()

    def _tell(self) -> None:
        if self.changed is not None:
            self.changed()
