"""The TLS layer between two ends in memory: every engine with every other, in pieces of every size."""

from __future__ import annotations

import random
import ssl

import pytest
from tests.tls.kit import (
    CLIENTS,
    SERVERS,
    Pair,
    Recorder,
    chances,
    standard_client,
    standard_server,
)
from zope.interface import implementer

from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost
from sennit.core.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    IHandshakeListener,
    INegotiated,
    IProtocolNegotiationFactory,
    IPushProducer,
    ISSLTransport,
    ITransport,
)
from sennit.protocol import Factory
from sennit.task import Clock
from sennit.testing import StringTransport, connected_pair
from sennit.tls import CONNECTION_LOST, TLSMemoryBIOFactory, TLSMemoryBIOProtocol, TLSVersion

ONLY_1_2 = {"lowerMaximumSecurityTo": TLSVersion.TLSv1_2}
PIECES = {"whole": lambda: None, "bytewise": lambda: 1, "by chance": lambda: chances(7)}


@pytest.mark.parametrize("pieces", PIECES)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_bytes_go_both_ways(server_engine, client_engine, pieces, version):
    options = ONLY_1_2 if version == "1.2" else {}
    pair = Pair(server_engine(**options), client_engine(), chunk=PIECES[pieces]())
    sent = random.Random(1).randbytes(3_000 if pieces == "bytewise" else 100_000)
    pair.client.transport.write(sent)
    pair.server.transport.write(sent[::-1])
    pair.run()
    assert pair.server.received == sent
    assert pair.client.received == sent[::-1]
    assert pair.server.transport.getHandle().get_protocol_version_name() == f"TLSv{version}"


@pytest.mark.parametrize("pieces", PIECES)
def test_tls_goes_within_tls(server_engine, client_engine, pieces):
    pair = Pair(
        (server_engine(), standard_server()), (client_engine(), standard_client()), chunk=PIECES[pieces]()
    )
    pair.client.transport.write(b"question")
    pair.run()
    assert pair.server.received == b"question"
    pair.server.transport.write(b"answer")
    pair.server.transport.loseConnection()
    pair.run()
    assert pair.client.received == b"answer"
    assert pair.client.reason.check(ConnectionDone)
    assert pair.server.reason.check(ConnectionDone)


def test_small_writes_of_one_turn_become_one_record(server_engine, client_engine):
    pair = Pair(server_engine(), client_engine())
    pair.run()
    for _ in range(100):
        pair.client.transport.write(b"ab")
    pair.client.transport.writeSequence([b"c", b"d"])
    pair.run()
    assert pair.server.received == b"ab" * 100 + b"cd"
    assert pair.server.reads == 1


def test_what_is_written_in_a_read_is_sent_at_its_end():
    class Echo(Recorder):
        def dataReceived(self, data):
            super().dataReceived(data)
            self.transport.write(data)
            self.transport.write(data)

    pair = Pair(standard_server(), standard_client(), server=Echo)
    pair.run()
    pair.client.transport.write(b"x")
    pair.clock.advance(0)
    pair.below.flush()
    assert pair.client.received == b"xx"
    assert pair.client.reads == 1


@pytest.mark.parametrize("who", ["server", "client"])
def test_closing_is_clean_for_both(server_engine, client_engine, who):
    pair = Pair(server_engine(), client_engine())
    pair.run()
    one = getattr(pair, who)
    transport = one.transport
    transport.write(b"last words")
    transport.loseConnection()
    assert transport.disconnecting
    pair.run()
    assert pair.server.reason.check(ConnectionDone)
    assert pair.client.reason.check(ConnectionDone)
    assert pair.server.received + pair.client.received == b"last words"
    assert pair.clock.getDelayedCalls() == []
    transport.write(b"dropped")
    with pytest.raises(TypeError, match="bytes"):
        transport.write("text")


def test_a_close_before_the_handshake_with_something_to_say_waits_for_it(server_engine, client_engine):
    class Greets(Recorder):
        def connectionMade(self):
            self.transport.write(b"hello and ")
            self.transport.loseConnection()
            self.transport.write(b"good-bye")

    pair = Pair(server_engine(), client_engine(), server=Greets)
    pair.run()
    assert pair.client.received == b"hello and good-bye"
    assert pair.client.reason.check(ConnectionDone)


