"""The client's core: replies of every form, in any pieces, and what a server must not do."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.ftp.client_connection import Answer, ClientConnection
from sennit.ftp.errors import LocalProtocolError, RemoteProtocolError
from sennit.ftp.events import Command, ConnectionClosed, Reply
from sennit.ftp.limits import Limits
from sennit.ftp.serializer import serialize_reply

GREETING = b"220 Welcome.\r\n"


def asked(*commands, greeted=True, **options):
    client = ClientConnection(**options)
    if greeted:
        client.receive_data(GREETING)
        client.next_event()
    for command in commands:
        client.send(command)
    return client


def events(client, *pieces):
    found = []
    for piece in pieces:
        client.receive_data(piece)
        while (event := client.next_event()) is not None:
            found.append(event)
    return found


def test_the_greeting_answers_nothing():
    [answer] = events(ClientConnection(), GREETING)
    assert answer == Answer(Reply(220, ("Welcome.",), ("220 Welcome.",)))


def test_each_reply_is_told_with_the_command_that_it_answers():
    client = asked(Command("PWD"), Command("NOOP"))
    answers = events(client, b'257 "/" is it\r\n200 ok\r\n')
    assert [(answer.command.verb, answer.reply.code) for answer in answers] == [("PWD", 257), ("NOOP", 200)]
    assert client.outstanding == 0


def test_a_preliminary_reply_leaves_its_command_to_be_answered():
    client = asked(Command("RETR", "a"))
    begun, done = events(client, b"150 go\r\n226 done\r\n")
    assert (begun.reply.preliminary, done.reply.preliminary) == (True, False)
    assert begun.command is done.command


def test_lines_inside_a_reply_may_look_like_anything():
    client = asked(Command("FEAT"))
    said = b"211-Features:\r\n MDTM\r\n226 not yet\r\n211-nor this\r\n2110\r\n211 End\r\n"
    [answer] = events(client, said)
    assert answer.reply.lines == ("Features:", " MDTM", "226 not yet", "nor this", "2110", "End")
    assert answer.reply.wire[0] == "211-Features:"


def test_a_code_alone_is_a_reply():
    [answer] = events(asked(Command("NOOP")), b"200\r\n")
    assert answer.reply == Reply(200, ("",), ("200",))


def test_lines_may_end_in_lf_and_have_telnet_in_them():
    [answer] = events(asked(Command("NOOP"), encoding="latin-1"), b"200 o\xff\xf1k \xff\xff\n")
    assert answer.reply.lines == ("ok \xff",)


def test_names_that_are_no_utf_8_come_back_as_they_were():
    client = asked()
    assert client.send(Command("DELE", "\udce4")) == b"DELE \xe4\r\n"
    [answer] = events(client, b"250 \xe4 is gone\r\n")
    assert answer.reply.lines == ("\udce4 is gone",)


@pytest.mark.parametrize("argument", ["a\r\nDELE b", "a\nDELE b", "a\rb"])
def test_known_a_line_that_would_be_two_is_not_sent(argument):
    client = asked()
    with pytest.raises(LocalProtocolError, match="CR or LF"):
        client.send(Command("CWD", argument))
    assert client.outstanding == 0


def test_a_password_that_cant_be_sent_is_not_told():
    with pytest.raises(LocalProtocolError) as caught:
        asked().send(Command("PASS", "secret\n"))
    assert "secret" not in str(caught.value)


def test_a_character_that_the_encoding_has_not_is_refused():
    with pytest.raises(LocalProtocolError, match="latin-1"):
        asked(encoding="latin-1").send(Command("CWD", "\u0142"))


def test_an_answer_that_nobody_asked_for_is_refused():
    with pytest.raises(RemoteProtocolError, match="not asked"):
        events(asked(), b"226 done again\r\n")


def test_a_server_may_say_at_any_time_that_it_closes():
    [answer] = events(asked(), b"421 Time is up.\r\n")
    assert (answer.asked, answer.reply.code) == (False, 421)


def test_the_end_comes_behind_all_replies():
    client = asked(Command("QUIT"))
    client.receive_eof()
    assert isinstance(events(client, b"221 bye\r\n")[-1], ConnectionClosed)


def test_known_what_stands_behind_the_reply_to_auth_is_dropped():
    client = asked(Command("AUTH", "TLS"))
    [answer] = events(client, b"234 go on\r\n230 You are in, says somebody.\r\n23")
    assert answer.reply.code == 234
    client.send(Command("USER", "bob"))
    [answer] = events(client, b"331 password\r\n")
    assert answer.reply.lines == ("password",)


@pytest.mark.parametrize(
    "said",
    [b"2" * 100, b"200-" + b"x" * 100 + b"\r\n", b"200-a\r\n" * 20, b"x\r\n" * 20, b"150 a\r\n" * 20],
    ids=["no end", "long line", "many lines", "no reply", "preliminary"],
)
def test_what_a_server_says_has_limits(said):
    client = asked(Command("NOOP"), limits=Limits(reply_line=60, reply_lines=10))
    with pytest.raises(RemoteProtocolError):
        events(client, *[said[start : start + 7] for start in range(0, len(said), 7)])


_TEXT = st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), max_size=20)
_REPLIES = st.lists(
    st.builds(Reply, st.integers(200, 599), st.lists(_TEXT, min_size=1, max_size=4).map(tuple)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60)
@given(replies=_REPLIES, cuts=st.lists(st.integers(0, 300), max_size=6))
def test_replies_are_the_same_however_they_are_cut(replies, cuts):
    data = b"".join(map(serialize_reply, replies))
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    client = asked(*[Command("NOOP")] * len(replies))
    pieces = [data[start:end] for start, end in itertools.pairwise(places)]
    answers = events(client, *pieces)
    assert [answer.reply.code for answer in answers] == [reply.code for reply in replies]
    for answer, reply in zip(answers, replies, strict=True):
        first, *between = reply.lines
        # A line between the first and the last has a space before it on the wire.
        wanted = (first, *[f" {line}" for line in between[:-1]], *between[-1:])
        assert answer.reply.lines == wanted


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=200), max_size=20))
def test_whatever_a_server_says_is_a_reply_or_refused(pieces):
    client = asked(Command("NOOP"), limits=Limits(reply_line=100, reply_lines=5))
    try:
        events(client, *pieces)
    except RemoteProtocolError:
        return
    assert client.outstanding <= 1
