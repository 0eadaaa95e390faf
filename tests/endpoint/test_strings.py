"""Descriptions of endpoints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.endpoint import (
    TCP4ClientEndpoint,
    TCP4ServerEndpoint,
    TCP6ClientEndpoint,
    TCP6ServerEndpoint,
    UNIXClientEndpoint,
    UNIXServerEndpoint,
    clientFromString,
    quoteStringArgument,
    serverFromString,
)
from sennit.endpoint.strings import join_description, parse_description
from sennit.protocol import Factory
from sennit.testing import MemoryReactorClock


@pytest.mark.parametrize(
    ("description", "port", "backlog", "interface"),
    [
        ("tcp:80", 80, 50, ""),
        ("tcp: 80", 80, 50, ""),
        ("tcp:80:", 80, 50, ""),
        ("tcp:80:interface=127.0.0.1", 80, 50, "127.0.0.1"),
        ("tcp:interface=127.0.0.1:80", 80, 50, "127.0.0.1"),
        (b"tcp:80:backlog=9", 80, 9, ""),
        ("tcp:port=80:backlog=5", 80, 5, ""),
        ("tcp:80:1.2.3.4:7", 80, 7, "1.2.3.4"),
        ("tcp:0", 0, 50, ""),
    ],
)
def test_a_tcp_description_becomes_a_listen_call(description, port, backlog, interface):
    reactor, factory = MemoryReactorClock(), Factory()
    endpoint = serverFromString(reactor, description)
    assert isinstance(endpoint, TCP4ServerEndpoint)
    endpoint.listen(factory)
    assert reactor.tcpServers == [(port, factory, backlog, interface)]


def test_a_tcp6_description_listens_on_all_addresses_or_the_one_named():
    reactor, factory = MemoryReactorClock(), Factory()
    for description in ("tcp6:80", r"tcp6:80:interface=\:\:1"):
        endpoint = serverFromString(reactor, description)
        assert isinstance(endpoint, TCP6ServerEndpoint)
        endpoint.listen(factory)
    assert reactor.tcpServers == [(80, factory, 50, "::"), (80, factory, 50, "::1")]


@pytest.mark.parametrize(
    ("description", "path", "backlog", "mode", "lock"),
    [
        ("unix:/run/a", "/run/a", 50, 0o666, True),
        ("unix:/run/a:mode=660:backlog=3:lockfile=0", "/run/a", 3, 0o660, False),
        (r"unix:/run/\:a:mode=0777", "/run/:a", 50, 0o777, True),
        ("unix:address=/run/a=b", "/run/a=b", 50, 0o666, True),
        (r"unix:/run/a\=b", "/run/a=b", 50, 0o666, True),
    ],
)
def test_a_unix_description_becomes_a_listen_call(description, path, backlog, mode, lock):
    reactor, factory = MemoryReactorClock(), Factory()
    endpoint = serverFromString(reactor, description)
    assert isinstance(endpoint, UNIXServerEndpoint)
    endpoint.listen(factory)
    assert reactor.unixServers == [(path, factory, backlog, mode, lock)]


def test_client_descriptions_become_connect_calls():
    reactor, factory = MemoryReactorClock(), Factory()
    for description, kind in [
        ("tcp:example.org:80", TCP4ClientEndpoint),
        ("tcp:host=h:port=80:timeout=3:bindAddress=1.2.3.4", TCP4ClientEndpoint),
        (r"tcp6:\:\:1:80", TCP6ClientEndpoint),
        ("unix:/run/a:timeout=9:lockfile=1", UNIXClientEndpoint),
    ]:
        endpoint = clientFromString(reactor, description)
        assert isinstance(endpoint, kind)
        endpoint.connect(factory)
    tcp = [(host, port, timeout, bind) for host, port, _, timeout, bind in reactor.tcpClients]
    assert tcp == [
        ("example.org", 80, 30, None),
        ("h", 80, 3, ("1.2.3.4", 0)),
        ("::1", 80, 30, None),
    ]
    ((path, _, timeout, check),) = reactor.unixClients
    assert (path, timeout, check) == ("/run/a", 9, True)


@pytest.mark.parametrize(
    ("description", "error", "sentence"),
    [
        ("", ValueError, "Unknown endpoint type: ''"),
        ("bogus:1", ValueError, "Unknown endpoint type: 'bogus'"),
        ("tcp", TypeError, "missing a required argument: 'port'; write tcp:PORT"),
        ("tcp:", ValueError, "The port must be a number from 0 to 65535, not ''"),
        ("tcp:80:colour=red", TypeError, "unexpected keyword argument 'colour'"),
        ("tcp:80:a:1:more", TypeError, "there is no argument for 'more'"),
        ("tcp:http", ValueError, "The port must be a number from 0 to 65535, not 'http'"),
        ("tcp:-1", ValueError, "not '-1'"),
        ("tcp:65536", ValueError, "not '65536'"),
        ("tcp:\u0663", ValueError, "The port must be a number"),
        ("tcp:80:backlog=many", ValueError, "The backlog must be a number"),
        ("unix:/a:mode=rw", ValueError, "permissions in octal"),
        ("unix:/a\\", ValueError, "ends in a backslash"),
        ("systemd:domain=INET", ValueError, "exactly one of"),
        ("systemd:domain=CARRIER:index=0", ValueError, "must be INET, INET6 or UNIX"),
        ("fd:x", ValueError, "The descriptor must be a number"),
        (80, TypeError, "is text"),
    ],
)
def test_a_description_that_makes_no_sense_is_told_so_in_a_sentence(description, error, sentence):
    with pytest.raises(error) as caught:
        serverFromString(MemoryReactorClock(), description)
    assert sentence in str(caught.value)


def test_a_client_description_with_a_bad_timeout_is_refused():
    for timeout in ("soon", "-1", "nan", "inf"):
        with pytest.raises(ValueError, match="number of seconds"):
            clientFromString(MemoryReactorClock(), f"tcp:h:1:timeout={timeout}")


def test_quoting_leaves_equals_signs_to_named_arguments():
    assert quoteStringArgument(r"a:b\c=d,e") == r"a\:b\\c=d,e"


@given(st.text())
def test_a_quoted_value_stands_for_itself(value):
    positional, named = parse_description(f"unix:address={quoteStringArgument(value)}:mode=600")
    assert positional == ["unix"]
    assert named == {"address": value, "mode": "600"}


@given(st.lists(st.text(), min_size=1), st.dictionaries(st.text(), st.text()))
def test_a_joined_description_parses_to_its_parts(positional, named):
    assert parse_description(join_description(positional, named)) == (positional, named)


def test_a_description_of_nothing_cannot_be_joined():
    with pytest.raises(ValueError, match="a kind at least"):
        join_description([], {})


@given(st.text())
def test_parsing_never_fails_but_for_a_trailing_backslash(text):
    try:
        positional, named = parse_description(text)
    except ValueError:
        assert (len(text) - len(text.rstrip("\\"))) % 2 == 1
    else:
        assert positional or named
