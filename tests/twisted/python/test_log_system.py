"""Messages in the log say which connection they are about."""

from __future__ import annotations

import pytest
from tests.loops import LOOPS

from sennit.protocol import ClientFactory, DatagramProtocol, Protocol, ServerFactory
from sennit.reactor import Reactor
from sennit.twisted.python import context, log


@pytest.fixture
def systems():
    events = []
    log.addObserver(events.append)
    yield lambda: [event["system"] for event in events if event.get("message") == ("here",)]
    log.removeObserver(events.append)


@pytest.mark.parametrize("name", LOOPS)
def test_a_message_says_whose_data_is_being_received(name, systems):
    reactor = Reactor(name)

    class Serving(Protocol):
        def dataReceived(self, data):
            log.msg("here")
            context.call({log.ILogContext: {"system": "mine"}}, log.msg, "here")
            self.transport.loseConnection()

    class Asking(Protocol):
        def connectionMade(self):
            self.transport.write(b"x")

        def connectionLost(self, reason):
            log.msg("here")
            reactor.stop()

    port = reactor.listenTCP(0, ServerFactory.forProtocol(Serving), interface="127.0.0.1")
    reactor.connectTCP("127.0.0.1", port.getHost().port, ClientFactory.forProtocol(Asking))
    reactor.run()
    reactor.close()
    assert systems() == ["Serving,0,127.0.0.1", "mine", "Asking,client"]


def test_a_message_says_whose_datagram_it_is(systems):
    reactor = Reactor()

    class Receiving(DatagramProtocol):
        def datagramReceived(self, datagram, addr):
            log.msg("here")
            reactor.stop()

    port = reactor.listenUDP(0, Receiving(), interface="127.0.0.1")
    port.write(b"x", ("127.0.0.1", port.getHost().port))
    reactor.run()
    reactor.close()
    assert systems() == ["Receiving (UDP)"]


def test_a_message_is_about_nobody_outside_of_connections(systems):
    log.msg("here")
    assert systems() == ["-"]
    assert context.get(log.ILogContext).copy() == {"system": "-"}
