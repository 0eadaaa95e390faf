"""The server's core, in memory: whole, octet by octet, in any pieces, hostile."""

from __future__ import annotations

import re
import tracemalloc
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ftp.kit import converse, default_reply

from sennit.ftp import (
    TRANSITIONS,
    Command,
    ConnectionClosed,
    Limits,
    LocalProtocolError,
    Move,
    RemoteProtocolError,
    Reply,
    ServerConnection,
    State,
    Violation,
)
from sennit.ftp.state import MOVES, diagram
from sennit.testing.cores import assert_pieces_do_not_matter

LOGIN = b"USER bob\r\nPASS secret\r\n"
OK = Reply(200, ("ok",))


def ready(**options):
    """Return a server to which bob has logged in."""
    server = ServerConnection(**options)
    converse([LOGIN], connection=server)
    assert server.state is State.READY
    return server


def test_a_conversation_is_the_same_in_any_pieces():
    events, replies = assert_pieces_do_not_matter(
        converse,
        LOGIN + b"cwd a  b \r\nRNFR x\r\nRNTO y\r\nRETR f\xc3\xbc\nNOOP\r\nLIST\r\nQUIT\r\nNOOP\r\n",
    )
    assert events == [
        Command("USER", "bob"),
        Command("PASS", "secret"),
        Command("CWD", "a  b "),
        Command("RNFR", "x"),
        Command("RNTO", "y"),
        Command("RETR", "fü"),
        Command("NOOP"),
        Command("LIST"),
        Command("QUIT"),
    ]
    assert re.findall(rb"^(\d+)", replies, re.MULTILINE) == (
        b"220 331 230 200 350 200 150 226 200 150 226 221".split()
    )


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_octets_are_the_same_in_any_pieces(data):
    lines = [b"USER a\r\n", b"PASS b\r\n", b"RETR c\r\n", b"AUTH TLS\r\n", b"NOOP\n"]
    words = st.sampled_from([*lines, b"\xff\xf4\xff\xf2", b"\r", b"\n", b"\0"])
    octets = b"".join(data.draw(st.lists(words | st.binary(max_size=6), max_size=12)))
    places = sorted(data.draw(st.sets(st.integers(0, len(octets)))) | {0, len(octets)})
    pieces = [octets[start:end] for start, end in pairwise(places)]
    # What comes with AUTH is forgotten, which is another matter behind it: a client waits there.
    if b"AUTH" not in octets:
        assert converse([octets]) == converse(pieces)
    else:
        converse(pieces)


@pytest.mark.parametrize(
    ("line", "argument"),
    [
        (b"CWD \xff\xfdAx\r\n", "x"),
        (b"CWD \xff\xf4\xff\xf2x\r\n", "x"),
        (b"CWD \xff\xffx\r\n", "\udcffx"),
        (b"CWD x\xff\r\n", "x"),
        (b"CWD x\xe9y\r\n", "x\udce9y"),
    ],
)
def test_telnets_commands_are_no_part_of_a_line(line, argument):
    events, _ = converse([LOGIN, line])
    assert events[-1] == Command("CWD", argument)


def test_an_empty_argument_is_told_from_none():
    events, _ = converse([b"USER bob\r\nPASS \r\nUSER bob\r\nPASS\r\n"])
    assert [event.spaced for event in events] == [True, True, True, False]


@pytest.mark.parametrize("line", [b"NOOP\rDELE x\r\n", b"NOOP \r\r\n", b"STAT a\rb\n"])
def test_known_command_hidden_behind_a_cr_ends_the_conversation(line):
    events, _ = converse([LOGIN, line, b"NOOP\r\n"])
    assert events[2:] == [Violation(Reply(500, ("A line has no CR but the one at its end.",)), fatal=True)]


def test_known_plain_text_behind_auth_is_never_a_command():
    server = ServerConnection()
    events, _ = converse([b"AUTH TLS\r\nUSER bob\r\nPASS x\r\n"], connection=server)
    assert events == [Command("AUTH", "TLS")]
    server.receive_data(b"NOOP\r\n")
    assert server.state is State.SECURING
    server.tls_started()
    assert server.next_event() is None
    assert converse([LOGIN], connection=server)[0][-1] == Command("PASS", "secret")


