"""Lines and replies as octets, and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.framing.buffer import BoundedBuffer
from sennit.ftp import DEFAULT_LIMITS, Command, Limits, LocalProtocolError, RemoteProtocolError, Reply
from sennit.ftp.parser import ReplyParser, parse_command, take_command_line
from sennit.ftp.serializer import printable, serialize_command, serialize_reply

LINE = st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), max_size=40)


def read(octets, limits=DEFAULT_LIMITS):
    parser = ReplyParser(limits)
    lines = octets.decode("utf-8", "surrogateescape").split("\r\n")[:-1]
    return [reply for line in lines if (reply := parser.receive_line(line)) is not None]


@given(code=st.integers(100, 599), lines=st.lists(LINE, min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_a_reply_is_read_as_it_was_written(code, lines):
    [found] = read(serialize_reply(Reply(code, tuple(lines))))
    expected = [lines[0], *(f" {line}" for line in lines[1:-1]), *lines[1:][-1:]]
    assert (found.code, list(found.lines)) == (code, expected)


@given(argument=LINE)
@settings(max_examples=100, deadline=None)
def test_a_command_is_read_as_it_was_written(argument):
    buffer = BoundedBuffer(10_000)
    buffer.append(serialize_command(Command("CWD", argument)))
    line = take_command_line(buffer, 10_000)
    assert parse_command(line) == Command("CWD", argument)
    assert not buffer


def test_a_name_that_is_no_utf_8_comes_through():
    buffer = BoundedBuffer(100)
    buffer.append(serialize_command(Command("CWD", "caf\udce9\udcff")))
    assert parse_command(take_command_line(buffer, 100)) == Command("CWD", "caf\udce9\udcff")


@pytest.mark.parametrize("break_", ["\r\n", "\r", "\n"])
def test_known_line_break_in_a_reply_or_a_command_is_never_sent(break_):
    with pytest.raises(LocalProtocolError):
        serialize_reply(Reply(200, (f"a{break_}b",)))
    with pytest.raises(LocalProtocolError):
        serialize_reply(Reply(200, ("a", f"a{break_}b", "c")))
    with pytest.raises(LocalProtocolError):
        serialize_command(Command("CWD", f"a{break_}DELE b"))
    assert printable(f"a{break_}b\0") in {"a?b?", "a??b?"}


@pytest.mark.parametrize("code", [0, 99, 600, -200])
def test_a_code_that_is_none_is_not_sent(code):
    with pytest.raises(LocalProtocolError):
        serialize_reply(Reply(code, ("",)))


def test_a_line_within_a_reply_is_never_its_end():
    reply = Reply(211, ("Features:", "211 End", "200 no", "End"))
    assert [each.code for each in read(serialize_reply(reply))] == [211]


def test_replies_of_other_servers_are_read():
    assert read(b"211-a\r\n211-b\r\nc\r\n211 d\r\n")[0].lines == ("a", "b", "c", "d")
    assert read(b"noise\r\n220\r\n") == [Reply(220, ("",), ("noise", "220"))]


def test_known_reply_without_end_is_refused_at_its_limit():
    with pytest.raises(RemoteProtocolError):
        read(b"211-a\r\n" * 11, Limits(reply_lines=10))