def test_a_close_before_the_handshake_with_nothing_to_say_comes_at_once():
    class Refuses(Recorder):
        def connectionMade(self):
            self.transport.loseConnection()

    pair = Pair(standard_server(), standard_client(), server=Refuses)
    pair.run()
    assert pair.server.reason.check(ConnectionDone)
    assert pair.client.reason.check(ConnectionLost)
    assert "handshake" in str(pair.client.reason.value)


@pytest.mark.parametrize("who", ["server", "client"])
def test_a_stream_cut_off_without_close_notify_is_lost(server_engine, client_engine, who):
    pair = Pair(server_engine(), client_engine())
    pair.run()
    getattr(pair.below, "client" if who == "server" else "server").loseConnection()
    pair.run()
    reason = getattr(pair, who).reason
    assert reason.check(ConnectionLost)
    assert str(reason.value) == str(CONNECTION_LOST.value)
    assert "without close_notify" in str(reason.value)


def test_a_handshake_cut_off_is_lost(server_engine, client_engine):
    pair = Pair(server_engine(), client_engine())
    pair.below.client.outgoing.clear()
    pair.below.client.loseConnection()
    pair.run()
    assert pair.server.reason.check(ConnectionLost)
    assert "before the TLS handshake" in str(pair.server.reason.value)


def test_aborting_drops_what_waits(server_engine, client_engine):
    pair = Pair(server_engine(), client_engine())
    pair.run()
    pair.client.transport.write(b"dropped")
    pair.client.transport.abortConnection()
    pair.client.transport.abortConnection()
    pair.run()
    assert pair.client.reason.check(ConnectionAborted)
    assert pair.server.reason.check(ConnectionLost)
    assert pair.server.received == b""


@implementer(IHalfCloseableProtocol)
class HalfCloseable(Recorder):
    def readConnectionLost(self):
        self.events.append("read lost")

    def writeConnectionLost(self):
        self.events.append("write lost")


@pytest.mark.parametrize("pieces", PIECES)
def test_one_direction_may_stay_open_from_tls_1_3_on(server_engine, client_engine, pieces):
    pair = Pair(
        server_engine(), client_engine(), server=HalfCloseable, client=HalfCloseable, chunk=PIECES[pieces]()
    )
    pair.run()
    pair.client.transport.write(b"question")
    pair.client.transport.loseWriteConnection()
    pair.run()
    assert pair.client.events == ["made", "write lost"]
    assert pair.server.events == ["made", "read lost"]
    pair.client.transport.write(b"dropped")
    pair.server.transport.write(b"a long answer")
    pair.run()
    assert pair.client.received == b"a long answer"
    pair.server.transport.loseConnection()
    pair.run()
    assert pair.client.events == ["made", "write lost", "read lost"]
    pair.client.transport.loseConnection()
    pair.run()
    assert pair.client.events == ["made", "write lost", "read lost", "lost"]
    assert pair.client.reason.check(ConnectionDone)
    assert pair.server.reason.check(ConnectionDone)
    assert pair.server.received == b"question"


def test_both_directions_end_together_before_tls_1_3(server_engine, client_engine):
    pair = Pair(server_engine(**ONLY_1_2), client_engine(), server=HalfCloseable, client=HalfCloseable)
    pair.run()
    pair.client.transport.loseWriteConnection()
    pair.run()
    assert pair.server.events == ["made", "read lost", "lost"]
    assert pair.server.reason.check(ConnectionDone)


def test_a_paused_protocol_gets_nothing_and_then_everything_in_order(server_engine, client_engine):
    pair = Pair(server_engine(), client_engine())
    pair.run()
    pair.server.transport.pauseProducing()
    sent = random.Random(2).randbytes(200_000)
    pair.client.transport.write(sent)
    pair.run()
    assert pair.server.received == b""
    pair.server.transport.resumeProducing()
    pair.run()
    assert pair.server.received == sent


def test_a_protocol_that_pauses_in_a_read_gets_no_further_record(server_engine, client_engine):
    class Pauses(Recorder):
        def dataReceived(self, data):
            super().dataReceived(data)
            self.transport.pauseProducing()

    pair = Pair(server_engine(), client_engine(), server=Pauses)
    pair.run()
    pair.client.transport.write(b"x" * 50_000)
    pair.run()
    assert pair.server.reads == 1
    pair.server.transport.resumeProducing()
    assert pair.server.reads == 1
    pair.run()
    assert pair.server.reads == 2


