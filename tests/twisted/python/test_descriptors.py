"""Descriptors that come from elsewhere: from systemd, and over UNIX sockets."""

from __future__ import annotations

import array
import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.twisted.python import sendmsg
from sennit.twisted.python.systemd import ListenFDs


def environment(**changes):
    names = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:admin", "HOME": "/"}
    return {key: value for key, value in {**names, **changes}.items() if value is not None}


def test_descriptors_are_taken_with_their_names():
    found = ListenFDs.fromEnvironment(environment())
    assert found.inheritedDescriptors() == [3, 4]
    assert found.inheritedNamedDescriptors() == {"web": 3, "admin": 4}
    assert ListenFDs.fromEnvironment(environment(), 10).inheritedDescriptors() == [10, 11]


def test_they_are_taken_once():
    environ = environment()
    ListenFDs.fromEnvironment(environ)
    assert environ == {"HOME": "/"}
    assert ListenFDs.fromEnvironment(environ).inheritedDescriptors() == []


def test_the_processs_own_environment_is_the_default(monkeypatch):
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    assert ListenFDs.fromEnvironment().inheritedDescriptors() == [3, 4]
    assert "LISTEN_FDS" not in os.environ


@pytest.mark.parametrize(
    "changes",
    [
        {"LISTEN_PID": "1"},
        {"LISTEN_PID": None},
        {"LISTEN_PID": "hello"},
        {"LISTEN_FDS": None},
        {"LISTEN_FDS": "two"},
        {"LISTEN_FDS": "-2"},
        {"LISTEN_FDS": "3"},
        {"LISTEN_FDNAMES": None},
        {"LISTEN_FDNAMES": "a:b:c"},
        {"LISTEN_FDS": "0", "LISTEN_FDNAMES": ""},
    ],
)
def test_what_makes_no_sense_or_is_for_another_gives_none(changes):
    assert ListenFDs.fromEnvironment(environment(**changes)) == ListenFDs([], ())


def test_what_is_for_another_process_is_left_to_it():
    environ = environment(LISTEN_PID="1")
    ListenFDs.fromEnvironment(environ)
    assert environ == environment(LISTEN_PID="1")


@given(st.lists(st.integers(min_value=0), unique=True))
def test_the_list_is_a_copy(descriptors):
    inherited = ListenFDs(descriptors, tuple(map(str, descriptors)))
    inherited.inheritedDescriptors().append(-1)
    assert inherited.inheritedDescriptors() == descriptors
    assert inherited.inheritedNamedDescriptors() == {str(each): each for each in descriptors}


def test_what_holds_the_same_is_equal():
    assert ListenFDs([3], ("a",)) == ListenFDs([3], ["a"])
    assert ListenFDs([3], ("a",)) != ListenFDs([3], ("b",))
    assert ListenFDs([3]) != [3]
    assert repr(ListenFDs([3], ("a",))) == "ListenFDs([3], ('a',))"


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_message_arrives_as_it_was_sent(pair):
    ours, theirs = pair
    assert sendmsg.sendmsg(ours, b"hello") == 5
    received = sendmsg.recvmsg(theirs)
    assert received == (b"hello", [], 0)
    assert (received.data, received.ancillary, received.flags) == (b"hello", [], 0)


def test_no_more_is_received_than_asked_for(pair):
    ours, theirs = pair
    sendmsg.sendmsg(ours, b"hello")
    assert sendmsg.recvmsg(theirs, 2).data == b"he"
    assert sendmsg.recvmsg(theirs, maxSize=8).data == b"llo"


def test_descriptors_go_along(pair):
    ours, theirs = pair
    readable, writable = os.pipe()
    try:
        rights = [(socket.SOL_SOCKET, sendmsg.SCM_RIGHTS, array.array("i", [writable]).tobytes())]
        sendmsg.sendmsg(ours, b"x", rights)
        ((level, kind, data),) = sendmsg.recvmsg(theirs, cmsgSize=64).ancillary
        assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        copy = array.array("i", data)[0]
        os.write(copy, b"through")
        os.close(copy)
        assert os.read(readable, 20) == b"through"
    finally:
        os.close(readable)
        os.close(writable)


def test_flags_are_passed_on_and_errors_come_back(pair):
    ours, theirs = pair
    with pytest.raises(BlockingIOError):
        sendmsg.recvmsg(theirs, flags=socket.MSG_DONTWAIT)
    ours.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        sendmsg.sendmsg(ours, b"x")


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
def test_a_sockets_family_is_told(family):
    with socket.socket(family) as made:
        assert sendmsg.getSocketFamily(made) == family
