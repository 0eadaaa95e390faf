"""Headers of both versions: whole, byte by byte, with bytes behind, and broken in every way."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zope.interface.verify import verifyObject

from sennit.core.addresses import IPv4Address, IPv6Address, UNIXAddress
from sennit.haproxy import (
    HeaderParser,
    InvalidNetworkProtocol,
    InvalidProxyHeader,
    IProxyInfo,
    IProxyParser,
    MissingAddressData,
    ProxyInfo,
    V1Parser,
    V2Parser,
    parse_v1,
    parse_v2,
    serialize_local,
    serialize_v1,
    serialize_v2,
)
from sennit.haproxy.checksum import crc32c

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
FOUR = bytes([192, 0, 2, 1, 198, 51, 100, 7]) + b"\x04\xd2\x01\xbb"
SIX = bytes.fromhex("20010db800000000000000000000000120010db8000000000000000000000002") + b"\x04\xd2\x01\xbb"
UNIX = b"/run/a".ljust(108, b"\0") + b"\0b".ljust(108, b"\0")


def v2(command, family, body, version=2):
    return SIGNATURE + bytes([version << 4 | command, family]) + struct.pack("!H", len(body)) + body


KNOWN = {
    "TCP4": (
        b"PROXY TCP4 192.0.2.1 198.51.100.7 1234 443\r\n",
        IPv4Address("TCP", "192.0.2.1", 1234),
        IPv4Address("TCP", "198.51.100.7", 443),
    ),
    "TCP6": (
        b"PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 1234 443\r\n",
        IPv6Address("TCP", "2001:db8::1", 1234),
        IPv6Address("TCP", "2001:db8::2", 443),
    ),
    "the longest line": (
        b"PROXY TCP6 " + b" ".join([b"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] * 2) + b" 65535 65535\r\n",
        IPv6Address("TCP", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
        IPv6Address("TCP", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
    ),
    "UNKNOWN": (b"PROXY UNKNOWN\r\n", None, None),
    "UNKNOWN with a rest": (b"PROXY UNKNOWN ffff::1 what ever 1 2 3\r\n", None, None),
    "2 TCP4": (
        v2(1, 0x11, FOUR),
        IPv4Address("TCP", "192.0.2.1", 1234),
        IPv4Address("TCP", "198.51.100.7", 443),
    ),
    "2 UDP4": (
        v2(1, 0x12, FOUR),
        IPv4Address("UDP", "192.0.2.1", 1234),
        IPv4Address("UDP", "198.51.100.7", 443),
    ),
    "2 TCP6": (
        v2(1, 0x21, SIX),
        IPv6Address("TCP", "2001:db8::1", 1234),
        IPv6Address("TCP", "2001:db8::2", 443),
    ),
    "2 UDP6": (
        v2(1, 0x22, SIX),
        IPv6Address("UDP", "2001:db8::1", 1234),
        IPv6Address("UDP", "2001:db8::2", 443),
    ),
    "2 UNIX": (v2(1, 0x31, UNIX), UNIXAddress(b"/run/a"), UNIXAddress(b"\0b")),
    "2 UNIX datagrams": (v2(1, 0x32, UNIX), UNIXAddress(b"/run/a"), UNIXAddress(b"\0b")),
    "2 UNIX without names": (v2(1, 0x31, bytes(216)), UNIXAddress(None), UNIXAddress(None)),
    "2 LOCAL": (v2(0, 0x00, b""), None, None),
    "2 LOCAL with addresses": (v2(0, 0x11, FOUR), None, None),
    "2 unspecified": (v2(1, 0x00, b""), None, None),
    "2 unspecified family": (v2(1, 0x01, FOUR), None, None),
    "2 unspecified protocol": (v2(1, 0x10, FOUR), None, None),
}
headers = pytest.mark.parametrize(("header", "source", "destination"), KNOWN.values(), ids=KNOWN)


@headers
def test_a_whole_header_is_parsed(header, source, destination):
    parser = HeaderParser()
    parser.receive_data(header)
    event = parser.next_event()
    assert (event.source, event.destination) == (source, destination)
    assert event.header == header.removesuffix(b"\r\n") if header.startswith(b"P") else header
    assert parser.trailing_data == b""
    assert verifyObject(IProxyInfo, event)


@headers
def test_a_header_is_parsed_byte_by_byte(header, source, destination):
    parser = HeaderParser()
    for place in range(len(header)):
        assert parser.next_event() is None
        assert parser.trailing_data == b""
        parser.receive_data(header[place : place + 1])
    event = parser.next_event()
    assert (event.source, event.destination) == (source, destination)
    parser.receive_eof()


@headers
def test_what_comes_after_a_header_is_kept(header, source, destination):
    parser = HeaderParser()
    parser.receive_data(header + b"PROXY TCP4 more")
    parser.receive_data(b" and more")
    assert parser.next_event().source == source
    assert parser.trailing_data == b"PROXY TCP4 more and more"


def test_the_classes_of_each_version_feed_and_parse():
    for parser, header in ((V1Parser(), KNOWN["TCP4"][0]), (V2Parser(), KNOWN["2 TCP4"][0])):
        assert verifyObject(IProxyParser, parser)
        assert parser.feed(header[:5]) == (None, None)
        info, rest = parser.feed(header[5:] + b"rest")
        assert info.source == IPv4Address("TCP", "192.0.2.1", 1234)
        assert rest == b"rest"
    line = KNOWN["TCP4"][0].removesuffix(b"\r\n")
    assert V1Parser.parse(line) == parse_v1(line)
    assert V2Parser.parse(KNOWN["2 TCP4"][0]) == parse_v2(KNOWN["2 TCP4"][0])
    for parser, header in ((V1Parser(), KNOWN["2 TCP4"][0]), (V2Parser(), KNOWN["TCP4"][0])):
        with pytest.raises(InvalidProxyHeader):
            parser.feed(header)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"PROXY", InvalidProxyHeader),
        (b"proxy TCP4 1.2.3.4 5.6.7.8 1 2", InvalidProxyHeader),
        (b" PROXY TCP4 1.2.3.4 5.6.7.8 1 2", InvalidProxyHeader),
        (b"PROXY UDP4 1.2.3.4 5.6.7.8 1 2", InvalidNetworkProtocol),
        (b"PROXY tcp4 1.2.3.4 5.6.7.8 1 2", InvalidNetworkProtocol),
        (b"PROXY  TCP4 1.2.3.4 5.6.7.8 1 2", InvalidNetworkProtocol),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1", MissingAddressData),
        (b"PROXY TCP4", MissingAddressData),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 ", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3.4  5.6.7.8 1 2", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3.400 5.6.7.8 1 2", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3 5.6.7.8 1 2", InvalidProxyHeader),
        (b"PROXY TCP4 localhost 5.6.7.8 1 2", InvalidProxyHeader),
        (b"PROXY TCP4 ::1 ::2 1 2", InvalidProxyHeader),
        (b"PROXY TCP6 1.2.3.4 5.6.7.8 1 2", InvalidProxyHeader),
        (b"PROXY TCP6 fe80::1%lo ::2 1 2", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 65536 2", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 -1 2", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 +1 2", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1_0 2", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 \xd9\xa1 2", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3.4\0 5.6.7.8 1 2", InvalidProxyHeader),
        (b"PROXY TCP4 \xff 5.6.7.8 1 2", InvalidProxyHeader),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r", InvalidProxyHeader),
    ],
)
def test_a_bad_line_is_refused(line, error):
    with pytest.raises(InvalidProxyHeader) as raised:
        parse_v1(line)
    assert raised.type is error
    parser = HeaderParser()
    with pytest.raises(InvalidProxyHeader):
        parser.receive_data(line + b"\r\n")


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (v2(1, 0x11, FOUR, version=1), InvalidProxyHeader),
        (v2(1, 0x11, FOUR, version=3), InvalidProxyHeader),
        (v2(2, 0x11, FOUR), InvalidProxyHeader),
        (v2(15, 0x11, FOUR), InvalidProxyHeader),
        (v2(1, 0x41, FOUR), InvalidNetworkProtocol),
        (v2(1, 0x13, FOUR), InvalidNetworkProtocol),
        (v2(0, 0xFF, b""), InvalidNetworkProtocol),
        (v2(1, 0x11, FOUR[:-1]), MissingAddressData),
        (v2(1, 0x11, b""), MissingAddressData),
        (v2(1, 0x21, FOUR), MissingAddressData),
        (v2(1, 0x31, UNIX[:-1]), MissingAddressData),
        (v2(1, 0x11, FOUR + b"\x01"), InvalidProxyHeader),
        (v2(1, 0x11, FOUR + b"\x01\x00\x05abcd"), InvalidProxyHeader),
        (v2(1, 0x11, FOUR + b"\x03\x00\x04abcd"), InvalidProxyHeader),
        (v2(1, 0x11, FOUR + b"\x03\x00\x03abc"), InvalidProxyHeader),
    ],
)
def test_a_bad_header_of_version_2_is_refused(header, error):
    with pytest.raises(InvalidProxyHeader) as raised:
        parse_v2(header)
    assert raised.type is error
    with pytest.raises(InvalidProxyHeader):
        HeaderParser().receive_data(header)


def test_a_header_given_whole_must_be_whole():
    header = v2(1, 0x11, FOUR)
    for place in range(len(header)):
        with pytest.raises(InvalidProxyHeader):
            parse_v2(header[:place])
    with pytest.raises(InvalidProxyHeader):
        parse_v2(header + b"x")


def test_known_local_with_tlvs_has_nothing_to_believe():
    for rest in (b"\x02\x00\x03abc", b"\x01", b"\x03\x00\x04abcd", b"\xff" * 50):
        event = parse_v2(v2(0, 0x11, FOUR + rest))
        assert (event.source, event.destination, event.tlvs) == (None, None, ())


def test_the_fields_of_a_header_are_kept_in_order():
    event = parse_v2(v2(1, 0x11, FOUR + b"\x02\x00\x03abc" + b"\x05\x00\x00" + b"\x02\x00\x01d"))
    assert event.tlvs == ((2, b"abc"), (5, b""), (2, b"d"))
    assert event.tlv(2) == b"abc"
    assert event.tlv(5) == b""
    assert event.tlv(1) is None


@pytest.mark.parametrize(
    "data", [b"G", b"GET / HTTP/1.1\r\n", b"PROXX", b"PROXYTCP4", b"\n", b"\r\r", b"\0", b"\x16\x03\x01"]
)
def test_what_cannot_become_a_header_is_refused_at_once(data):
    parser = HeaderParser()
    with pytest.raises(InvalidProxyHeader):
        parser.receive_data(data)


def test_a_line_without_end_is_refused_when_it_is_too_long():
    parser = HeaderParser()
    parser.receive_data(b"PROXY UNKNOWN ".ljust(106, b"x"))
    with pytest.raises(InvalidProxyHeader):
        parser.receive_data(b"x")
    whole = HeaderParser()
    with pytest.raises(InvalidProxyHeader):
        whole.receive_data(b"PROXY UNKNOWN ".ljust(106, b"x") + b"\r\n")
    short = HeaderParser()
    short.receive_data(b"PROXY UNKNOWN ".ljust(105, b"x") + b"\r\n")
    assert short.next_event() is not None


def test_a_header_longer_than_allowed_is_refused_before_it_comes():
    parser = HeaderParser(max_header=100)
    with pytest.raises(InvalidProxyHeader):
        parser.receive_data(v2(1, 0x11, FOUR + b"\x04\x00\x64" + bytes(100))[:16])
    parser = HeaderParser(max_header=28)
    parser.receive_data(v2(1, 0x11, FOUR))
    assert parser.next_event() is not None


def test_a_failed_parser_fails_for_ever_and_keeps_nothing():
    parser = HeaderParser()
    for data in (b"nonsense", KNOWN["TCP4"][0], b""):
        with pytest.raises(InvalidProxyHeader):
            parser.receive_data(data)
    with pytest.raises(InvalidProxyHeader):
        parser.receive_eof()
    assert parser.next_event() is None
    assert parser.trailing_data == b""


def test_an_end_within_the_header_is_an_error():
    parser = HeaderParser()
    parser.receive_data(b"PROXY TCP4 1")
    with pytest.raises(InvalidProxyHeader):
        parser.receive_eof()


def test_the_checksum_is_that_of_the_rfc():
    # RFC 3720, appendix B.4
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"") == 0


def test_a_header_that_was_changed_fails_its_checksum():
    header = serialize_v2(*KNOWN["2 TCP4"][1:], tlvs=[(2, b"example.org")], checksum=True)
    assert parse_v2(header).tlv(2) == b"example.org"
    for place in range(16, len(header)):
        if place == len(header) - 7:
            # What says that there is a checksum.
            continue
        changed = bytearray(header)
        changed[place] ^= 1
        with pytest.raises(InvalidProxyHeader):
            parse_v2(bytes(changed))


# To bytes

ports = st.integers(0, 65535)
kinds = st.sampled_from(["TCP", "UDP"])
fours = st.builds(IPv4Address, kinds, st.ip_addresses(v=4).map(str), ports)
sixes = st.builds(
    IPv6Address,
    kinds,
    st.binary(min_size=16, max_size=16).map(lambda packed: socket.inet_ntop(socket.AF_INET6, packed)),
    ports,
)
names = st.binary(min_size=1, max_size=100).filter(lambda name: b"\0" not in name)
unixes = st.one_of(
    st.just(UNIXAddress(None)), names.map(UNIXAddress), names.map(lambda name: UNIXAddress(b"\0" + name))
)


def same_type(pair):
    return getattr(pair[0], "type", None) == getattr(pair[1], "type", None)


pairs = st.one_of(*(st.tuples(each, each).filter(same_type) for each in (fours, sixes, unixes)))
tlvs = st.lists(
    st.tuples(st.integers(0, 255).filter(lambda kind: kind != 3), st.binary(max_size=60)), max_size=5
)


@given(pairs, tlvs, st.booleans())
def test_what_version_2_writes_it_reads(pair, fields, checksum):
    header = serialize_v2(*pair, fields, checksum=checksum)
    event = parse_v2(header)
    assert (event.source, event.destination) == pair
    assert list(event.tlvs[: len(fields)]) == fields
    assert len(event.tlvs) == len(fields) + checksum


@given(pairs)
def test_what_version_1_writes_it_reads(pair):
    line = serialize_v1(*pair)
    assert line.endswith(b"\r\n")
    assert len(line) <= 107
    event = parse_v1(line[:-2])
    told = getattr(pair[0], "type", None) == "TCP"
    assert (event.source, event.destination) == (pair if told else (None, None))


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data):
    for start in (b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21"):
        parser = HeaderParser()
        with suppress(InvalidProxyHeader):
            parser.receive_data(start + data)
        assert parser.next_event() is None or isinstance(parser.next_event(), ProxyInfo)


def test_expected_bytes_are_written():
    four = KNOWN["2 TCP4"][1:]
    assert serialize_v1(*four) == KNOWN["TCP4"][0]
    assert serialize_v2(*four) == v2(1, 0x11, FOUR)
    assert serialize_v2(*KNOWN["2 UDP6"][1:]) == v2(1, 0x22, SIX)
    assert serialize_v2(*KNOWN["2 UNIX"][1:]) == v2(1, 0x31, UNIX)
    assert serialize_local() == v2(0, 0, b"")
    assert serialize_v1(None, None) == b"PROXY UNKNOWN\r\n"


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        (IPv4Address("TCP", "1.2.3.4", 1), IPv6Address("TCP", "::1", 1)),
        (IPv4Address("TCP", "1.2.3.4\r\nX", 1), IPv4Address("TCP", "1.2.3.4", 1)),
        (IPv4Address("TCP", "localhost", 1), IPv4Address("TCP", "1.2.3.4", 1)),
        (IPv4Address("TCP", "1.2.3.4", 65536), IPv4Address("TCP", "1.2.3.4", 1)),
        (IPv4Address("TCP", "1.2.3.4", -1), IPv4Address("TCP", "1.2.3.4", 1)),
    ],
)
def test_what_cannot_be_told_is_not_written(source, destination):
    for serialize in (serialize_v1, serialize_v2):
        with pytest.raises(ValueError, match=r".+\."):
            serialize(source, destination)


def test_what_does_not_fit_is_not_written():
    unix = UNIXAddress(b"/a")
    four = IPv4Address("TCP", "1.2.3.4", 1)
    for arguments in ((unix, four), (UNIXAddress(b"x" * 109), unix)):
        with pytest.raises(ValueError, match=r".+\."):
            serialize_v2(*arguments)
    for fields in ([(1, bytes(65536))], [(1, bytes(40000))] * 2):
        with pytest.raises(ValueError, match="room"):
            serialize_v2(four, four, fields)


def test_information_does_not_change():
    info = ProxyInfo(b"", None, None)
    with pytest.raises(AttributeError):
        info.source = IPv4Address("TCP", "1.2.3.4", 1)
