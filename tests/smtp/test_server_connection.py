"""The server's side, in memory: whole, octet by octet, hostile."""

from __future__ import annotations

import pytest
from tests.smtp.kit import ENVELOPE, HELLO, OK, converse

from sennit.smtp import (
    AuthenticationResponse,
    BodyEnd,
    BodyPart,
    ChunkEnd,
    Command,
    ConnectionClosed,
    Limits,
    LocalProtocolError,
    Newlines,
    RemoteProtocolError,
    Reply,
    ServerConnection,
    State,
    Violation,
)
from sennit.testing.cores import assert_pieces_do_not_matter

MESSAGE = b"Subject: x\r\n\r\n..dots\r\n..\r\nlast\r\n"


def test_a_message_arrives_the_same_in_any_pieces():
    events, replies = assert_pieces_do_not_matter(
        converse, HELLO + ENVELOPE + b"DATA\r\n" + MESSAGE + b".\r\nQUIT\r\n"
    )
    assert events == [
        Command(b"EHLO", b"client.example"),
        Command(b"MAIL", b"FROM:<a@example.org>"),
        Command(b"RCPT", b"TO:<b@example.org>"),
        Command(b"DATA"),
        BodyPart(b"Subject: x\r\n\r\n.dots\r\n.\r\nlast\r\n"),
        BodyEnd(30),
        Command(b"QUIT"),
    ]
    assert replies == (
        b"220 mail.example\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 ok\r\n221 bye\r\n"
    )


def test_chunks_arrive_the_same_in_any_pieces():
    data = HELLO + ENVELOPE + b"BDAT 5\r\na\r\n.\rBDAT 0\r\nBDAT 3 LAST\r\n\n\0zNOOP\r\n"
    events, _ = assert_pieces_do_not_matter(converse, data)
    assert events[3:] == [
        BodyPart(b"a\r\n.\r"),
        ChunkEnd(),
        ChunkEnd(),
        BodyPart(b"\n\0z"),
        BodyEnd(8),
        Command(b"NOOP"),
    ]


def test_an_empty_message_ends_at_once():
    events, _ = assert_pieces_do_not_matter(converse, HELLO + ENVELOPE + b"DATA\r\n.\r\nNOOP\r\n")
    assert events[-2:] == [BodyEnd(0), Command(b"NOOP")]


def test_a_chunk_out_of_order_is_swallowed():
    events, _ = assert_pieces_do_not_matter(converse, HELLO + b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
    assert [type(event) for event in events] == [Command, Violation, Command]
    assert events[1].reply.code == 503
    assert events[2] == Command(b"NOOP")


@pytest.mark.parametrize("size", [b"", b"-1", b"+1", b"0x1", b"1_0", b"1 2", b"1 LAST x", b"9" * 30])
def test_a_chunk_of_no_size_ends_the_conversation(size):
    events, _ = converse([HELLO + ENVELOPE + b"BDAT " + size + b"\r\nNOOP\r\n"])
    assert events[-1].reply.code == 501
    assert events[-1].fatal


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        (b"MAIL FROM:<a@b.c>\r\n", 503),
        (HELLO + b"RCPT TO:<a@b.c>\r\n", 503),
        (HELLO + b"DATA\r\n", 503),
        (HELLO + b"MAIL FROM:<a@b.c>\r\nDATA\r\n", 503),
        (HELLO + b"MAIL FROM:<a@b.c>\r\nMAIL FROM:<a@b.c>\r\n", 503),
        (HELLO + b"MAIL FROM:<a@b.c>\r\nSTARTTLS\r\n", 503),
        (HELLO + b"MAIL FROM:<a@b.c>\r\nAUTH PLAIN\r\n", 503),
        (HELLO + ENVELOPE + b"BDAT 0\r\nDATA\r\n", 503),
        (HELLO + ENVELOPE + b"BDAT 0\r\nRCPT TO:<a@b.c>\r\n", 503),
        (HELLO + ENVELOPE + b"RSET\r\nDATA\r\n", 503),
    ],
)
def test_what_is_out_of_order_is_refused(commands, code):
    events, _ = converse([commands])
    assert isinstance(events[-1], Violation)
    assert events[-1].reply.code == code
    assert not events[-1].fatal


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\n\n.\r\n", b"\r\n\x00.\n"],
)
@pytest.mark.parametrize("newlines", Newlines)
def test_known_smuggling_by_another_end_does_not_end_a_message(end, newlines):
    data = HELLO + ENVELOPE + b"DATA\r\nfirst" + end + b"MAIL FROM:<evil@example.org>\r\n.\r\n"

    def converse_whole(pieces):
        events, replies = converse(pieces, connection=ServerConnection(newlines=newlines))
        if isinstance(events[-1], Violation):
            # How much was given on before it was refused is all the same.
            events = [event for event in events if not isinstance(event, BodyPart)]
        return events, replies

    events, _ = assert_pieces_do_not_matter(converse_whole, data)
    verbs = [event.verb for event in events if isinstance(event, Command)]
    assert verbs == [b"EHLO", b"MAIL", b"RCPT", b"DATA"]
    if newlines is Newlines.STRICT:
        assert events[-1].reply.code == 550
    else:
        assert isinstance(events[-1], BodyEnd)
        assert b"MAIL FROM:<evil@example.org>" in events[-2].data
        assert b"\n" not in events[-2].data.replace(b"\r\n", b"")