def test_a_protocol_that_begins_paused_is_secured_nevertheless(server_engine, client_engine):
    class Paused(Recorder):
        def connectionMade(self):
            self.transport.pauseProducing()

    pair = Pair(server_engine(), client_engine(), server=Paused)
    pair.client.transport.write(b"early")
    pair.run()
    assert pair.server.received == b""
    pair.server.transport.write(b"written while paused")
    pair.run()
    assert pair.client.received == b"written while paused"
    pair.server.transport.resumeProducing()
    pair.run()
    assert pair.server.received == b"early"


def test_a_paused_protocol_that_closes_its_direction_loses_nothing(server_engine, client_engine):
    pair = Pair(server_engine(), client_engine(), server=HalfCloseable, client=HalfCloseable)
    pair.run()
    pair.server.transport.pauseProducing()
    # The transport had begun to read.
    pair.below.server.paused = False
    pair.client.transport.write(b"x" * 40_000)
    pair.client.transport.loseWriteConnection()
    pair.run()
    pair.server.transport.loseWriteConnection()
    pair.run()
    assert pair.server.received == b""
    assert pair.server.events == ["made", "write lost"]
    pair.server.transport.resumeProducing()
    pair.run()
    assert pair.server.received == b"x" * 40_000
    assert pair.server.events == ["made", "write lost", "read lost"]


class Producer:
    def __init__(self):
        self.events = []

    def pauseProducing(self):
        self.events.append("pause")

    def resumeProducing(self):
        self.events.append("resume")

    def stopProducing(self):
        self.events.append("stop")


def test_a_push_producer_waits_for_the_transport_below(server_engine, client_engine):
    pair = Pair(server_engine(), client_engine())
    pair.run()
    producer = Producer()
    pair.server.transport.registerProducer(producer, True)
    pair.server.transport.write(b"x" * 1_000_000)
    assert producer.events == ["pause"]
    # What was not asked for stays plaintext: two marks and a chunk are the most that is encrypted.
    assert len(pair.below.server.outgoing) < 4 * 65536
    pair.run()
    assert producer.events == ["pause", "resume"]
    assert pair.client.received == b"x" * 1_000_000


def test_a_producer_waits_during_the_handshake():
    pair = Pair(standard_server(), standard_client())
    producer = Producer()
    pair.client.transport.registerProducer(producer, True)
    pair.client.transport.write(b"x" * 100_000)
    assert producer.events == ["pause"]
    pair.run()
    assert producer.events == ["pause", "resume"]


def test_a_pull_producer_is_asked_for_each_piece(server_engine, client_engine):
    pieces = [b"one", b"two", b"three"]

    class Pulled(Producer):
        def resumeProducing(self):
            super().resumeProducing()
            if pieces:
                pair.server.transport.write(pieces.pop(0))
            else:
                pair.server.transport.unregisterProducer()
                pair.server.transport.loseConnection()

    pair = Pair(server_engine(), client_engine())
    pair.run()
    pair.server.transport.registerProducer(Pulled(), False)
    pair.run()
    assert pair.client.received == b"onetwothree"
    assert pair.client.reason.check(ConnectionDone)


def test_a_producer_is_stopped_with_the_connection():
    pair = Pair(standard_server(), standard_client())
    pair.run()
    producer, late = Producer(), Producer()
    transport = pair.server.transport
    transport.registerProducer(producer, True)
    with pytest.raises(RuntimeError, match="still registered"):
        transport.registerProducer(late, True)
    pair.client.transport.abortConnection()
    pair.run()
    assert producer.events == ["stop"]
    transport.registerProducer(late, True)
    assert late.events == ["stop"]


def test_a_peer_that_does_not_answer_a_close_is_left_in_time():
    pair = Pair(standard_server(), standard_client(), shutdown_timeout=5)
    pair.run()
    pair.below.client.paused = True
    pair.server.transport.loseConnection()
    pair.clock.advance(0)
    pair.clock.advance(4)
    assert pair.server.reason is None
    pair.clock.advance(1)
    assert pair.below.server.disconnecting
    pair.below.client.paused = False
    pair.run()
    assert pair.server.reason.check(ConnectionDone)


