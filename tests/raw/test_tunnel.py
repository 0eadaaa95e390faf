"""TUN and TAP: with a system that is played, and real devices in a network namespace where permitted."""

from __future__ import annotations

import os
import socket
import struct
import textwrap

import pytest
from tests.loops import LOOPS
from tests.transport.namespaces import ip, network_namespaces, start_in
from zope.interface.verify import verifyObject

from sennit.core.errors import CannotListenError, MessageLengthError
from sennit.core.interfaces import IAddress, IListeningPort
from sennit.log.capture import capturedLogs
from sennit.protocol import AbstractDatagramProtocol, DatagramProtocol
from sennit.raw import (
    EthernetProtocol,
    IPProtocol,
    RawUDPProtocol,
    TunnelAddress,
    TunnelFlags,
    TuntapPort,
    ip_packet,
    udp_datagram,
)
from sennit.reactor import Reactor


class Played:
    """Plays the system: the device is one of a pair of sockets."""

    O_RDWR, O_NONBLOCK, O_CLOEXEC = 1, 2, 4

    def __init__(self):
        self.ours, self.device = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ours.setblocking(False)
        self.device.setblocking(False)
        self.opened = []
        self.asked = []
        self.closed = []
        self.failing = {}

    def _may_fail(self, method):
        if method in self.failing:
            raise self.failing[method]

    def open(self, filename, flag, mode=0o777):
        self._may_fail("open")
        self.opened.append((filename, flag))
        return self.device.fileno()

    def ioctl(self, fd, opt, arg=None, mutate_flag=None):
        self._may_fail("ioctl")
        self.asked.append((opt, *struct.unpack("16sH22x", arg)))
        return struct.pack("16sH22x", arg[:16].rstrip(b"\0") or b"tun7", 0)

    def read(self, fd, limit):
        self._may_fail("read")
        return os.read(fd, limit)

    def write(self, fd, data):
        self._may_fail("write")
        return os.write(fd, data)

    def close(self, fd):
        self.closed.append(fd)
        self.device.close()


class Recorder:
    noisy = False

    def __init__(self):
        super().__init__()
        self.received = []
        self.events = []

    def startProtocol(self):
        self.events.append("start")

    def stopProtocol(self):
        self.events.append("stop")

    def datagramReceived(self, data, partial=0):
        self.received.append((data, partial))


class Packets(Recorder, AbstractDatagramProtocol):
    pass


class Frames(Recorder, EthernetProtocol):
    pass


@pytest.fixture
def reactor():
    reactor = Reactor()
    yield reactor
    reactor.close()


@pytest.fixture
def system():
    system = Played()
    yield system
    system.ours.close()
    system.device.close()


def listen(reactor, system, protocol, interface=b"", **options):
    port = TuntapPort(interface, protocol, reactor=reactor, system=system, **options)
    port.startListening()
    return port


def turn(reactor, until):
    for _ in range(500):
        if until():
            return
        reactor.iterate(0.01)
    raise AssertionError("What was waited for did not happen.")


def test_packets_are_read_and_written(reactor, system):
    packets = Packets()
    port = listen(reactor, system, packets)
    system.ours.send(b"one")
    system.ours.send(b"two")
    turn(reactor, lambda: len(packets.received) == 2)
    assert packets.received == [(b"one", 0), (b"two", 0)]
    port.write(b"three")
    port.writeSequence([b"f", b"our"])
    assert system.ours.recv(100) == b"three"
    assert system.ours.recv(100) == b"four"


def test_a_packet_longer_than_allowed_is_cut_and_said_to_be_partial(reactor, system):
    packets = Packets()
    listen(reactor, system, packets, maxPacketSize=4)
    system.ours.send(b"1234")
    system.ours.send(b"12345")
    turn(reactor, lambda: len(packets.received) == 2)
    assert packets.received == [(b"1234", 0), (b"1234", 1)]


@pytest.mark.parametrize(
    ("protocol", "flag", "text"),
    [(Packets, TunnelFlags.IFF_TUN, "IFF_TUN"), (Frames, TunnelFlags.IFF_TAP, "IFF_TAP")],
)
def test_a_protocol_for_frames_gets_a_tap_and_any_other_a_tun(reactor, system, protocol, flag, text):
    port = listen(reactor, system, protocol(), "dev9")
    assert system.opened == [(b"/dev/net/tun", 7)]
    assert system.asked == [(0x400454CA, b"dev9".ljust(16, b"\0"), flag | 0x1000)]
    assert port.getHost() == TunnelAddress(flag, b"dev9")
    assert port.logPrefix() == f"{protocol.__name__} ({text})"
    assert port.fileno() == port.getHandle().fileno() == system.device.fileno()
    assert repr(port) == f"<sennit.raw.tunnel.TuntapPort of {protocol.__name__} on dev9>"
    assert verifyObject(IListeningPort, port)


def test_the_system_may_choose_the_name(reactor, system):
    port = listen(reactor, system, Packets())
    assert port.interface == b"tun7"
    assert port.getHost().name == b"tun7"


def test_an_ip_protocol_takes_what_a_tun_reads(reactor, system):
    received = []

    class Service(DatagramProtocol):
        def datagramReceived(self, datagram, addr):
            received.append((datagram, addr))

    protocol, udp = IPProtocol(), RawUDPProtocol()
    protocol.noisy = False
    protocol.addProto(17, udp)
    udp.addProto(7, Service())
    listen(reactor, system, protocol)
    source, dest = ("192.0.2.1", 9), ("192.0.2.2", 7)
    system.ours.send(ip_packet(source[0], dest[0], 17, udp_datagram(source, dest, b"hello")))
    turn(reactor, lambda: received)
    assert received == [(b"hello", source)]


