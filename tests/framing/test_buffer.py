from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.framing.buffer import BoundedBuffer, LimitExceededError


def filled(*pieces, limit=1000):
    buffer = BoundedBuffer(limit)
    for piece in pieces:
        buffer.append(piece)
    return buffer


def cuts(data, sizes):
    """Cut `data` into pieces of these sizes, over and over."""
    start, turn = 0, 0
    while start < len(data):
        size = sizes[turn % len(sizes)]
        yield data[start : start + size]
        start, turn = start + size, turn + 1


sizes = st.lists(st.integers(1, 40), min_size=1, max_size=5)


def test_what_is_taken_is_gone():
    buffer = filled(b"abc", b"defgh")
    assert buffer.take(2) == b"ab"
    assert len(buffer) == 6
    assert buffer.peek(3) == b"cde"
    assert buffer.take_up_to(4) == b"cdef"
    assert buffer.skip(1) == 1
    assert buffer.take_all() == b"h"
    assert len(buffer) == 0


def test_what_has_not_come_is_not_taken():
    buffer = filled(b"abc")
    assert buffer.take(4) is None
    assert buffer.take_line(b"\n", 10) is None
    assert buffer.take_after(1, 3) is None
    assert buffer.take_lines(b"\n") == []
    assert buffer.take_up_to(4) == b"abc"
    assert buffer.take_up_to(4) == b""
    assert buffer.take(0) == b""
    assert buffer.skip(3) == 0


def test_a_length_in_front_is_dropped_with_what_it_counts():
    buffer = filled(b"\x00\x03abcd")
    assert buffer.take_after(2, 3) == b"abc"
    assert buffer.take_all() == b"d"


def test_bytes_are_put_back_in_front():
    buffer = filled(b"cd")
    buffer.take(1)
    buffer.prepend(b"abc")
    buffer.prepend(b"")
    assert buffer.take_all() == b"abcd"


def test_a_delimiter_that_comes_in_two_pieces_is_found():
    buffer = filled(b"abc\r")
    assert buffer.take_line(b"\r\n", 3) is None
    buffer.append(b"\nrest")
    assert buffer.take_line(b"\r\n", 3) == b"abc"
    assert buffer.take_all() == b"rest"


def test_another_delimiter_is_looked_for_from_the_start():
    buffer = filled(b"a,b;c")
    assert buffer.take_line(b"\n", 10) is None
    assert buffer.take_line(b",", 10) == b"a"
    assert buffer.take_line(b";", 10) == b"b"


def test_a_line_may_be_as_long_as_its_limit():
    assert filled(b"12345\r\n").take_line(b"\r\n", 5) == b"12345"
    assert filled(b"12345\r").take_line(b"\r\n", 5) is None


@pytest.mark.parametrize("line", [b"123456\r\n", b"1234567", b"123456\r"])
def test_a_longer_line_is_refused_and_left(line):
    buffer = filled(line)
    with pytest.raises(LimitExceededError) as raised:
        buffer.take_line(b"\r\n", 5)
    assert raised.value.limit == 5
    assert buffer.take_all() == line


def test_known_endless_line_more_is_refused_when_the_limit_lies_unread():
    buffer = filled(b"12345", b"6", limit=5)
    with pytest.raises(LimitExceededError, match="more than the 5 bytes"):
        buffer.append(b"7")
    assert buffer.take_all() == b"123456"
    buffer.append(b"7")
    assert buffer.take_all() == b"7"


@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\r", b""))), sizes)
def test_lines_come_out_as_they_went_in(lines, sizes):
    data = b"".join(line + b"\r\n" for line in lines)
    buffer, taken, cut = BoundedBuffer(1000), [], []
    other = BoundedBuffer(1000)
    for piece in cuts(data, sizes):
        buffer.append(piece)
        while (line := buffer.take_line(b"\r\n", 60)) is not None:
            taken.append(line)
        other.append(piece)
        cut += other.take_lines(b"\r\n")
    assert taken == cut == lines
    assert len(buffer) == len(other) == 0


@given(st.data())
def test_a_buffer_behaves_as_a_byte_string_does(data):
    buffer, model = BoundedBuffer(10**6), b""
    for _ in range(data.draw(st.integers(0, 30))):
        step = data.draw(
            st.sampled_from(["append", "take", "take_up_to", "take_line", "prepend", "skip", "find"])
        )
        if step in ("append", "prepend"):
            piece = data.draw(st.binary(max_size=30))
            getattr(buffer, step)(piece)
            model = model + piece if step == "append" else piece + model
        elif step == "take_line":
            expected, found, rest = model.partition(b"\x00")
            line = buffer.take_line(b"\x00", 10**6)
            assert line == (expected if found else None)
            model = rest if found else model
        elif step == "find":
            delimiter = data.draw(st.binary(min_size=1, max_size=2))
            assert buffer.find(delimiter) == model.find(delimiter)
        else:
            count = data.draw(st.integers(0, 40))
            result = getattr(buffer, step)(count)
            if step == "take" and count > len(model):
                assert result is None
                continue
            assert result == (min(count, len(model)) if step == "skip" else model[:count])
            model = model[count:]
        assert len(buffer) == len(model)
        assert buffer.peek(len(model) + 1) == model
    assert buffer.take_all() == model


class CountingBytes(bytearray):
    """Counts how many bytes are searched."""

    searched = 0

    def find(self, sub, start=0):
        CountingBytes.searched += len(self) - start
        return super().find(sub, start)


def test_known_endless_line_a_line_that_comes_byte_by_byte_is_searched_once():
    CountingBytes.searched = 0
    size = 1 << 20
    buffer = BoundedBuffer(2 * size)
    buffer.append(b"xx")
    buffer._data = CountingBytes(buffer._data)
    for _ in range(size):
        buffer.append(b"x")
        assert buffer.take_line(b"\r\n", 2 * size) is None
    assert type(buffer._data) is CountingBytes
    assert CountingBytes.searched < 3 * size


def test_what_was_taken_does_not_stay_in_memory():
    buffer = filled(b"x" * 100_000 + b"\nrest")
    assert buffer.take(100_001)
    assert buffer.take_line(b"\n", 100) is None
    assert len(buffer._data) == len(b"rest")
    for _ in range(1000):
        buffer.append(b"0123456789")
        assert len(buffer.take(10)) == 10
    assert len(buffer._data) < 100


def test_what_was_taken_makes_room_for_what_comes_piece_by_piece():
    buffer = filled(b"x" * 100, b"y")
    assert buffer.take(90) == b"x" * 90
    buffer.append(b"z")
    assert buffer.take_all() == b"x" * 10 + b"yz"
