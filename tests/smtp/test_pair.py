"""The client's side against the server's: whatever is said, both are in the same place."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.smtp import (
    TRANSITIONS,
    Answer,
    BodyEnd,
    BodyPart,
    Chunk,
    ChunkEnd,
    ClientConnection,
    Command,
    ConnectionClosed,
    Hello,
    Limits,
    LocalProtocolError,
    Mail,
    Move,
    Path,
    Recipient,
    RemoteProtocolError,
    Reply,
    ServerConnection,
    State,
)
from sennit.smtp.state import diagram

COMMANDS = [
    Hello("client.example").command,
    Hello("client.example", b"HELO").command,
    Mail(Path("a", "example.org")).command,
    Recipient(Path("b", "example.org")).command,
    Command(b"DATA"),
    Command(b"RSET"),
    Command(b"NOOP"),
    Command(b"AUTH", b"PLAIN"),
    Command(b"STARTTLS"),
    Command(b"QUIT"),
]
YES, MORE, LATER, NO = Reply(250), Reply(354), Reply(450), Reply(550)
BODIES = st.lists(st.text("a.\r\n", max_size=12).map(str.encode), max_size=6)


class Pair:
    """Both sides of one conversation, and what the server was given."""

    def __init__(self, lmtp=False):
        self.server = ServerConnection(Limits(), lmtp=lmtp)
        self.client = ClientConnection(lmtp=lmtp)
        self.body = b""
        self.moves = set()
        self.answer(Reply(220))

    def answer(self, reply):
        before = self.server.state
        self.client.receive_data(self.server.send(reply))
        answer = self.client.next_event()
        assert isinstance(answer, Answer)
        assert answer.reply == reply
        assert self.client.state is self.server.state
        assert self.client.recipients == self.server.recipients
        self.moves.add((before, answer.move))

    def deliver(self, data):
        self.server.receive_data(data)
        while isinstance(event := self.server.next_event(), BodyPart):
            self.body += event.data
        return event

    def ask(self, command, reply):
        try:
            data = self.client.send(command)
        except LocalProtocolError:
            return
        assert self.deliver(data) == command
        try:
            self.answer(reply)
        except LocalProtocolError:
            # A reply that nobody may give here; another one can.
            self.answer(NO)
        if self.client.state is State.SECURING:
            self.client.tls_started()
            self.server.tls_started()
            self.moves.add((State.SECURING, Move.SECURED))

    def send_message(self, parts, reply):
        self.body = b""
        data = b"".join(self.client.send_body(part) for part in parts)
        event = self.deliver(data + self.client.end_body())
        assert event.size == len(self.body)
        while self.server.replies_due:
            self.answer(reply)

    def send_chunk(self, parts, last, reply):
        octets = b"".join(parts)
        try:
            data = self.client.send(Chunk(len(octets), last).command)
        except LocalProtocolError:
            return
        self.body = b""
        event = self.deliver(data + (self.client.send_body(octets) if octets else b""))
        assert isinstance(event, BodyEnd if last else ChunkEnd)
        assert self.body == octets
        while self.server.replies_due:
            self.answer(reply)


STEPS = st.one_of(
    st.tuples(st.sampled_from(COMMANDS), st.sampled_from([YES, YES, MORE, LATER, NO])),
    st.tuples(st.just("chunk"), BODIES, st.booleans(), st.sampled_from([YES, NO])),
)


@given(st.lists(st.tuples(STEPS, BODIES, st.sampled_from([YES, LATER])), max_size=25), st.booleans())
def test_both_sides_are_always_in_the_same_place(steps, lmtp):
    pair = Pair(lmtp)
    for step, parts, reply in steps:
        if pair.client.state is State.BODY:
            pair.send_message(parts, reply)
        elif pair.client.state is State.AUTHENTICATING:
            pair.deliver(pair.client.respond(b"YQ=="))
            pair.answer(Reply(235) if reply is YES else NO)
        elif step[0] == "chunk":
            pair.send_chunk(*step[1:])
        else:
            pair.ask(*step)


@given(BODIES)
def test_a_body_arrives_as_it_was_sent_but_for_newlines_that_are_none(parts):
    pair = Pair()
    pair.ask(COMMANDS[0], YES)
    pair.ask(COMMANDS[2], YES)
    pair.ask(COMMANDS[3], YES)
    pair.ask(COMMANDS[4], MORE)
    pair.send_message(parts, YES)
    lines = b"".join(parts).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if lines and not lines.endswith(b"\n"):
        lines += b"\n"
    assert pair.body == lines.replace(b"\n", b"\r\n")


def test_every_step_of_the_table_is_walked():
    pair = Pair()
    hello, helo, mail, rcpt, data, rset, noop, auth, starttls, quit_ = COMMANDS
    walks = [
        [noop, rset, helo, hello, noop, rset, auth, "respond", starttls, hello],
        [mail, noop, rset, mail, hello, mail, rcpt, rcpt, noop, rset, mail, rcpt, hello],
        [mail, rcpt, data, "message", mail, rcpt, "last", mail, rcpt, "chunk", "chunk", noop, "last"],
        [mail, rcpt, "chunk", rset, mail, rcpt, "chunk", hello, quit_],
    ]
    for walk in walks:
        for step in walk:
            if step == "respond":
                pair.deliver(pair.client.respond(b"YQ=="))
                pair.answer(Reply(235))
            elif step == "message":
                pair.send_message([b"x\r\n"], YES)
            elif step in {"chunk", "last"}:
                pair.send_chunk([b"x"], step == "last", YES)
            else:
                pair.ask(step, {data: MORE, auth: Reply(334)}.get(step, YES))
    for before in ([], [hello], [hello, mail], [hello, mail, rcpt], [hello, mail, rcpt, "chunk"]):
        other = Pair()
        for step in before:
            if step == "chunk":
                other.send_chunk([b"x"], False, YES)
            else:
                other.ask(step, YES)
        other.ask(quit_, YES)
        pair.moves |= other.moves
    refused = ServerConnection()
    client = ClientConnection()
    client.receive_data(refused.send(Reply(554)))
    assert client.next_event().reply.code == 554
    assert client.state is refused.state is State.REFUSED
    refused.receive_data(client.send(quit_))
    assert refused.next_event() == quit_
    pair.moves.add((State.REFUSED, Move.QUIT))
    assert {(state, move) for state, row in TRANSITIONS.items() for move in row} == pair.moves


def test_a_group_is_sent_at_once_where_the_server_allows_it():
    pair = Pair()
    with pytest.raises(LocalProtocolError):
        pair.client.send(COMMANDS[2])
    pair.ask(COMMANDS[0], Reply(250, ("mail.example", "PIPELINING", "SIZE 1000", "AUTH=LOGIN", "AUTH PLAIN")))
    assert pair.client.extensions == {"PIPELINING": "", "SIZE": "1000", "AUTH": "LOGIN PLAIN"}
    group = COMMANDS[2:5]
    pair.server.receive_data(b"".join(pair.client.send(command) for command in group))
    with pytest.raises(LocalProtocolError):
        pair.client.send(COMMANDS[5])
    for command, reply in zip(group, [YES, NO, Reply(503)], strict=True):
        event = pair.server.next_event()
        assert getattr(event, "verb", None) == command.verb or event.reply.code == 503
        pair.client.receive_data(pair.server.send(reply))
    answers = [pair.client.next_event() for _ in group]
    assert [(answer.command, answer.reply.code) for answer in answers] == [
        (group[0], 250),
        (group[1], 550),
        (group[2], 503),
    ]
    assert pair.client.state is pair.server.state is State.SENDER


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n",
        b"99 x\r\n",
        b"600 x\r\n",
        b"250*x\r\n",
        b"250-a\r\n220 b\r\n",
        b"2" * 5000,
        b"250-a\r\n" * 300,
    ],
)
def test_what_is_no_reply_is_the_servers_error(data):
    client = ClientConnection()
    client.receive_data(data)
    with pytest.raises(RemoteProtocolError):
        client.next_event()


def test_an_answer_to_nothing_is_the_servers_error():
    pair = Pair()
    pair.client.receive_data(b"250 and another thing\r\n")
    with pytest.raises(RemoteProtocolError):
        pair.client.next_event()


def test_a_server_that_goes_away_says_so_or_does_not():
    pair = Pair()
    pair.client.receive_data(b"421 4.3.2 down\r\n")
    assert pair.client.next_event() == Answer(Reply(421, ("down",), "4.3.2"), Move.QUIT)
    pair = Pair()
    pair.client.receive_eof()
    assert pair.client.next_event() == ConnectionClosed()


def test_what_is_said_in_plain_text_behind_starttls_is_forgotten():
    pair = Pair()
    pair.ask(COMMANDS[0], YES)
    data = pair.client.send(COMMANDS[8])
    pair.deliver(data)
    pair.client.receive_data(pair.server.send(Reply(220)) + b"250 injected\r\n")
    assert pair.client.next_event().reply.code == 220
    assert pair.client.next_event() is None
    pair.client.tls_started()
    pair.client.send(COMMANDS[0])
    assert pair.client.next_event() is None


def test_the_diagram_names_every_state():
    drawn = diagram()
    assert all(state.name in drawn for state in State)
    assert all(first != second for first, second in pairwise(drawn.splitlines()))