def test_a_handshake_that_takes_too_long_is_given_up():
    pair = Pair(standard_server(), standard_client(), handshake_timeout=5)
    pair.clock.advance(5)
    pair.run()
    assert pair.server.reason.check(ConnectionLost)
    assert "too long" in str(pair.server.reason.value)
    assert pair.clock.getDelayedCalls() == []


def test_a_complete_handshake_leaves_no_timer():
    pair = Pair(standard_server(), standard_client())
    pair.run()
    assert pair.clock.getDelayedCalls() == []


def test_a_protocol_can_learn_of_the_handshake(server_engine, client_engine):
    @implementer(IHandshakeListener)
    class Listens(Recorder):
        def handshakeCompleted(self):
            self.events.append(("shaken", self.transport.negotiatedProtocol))
            self.transport.write(b"now")

    pair = Pair(
        server_engine(acceptableProtocols=[b"h2", b"http/1.1"]),
        client_engine(acceptableProtocols=[b"http/1.1"]),
        server=Listens,
        client=Listens,
    )
    assert pair.client.transport.negotiatedProtocol is None
    pair.run()
    assert pair.server.events == pair.client.events == ["made", ("shaken", b"http/1.1")]
    assert pair.server.received == pair.client.received == b"now"


@pytest.mark.parametrize(
    ("ours", "theirs", "chosen"),
    [
        ([b"h2", b"http/1.1"], [b"http/1.1", b"h2"], b"h2"),
        ([b"h2"], [b"http/1.1"], None),
        ([b"h2"], None, None),
        (None, [b"h2"], None),
    ],
)
def test_the_server_chooses_the_protocol(server_engine, client_engine, ours, theirs, chosen):
    pair = Pair(server_engine(acceptableProtocols=ours), client_engine(acceptableProtocols=theirs))
    pair.client.transport.write(b"x")
    pair.run()
    assert pair.server.received == b"x"
    assert pair.server.transport.negotiatedProtocol == chosen
    assert pair.client.transport.negotiatedProtocol == chosen


def test_a_factory_may_say_what_to_negotiate(server_engine, client_engine):
    @implementer(IProtocolNegotiationFactory)
    class Negotiates(Factory):
        protocol = Recorder

        def acceptableProtocols(self):
            return [b"special"]

    clock = Clock()
    ends = [
        TLSMemoryBIOFactory(settings, is_client, Negotiates(), clock=clock).buildProtocol(None)
        for settings, is_client in ((server_engine(), False), (client_engine(), True))
    ]
    connected_pair(*ends).flush()
    assert [end.negotiatedProtocol for end in ends] == [b"special", b"special"]


def test_both_show_their_certificates(server_engine, client_engine):
    pair = Pair(server_engine(), client_engine())
    pair.run()
    assert (
        b"CN=localhost" in str(pair.client.transport.getPeerCertificate().to_cryptography().subject).encode()
    )
    assert pair.server.transport.getPeerCertificate() is None
    assert pair.client.transport.get_peer_certificate_der()


def test_a_layer_declares_what_it_provides():
    pair = Pair(standard_server(), standard_client())
    for interface in (ITransport, ISSLTransport, INegotiated, IConsumer, IPushProducer):
        assert interface.providedBy(pair.server.transport)
    assert isinstance(pair.server.transport, TLSMemoryBIOProtocol)
    assert pair.server.transport.getPeer() == pair.client.transport.getHost()
    assert pair.server.transport.logPrefix() == "Recorder (BufferingTLSTransport)"


def test_what_a_layer_does_not_know_it_asks_of_the_transport():
    pair = Pair(standard_server(), standard_client())
    pair.server.transport.setTcpNoDelay(True)
    assert pair.below.server.getTcpNoDelay()
    with pytest.raises(AttributeError):
        pair.server.transport.no_such_thing


def test_factories_know_their_layers():
    factory = TLSMemoryBIOFactory(standard_server(), False, Factory.forProtocol(Recorder), clock=Clock())
    assert factory.logPrefix() == "Factory (TLS)"
    layer = factory.buildProtocol(None)
    layer.makeConnection(StringTransport())
    assert list(factory.protocols) == [layer]
    layer.connectionLost()
    assert factory.protocols == {}
    assert layer.wrappedProtocol is None


def test_a_wrapped_protocol_that_is_connected_already_is_not_connected_again():
    factory = TLSMemoryBIOFactory(standard_server(), False, Factory(), clock=Clock())
    protocol = Recorder()
    TLSMemoryBIOProtocol(factory, protocol, _connectWrapped=False).makeConnection(StringTransport())
    assert protocol.events == []


