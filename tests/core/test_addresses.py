from __future__ import annotations

import pickle

import pytest

from sennit.core.addresses import HostnameAddress, IPv4Address, IPv6Address, ProcessAddress, UNIXAddress
from sennit.core.interfaces import IAddress

ALL = [
    IPv4Address("TCP", "127.0.0.1", 80),
    IPv6Address("UDP", "::1", 80, 1, "eth0"),
    HostnameAddress(b"example.com", 80),
    UNIXAddress(b"/no/such/file"),
    UNIXAddress(None),
]


@pytest.mark.parametrize("address", [*ALL, ProcessAddress()])
def test_an_address_provides_its_interface(address):
    assert IAddress.providedBy(address)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (ALL[0], "IPv4Address(type='TCP', host='127.0.0.1', port=80)"),
        (ALL[1], "IPv6Address(type='UDP', host='::1', port=80, flowInfo=1, scopeID='eth0')"),
        (ALL[2], "HostnameAddress(hostname=b'example.com', port=80)"),
        (ALL[3], "UNIXAddress('/no/such/file')"),
        (ALL[4], "UNIXAddress(None)"),
    ],
)
def test_an_address_is_shown_as_it_is_made(address, text):
    assert repr(address) == text


@pytest.mark.parametrize("address", ALL)
def test_an_address_is_the_same_after_pickling(address):
    copy = pickle.loads(pickle.dumps(address))
    assert copy == address
    assert hash(copy) == hash(address)


@pytest.mark.parametrize("address", ALL)
def test_an_address_does_not_change(address):
    name = "name" if isinstance(address, UNIXAddress) else "port"
    with pytest.raises(AttributeError):
        setattr(address, name, 1)
    with pytest.raises(AttributeError):
        delattr(address, name)


def test_addresses_are_equal_when_class_and_fields_are():
    assert IPv4Address("TCP", "h", 1) == IPv4Address("TCP", "h", 1)
    assert IPv4Address("TCP", "h", 1) != IPv4Address("UDP", "h", 1)
    assert IPv4Address("TCP", "h", 1) != IPv4Address("TCP", "h", 2)
    assert IPv6Address("TCP", "h", 1) != IPv4Address("TCP", "h", 1)
    assert IPv6Address("TCP", "h", 1) != IPv6Address("TCP", "h", 1, 0, 3)
    assert IPv4Address("TCP", "h", 1) < IPv4Address("TCP", "h", 2)
    assert UNIXAddress("/a") != "/a"


@pytest.mark.parametrize("kind", [IPv4Address, IPv6Address])
def test_an_address_is_of_tcp_or_udp(kind):
    with pytest.raises(ValueError, match="'SCTP'"):
        kind("SCTP", "127.0.0.1", 80)


def test_a_unix_address_keeps_its_path_as_bytes():
    assert UNIXAddress("/a").name == b"/a"
    assert UNIXAddress("/a") == UNIXAddress(b"/a")
    assert hash(UNIXAddress("/a")) == hash(UNIXAddress(b"/a"))


def test_two_paths_to_one_file_are_one_unix_address(tmp_path):
    (tmp_path / "socket").touch()
    (tmp_path / "link").symlink_to(tmp_path / "socket")
    one, other = UNIXAddress(str(tmp_path / "socket")), UNIXAddress(str(tmp_path / "link"))
    assert one == other
    assert hash(one) == hash(other)
    assert one != UNIXAddress(str(tmp_path))


def test_an_abstract_unix_address_is_compared_by_name():
    assert UNIXAddress("\0a") == UNIXAddress(b"\0a")
    assert UNIXAddress("\0a") != UNIXAddress("\0b")
    assert UNIXAddress(None) != UNIXAddress("\0a")