@pytest.mark.parametrize("line", [b"NOOP\nMAIL FROM:<a@b.c>", b"NOOP \r NOOP", b"NOOP \0"])
def test_a_command_with_a_control_inside_ends_the_conversation(line):
    events, _ = converse([HELLO + line + b"\r\nNOOP\r\n"])
    assert events[-1].reply.code == 500
    assert events[-1].fatal


def test_a_lenient_server_takes_lines_that_end_in_lf():
    events, _ = assert_pieces_do_not_matter(
        lambda pieces: converse(pieces, connection=ServerConnection(newlines=Newlines.LENIENT)),
        b"EHLO a\nNOOP\r\nNOOP\n",
    )
    assert [event.verb for event in events] == [b"EHLO", b"NOOP", b"NOOP"]


def test_a_line_without_end_costs_no_more_than_the_limit():
    server = ServerConnection(Limits(command_line=100))
    events, _ = converse([b"X" * 50] * 5, connection=server)
    assert [event.reply.code for event in events] == [500]
    assert server.unread == 0


def test_a_message_over_the_limit_is_swallowed_and_refused_at_its_end():
    server = ServerConnection(Limits(message_size=20))
    data = HELLO + ENVELOPE + b"DATA\r\n" + b"0123456789\r\n" * 10 + b".\r\nNOOP\r\n"
    pieces = [data[at : at + 7] for at in range(0, len(data), 7)]
    events, _ = converse(pieces, connection=server)
    assert [event.reply.code for event in events if isinstance(event, Violation)] == [552]
    assert sum(len(event.data) for event in events if isinstance(event, BodyPart)) <= 20
    assert events[-1] == Command(b"NOOP")


def test_what_is_pipelined_waits_for_its_turn_and_no_longer_than_the_limit():
    server = ServerConnection(Limits(buffered=100))
    server.send(Reply(220))
    server.receive_data(HELLO + b"NOOP\r\n" * 30)
    assert server.next_event() == Command(b"EHLO", b"client.example")
    assert server.next_event() is None
    assert not server.wants_data
    with pytest.raises(RemoteProtocolError):
        server.receive_data(b"NOOP\r\n")
    assert server.state is State.CLOSING


def test_plain_text_behind_starttls_is_never_looked_at():
    server = ServerConnection()
    events, _ = converse([HELLO + b"STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n"], connection=server)
    assert [event.verb for event in events] == [b"EHLO", b"STARTTLS"]
    server.receive_data(b"MAIL FROM:<evil@example.org>\r\n")
    server.tls_started()
    assert server.next_event() is None
    server.receive_data(b"MAIL FROM:<a@example.org>\r\n")
    assert server.next_event().reply.code == 503


def test_a_chunk_is_not_carried_over_into_tls():
    server = ServerConnection()
    converse([HELLO + ENVELOPE + b"BDAT 3\r\nabcRSET\r\nSTARTTLS\r\n"], connection=server)
    server.tls_started()
    server.receive_data(HELLO)
    assert server.next_event() == Command(b"EHLO", b"client.example")


def test_a_dialogue_of_challenges_ends_with_yes_or_no():
    def answer(event):
        if isinstance(event, AuthenticationResponse):
            return Reply(334, ("more",)) if event.line == b"Zmlyc3Q=" else Reply(235)
        return Reply(334) if event.verb == b"AUTH" else OK

    events, replies = assert_pieces_do_not_matter(
        lambda pieces: converse(pieces, answer=answer),
        HELLO + b"AUTH LOGIN\r\nZmlyc3Q=\r\nc2Vjb25k\r\nNOOP\r\n",
    )
    assert events[2:] == [
        AuthenticationResponse(b"Zmlyc3Q="),
        AuthenticationResponse(b"c2Vjb25k"),
        Command(b"NOOP"),
    ]
    assert replies.endswith(b"334 \r\n334 more\r\n235 \r\n250 ok\r\n")


def test_the_end_of_a_message_is_answered_for_each_recipient_of_lmtp():
    server = ServerConnection(lmtp=True)
    data = b"LHLO a\r\n" + ENVELOPE + b"RCPT TO:<c@example.org>\r\nDATA\r\nx\r\n.\r\n"
    _, replies = converse([data], connection=server)
    assert replies.endswith(b"354 go on\r\n250 ok\r\n250 ok\r\n")
    assert server.state is State.READY
    assert server.recipients == 0


def test_a_reply_that_answers_nothing_is_this_programs_error():
    server = ServerConnection()
    server.send(Reply(220))
    with pytest.raises(LocalProtocolError):
        server.send(OK)
    server.receive_data(HELLO)
    server.next_event()
    with pytest.raises(LocalProtocolError):
        server.send(Reply(354))


def test_the_end_of_the_connection_comes_after_all_that_was_sent():
    server = ServerConnection()
    server.send(Reply(220))
    server.receive_data(HELLO + b"half a line")
    server.receive_eof()
    assert server.next_event() == Command(b"EHLO", b"client.example")
    server.send(OK)
    assert server.next_event() == ConnectionClosed()
    assert server.next_event() is None


def test_a_server_may_close_at_any_time():
    server = ServerConnection()
    assert server.send(Reply(421, ("down",), "4.3.2")) == b"421 down\r\n"
    server.receive_data(HELLO)
    assert server.next_event() is None
