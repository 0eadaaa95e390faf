"""Frames, packets and datagrams: whole, cut off, contradicting themselves; there and back."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zope.interface import implementer
from zope.interface.verify import verifyObject

from sennit.log.capture import capturedLogs
from sennit.protocol import DatagramProtocol
from sennit.raw import (
    EthernetHeader,
    EthernetProtocol,
    IEthernetProtocol,
    IPHeader,
    IPProtocol,
    IRawDatagramProtocol,
    IRawPacketProtocol,
    PacketError,
    RawUDPProtocol,
    UDPHeader,
    checksum,
    ethernet_frame,
    ip_packet,
    udp_datagram,
)

# A DNS question in a datagram, in a packet, in a frame.
DEST, SOURCE = bytes.fromhex("00005e000101"), bytes.fromhex("02005e100001")
QUESTION = bytes.fromhex("12340100000100000000000003777777076578616d706c65036f72670000010001")
IP, UDP = bytes.fromhex("4510003d1c4640004011321ec0000201c6336407"), bytes.fromhex("c0de00350029f2b5")
PACKET = IP + UDP + QUESTION
FRAME = DEST + SOURCE + b"\x08\x00" + PACKET


@implementer(IRawPacketProtocol, IRawDatagramProtocol)
class Recorder:
    """Keeps what a layer hands on."""

    def __init__(self):
        self.received = []

    def addProto(self, num, proto):
        raise AssertionError("Nobody adds here.")

    def datagramReceived(self, data, **fields):
        self.received.append((data, fields))


class Datagrams(DatagramProtocol):
    def __init__(self):
        self.received = []

    def datagramReceived(self, datagram, addr):
        self.received.append((datagram, addr))


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def ip(recorder):
    protocol = IPProtocol()
    for number in range(256):
        protocol.addProto(number, recorder)
    return protocol


@pytest.fixture
def datagrams():
    return Datagrams()


@pytest.fixture
def udp(datagrams):
    protocol = RawUDPProtocol()
    protocol.addProto(53, datagrams)
    return protocol


def changed(packet, **places):
    """Give a packet with other bytes at ``at<place>``, its checksum made right again."""
    new = bytearray(packet)
    for place, value in places.items():
        new[int(place[2:])] = value
    new[10:12] = b"\0\0"
    length = min((new[0] & 15) * 4, len(new))
    new[10:12] = checksum(bytes(new[:length])).to_bytes(2, "big")
    return bytes(new)


def fields(**others):
    known = {
        "partial": 0,
        "source": "192.0.2.1",
        "dest": "198.51.100.7",
        "protocol": 17,
        "version": 4,
        "ihl": 20,
        "tos": 16,
        "tot_len": 61,
        "fragment_id": 0x1C46,
        "fragment_offset": 0,
        "dont_fragment": True,
        "more_fragments": False,
        "ttl": 64,
    }
    return {**known, **others}


def test_a_frame_goes_up_through_all_layers(datagrams, udp):
    ethernet, ip = EthernetProtocol(), IPProtocol()
    ethernet.addProto(0x0800, ip)
    ip.addProto(17, udp)
    # Frames are filled up to 60 bytes, and more.
    ethernet.datagramReceived(FRAME + bytes(20))
    assert datagrams.received == [(QUESTION, ("192.0.2.1", 49374))]


def test_the_layers_provide_their_interfaces(recorder):
    assert verifyObject(IEthernetProtocol, EthernetProtocol())
    assert verifyObject(IRawPacketProtocol, IPProtocol())
    assert verifyObject(IRawDatagramProtocol, RawUDPProtocol())


def test_headers_have_their_fields():
    ethernet = EthernetHeader(FRAME)
    assert (ethernet.dest, ethernet.source, ethernet.proto) == (DEST, SOURCE, 0x0800)
    ip = IPHeader(PACKET)
    found = {name: getattr(ip, name) for name in IPHeader.__slots__}
    del found["check"]
    assert found.pop("saddr") == "192.0.2.1"
    assert found.pop("daddr") == "198.51.100.7"
    expected = fields()
    for name in ("partial", "source", "dest"):
        del expected[name]
    assert found == expected
    udp = UDPHeader(PACKET[20:])
    assert (udp.source, udp.dest, udp.len, udp.check) == (49374, 53, 41, 0xF2B5)


@pytest.mark.parametrize(("header", "length"), [(EthernetHeader, 14), (IPHeader, 20), (UDPHeader, 8)])
def test_a_header_that_is_cut_off_is_none(header, length):
    header(bytes(length))
    for shorter in range(length):
        with pytest.raises(PacketError):
            header(bytes(shorter))


@pytest.mark.parametrize(
    ("protocol", "bits"), [(EthernetProtocol(), 16), (IPProtocol(), 32), (RawUDPProtocol(), 16)]
)
def test_a_number_must_fit_and_a_receiver_must_be_one(protocol, bits, recorder, datagrams):
    right, wrong = (datagrams, recorder) if isinstance(protocol, RawUDPProtocol) else (recorder, datagrams)
    protocol.addProto(0, right)
    protocol.addProto((1 << bits) - 1, right)
    for number in (-1, 1 << bits, "7"):
        with pytest.raises(TypeError):
            protocol.addProto(number, right)
    with pytest.raises(TypeError):
        protocol.addProto(7, wrong)


# Ethernet


def test_a_frame_goes_to_everybody_who_takes_its_type(recorder):
    other, elsewhere = Recorder(), Recorder()
    ethernet = EthernetProtocol()
    ethernet.addProto(0x1234, recorder)
    ethernet.addProto(0x1234, other)
    ethernet.addProto(0x1235, elsewhere)
    ethernet.datagramReceived(ethernet_frame(DEST, SOURCE, 0x1234, b"content"))
    ethernet.datagramReceived(ethernet_frame(DEST, SOURCE, 0x1234, b"cut"), partial=1)
    about = {"dest": DEST, "source": SOURCE, "protocol": 0x1234}
    expected = [(b"content", {"partial": 0, **about}), (b"cut", {"partial": 1, **about})]
    assert recorder.received == other.received == expected
    assert elsewhere.received == []


def test_frames_that_are_too_short_are_ignored(recorder):
    ethernet = EthernetProtocol()
    ethernet.addProto(0, recorder)
    for length in range(14):
        ethernet.datagramReceived(bytes(length))
    assert recorder.received == []
    ethernet.datagramReceived(bytes(14))
    assert recorder.received[0][0] == b""


def test_one_receiver_that_fails_does_not_keep_a_frame_from_the_next(recorder):
    class Failing(Recorder):
        def datagramReceived(self, data, **fields):
            raise ZeroDivisionError

    ethernet = EthernetProtocol()
    ethernet.addProto(0x1234, Failing())
    ethernet.addProto(0x1234, recorder)
    with capturedLogs() as logged:
        ethernet.datagramReceived(ethernet_frame(DEST, SOURCE, 0x1234, b"content"))
    assert [event["log_failure"].type for event in logged] == [ZeroDivisionError]
    assert len(recorder.received) == 1


def test_an_ethernet_address_has_six_bytes():
    for dest, source in ((b"12345", SOURCE), (DEST, b"1234567")):
        with pytest.raises(ValueError, match="six bytes"):
            ethernet_frame(dest, source, 0x0800, b"")


# IP


def test_what_is_behind_the_end_of_a_packet_is_cut_off(ip, recorder):
    ip.datagramReceived(PACKET + b"padding", 0, DEST, SOURCE, 0x0800)
    assert recorder.received == [(PACKET[20:], fields())]


def test_options_are_not_part_of_what_a_packet_carries(ip, recorder):
    packet = changed(PACKET[:20] + b"\x01" * 8 + PACKET[20:], at0=0x47, at3=69)
    ip.datagramReceived(packet)
    assert recorder.received == [(PACKET[20:], fields(ihl=28, tot_len=69))]


def test_fragments_are_told_with_their_place(ip, recorder):
    ip.datagramReceived(changed(PACKET, at6=0x20, at7=0x05))
    ((_, told),) = recorder.received
    assert told == fields(dont_fragment=False, more_fragments=True, fragment_offset=5)
    ip.datagramReceived(changed(PACKET, at6=0x1F, at7=0xFF))
    assert recorder.received[1][1]["fragment_offset"] == 0x1FFF


def test_a_checksum_of_0_was_left_to_the_hardware(ip, recorder):
    ip.datagramReceived(PACKET[:10] + b"\0\0" + PACKET[12:])
    assert len(recorder.received) == 1


def test_a_packet_whose_end_is_missing_is_handed_on_as_partial_only(ip, recorder):
    ip.datagramReceived(PACKET[:40])
    assert recorder.received == []
    ip.datagramReceived(PACKET[:40], partial=1)
    assert recorder.received == [(PACKET[20:40], fields(partial=1))]


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(PACKET[:19], id="a header cut off"),
        pytest.param(changed(PACKET, at0=0x65), id="version 6"),
        pytest.param(changed(PACKET, at0=0x05), id="version 0"),
        pytest.param(changed(PACKET, at0=0x40), id="a header of no length"),
        pytest.param(changed(PACKET, at0=0x44), id="a header that is too short"),
        pytest.param(changed(PACKET[:24], at0=0x4F, at3=24), id="a header longer than the packet"),
        pytest.param(changed(PACKET, at3=19), id="a packet shorter than its header"),
        pytest.param(changed(PACKET, at2=0, at3=0), id="a packet of no length"),
        pytest.param(changed(PACKET, at2=0xFF, at3=0xFF), id="a packet longer than what is there"),
        pytest.param(PACKET[:8] + b"\x3f" + PACKET[9:], id="a wrong checksum"),
    ],
)
def test_a_packet_that_is_none_is_ignored(ip, recorder, packet):
    ip.datagramReceived(packet)
    assert recorder.received == []


@given(st.binary(max_size=120), st.booleans())
def test_no_bytes_make_a_layer_fail(data, partial):
    datagrams, ethernet, ip, udp = Datagrams(), EthernetProtocol(), IPProtocol(), RawUDPProtocol()
    ethernet.addProto(0x0800, ip)
    ip.addProto(17, udp)
    udp.addProto(53, datagrams)
    with capturedLogs() as logged:
        for start in (b"", FRAME[:14], FRAME[:34], FRAME[:38], FRAME[:14] + b"\x45"):
            ethernet.datagramReceived(start + data, int(partial))
    assert logged == []
    for content, _ in datagrams.received:
        assert content in data


# UDP


def test_a_datagram_ends_where_its_header_says(udp, datagrams):
    udp.datagramReceived(struct.pack("!HHHH", 1, 53, 11, 0) + b"endbehind", **fields())
    assert datagrams.received == [(b"end", ("192.0.2.1", 1))]


def test_a_datagram_may_be_empty(udp, datagrams):
    udp.datagramReceived(struct.pack("!HHHH", 1, 53, 8, 0), **fields())
    assert datagrams.received == [(b"", ("192.0.2.1", 1))]


def test_of_a_datagram_whose_end_is_missing_there_is_the_beginning(udp, datagrams):
    data = struct.pack("!HHHH", 1, 53, 100, 0) + b"beginning"
    udp.datagramReceived(data, **fields(partial=1))
    udp.datagramReceived(data, **fields(more_fragments=True))
    assert [content for content, _ in datagrams.received] == [b"beginning"] * 2


@pytest.mark.parametrize(
    ("data", "others"),
    [
        pytest.param(b"\0\1\0\x35\0\x08\0", {}, id="a header cut off"),
        pytest.param(struct.pack("!HHHH", 1, 53, 7, 0) + b"x", {}, id="shorter than its header"),
        pytest.param(struct.pack("!HHHH", 1, 53, 0, 0) + b"x", {}, id="of no length"),
        pytest.param(struct.pack("!HHHH", 1, 53, 10, 0) + b"x", {}, id="longer than what is there"),
        pytest.param(struct.pack("!HHHH", 1, 54, 9, 0) + b"x", {}, id="for another port"),
        pytest.param(struct.pack("!HHHH", 1, 53, 9, 0) + b"x", {"fragment_offset": 1}, id="a later fragment"),
    ],
)
def test_a_datagram_that_is_none_is_ignored(udp, datagrams, data, others):
    udp.datagramReceived(data, **fields(**others))
    assert datagrams.received == []


# To bytes

addresses = st.ip_addresses(v=4).map(str)
ports = st.integers(0, 65535)


@given(addresses, ports, addresses, st.binary(max_size=200))
def test_what_is_written_is_read(source, port, dest, data):
    datagram = udp_datagram((source, port), (dest, 53), data)
    packet = ip_packet(source, dest, 17, datagram, ttl=3, tos=8, fragment_id=77, dont_fragment=True)
    ethernet, ip, udp, datagrams = EthernetProtocol(), IPProtocol(), RawUDPProtocol(), Datagrams()
    ethernet.addProto(0x0800, ip)
    ip.addProto(17, udp)
    udp.addProto(53, datagrams)
    ethernet.datagramReceived(ethernet_frame(DEST, SOURCE, 0x0800, packet))
    assert datagrams.received == [(data, (source, port))]
    header = IPHeader(packet)
    assert (header.ttl, header.tos, header.fragment_id, header.dont_fragment) == (3, 8, 77, True)
    ends = socket.inet_aton(source) + socket.inet_aton(dest)
    assert checksum(ends + struct.pack("!BBH", 0, 17, len(datagram)) + datagram) == 0


def test_the_expected_bytes_are_written():
    datagram = udp_datagram(("192.0.2.1", 49374), ("198.51.100.7", 53), QUESTION)
    packet = ip_packet(
        "192.0.2.1", "198.51.100.7", 17, datagram, tos=16, fragment_id=0x1C46, dont_fragment=True
    )
    assert packet == PACKET


def test_the_checksum_is_that_of_the_rfc():
    # RFC 1071, section 3
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xDDF2 ^ 0xFFFF
    assert checksum(b"\x01") == 0x0100 ^ 0xFFFF
    assert checksum(b"") == 0xFFFF


@pytest.mark.parametrize(
    "write",
    [
        lambda: ip_packet("192.0.2.1", "::1", 17, b""),
        lambda: ip_packet("localhost", "192.0.2.1", 17, b""),
        lambda: ip_packet("192.0.2.1", "192.0.2.1", 17, bytes(65516)),
        lambda: udp_datagram(("192.0.2.1", 1), ("::1", 2), b""),
        lambda: udp_datagram(("192.0.2.1", 65536), ("192.0.2.1", 2), b""),
        lambda: udp_datagram(("192.0.2.1", -1), ("192.0.2.1", 2), b""),
        lambda: udp_datagram(("192.0.2.1", 1), ("192.0.2.1", 2), bytes(65528)),
    ],
)
def test_what_cannot_be_written_is_refused(write):
    with pytest.raises(ValueError, match=r".+\."):
        write()
