"""Hosts, time and the network, as programs find them."""

from __future__ import annotations

import asyncio
import struct

import pytest
from tests.sim.kit import Collector, Datagrams, Server, connect, listen

from sennit.core.errors import ConnectionDone, ConnectionLost, ConnectionRefusedError
from sennit.core.errors import TimeoutError as ConnectTimeoutError
from sennit.protocol import Factory
from sennit.sim import (
    DeadlockError,
    Fate,
    NotSimulatedError,
    Simulation,
    SimulationError,
    TimeLimitError,
)
from sennit.task import deferLater
from sennit.threads import deferToThread


@pytest.fixture
def sim():
    with Simulation(1) as made:
        yield made
        assert made.errors == []


def test_octets_arrive_whole_and_in_order_whatever_is_lost(sim):
    sim.links(loss=0.2, reorder=0.2)
    sim.host("server").run(Server())
    client = sim.wait(sim.host("client").run(connect()))
    data = bytes(range(256)) * 400
    client.transport.write(data)
    sim.run_until(lambda: len(client.data) == len(data))
    assert client.data == data


def test_time_jumps_to_the_next_timer(sim):
    fired = sim.host("a").call(lambda reactor: deferLater(reactor, 3600, reactor.seconds))
    assert sim.wait(fired) == pytest.approx(1_000_003_600, abs=0.01)
    assert sim.now == pytest.approx(3600, abs=0.01)


def test_a_coroutine_of_asyncio_runs_too(sim):
    async def program(reactor):
        await asyncio.sleep(10)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.sleep(10)
        return asyncio.get_running_loop().time()

    assert sim.wait(sim.host("a").run(program)) == pytest.approx(11, abs=0.01)


def test_who_waits_for_what_never_comes_is_named(sim):
    async def forever(reactor):
        await asyncio.get_running_loop().create_future()

    with pytest.raises(DeadlockError, match="forever"):
        sim.wait(sim.host("a").run(forever))


def test_a_program_that_never_rests_is_stopped():
    with Simulation(step_limit=1000) as sim:

        def busy(reactor):
            reactor.callLater(0, busy, reactor)

        sim.host("a").run(busy)
        with pytest.raises(TimeLimitError):
            sim.run_for(1)


def test_a_port_where_nobody_listens_refuses(sim):
    sim.host("server")
    with pytest.raises(ConnectionRefusedError):
        sim.wait(sim.host("client").run(connect()))


def test_a_host_that_is_cut_off_lets_connections_time_out(sim):
    sim.host("server").run(Server())
    client = sim.host("client")
    sim.partition("client", "server")
    with pytest.raises(ConnectTimeoutError):
        sim.wait(client.run(connect(timeout=10)))
    sim.heal()
    assert sim.wait(client.call(connect()))


def test_what_was_sent_into_a_partition_arrives_when_it_heals(sim):
    sim.host("server").run(Server())
    client = sim.wait(sim.host("client").run(connect()))
    sim.partition("client", "server")
    client.transport.write(b"hello")
    sim.run_for(5)
    assert client.data == b""
    sim.heal("client", "server")
    sim.run_until(lambda: client.data == b"hello", limit=30)


def test_a_killed_host_resets_its_connections_and_a_crashed_one_says_nothing(sim):
    server = Server()
    sim.host("server").run(server)
    client = sim.wait(sim.host("client").run(connect()))
    sim.kill("server")
    sim.run_until(lambda: client.lost is not None)
    assert isinstance(client.lost, ConnectionLost)
    sim.restart("server")
    client = sim.wait(sim.host("client").call(connect()))
    sim.crash("server")
    sim.run_for(60)
    assert client.lost is None
    sim.restart("server")
    client.transport.write(b"anybody there?")
    sim.run_until(lambda: client.lost is not None, limit=200)
    assert isinstance(client.lost, ConnectionLost)


def test_a_restarted_host_runs_its_programs_anew(sim):
    server = Server()
    sim.host("server").run(server)
    sim.wait(sim.host("client").run(connect()))
    sim.run_until(lambda: len(server.protocols) == 1)
    sim.restart("server")
    sim.wait(sim.host("client").call(connect()))
    sim.run_until(lambda: len(server.protocols) == 2)
    assert sim.host("server").runs == 2


