"""Mail over failing hosts, and datagrams with their retries: what was acknowledged is there."""

from __future__ import annotations

from io import BytesIO

import pytest
from tests.sim.kit import assert_clean
from zope.interface import implementer

from sennit.core.deferred import Deferred, succeed
from sennit.protocol import DatagramProtocol
from sennit.sim import simulated
from sennit.smtp.errors import SMTPClientError
from sennit.smtp.extended import ALL_EXTENSIONS, ESMTP
from sennit.smtp.interfaces import IMessage, IMessageDelivery, IMessageSink
from sennit.smtp.mailer import Mailer
from sennit.smtp.routing import TLS, MailServer
from sennit.smtp.sender import SMTPSenderFactory
from sennit.smtp.server import SMTP, SMTPFactory
from sennit.task import deferLater


@implementer(IMessage)
class Message:
    """A message that is in the store once it is complete."""

    def __init__(self, store):
        self.store = store
        self.lines = []

    def lineReceived(self, line):
        self.lines.append(line)

    def eomReceived(self):
        self.store.append(b"\n".join(self.lines))
        return succeed(None)

    def connectionLost(self):
        pass


@implementer(IMessageDelivery)
class Delivery:
    """Takes everything for everybody."""

    def __init__(self, store):
        self.store = store

    def receivedHeader(self, helo, origin, recipients):
        return None

    def validateFrom(self, helo, origin):
        return origin

    def validateTo(self, user):
        return lambda: Message(self.store)


def mail_server(store):
    def program(reactor):
        factory = SMTPFactory()
        factory.protocol = lambda: SMTP(Delivery(store))
        return reactor.listenTCP(25, factory)

    return program


def send(number, retries, sim, patience=1):
    def program(reactor):
        result = Deferred()
        text = b"Subject: %d\r\n\r\n" % number + b"line\r\n.dot\r\n" * sim.random.randrange(200)
        factory = SMTPSenderFactory(
            "a@example.org", ["b@example.org"], BytesIO(text), result, retries=retries, timeout=10 * patience
        )
        reactor.connectTCP("server", 25, factory, timeout=5 * patience)
        return result

    return program


@pytest.mark.parametrize("kinds", [("kill",), ("partition",), ("kill", "partition")])
def test_no_acknowledged_message_is_lost(kinds):
    @simulated
    def test(sim):
        sim.links(loss=sim.random.choice([0.0, 0.1]), latency=sim.random.choice([0.001, 0.05]))
        store, acknowledged, outcomes = [], [], []
        sim.host("server").run(mail_server(store))
        client = sim.host("client")
        sim.trouble(["server"], every=3, lasting=3, kinds=kinds, until=25)
        for number in range(8):
            sent = client.call(send(number, 5, sim))
            sent.addCallback(lambda _, number=number: acknowledged.append(number))
            sent.addBoth(outcomes.append)
            sim.run_for(sim.random.random() * 4)
        sim.run_until(lambda: len(outcomes) == 8, limit=600)
        kept = [int(text.split(b"\n", 1)[0].removeprefix(b"Subject: ")) for text in store]
        assert set(acknowledged) <= set(kept)
        for text in store:
            # Whole, or not at all.
            assert text.split(b"\n")[2:].count(b"line") == text.split(b"\n")[2:].count(b".dot")
        assert_clean(sim, "client")

    test()


@simulated
def test_without_faults_each_message_is_there_once(sim):
    sim.links(loss=0.1, reorder=0.2)
    store, outcomes = [], []
    sim.host("server").run(mail_server(store))
    for number in range(8):
        # One that tries but once waits until what was lost, however often, has been sent again.
        sending = send(number, 0, sim, patience=12)
        sim.host(f"client{number % 3}").call(sending).addBoth(outcomes.append)
    sim.run_until(lambda: len(outcomes) == 8, limit=600)
    assert sorted(text.split(b"\n", 1)[0] for text in store) == [b"Subject: %d" % n for n in range(8)]
    assert_clean(sim)


@implementer(IMessageSink)
class Parts:
    """A message in octets that is in the store once it is complete."""

    def __init__(self, store):
        self.store = store
        self.parts = []

    def partReceived(self, data):
        self.parts.append(data)

    def eomReceived(self):
        self.store.append(b"".join(self.parts))
        return succeed(None)

    def connectionLost(self):
        pass


