"""Sockets that this process inherits."""

from __future__ import annotations

import contextlib
import os
import socket

import pytest

from sennit.core.errors import AlreadyListened
from sennit.endpoint import AdoptedStreamServerEndpoint, serverFromString
from sennit.endpoint.adopted import family_of, inherited_descriptors
from sennit.protocol import Factory


class Adopting:
    """A reactor that takes sockets."""

    def __init__(self, error=None):
        self.adopted = []
        self.error = error

    def adoptStreamPort(self, fileDescriptor, addressFamily, factory):
        if self.error:
            raise self.error
        os.fstat(fileDescriptor)
        self.adopted.append((fileDescriptor, addressFamily, factory))
        return "port"


@pytest.fixture
def descriptor():
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    number = listening.detach()
    yield number
    with contextlib.suppress(OSError):
        os.close(number)


def outcome(deferred):
    results = []
    deferred.addBoth(results.append)
    return results[0]


def test_the_socket_is_adopted_once_and_our_own_descriptor_closed(descriptor):
    reactor, factory = Adopting(), Factory()
    endpoint = AdoptedStreamServerEndpoint(reactor, descriptor, socket.AF_INET)
    assert outcome(endpoint.listen(factory)) == "port"
    assert reactor.adopted == [(descriptor, socket.AF_INET, factory)]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert outcome(endpoint.listen(factory)).check(AlreadyListened)
    assert len(reactor.adopted) == 1


def test_a_reactor_that_refuses_fails_the_deferred(descriptor):
    endpoint = AdoptedStreamServerEndpoint(Adopting(ValueError("no")), descriptor, socket.AF_INET)
    assert outcome(endpoint.listen(Factory())).check(ValueError)


def test_a_descriptor_by_number_finds_its_own_family(descriptor):
    reactor = Adopting()
    endpoint = serverFromString(reactor, f"fd:{descriptor}")
    assert isinstance(endpoint, AdoptedStreamServerEndpoint)
    assert (endpoint.fileno, endpoint.addressFamily) == (descriptor, socket.AF_INET)
    os.fstat(descriptor)


def test_a_descriptor_that_is_no_socket_is_refused():
    reading, writing = os.pipe()
    try:
        with pytest.raises(ValueError, match=f"Descriptor {reading} is not a socket"):
            family_of(reading)
    finally:
        os.close(reading)
        os.close(writing)


def passed(**variables):
    return inherited_descriptors({"LISTEN_PID": str(os.getpid()), **variables})


def test_systemd_passes_descriptors_by_name_from_three_on():
    assert passed(LISTEN_FDS="3", LISTEN_FDNAMES="web:mail:web") == {"web": [3, 5], "mail": [4]}
    assert passed(LISTEN_FDS="2") == {"unknown": [3, 4]}
    assert passed(LISTEN_FDS="2", LISTEN_FDNAMES="web") == {"web": [3], "unknown": [4]}


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"LISTEN_FDS": "1", "LISTEN_PID": "1"},
        {"LISTEN_FDS": "many"},
        {"LISTEN_FDS": "1", "LISTEN_PID": ""},
    ],
)
def test_what_was_not_passed_to_this_process_is_not_taken(variables):
    assert passed(**variables) == {}


def test_a_systemd_description_names_the_socket_by_index_or_name(monkeypatch):
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    monkeypatch.setenv("LISTEN_FDS", "2")
    monkeypatch.setenv("LISTEN_FDNAMES", "web:mail")
    endpoint = serverFromString(Adopting(), "systemd:domain=INET6:index=1")
    assert (endpoint.fileno, endpoint.addressFamily) == (4, socket.AF_INET6)
    endpoint = serverFromString(Adopting(), "systemd:domain=UNIX:name=web")
    assert (endpoint.fileno, endpoint.addressFamily) == (3, socket.AF_UNIX)
    with pytest.raises(KeyError, match="pigeons"):
        serverFromString(Adopting(), "systemd:domain=UNIX:name=pigeons")
    with pytest.raises(IndexError):
        serverFromString(Adopting(), "systemd:domain=UNIX:index=2")