def test_a_connection_is_closed_as_the_other_side_closes_it(sim):
    server = Server(Collector)
    sim.host("server").run(server)
    client = sim.wait(sim.host("client").run(connect()))
    client.transport.write(b"bye")
    client.transport.loseConnection()
    sim.run_until(lambda: server.protocols and server.protocols[0].lost is not None)
    assert isinstance(server.protocols[0].lost, ConnectionDone)
    assert server.protocols[0].data == b"bye"


def test_a_receiver_that_does_not_read_stops_the_sender(sim):
    server = Server(Collector)
    sim.host("server").run(server)
    client = sim.wait(sim.host("client").run(connect()))
    sim.run_until(lambda: server.protocols)
    server.protocols[0].transport.pauseProducing()
    client.transport.write(bytes(1_000_000))
    sim.run_for(2000)
    assert client.lost is None
    assert len(server.protocols[0].data) == 0
    server.protocols[0].transport.resumeProducing()
    sim.run_until(lambda: len(server.protocols[0].data) == 1_000_000, limit=1000)


def test_datagrams_arrive_once_never_or_twice(sim):
    sim.links(loss=0.3, duplicate=0.3)
    here, there = Datagrams(), Datagrams()
    sim.host("a").run(listen(here))
    sim.host("b", "10.9.9.9").run(listen(there, 53))
    sim.run_for(1)
    for number in range(200):
        here.transport.write(b"%d" % number, ("10.9.9.9", 53))
    sim.run_for(1)
    heard = [datagram for datagram, _ in there.heard]
    assert 100 < len(set(heard)) < 180
    assert len(heard) > len(set(heard))
    assert there.heard[0][1][0] == sim.host("a").addresses[0]


def test_a_datagram_to_nobody_is_refused(sim):
    here = Datagrams()
    sim.host("a").run(listen(here))
    sim.host("b", "10.9.9.9")
    sim.run_for(1)
    here.transport.connect("10.9.9.9", 53)
    here.transport.write(b"hello")
    sim.run_for(1)
    assert here.was_refused


def hear(protocol, group=None, source=None, port=9999):
    def program(reactor):
        reactor.listenMulticast(port, protocol, listenMultiple=True)
        if group is not None:
            return protocol.transport.joinGroup(group, source=source)
        return None

    return program


def test_who_has_joined_a_group_hears_it_each_for_itself(sim):
    sim.links(loss=0.3)
    sender, joined, apart, choosy = Datagrams(), Datagrams(), Datagrams(), Datagrams()
    group = "239.1.2.3"
    sim.host("sender", "10.1.1.1").run(hear(sender, group))
    sim.host("b").run(hear(joined, group))
    sim.host("c").run(hear(apart))
    sim.host("d").run(hear(choosy, group, source="10.1.1.9"))
    sim.run_for(1)
    for number in range(100):
        sender.transport.write(b"%d" % number, (group, 9999))
    sim.run_for(1)
    assert len(sender.heard) == 100
    assert 40 < len(joined.heard) < 95
    assert apart.heard == choosy.heard == []
    sender.transport.setLoopbackMode(False)
    sender.transport.setTTL(0)
    assert (sender.transport.getLoopbackMode(), sender.transport.getTTL()) == (False, 0)
    before = len(joined.heard)
    sender.transport.write(b"nobody", (group, 9999))
    sim.run_for(1)
    assert (len(sender.heard), len(joined.heard)) == (100, before)


def test_who_has_left_a_group_hears_it_no_more(sim):
    sender, joined = Datagrams(), Datagrams()
    sim.host("a").run(hear(sender))
    sim.host("b").run(hear(joined, "239.1.2.3"))
    sim.run_for(1)
    sender.transport.write(b"one", ("239.1.2.3", 9999))
    sim.run_for(1)
    sim.wait(sim.host("b").call(lambda _: joined.transport.leaveGroup("239.1.2.3")))
    sender.transport.write(b"two", ("239.1.2.3", 9999))
    sim.run_for(1)
    assert [datagram for datagram, _ in joined.heard] == [b"one"]


def test_a_broadcast_is_heard_by_all_and_has_to_be_allowed(sim):
    sender, hearer = Datagrams(), Datagrams()
    sim.host("a").run(hear(sender))
    sim.host("b").run(hear(hearer))
    sim.run_for(1)
    with pytest.raises(PermissionError):
        sender.transport.write(b"one", ("<broadcast>", 9999))
    sender.transport.setBroadcastAllowed(True)
    sender.transport.write(b"two", ("<broadcast>", 9999))
    sim.run_for(1)
    assert [datagram for datagram, _ in hearer.heard] == [b"two"]


