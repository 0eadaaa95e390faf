"""UDP where many datagrams have come at once: each is as if it were alone, whatever is done amid them."""

from __future__ import annotations

import gc
import socket
import sys

import pytest
from tests.transport.datagram_kit import Datagrams
from tests.transport.kit import turns
from tests.transport.test_tcp import needs_ipv6

from sennit.core.errors import InvalidAddressError, MessageLengthError
from sennit.transport import datagram as datagram_module

MANY = 70  # More than one batch, and more than one turn reads.


@pytest.fixture
def listen(reactor):
    """Open a port on loopback: gives its protocol and where it listens."""

    def listen(protocol=None, interface="127.0.0.1", **options):
        protocol = protocol or Datagrams()
        address = reactor.listenUDP(0, protocol, interface, **options).getHost()
        return protocol, (address.host, address.port)

    return listen


def plain(host="127.0.0.1"):
    """Make a plain socket on loopback."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.settimeout(10)
    return sock


class Acting(Datagrams):
    """Does something at each datagram, and then lets a test know of it."""

    def __init__(self, act):
        super().__init__()
        self.act = act

    def datagramReceived(self, datagram, addr):
        self.received.append((datagram, addr))
        try:
            self.act(self, datagram, addr)
        finally:
            self.note("datagram")


def numbered(number):
    return b"number %d" % number


async def test_datagrams_of_many_batches_come_in_order(listen):
    ours, where = listen()
    with plain() as sender:
        for number in range(MANY):
            sender.sendto(numbered(number), where)
        await ours.count(MANY)
        assert ours.received == [(numbered(number), sender.getsockname()) for number in range(MANY)]


async def test_answers_go_to_whom_they_are_for_and_in_order(listen):
    ours, where = listen(Acting(lambda self, datagram, addr: self.transport.write(datagram, addr)))
    senders = [plain() for _ in range(10)]
    for number in range(3):
        for index, sender in enumerate(senders):
            sender.sendto(b"%d of %d" % (number, index), where)
    await ours.count(30)
    for index, sender in enumerate(senders):
        with sender:
            assert [sender.recv(100) for _ in range(3)] == [b"%d of %d" % (n, index) for n in range(3)]


async def test_an_answer_is_sent_before_write_returns(listen):
    answers = []

    def answer(self, datagram, addr):
        self.transport.write(datagram, addr)
        answers.append(sender.recv(100, socket.MSG_DONTWAIT))

    ours, where = listen(Acting(answer))
    with plain() as sender:
        for number in range(5):
            sender.sendto(numbered(number), where)
        await ours.count(5)
    assert answers == [numbered(number) for number in range(5)]


async def test_answers_may_be_written_later_and_by_equal_addresses(listen):
    ours, where = listen()
    senders = [plain() for _ in range(3)]
    for sender in senders:
        sender.sendto(b"ask", where)
    await ours.count(3)
    for sender in reversed(senders):
        host, port = sender.getsockname()
        ours.transport.write(b"tuple", (host, port))
        ours.transport.write(bytearray(b"array"), (host, port))
        ours.transport.write(memoryview(b"view"), (host, port))
    for sender in senders:
        with sender:
            assert [sender.recv(100) for _ in range(3)] == [b"tuple", b"array", b"view"]


async def test_an_error_amid_a_batch_costs_no_datagram(listen, logged, reactor):
    def fail(self, datagram, addr):
        if datagram in {numbered(3), numbered(40)}:
            raise ZeroDivisionError

    ours, where = listen(Acting(fail))
    with plain() as sender:
        for number in range(MANY):
            sender.sendto(numbered(number), where)
        assert await ours.count(MANY) == [numbered(number) for number in range(MANY)]
    assert logged() == [ZeroDivisionError] * 2


async def test_an_answer_that_cannot_be_sent_is_an_error_where_it_is_written(listen):
    raised = []

    def answer(self, datagram, addr):
        for wrong in (b"x" * 70_000, "text"):
            try:
                self.transport.write(wrong, addr)
            except (MessageLengthError, TypeError) as error:
                raised.append(type(error))
        host, port = addr
        for nowhere in (None, ("localhost", port), (host, "9"), (host, 0), (host + "\0", port)):
            try:
                self.transport.write(b"astray", nowhere)
            except (InvalidAddressError, TypeError, OSError) as error:
                raised.append(type(error))
        self.transport.write(b"right", addr)

    ours, where = listen(Acting(answer))
    with plain() as sender:
        for _ in range(2):
            sender.sendto(b"ask", where)
        await ours.count(2)
        assert [sender.recv(100) for _ in range(2)] == [b"right"] * 2
    expected = [MessageLengthError, TypeError, InvalidAddressError, InvalidAddressError, TypeError, OSError]
    assert raised == [*expected, InvalidAddressError] * 2


async def test_every_length_arrives_whole(listen):
    ours, where = listen(maxPacketSize=65_535)
    lengths = [0, 1, 65_507, 0, 8192, 65_507, 3]
    with plain() as sender:
        for length in lengths:
            sender.sendto(b"%c" % (65 + length % 26) * length, where)
        got = await ours.count(len(lengths))
    assert [len(datagram) for datagram in got] == lengths
    assert all(set(datagram) <= {65 + len(datagram) % 26} for datagram in got)


@pytest.mark.parametrize("limit", [1, 5, 100_000, 1_000_000])
async def test_any_limit_of_length_holds(listen, limit):
    ours, where = listen(maxPacketSize=limit)
    with plain() as sender:
        for _ in range(3):
            sender.sendto(b"0123456789", where)
        assert await ours.count(3) == [b"0123456789"[:limit]] * 3


async def test_nothing_is_delivered_once_the_port_stops_amid_a_batch(listen, reactor):
    def stop(self, datagram, addr):
        if len(self.received) == 3:
            self.transport.write(b"last", addr)
            self.transport.stopListening()

    ours, where = listen(Acting(stop))
    with plain() as sender:
        for number in range(10):
            sender.sendto(numbered(number), where)
        await ours.until_event("stop")
        await turns(reactor, 3)
        assert sender.recv(100) == b"last"
    assert len(ours.received) == 3


async def test_a_port_that_stops_and_starts_amid_a_batch_hears_nothing_of_before(listen, reactor):
    def restart(self, datagram, addr):
        port = self.transport
        port.connectionLost()
        port.startListening()

    ours, where = listen(Acting(restart))
    with plain() as sender:
        for number in range(3):
            sender.sendto(numbered(number), where)
        await ours.count(1)
        await turns(reactor, 3)
        assert len(ours.received) == 1
        ours.act = lambda self, datagram, addr: self.transport.write(b"back", addr)
        address = ours.transport.getHost()
        sender.sendto(b"anew", (address.host, address.port))
        assert await ours.count(2) == [numbered(0), b"anew"]
        assert sender.recv(100) == b"back"


async def test_a_peer_settled_on_amid_a_batch_is_the_only_one_heard(listen, reactor):
    def settle(self, datagram, addr):
        if len(self.received) == 1:
            self.transport.connect(*addr)
        self.transport.write(datagram)

    ours, where = listen(Acting(settle))
    with plain() as peer, plain() as other:
        for number in range(4):
            (other if number in {1, 2} else peer).sendto(numbered(number), where)
        assert await ours.count(2) == [numbered(0), numbered(3)]
        await turns(reactor, 3)
        assert [peer.recv(100) for _ in range(2)] == [numbered(0), numbered(3)]
        assert len(ours.received) == 2


async def test_a_protocol_replaced_amid_a_batch_gets_the_rest(listen):
    second = Datagrams()

    def replace(self, datagram, addr):
        if len(self.received) == 2:
            self.transport.protocol = second

    ours, where = listen(Acting(replace))
    with plain() as sender:
        for number in range(5):
            sender.sendto(numbered(number), where)
        assert await second.count(3) == [numbered(2), numbered(3), numbered(4)]
    assert [datagram for datagram, _ in ours.received] == [numbered(0), numbered(1)]
    # It is the first that hears of the end.
    ours.transport.protocol = ours


async def test_reading_amid_a_batch_damages_no_datagram(listen):
    others, elsewhere = listen()

    def read_on(self, datagram, addr):
        if len(self.received) == 1:
            # As a loop does that a protocol runs.
            for number in range(5):
                sender.sendto(b"other %d" % number, elsewhere)
                sender.sendto(b"behind %d" % number, where)
            others.transport.doRead()
            self.transport.doRead()

    ours, where = listen(Acting(read_on))
    with plain() as sender:
        for number in range(5):
            sender.sendto(numbered(number), where)
        got = await ours.count(10)
        assert sorted(got) == sorted(
            [*map(numbered, range(5)), *(b"behind %d" % number for number in range(5))]
        )
        assert await others.count(5) == [b"other %d" % number for number in range(5)]


async def test_more_senders_than_are_remembered_are_told_apart(listen):
    ours, where = listen(Acting(lambda self, datagram, addr: self.transport.write(datagram, addr)))
    for batch in range(15):
        senders = [plain(f"127.0.{batch}.{1 + index}") for index in range(40)]
        expected = []
        for _ in range(2):
            for sender in senders:
                sender.sendto(repr(sender.getsockname()).encode(), where)
                expected.append(sender.getsockname())
        await ours.count(80 * (batch + 1))
        assert [addr for _, addr in ours.received[-80:]] == expected
        for sender in senders:
            with sender:
                assert [sender.recv(100) for _ in range(2)] == [repr(sender.getsockname()).encode()] * 2
    assert all(repr(addr).encode() == datagram for datagram, addr in ours.received)


@needs_ipv6
async def test_a_port_for_both_families_answers_both(listen, reactor):
    ours, (_, number) = listen(
        Acting(lambda self, datagram, addr: self.transport.write(datagram, addr)), interface="::"
    )
    with plain() as four, plain("::1") as six:
        for _ in range(2):
            four.sendto(b"four", ("127.0.0.1", number))
            six.sendto(b"six", ("::1", number))
        await ours.count(4)
        names = [("::ffff:127.0.0.1", four.getsockname()[1]), ("::1", six.getsockname()[1])]
        assert [addr for _, addr in ours.received] == names * 2
        assert [four.recv(100), four.recv(100), six.recv(100), six.recv(100)] == [b"four"] * 2 + [b"six"] * 2
        # Any spelling will do.
        ours.transport.write(b"spelt out", ("0:0:0:0:0:0:0:1", six.getsockname()[1]))
        assert six.recv(100) == b"spelt out"


async def test_a_flood_is_read_in_turns(listen, reactor, monkeypatch):
    monkeypatch.setattr(datagram_module, "READS_PER_TURN", 40)
    ours, where = listen()
    seen = []
    with plain() as sender:
        for number in range(100):
            sender.sendto(numbered(number), where)
        while len(ours.received) < 100:
            await turns(reactor, 1)
            seen.append(len(ours.received))
    # A loop may poll twice in a turn.
    assert seen[0] <= 80
    assert len({*seen}) >= 2


async def test_datagrams_leave_no_memory_behind(listen, reactor):
    class Counting(Datagrams):
        def datagramReceived(self, datagram, addr):
            self.seen += 1
            self.transport.write(datagram, addr)

    ours, where = listen(Counting())
    ours.seen = 0

    async def rounds(number):
        for _ in range(number):
            for _ in range(20):
                sender.sendto(b"x" * 100, where)
            await turns(reactor, 2)
            for _ in range(20):
                sender.recv(200)

    with plain() as sender:
        await rounds(5)
        gc.collect()
        before = sys.getallocatedblocks()
        await rounds(50)
        gc.collect()
        assert sys.getallocatedblocks() - before < 200
    assert ours.seen == 55 * 20
