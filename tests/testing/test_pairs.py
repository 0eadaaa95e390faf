from __future__ import annotations

import io

import pytest
from zope.interface import implementer
from zope.interface.verify import verifyObject

from sennit.core.addresses import IPv4Address
from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost
from sennit.core.interfaces import IConsumer, IHalfCloseableProtocol, IPushProducer, ITCPTransport
from sennit.framing.basic import FileSender, LineReceiver
from sennit.framing.policies import WrappingFactory
from sennit.protocol import Factory, Protocol
from sennit.testing import AccumulatingProtocol, connected_pair


class Echo(Protocol):
    reason = None

    def dataReceived(self, data):
        self.transport.write(data)

    def connectionLost(self, reason):
        self.reason = reason


class Greeter(Echo):
    def connectionMade(self):
        self.transport.write(b"hello")


def test_nothing_moves_before_it_is_pumped():
    server, client = Greeter(), AccumulatingProtocol()
    pair = connected_pair(server, client)
    assert client.data == b""
    assert pair.pump()
    assert client.data == b"hello"
    assert not pair.pump()


def test_what_is_written_comes_back_however_it_is_cut():
    for chunk_size in (None, 1, 3):
        client = AccumulatingProtocol()
        pair = connected_pair(Echo(), client, chunk_size=chunk_size)
        client.transport.writeSequence([b"one ", b"two"])
        pair.flush()
        assert client.data == b"one two"


@pytest.mark.parametrize("interface", [ITCPTransport, IConsumer, IPushProducer])
def test_a_memory_transport_provides_what_it_says(interface):
    assert verifyObject(interface, connected_pair(Echo(), Echo()).client)


def test_each_end_knows_both_addresses():
    here, there = IPv4Address("TCP", "192.0.2.5", 1), IPv4Address("TCP", "192.0.2.6", 2)
    pair = connected_pair(Echo(), Echo(), server_address=here, client_address=there)
    assert (pair.server.getHost(), pair.server.getPeer()) == (here, there)
    assert (pair.client.getHost(), pair.client.getPeer()) == (there, here)


def test_loseConnection_sends_what_is_written_first():
    server, client = Echo(), AccumulatingProtocol()
    pair = connected_pair(server, client)
    server.transport.write(b"bye")
    server.transport.loseConnection()
    assert server.transport.disconnecting
    pair.flush()
    assert client.data == b"bye"
    assert server.reason.check(ConnectionDone)
    assert client.closedReason.check(ConnectionDone)
    client.transport.write(b"too late")
    assert not pair.client.outgoing


def test_abortConnection_drops_what_is_written():
    server, client = Echo(), AccumulatingProtocol()
    pair = connected_pair(server, client)
    server.transport.write(b"bye")
    server.transport.abortConnection()
    server.transport.abortConnection()
    assert not client.closed
    pair.flush()
    assert server.reason.check(ConnectionAborted)
    assert client.closedReason.check(ConnectionLost)
    assert client.data == b""
    assert not pair.pump()


def test_a_protocol_that_cannot_be_half_closed_closes_when_the_other_side_ends():
    server, client = Echo(), AccumulatingProtocol()
    pair = connected_pair(server, client)
    client.transport.write(b"last words")
    client.transport.loseWriteConnection()
    client.transport.write(b" of the turn")
    pair.flush()
    client.transport.write(b"not sent")
    assert client.data == b"last words of the turn"
    assert server.reason.check(ConnectionDone)
    assert client.closed


@implementer(IHalfCloseableProtocol)
class Half(AccumulatingProtocol):
    read_lost = write_lost = False

    def readConnectionLost(self):
        self.read_lost = True

    def writeConnectionLost(self):
        self.write_lost = True


