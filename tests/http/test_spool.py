"""`SpooledBody`: a file in memory while there is room."""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.core.errors import ConnectionLost
from sennit.core.failure import Failure
from sennit.http import HTTPFactory, Limits
from sennit.http.spool import Room, SpooledBody

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.binary(max_size=40)),
        st.tuples(st.just("read"), st.one_of(st.none(), st.integers(-1, 50))),
        st.tuples(st.just("readline"), st.integers(-1, 50)),
        st.tuples(st.just("seek"), st.integers(0, 120)),
        st.tuples(st.just("seek"), st.integers(0, 3), st.integers(1, 2)),
        st.tuples(st.just("truncate")),
        st.tuples(st.just("tell")),
    ),
    max_size=20,
)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS, most=st.sampled_from([0, 30, 1000]))
def test_it_does_as_a_temporary_file_does(steps, most):
    room = Room(1000)
    with SpooledBody(room, most) as body, tempfile.TemporaryFile() as file:
        for name, *arguments in steps:
            assert getattr(body, name)(*arguments) == getattr(file, name)(*arguments)
            assert body.tell() == file.tell()
        body.seek(0)
        file.seek(0)
        assert body.read() == file.read()
    assert room.taken == 0


def test_it_is_in_memory_up_to_a_size():
    room = Room(1000)
    with SpooledBody(room, 100) as body:
        body.write(b"a" * 100)
        assert room.taken == 100
        body.write(b"b")
        assert room.taken == 0
        body.seek(99)
        assert body.read() == b"ab"


def test_all_bodies_together_are_in_memory_up_to_a_size():
    room = Room(150)
    with SpooledBody(room, 100) as first, SpooledBody(room, 100) as second:
        first.write(b"a" * 100)
        second.write(b"b" * 51)
        assert room.taken == 100
        first.close()
        assert room.taken == 0
        second.seek(0)
        assert second.read() == b"b" * 51


def test_small_pieces_are_put_together():
    with SpooledBody(Room(1 << 20), 1 << 20) as body:
        for _ in range(10_000):
            body.write(b"x")
        assert len(body._pieces) < 4
        body.seek(0)
        assert body.read() == b"x" * 10_000


def test_a_piece_that_is_all_is_not_copied():
    whole = b"x" * 5000
    with SpooledBody(Room(1 << 20), 1 << 20) as body:
        body.write(whole)
        body.seek(0)
        assert body.read() is whole


def test_it_can_be_measured_without_being_put_together():
    with SpooledBody(Room(1 << 20), 1 << 20) as body:
        body.write(b"x" * 5000)
        body.write(b"x" * 5000)
        assert body.seek(0, os.SEEK_END) == 10_000
        assert body.tell() == 10_000
        assert len(body._pieces) == 2


def test_who_wants_a_descriptor_gets_one_of_a_file_with_all_of_it():
    room = Room(1000)
    with SpooledBody(room, 100) as body:
        body.write(b"hello")
        body.seek(1)
        descriptor = body.fileno()
        assert os.pread(descriptor, 10, 0) == b"hello"
        assert room.taken == 0
        assert body.read() == b"ello"
        body.write(b"!")
        body.flush()
        assert os.pread(descriptor, 10, 0) == b"hello!"


def test_it_is_iterated_by_lines():
    with SpooledBody(Room(1000), 100) as body:
        body.write(b"a\nb\n")
        body.write(b"c")
        body.seek(0)
        assert list(body) == [b"a\n", b"b\n", b"c"]
        body.seek(0)
        buffer = bytearray(3)
        assert body.readinto(buffer) == 3
        assert buffer == b"a\nb"


def test_a_closed_one_says_so():
    body = SpooledBody(Room(1000), 100)
    body.write(b"a")
    body.close()
    body.close()
    for use in (body.read, body.tell, body.fileno, lambda: body.seek(0), lambda: body.write(b"b")):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_a_request_gives_its_room_back_when_it_is_finished_or_the_client_gone(connect, seen, clock):
    limits = Limits(memory_body=10, spool_body=100, spool_room=150)
    factory = HTTPFactory(limits=limits, reactor=clock)
    post = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
    client = connect(factory)
    client.send(post % 80 + b"a" * 80)
    assert factory.spool_room.taken == 80
    other = connect(factory)
    other.send(post % 80 + b"b" * 79)
    assert factory.spool_room.taken == 80
    seen[0].finish()
    assert factory.spool_room.taken == 0
    client.send(post % 80 + b"c" * 40)
    assert factory.spool_room.taken == 40
    client.channel.connectionLost(Failure(ConnectionLost()))
    assert factory.spool_room.taken == 0
    other.send(b"b")
    assert seen[1].content.read() == b"b" * 80
    seen[1].finish()
