"""Addresses as commands and replies write them."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.ftp.addresses import (
    decodeExtendedAddress,
    decodeExtendedPort,
    decodeHostPort,
    encodeExtendedAddress,
    encodeHostPort,
    same_host,
)

PORTS = st.integers(0, 65535)


@given(host=st.ip_addresses(v=4).map(str), port=PORTS)
@settings(max_examples=60, deadline=None)
def test_an_address_of_port_is_read_as_it_was_written(host, port):
    assert decodeHostPort(encodeHostPort(host, port)) == (host, port)
    assert decodeHostPort(f"Entering Passive Mode ({encodeHostPort(host, port)}).") == (host, port)


@given(host=st.ip_addresses().map(str), port=PORTS)
@settings(max_examples=60, deadline=None)
def test_an_address_of_eprt_is_read_as_it_was_written(host, port):
    protocol = str(1 if ipaddress.ip_address(host).version == 4 else 2)
    assert decodeExtendedAddress(encodeExtendedAddress(host, port)) == (protocol, host, port)


@pytest.mark.parametrize(
    "text",
    [
        *("", "1,2,3,4,5", "1,2,3,4,5,6,7", "256,2,3,4,5,6", "1,2,3,4,5,-6", "1,2,3,4,5,0x6", "1,2,3,4,5, 6"),
        *("\u0661,2,3,4,5,6", "a,b,c,d,e,f", "1.2.3.4.5.6", "1,2,3,4,5,1234"),
    ],
)
def test_what_is_no_address_of_port_is_refused(text):
    with pytest.raises(ValueError, match=r"address|number|port"):
        decodeHostPort(text)


@pytest.mark.parametrize(
    "text", ["", "|", "|1|a|5", "1|a|5|", "|1|a|65536|", "|1|a|-5|", "|1|a|+5|", "|1|a|5|x|", "|1|a||"]
)
def test_what_is_no_address_of_eprt_is_refused(text):
    with pytest.raises(ValueError, match=r"address|number|port"):
        decodeExtendedAddress(text)


def test_the_port_of_epsv_is_found():
    assert decodeExtendedPort("Entering Extended Passive Mode (|||6446|)") == 6446
    for text in ("", "(||6446|)", "(|||6446)", "(|||65536|)", "(1||6446|)"):
        with pytest.raises(ValueError, match=r"address|number|port"):
            decodeExtendedPort(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("10.0.0.1", "::FFFF:0a00:0001", True),
        ("::1", "127.0.0.1", True),
        ("::1", "10.0.0.1", False),
        ("::", "0.0.0.0", False),
        ("fe80::1%eth0", "fe80::1%eth1", False),
        ("host", "host", True),
        ("127.0.0.1", "localhost", False),
    ],
)
def test_one_host_is_told_from_another(one, other, same):
    assert same_host(one, other) is same
    assert same_host(other, one) is same