def test_a_connection_can_be_half_closed_from_both_sides():
    server, client = Half(), Half()
    pair = connected_pair(server, client)
    client.transport.loseWriteConnection()
    pair.flush()
    assert (client.write_lost, server.read_lost) == (True, True)
    server.transport.write(b"still here")
    pair.flush()
    assert client.data == b"still here"
    assert not client.closed
    server.transport.loseWriteConnection()
    pair.flush()
    assert (client.read_lost, client.closed, server.closed) == (True, 0, 0)
    server.transport.loseConnection()
    client.transport.loseConnection()
    pair.flush()
    assert (client.closed, server.closed) == (1, 1)


def test_a_paused_end_takes_no_data():
    client = AccumulatingProtocol()
    pair = connected_pair(Greeter(), client)
    client.transport.pauseProducing()
    assert not pair.pump()
    client.transport.resumeProducing()
    pair.flush()
    assert client.data == b"hello"
    client.transport.stopProducing()
    pair.flush()
    assert client.closed


def test_a_pull_producer_is_asked_as_the_other_end_takes():
    server, client = Echo(), AccumulatingProtocol()
    pair = connected_pair(server, client)
    content = b"0123456789" * 5000
    results = []
    FileSender().beginFileTransfer(io.BytesIO(content), server.transport).addCallback(results.append)
    server.transport.loseConnection()
    pair.flush()
    assert client.data == content
    assert results == [b"9"]
    assert client.closed


class Pushing:
    def __init__(self, transport):
        self.transport = transport
        self.events = []

    def pauseProducing(self):
        self.events.append("pause")

    def resumeProducing(self):
        self.events.append("resume")

    def stopProducing(self):
        self.events.append("stop")


def test_a_push_producer_is_paused_when_too_much_waits():
    server, client = Echo(), AccumulatingProtocol()
    pair = connected_pair(server, client)
    producer = Pushing(server.transport)
    server.transport.registerProducer(producer, True)
    with pytest.raises(RuntimeError):
        server.transport.registerProducer(producer, True)
    server.transport.write(b"x" * 70_000)
    server.transport.write(b"x")
    assert producer.events == ["pause"]
    pair.flush()
    assert producer.events == ["pause", "resume"]
    client.transport.abortConnection()
    pair.flush()
    assert producer.events == ["pause", "resume", "stop"]


def test_a_producer_for_a_lost_connection_is_stopped_at_once():
    server = Echo()
    pair = connected_pair(server, Echo())
    pair.client.abortConnection()
    pair.flush()
    producer = Pushing(pair.server)
    pair.server.registerProducer(producer, True)
    assert producer.events == ["stop"]


def test_text_is_not_written():
    with pytest.raises(TypeError):
        connected_pair(Echo(), Echo()).client.write("text")


def test_a_protocol_may_be_replaced_while_the_connection_lasts():
    pair = connected_pair(Greeter(), Echo())
    pair.client.protocol = replacement = AccumulatingProtocol()
    pair.flush()
    assert replacement.data == b"hello"


def test_socket_options_are_kept():
    transport = connected_pair(Echo(), Echo()).client
    assert not transport.getTcpNoDelay()
    transport.setTcpNoDelay(True)
    transport.setTcpKeepAlive(True)
    assert transport.getTcpNoDelay()
    assert transport.getTcpKeepAlive()


def test_two_protocols_that_never_come_to_rest_are_noticed():
    pair = connected_pair(Greeter(), Echo())
    with pytest.raises(RuntimeError, match="After 50 pumps"):
        pair.flush(50)


def test_a_wrapped_protocol_works_over_a_pair():
    class Shout(LineReceiver):
        def lineReceived(self, line):
            self.sendLine(line.upper())
            self.transport.loseConnection()

    wrapper = WrappingFactory(Factory.forProtocol(Shout)).buildProtocol(None)
    client = AccumulatingProtocol()
    pair = connected_pair(wrapper, client, chunk_size=1)
    client.transport.write(b"one\r\ntwo\r\n")
    pair.flush()
    assert client.data == b"ONE\r\n"
    assert client.closed