@implementer(IMessageDelivery)
class PartsDelivery(Delivery):
    """The same, with messages in octets."""

    def validateTo(self, user):
        return lambda: Parts(self.store)


def full_mail_server(store):
    def build():
        made = ESMTP()
        made.offered = ALL_EXTENSIONS
        made.delivery = PartsDelivery(store)
        return made

    def program(reactor):
        factory = SMTPFactory()
        factory.protocol = build
        return reactor.listenTCP(25, factory)

    return program


@simulated
def test_a_mailer_that_tries_again_loses_nothing_that_was_acknowledged(sim):
    sim.links(loss=sim.random.choice([0.0, 0.1]), latency=sim.random.choice([0.001, 0.05]))
    store, acknowledged, tried, done = [], [], [], []
    sim.host("server").run(full_mail_server(store))
    client = sim.host("client")
    sim.trouble(["server"], every=3, lasting=3, kinds=("kill", "partition"), until=25)
    sizes = [sim.random.randrange(4000) for _ in range(6)]

    async def send_all(reactor):
        mailer = Mailer(MailServer("server", tls=TLS.NONE), timeout=10, connect_timeout=5, reactor=reactor)
        for number, size in enumerate(sizes):
            text = b"%d\r\n" % number + b"line\r\n.dot\r\n" * size
            for _ in range(20):
                tried.append(number)
                try:
                    sent = await mailer.send(text, "a@example.org", ["b@example.org", "c@example.org"])
                except SMTPClientError:
                    await deferLater(reactor, 1)
                else:
                    assert sent.accepted == ["b@example.org", "c@example.org"]
                    acknowledged.append(number)
                    break
        mailer.close()
        done.append(True)

    client.call(lambda reactor: Deferred.fromCoroutine(send_all(reactor)))
    sim.run_until(lambda: done, limit=1500)
    kept = [int(text.split(b"\r\n", 1)[0]) for text in store]
    assert acknowledged == list(range(6))
    for number in acknowledged:
        # Once for each recipient, and again only if a connection ended before the answer came.
        assert 2 <= kept.count(number) <= 2 * tried.count(number)
    for text in store:
        number, _, body = text.partition(b"\r\n")
        assert body == b"line\r\n.dot\r\n" * sizes[int(number)]
    assert_clean(sim, "client")


class Answering(DatagramProtocol):
    """Answers a question with its square."""

    def datagramReceived(self, datagram, addr):
        number = int(datagram)
        self.transport.write(b"%d=%d" % (number, number * number), addr)


class Asking(DatagramProtocol):
    """Asks until it is answered."""

    def __init__(self, reactor, where, count):
        self.reactor = reactor
        self.where = where
        self.answers = {}
        self.count = count

    def startProtocol(self):
        for number in range(self.count):
            self.ask(number)

    def ask(self, number):
        if number not in self.answers:
            self.transport.write(b"%d" % number, self.where)
            self.reactor.callLater(0.5, self.ask, number)

    def datagramReceived(self, datagram, addr):
        number, square = map(int, datagram.split(b"="))
        assert square == number * number
        self.answers[number] = square


@simulated
def test_questions_by_datagram_are_answered_in_the_end(sim):
    sim.links(loss=0.3, duplicate=0.2, reorder=0.3, corrupt=0.1)
    asking = []

    def program(reactor):
        asking.append(Asking(reactor, ("10.8.8.8", 53), 20))
        reactor.listenUDP(0, asking[0])

    sim.host("server", "10.8.8.8").run(lambda reactor: reactor.listenUDP(53, Answering()) and None)
    sim.host("client").run(program)
    sim.run_until(lambda: asking and len(asking[0].answers) == 20, limit=300)
    assert_clean(sim)


@simulated
def test_questions_by_datagram_are_answered_when_a_partition_heals(sim):
    asking = []

    def program(reactor):
        asking.append(Asking(reactor, ("10.8.8.8", 53), 5))
        reactor.listenUDP(0, asking[0])

    sim.host("server", "10.8.8.8").run(lambda reactor: reactor.listenUDP(53, Answering()) and None)
    client = sim.host("client")
    sim.partition("client", "server")
    client.run(program)
    sim.run_for(sim.random.random() * 30)
    assert not asking[0].answers
    sim.heal("client", "server")
    sim.run_until(lambda: len(asking[0].answers) == 5, limit=10)
    assert_clean(sim)
