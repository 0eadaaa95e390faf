"""A service found by multicast: who is there, and what cannot be joined."""

from __future__ import annotations

from twisted.internet import defer, error, interfaces, reactor
from twisted.internet.protocol import DatagramProtocol

GROUP = "239.255.71.9"


class Service(DatagramProtocol):
    noisy = False

    def __init__(self, name):
        self.name = name
        self.joined = defer.Deferred()

    def startProtocol(self):
        self.transport.setTTL(3)
        self.transport.joinGroup(GROUP, "127.0.0.1").chainDeferred(self.joined)

    def datagramReceived(self, datagram, addr):
        if datagram == b"who is there?":
            self.transport.write(self.name, addr)


class Seeker(DatagramProtocol):
    noisy = False

    def __init__(self):
        self.found = []
        self.both = defer.Deferred()

    def datagramReceived(self, datagram, addr):
        self.found.append(datagram)
        if len(self.found) == 2:
            self.both.callback(sorted(self.found))


@defer.inlineCallbacks
def main():
    one, two = Service(b"one"), Service(b"two")
    first = reactor.listenMulticast(0, one, listenMultiple=True)
    number = first.getHost().port
    second = reactor.listenMulticast(number, two, listenMultiple=True)
    print((yield one.joined), (yield two.joined))
    print(interfaces.IMulticastTransport.providedBy(first), first.getTTL(), first.getLoopbackMode())

    seeker = Seeker()
    port = reactor.listenMulticast(0, seeker)
    print(port.getTTL(), port.getOutgoingInterface())
    print((yield port.setOutgoingInterface("127.0.0.1")), port.getOutgoingInterface())
    port.write(b"who is there?", (GROUP, number))
    print((yield seeker.both))

    for group, interface in (("127.0.0.1", ""), (GROUP, "203.0.113.5")):
        try:
            yield port.joinGroup(group, interface)
        except error.MulticastJoinError as refused:
            print("cannot join:", *refused.args[:2])
    try:
        yield port.leaveGroup(GROUP)
    except error.MulticastJoinError as refused:
        print("cannot leave:", *refused.args[:2])
    try:
        reactor.listenMulticast(number, Seeker())
    except error.CannotListenError:
        print("not shared with those who do not share")
    print((yield second.leaveGroup(GROUP, "127.0.0.1")))
    port.setLoopbackMode(False)
    print(port.getLoopbackMode())
    for listening in (first, second, port):
        yield listening.stopListening()
    reactor.stop()


reactor.callWhenRunning(lambda: main().addErrback(lambda failure: (print(failure), reactor.stop())))
reactor.callLater(20, reactor.stop)
reactor.run()