def test_work_for_threads_is_done_while_nothing_else_happens(sim):
    assert sim.wait(sim.host("a").call(lambda reactor: deferToThread(lambda: 6 * 7))) == 42
    with pytest.raises(ZeroDivisionError):
        sim.wait(sim.host("a").call(lambda reactor: deferToThread(lambda: 1 / 0)))


def test_a_clock_may_be_wrong(sim):
    sim.host("a").clock_skew = -100
    here, there = (
        sim.wait(sim.host("a").call(lambda reactor: reactor.seconds())),
        sim.wait(sim.host("b").call(lambda reactor: reactor.seconds())),
    )
    assert there - here == pytest.approx(100, abs=1)


def test_a_rule_drops_delays_and_changes_packets(sim):
    here, there = Datagrams(), Datagrams()
    sim.host("a").run(listen(here))
    sim.host("b", "10.9.9.9").run(listen(there, 53))
    sim.run_for(1)

    def rule(packet):
        return {b"drop": Fate.DROP, b"late": 5.0, b"pass": Fate.PASS}.get(packet.payload)

    remove = sim.rule(rule)
    for word in (b"drop", b"late", b"pass", b"other"):
        here.transport.write(word, ("10.9.9.9", 53))
    sim.run_for(1)
    assert sorted(datagram for datagram, _ in there.heard) == [b"other", b"pass"]
    sim.run_for(10)
    assert there.heard[-1][0] == b"late"
    remove()
    here.transport.write(b"drop", ("10.9.9.9", 53))
    sim.run_for(1)
    assert there.heard[-1][0] == b"drop"


def test_a_slow_link_takes_its_time(sim):
    server = Server(Collector)
    sim.host("server").run(server)
    sim.link("client", "server", bandwidth=10_000)
    client = sim.wait(sim.host("client").run(connect()))
    before = sim.now
    client.transport.write(bytes(50_000))
    sim.run_until(lambda: server.protocols and len(server.protocols[0].data) == 50_000)
    assert sim.now - before > 5


def test_sockets_of_the_unix_kind_connect_within_a_host(sim):
    server, client = Server(), Collector()

    def program(reactor):
        factory = Factory()
        factory.buildProtocol = server.build
        reactor.listenUNIX("/run/it", factory)
        other = Factory()
        other.buildProtocol = lambda _: client
        other.startedConnecting = other.clientConnectionLost = other.clientConnectionFailed = lambda *_: None
        reactor.connectUNIX("/run/it", other)

    sim.host("a").run(program)
    sim.run_for(1)
    client.transport.write(b"hello")
    sim.run_until(lambda: client.data == b"hello")


@pytest.mark.parametrize("hash_seed", [1, 2])
def test_one_seed_does_one_thing(hash_seed):
    def run():
        with Simulation(17) as sim:
            sim.links(loss=0.1, reorder=0.1)
            sim.host("server").run(Server())
            client = sim.wait(sim.host("client").run(connect()))
            client.transport.write(bytes(10_000 * hash_seed))
            sim.run_for(60)
            return sim.trace.digest

    assert run() == run()


def test_packets_are_written_as_wireshark_reads_them(tmp_path):
    with Simulation(packets=True) as sim:
        sim.host("server").run(Server())
        sim.wait(sim.host("client").run(connect()))
        sim.trace.write_pcap(tmp_path / "trace.pcap")
        sim.trace.write_text(tmp_path / "trace.txt")
    data = (tmp_path / "trace.pcap").read_bytes()
    magic, major, minor, *_ = struct.unpack_from("<IHHiIII", data)
    assert (magic, major, minor) == (0xA1B2C3D4, 2, 4)
    assert "SYN" in (tmp_path / "trace.txt").read_text()


def test_a_program_that_fails_and_nobody_waits_for_is_an_error_of_the_simulation():
    with Simulation() as sim:
        sim.host("a").run(lambda reactor: 1 / 0)
        sim.run_for(1)
        assert [(name, type(context["exception"])) for name, context in sim.errors] == [
            ("a", ZeroDivisionError)
        ]


def test_what_is_not_simulated_says_so(sim):
    async def program(reactor):
        await asyncio.get_running_loop().subprocess_exec(None, "true")

    with pytest.raises(NotSimulatedError, match="another host"):
        sim.wait(sim.host("a").run(program))
    with pytest.raises(SimulationError, match="no host"):
        sim.crash("nobody")