def test_tls_begins_after_auth_alone():
    with pytest.raises(LocalProtocolError):
        ready().tls_started()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (b"PASS x\r\n", 503),
        (b"CWD x\r\n", 530),
        (b"RETR x\r\n", 530),
        (b"PASV\r\n", 530),
        (b"PORT 1,2,3,4,5,6\r\n", 530),
        (b"NOSUCH\r\n", 530),
        (b"USER bob\r\nNOOP\r\n", 503),
        (LOGIN + b"PASS x\r\n", 503),
        (LOGIN + b"RNTO x\r\n", 503),
        (LOGIN + b"RNFR x\r\nNOOP\r\n", 503),
        (LOGIN + b"USER eve\r\nDELE x\r\n", 503),
    ],
)
def test_what_is_out_of_order_is_refused(lines, code):
    events, _ = converse([lines])
    assert isinstance(events[-1], Violation)
    assert (events[-1].reply.code, events[-1].fatal) == (code, False)


def test_who_was_logged_in_is_not_once_a_log_in_has_failed():
    def refuse(event):
        return [Reply(530, ("no",))] if event == Command("PASS", "guess") else default_reply(event)

    events, _ = converse([LOGIN + b"USER bob\r\nPASS guess\r\nDELE x\r\n"], answer=refuse)
    assert isinstance(events[-1], Violation)


def test_nothing_is_looked_at_before_the_command_in_front_is_answered():
    server = ready()
    server.receive_data(b"CWD a\r\nABOR\r\nCWD b\r\n")
    assert server.next_event() == Command("CWD", "a")
    assert server.next_event() is None
    server.send(OK)
    assert server.next_event() == Command("ABOR")


def test_an_abort_is_heard_while_data_is_on_its_way():
    server = ready()
    server.receive_data(b"RETR a\r\n\xff\xf4\xff\xf2ABOR\r\nNOOP\r\n")
    assert server.next_event() == Command("RETR", "a")
    server.send(Reply(150, ("begin",)))
    assert server.next_event() == Command("ABOR")
    assert server.next_event() is None
    server.send(Reply(426, ("aborted",)))
    assert server.state is State.READY
    server.send(Reply(226, ("aborted",)))
    assert server.next_event() == Command("NOOP")


def test_an_abort_behind_another_command_waits():
    server = ready()
    server.receive_data(b"RETR a\r\nNOOP\r\nABOR\r\n")
    assert server.next_event() == Command("RETR", "a")
    server.send(Reply(150, ("begin",)))
    assert server.next_event() is None
    server.send(Reply(226, ("end",)))
    assert server.next_event() == Command("NOOP")


def test_the_end_is_told_when_all_is_answered():
    server = ready()
    server.receive_data(b"NOOP\r\n")
    server.receive_eof()
    assert server.next_event() == Command("NOOP")
    assert server.next_event() is None
    server.send(OK)
    assert server.next_event() == ConnectionClosed()
    assert server.next_event() is None


# Limits


def test_known_line_without_end_is_refused_at_its_limit():
    server = ready(limits=Limits(command_line=100, buffered=200))
    server.receive_data(b"CWD " + b"x" * 98)
    assert server.next_event() == Violation(Reply(500, ("The line is too long.",)), fatal=True)
    server.receive_data(b"\r\nNOOP\r\n")
    assert server.next_event() is None


def test_a_line_may_be_as_long_as_the_limit():
    server = ready(limits=Limits(command_line=100, buffered=200))
    server.receive_data(b"CWD " + b"x" * 96 + b"\r\n")
    assert server.next_event() == Command("CWD", "x" * 96)


def test_known_flood_behind_an_unanswered_command_ends_at_its_limit():
    server = ready(limits=Limits(buffered=1000))
    server.receive_data(b"NOOP\r\n" * 100)
    assert server.next_event() == Command("NOOP")
    assert server.wants_data
    server.receive_data(b"NOOP\r\n" * 67 + b"NOOP")
    assert not server.wants_data
    server.receive_data(b"\r\n")
    with pytest.raises(RemoteProtocolError) as error:
        server.receive_data(b"NOOP\r\n")
    assert error.value.reply.code == 421
    assert server.state is State.CLOSING