def test_settings_that_are_none_are_refused():
    with pytest.raises(TypeError, match="gives no TLS settings"):
        TLSMemoryBIOFactory(object(), False, Factory())


def test_a_subclass_may_override_how_data_is_received_and_written():
    seen = []

    class Watches(TLSMemoryBIOProtocol):
        def dataReceived(self, bytes):
            seen.append("in")
            super().dataReceived(bytes)

        def write(self, bytes):
            seen.append("out")
            super().write(bytes)

    factory = TLSMemoryBIOFactory(standard_server(), False, Factory.forProtocol(Recorder), clock=Clock())
    factory.protocol = Watches
    layer = factory.buildProtocol(None)
    layer.makeConnection(StringTransport())
    layer.wrappedProtocol.transport.write(b"x")
    layer.dataReceived(b"\x16")
    assert seen == ["out", "in"]


def test_an_error_of_the_protocol_is_the_transports_to_handle(server_engine, client_engine):
    class Raises(Recorder):
        def dataReceived(self, data):
            raise LookupError("mine")

    pair = Pair(server_engine(), client_engine(), server=Raises)
    pair.run()
    pair.client.transport.write(b"x")
    with pytest.raises(LookupError, match="mine"):
        pair.run()


def test_an_error_of_a_producer_ends_the_connection(logged):
    class Raises(Producer):
        def pauseProducing(self):
            raise LookupError("mine")

    pair = Pair(standard_server(), standard_client())
    pair.run()
    pair.server.transport.registerProducer(Raises(), True)
    pair.server.transport.write(b"x" * 1_000_000)
    pair.run()
    assert pair.server.reason.check(LookupError)
    assert logged() == [LookupError]


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("seed", range(3))
def test_a_conversation_by_chance_loses_nothing(server, client, seed):
    chance = random.Random(seed)
    pair = Pair(SERVERS[server](), CLIENTS[client](), chunk=chances(seed))
    sent = {pair.server: b"", pair.client: b""}
    for _ in range(40):
        who = chance.choice(list(sent))
        action = chance.random()
        if action < 0.6:
            data = chance.randbytes(chance.choice((1, 10, 1000, 70_000)))
            sent[who] += data
            who.transport.write(data)
        elif action < 0.75:
            who.transport.pauseProducing()
        elif action < 0.9:
            who.transport.resumeProducing()
        else:
            pair.clock.advance(0)
            for _ in range(chance.randrange(50)):
                pair._pump()
    for one in sent:
        one.transport.resumeProducing()
    pair.run()
    assert pair.server.received == sent[pair.client]
    assert pair.client.received == sent[pair.server]
    pair.client.transport.loseConnection()
    pair.run()
    assert pair.server.reason.check(ConnectionDone)
    assert pair.client.reason.check(ConnectionDone)


def test_without_a_clock_and_a_reactor_everything_is_sent_at_once():
    ends = [
        TLSMemoryBIOFactory(settings, is_client, Factory.forProtocol(Recorder)).buildProtocol(None)
        for settings, is_client in ((standard_server(), False), (standard_client(), True))
    ]
    pair = connected_pair(*ends)
    server, client = (end.wrappedProtocol for end in ends)
    pair.flush()
    client.transport.write(b"at once")
    pair.flush()
    assert server.received == b"at once"
    client.transport.loseConnection()
    pair.flush()
    assert server.reason.check(ConnectionDone)


class Counted(ssl.SSLObject):
    """What a context may be told to make instead of the library's own."""

    reads = 0

    def read(self, *arguments):
        type(self).reads += 1
        return super().read(*arguments)


def test_a_connection_goes_through_the_class_that_its_context_names(monkeypatch):
    monkeypatch.setattr(Counted, "reads", 0)
    settings = standard_server()
    settings.standard_context(is_client=False).sslobject_class = Counted
    pair = Pair(settings, standard_client())
    pair.run()
    assert pair.client.transport.getHandle().get_protocol_version_name() == "TLSv1.3"
    # Nothing has come behind the handshake: nothing is asked for.
    assert Counted.reads == 0
    pair.client.transport.write(b"one record")
    pair.run()
    assert pair.server.received == b"one record"
    assert Counted.reads == 1