def test_a_port_that_is_closed_closes_the_device(reactor, system):
    packets = Packets()
    port = listen(reactor, system, packets)
    number = port.fileno()
    stopped = []
    port.stopListening().addCallback(stopped.append)
    turn(reactor, lambda: stopped)
    assert system.closed == [number]
    assert packets.events == ["start", "stop"]
    assert port.fileno() == -1
    port.write(b"dropped")
    assert port.dropped == 1


@pytest.mark.parametrize("method", ["open", "ioctl"])
def test_a_device_that_cannot_be_had_is_an_error(reactor, system, method):
    system.failing[method] = PermissionError(1, "Operation not permitted")
    with pytest.raises(CannotListenError) as raised:
        listen(reactor, system, Packets(), b"dev9")
    assert raised.value.port == b"dev9"
    assert raised.value.socketError is system.failing[method]
    assert len(system.closed) == len(system.opened)


def test_a_name_that_is_too_long_is_refused(reactor, system):
    with pytest.raises(CannotListenError):
        listen(reactor, system, Packets(), b"x" * 16)
    assert system.asked == []
    assert len(system.closed) == 1


def test_a_device_that_is_taken_away_closes_the_port(reactor, system):
    packets = Packets()
    port = listen(reactor, system, packets)
    system.failing["read"] = OSError(77, "File descriptor in bad state")
    with capturedLogs() as logged:
        system.ours.send(b"wake up")
        turn(reactor, lambda: packets.events == ["start", "stop"])
    assert port.disconnected
    assert [event["log_level"].name for event in logged] == ["warn"]


def test_what_the_system_says_to_a_packet_is_raised(reactor, system):
    port = listen(reactor, system, Packets())
    system.failing["write"] = OSError(5, "Input/output error")
    with pytest.raises(OSError, match="Input/output"):
        port.write(b"x")
    system.failing["write"] = OSError(90, "Message too long")
    with pytest.raises(MessageLengthError):
        port.write(b"x")


def test_an_address_is_a_type_and_a_name():
    address = TunnelAddress(TunnelFlags.IFF_TAP, b"tap0")
    assert verifyObject(IAddress, address)
    assert repr(address) == "<TunnelAddress type=IFF_TAP name=b'tap0'>"
    same = TunnelAddress(TunnelFlags.IFF_TAP, b"tap0")
    assert address == same
    assert hash(address) == hash(same)
    assert address != TunnelAddress(TunnelFlags.IFF_TUN, b"tap0")
    assert address != TunnelAddress(TunnelFlags.IFF_TAP, b"tap1")
    assert address != "tap0"


# Real devices

PROGRAM = textwrap.dedent(
    """
    import os
    import socket
    import subprocess
    import sys

    from sennit.protocol import DatagramProtocol
    from sennit.raw import *
    from sennit.reactor import Reactor

    kind, loop = sys.argv[1:]
    reactor = Reactor(loop)
    OURS, THEIRS = "10.82.0.2", "10.82.0.1"


    class Echo(DatagramProtocol):
        '''Answers datagrams, as a host that is not there.'''

        def datagramReceived(self, datagram, addr):
            answer = udp_datagram((OURS, 7), addr, datagram.upper())
            send(ip_packet(OURS, addr[0], 17, answer))


    ip, udp = IPProtocol(), RawUDPProtocol()
    ip.addProto(17, udp)
    udp.addProto(7, Echo())
    if kind == "tap":
        top = EthernetProtocol()
        top.addProto(0x0800, ip)
        send = lambda packet: port.write(ethernet_frame(hardware(), b"\\2\\0\\0\\0\\0\\2", 0x0800, packet))
    else:
        top = ip
        send = lambda packet: port.write(packet)
    top.noisy = False
    port = TuntapPort("sennit0", top, reactor=reactor)
    port.startListening()


    def hardware():
        with open("/sys/class/net/sennit0/address") as file:
            return bytes.fromhex(file.read().strip().replace(":", ""))


    def run(*arguments):
        subprocess.run(["ip", *arguments], check=True)


    run("addr", "add", THEIRS + "/24", "dev", "sennit0")
    run("link", "set", "sennit0", "up")
    if kind == "tap":
        run("neigh", "add", OURS, "lladdr", "02:00:00:00:00:02", "dev", "sennit0")
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.setblocking(False)
    client.bind((THEIRS, 0))
    client.connect((OURS, 7))
    client.send(b"through the tunnel")


    def answered():
        print(client.recv(100).decode(), flush=True)
        run("link", "delete", "sennit0")


    reactor.loop.add_reader(client, answered)
    # The port ends with its interface.
    top.stopProtocol = reactor.stop
    reactor.callLater(20, lambda: (print("nothing came back", flush=True), reactor.stop()))
    reactor.run(installSignalHandlers=False)
    print("closed" if port.disconnected else "still open", flush=True)
    """
)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("kind", ["tun", "tap"])
def test_the_systems_own_sockets_are_answered_through_a_tunnel(tmp_path, kind, loop):
    program = tmp_path / "tunnel.py"
    program.write_text(PROGRAM)
    with network_namespaces(1) as (network,):
        ip("-n", network, "tuntap", "add", "dev", "probe", "mode", kind)
        with start_in(network, program, kind, loop) as process:
            said, _ = process.communicate(timeout=60)
    assert said.splitlines() == ["THROUGH THE TUNNEL", "closed"]