@pytest.mark.parametrize("octets", [b"x" * 1000, b"\xff\xfd", b"\xff\xf4" * 500, b"\n", b"a\r", b"\0" * 100])
def test_known_hostile_input_takes_no_memory(octets):
    server = ServerConnection()
    server.send(Reply(220, ("here",)))

    def feed(times):
        for _ in range(times):
            try:
                server.receive_data(octets)
            except RemoteProtocolError:
                return
            while (event := server.next_event()) is not None:
                server.send(event.reply if isinstance(event, Violation) else OK)

    feed(10)
    tracemalloc.start()
    try:
        feed(5_000)
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert grown < 200_000


# The table


def test_every_rule_is_alive():
    """Each state is reached by commands and replies alone, and in each state each rule is followed."""
    verbs = {move: verb for verb, move in MOVES.items()} | {Move.OTHER: "CWD"}
    reached = {State.CONNECTED: []}
    followed = set()
    waiting = [State.CONNECTED]
    while waiting:
        state = waiting.pop()
        for move, step in TRANSITIONS[state].items():
            for kind, (code, after) in enumerate(zip((250, begun(move), 550), step, strict=True)):
                server = ServerConnection()
                for earlier, reply in reached[state]:
                    play(server, verbs, earlier, reply)
                assert server.state is state
                if after is None and kind != 2:
                    continue
                if (state, move) == (State.TRANSFERRING, Move.ABOR):
                    # It is heard, and has its turn behind the transfer.
                    server.receive_data(b"ABOR\r\n")
                    assert server.next_event() == Command("ABOR")
                    assert server.state is state
                    followed.add((state, move))
                    continue
                if state is State.TRANSFERRING:
                    server.send(Reply(code, ("",)))
                else:
                    play(server, verbs, move, code)
                assert server.state is (after or state)
                followed.add((state, move))
                if server.state not in reached:
                    reached[server.state] = [*reached[state], (move, code)]
                    waiting.append(server.state)
    assert set(reached) == set(State)
    assert followed == {(state, move) for state, row in TRANSITIONS.items() for move in row}


def begun(move):
    return 150 if move in {Move.TRANSFER, Move.GREETING} else 350


def play(server, verbs, move, code):
    if move is Move.SECURED:
        if code == 250:
            server.tls_started()
        else:
            server.state = State.CLOSING if code == 550 else server.state
        return
    if move is not Move.GREETING:
        server.receive_data(f"{verbs[move]} x\r\n".encode())
        assert isinstance(server.next_event(), Command)
    server.send(Reply(code, ("",)))


def test_what_is_not_in_the_table_is_a_violation():
    verbs = {move: verb for verb, move in MOVES.items()} | {Move.OTHER: "CWD"}
    for state, (move, verb) in product(TRANSITIONS, verbs.items()):
        if state in {State.CONNECTED, State.TRANSFERRING, State.SECURING, State.CLOSING}:
            continue
        server = ready()
        server.state = state
        server.receive_data(f"{verb} x\r\n".encode())
        event = server.next_event()
        assert isinstance(event, Command if move in TRANSITIONS[state] else Violation), (state, verb)


def test_a_reply_that_nobody_waits_for_is_an_error():
    server = ready()
    with pytest.raises(LocalProtocolError):
        server.send(OK)


def test_a_reply_that_the_command_does_not_have_is_an_error():
    server = ready()
    server.receive_data(b"AUTH TLS\r\n")
    server.next_event()
    with pytest.raises(LocalProtocolError):
        server.send(Reply(150, ("?",)))


def test_a_server_that_closes_may_say_so_at_any_time():
    server = ready()
    assert server.send(Reply(421, ("bye",))) == b"421 bye\r\n"
    server.receive_data(b"NOOP\r\n")
    assert server.next_event() is None


def test_the_diagram_has_every_way_between_states():
    drawn = diagram()
    assert drawn.startswith("stateDiagram-v2\n    [*] --> CONNECTED\n")
    assert "UNAUTHENTICATED --> PASSWORD_DUE: USER begun" in drawn
