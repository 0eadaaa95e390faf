"""A connection by itself: its carrier notes what is asked of it, its loop is turned by hand."""

from __future__ import annotations

from sennit.transport.stream import Owner
from sennit.transport.tcp import TCPServer


class Carrier:
    """Stands for a loop's transport."""

    def __init__(self):
        self.sent = []
        self.ended = ""

    def write(self, data):
        self.sent.append(data)

    def get_extra_info(self, name, default=None):
        return {"peername": ("192.0.2.1", 1), "sockname": ("192.0.2.2", 2)}.get(name, default)

    def get_write_buffer_size(self):
        return 0

    def pause_reading(self):
        pass

    def abort(self):
        self.ended = "aborted"

    def close(self):
        self.ended = "closed"


class Loop:
    """Calls what is due when it is told to."""

    def __init__(self):
        self.soon = []

    def call_soon(self, function, *args):
        self.soon.append((function, args))

    def turn(self):
        soon, self.soon = self.soon, []
        for function, args in soon:
            function(*args)


class Reactor:
    """What a connection needs of a reactor."""

    pass_is_due = False

    def __init__(self):
        self.loop = Loop()


class Desk(Owner):
    """Gives its protocol to the connection."""

    def __init__(self, protocol):
        self.protocol = protocol
        self.ended = []

    def protocol_for(self, connection, peer):
        return self.protocol

    def connection_ended(self, connection, reason):
        self.ended.append(reason)


def connected(protocol, kind=TCPServer):
    """Return a connection of a class, and its carrier."""
    connection = kind(Reactor(), Desk(protocol), {}, 3)
    carrier = Carrier()
    connection.connection_made(carrier)
    return connection, carrier
