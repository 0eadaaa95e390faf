"""A service found by multicast: one asks the group, everybody in it answers."""

import sennit
from sennit.protocol import DatagramProtocol

GROUP = "239.255.71.9"


class Service(DatagramProtocol):
    noisy = False

    def __init__(self, name):
        self.name = name

    def datagramReceived(self, datagram, addr):
        if datagram == b"who is there?":
            self.transport.write(self.name, addr)


class Seeker(DatagramProtocol):
    noisy = False

    def __init__(self, expected):
        self.expected = expected
        self.names = []
        self.complete = sennit.Deferred()

    def datagramReceived(self, datagram, addr):
        self.names.append(datagram.decode())
        if len(self.names) == self.expected:
            self.complete.callback(sorted(self.names))


async def main():
    reactor = sennit.current_reactor()
    number = 0
    for name in (b"printer", b"scanner"):
        port = reactor.listenMulticast(number, Service(name), listenMultiple=True)
        await port.joinGroup(GROUP, "127.0.0.1")
        number = port.getHost().port

    seeker = Seeker(expected=2)
    port = reactor.listenMulticast(0, seeker)
    await port.setOutgoingInterface("127.0.0.1")
    port.write(b"who is there?", (GROUP, number))
    print(*await seeker.complete, sep="\n")


sennit.run(main)
