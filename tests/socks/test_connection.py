"""The core of SOCKS: what a client sends as events, and what it is answered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.framing.buffer import LimitExceededError
from sennit.socks import (
    Choice,
    Command,
    Greeting,
    LocalProtocolError,
    Login,
    Method,
    RemoteProtocolError,
    Reply,
    ReplyCode,
    Request,
    ServerConnection,
    SOCKSHandshake,
    Verdict,
)
from sennit.socks.state import TRANSITIONS, State
from sennit.testing.cores import assert_pieces_do_not_matter

CONNECT_4 = b"\4\1\0\x50\x5d\xb8\xd8\x22me\0"
CONNECT_4A = b"\4\1\1\xbb\0\0\0\1me\0example.org\0"
CONNECT_5 = b"\5\1\0\1\x5d\xb8\xd8\x22\0\x50"
GRANTED = Reply(ReplyCode.SUCCEEDED, "192.0.2.1", 1234)
EARLY = b"\x16\x03\x01 what is for the other side"


def converse(pieces, **options):
    """Answer whatever is asked with yes; return the events, the answers, and what came after."""
    core = ServerConnection(**options)
    events, said = [], b""
    for piece in pieces:
        core.receive_data(piece)
        while (event := core.next_event()) is not None:
            events.append(event)
            if isinstance(event, Greeting):
                wanted = Method.PASSWORD if Method.PASSWORD in event.methods else Method.NONE
                said += core.send(Choice(wanted))
            elif isinstance(event, Login):
                said += core.send(Verdict(accepted=True))
            else:
                said += core.send(GRANTED)
    return events, said, core.take_rest() if core.state is State.OPEN else core.state


@pytest.mark.parametrize(
    ("data", "events", "said"),
    [
        (CONNECT_4, [Request(4, 1, "93.184.216.34", 80, b"me")], b"\0\x5a\4\xd2\xc0\0\2\1"),
        (CONNECT_4A, [Request(4, 1, "example.org", 443, b"me", True)], b"\0\x5a\4\xd2\xc0\0\2\1"),
        (
            b"\5\1\0" + CONNECT_5,
            [Greeting(frozenset({0})), Request(5, 1, "93.184.216.34", 80)],
            b"\5\0" + b"\5\0\0\1\xc0\0\2\1\4\xd2",
        ),
        (
            b"\5\2\0\2" + b"\1\3bob\6secret" + b"\5\1\0\3\x0bexample.org\1\xbb",
            [
                Greeting(frozenset({0, 2})),
                Login(b"bob", b"secret"),
                Request(5, 1, "example.org", 443, is_name=True),
            ],
            b"\5\2" + b"\1\0" + b"\5\0\0\1\xc0\0\2\1\4\xd2",
        ),
        (
            b"\5\1\0" + b"\5\1\0\4" + bytes(15) + b"\1\0\x16",
            [Greeting(frozenset({0})), Request(5, 1, "::1", 22)],
            b"\5\0" + b"\5\0\0\1\xc0\0\2\1\4\xd2",
        ),
    ],
    ids=["4", "4a", "5", "5 with a log-in and a name", "5 with IPv6"],
)
def test_a_conversation_is_the_same_in_any_pieces(data, events, said):
    found = assert_pieces_do_not_matter(converse, data + EARLY)
    assert found == (events, said, EARLY)


def test_a_password_is_not_in_what_is_printed():
    assert repr(Login(b"bob", b"secret")) == "Login(user=b'bob')"


def refused(data, **options):
    with pytest.raises(RemoteProtocolError) as caught:
        converse([data], **options)
    return caught.value.answer


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"GET / HTTP/1.1\r\n", b""),
        (b"\0", b""),
        (b"\5\1\0\4", b"\5\1\0\1" + bytes(6)),
        (b"\5\1\0\5\1\0\2\1", b"\5\x08\0\1" + bytes(6)),
        (b"\5\1\0\5\1\0\3\0\0\x50", b"\5\x08\0\1" + bytes(6)),
        (b"\5\1\0\5\1\0\3\3a\nb\0\x50", b"\5\x08\0\1" + bytes(6)),
        (b"\5\1\0\5\1\0\3\3a\0b\0\x50", b"\5\x08\0\1" + bytes(6)),
        (b"\5\1\2\2\3bob", b"\1\1"),
        (b"\4\1\0\x50\1\2\3\4" + b"u" * 256, b"\0\x5b" + bytes(6)),
        (b"\4\1\0\x50\0\0\0\4\0" + b"n" * 256, b"\0\x5b" + bytes(6)),
        (b"\4\1\0\x50\0\0\0\4\0\0", b"\0\x5b" + bytes(6)),
        (b"\4\1\0\x50\0\0\0\4\0\xff\0", b"\0\x5b" + bytes(6)),
    ],
)
def test_what_is_malformed_is_answered_with_the_right_code(data, answer):
    assert refused(data) == answer


@pytest.mark.parametrize(
    ("only", "data", "answer"), [(4, b"\5\1\0", b"\5\xff"), (5, b"\4", b"\0\x5b" + bytes(6))]
)
def test_a_version_that_is_not_spoken_is_answered_in_that_version(only, data, answer):
    assert refused(data, versions={only}) == answer


def test_after_an_error_all_is_dropped():
    core = ServerConnection()
    core.receive_data(b"\7")
    with pytest.raises(RemoteProtocolError):
        core.next_event()
    core.receive_data(CONNECT_4 * 10_000)
    assert core.next_event() is None
    assert (core.state, core.take_rest()) == (State.CLOSED, b"")


def test_what_comes_before_the_way_is_open_has_a_limit():
    core = ServerConnection(early=1000)
    core.receive_data(CONNECT_4)
    core.next_event()
    core.receive_data(b"x" * 1000)
    assert not core.is_full
    core.receive_data(b"x")
    assert core.is_full
    with pytest.raises(LimitExceededError):
        core.receive_data(b"x")


def test_bind_has_two_replies_and_any_may_refuse():
    for replies, end in [
        ([GRANTED, GRANTED], State.OPEN),
        ([GRANTED, Reply(ReplyCode.FAILURE)], State.CLOSED),
        ([Reply(ReplyCode.FAILURE)], State.CLOSED),
    ]:
        core = ServerConnection()
        core.receive_data(b"\4\2" + CONNECT_4[2:])
        assert core.next_event().command == Command.BIND
        for reply in replies:
            assert core.send(reply)[1] in {90, 91}
        assert core.state is end


def test_the_server_cannot_speak_out_of_turn():
    core = ServerConnection()
    for event in (Choice(Method.NONE), Verdict(accepted=True), GRANTED):
        with pytest.raises(LocalProtocolError):
            core.send(event)
    core.receive_data(CONNECT_4)
    core.next_event()
    core.send(GRANTED)
    with pytest.raises(LocalProtocolError, match="REFUSED is out of order: the conversation is OPEN"):
        core.send(Reply(ReplyCode.FAILURE))


@pytest.mark.parametrize(
    ("reply", "five", "four"),
    [
        (Reply(0, "2001:db8::1", 80), "05000004 20010db8000000000000000000000001 0050", "005a 0050 00000000"),
        (Reply(0, "::ffff:192.0.2.1", 80), "05000001 c0000201 0050", "005a 0050 c0000201"),
        (
            Reply(0, "fe80::1%eth0", 80),
            "05000004 fe800000000000000000000000000001 0050",
            "005a 0050 00000000",
        ),
        (Reply(ReplyCode.REFUSED), "05050001 00000000 0000", "005b 0000 00000000"),
    ],
)
def test_addresses_are_told_as_the_version_can(reply, five, four):
    for data, said in ((b"\5\1\0" + CONNECT_5, five), (CONNECT_4, four)):
        core = ServerConnection()
        core.receive_data(data)
        if isinstance(core.next_event(), Greeting):
            core.send(Choice(Method.NONE))
            core.next_event()
        assert core.send(reply) == bytes.fromhex(said)


def test_what_is_no_address_cannot_be_told():
    core = ServerConnection()
    core.receive_data(CONNECT_4)
    core.next_event()
    with pytest.raises(LocalProtocolError, match="example"):
        core.send(Reply(0, "example.org"))


@given(st.binary(max_size=600), st.integers(0, 600))
@settings(max_examples=150)
def test_whatever_comes_is_an_event_or_the_clients_error(data, cut):
    answer = b""
    try:
        converse([data[:cut], data[cut:]])
    except RemoteProtocolError as error:
        answer = error.answer
    assert len(answer) <= 10


@given(
    st.one_of(
        st.ip_addresses().map(str),
        st.from_regex(r"[a-z0-9][a-z0-9.-]{0,60}", fullmatch=True).filter(
            lambda name: name.strip("0123456789.")
        ),
    ),
    st.integers(1, 65535),
    st.none() | st.tuples(st.binary(min_size=1, max_size=255), st.binary(min_size=1, max_size=255)),
    st.ip_addresses().map(str),
)
@settings(max_examples=100)
def test_the_client_and_the_server_understand_each_other(host, port, login, bound):
    user, password = login or (None, None)
    client = SOCKSHandshake(host.encode(), port, user, password)
    server = ServerConnection()
    events, waiting = [], client.greeting()
    while not client.done:
        server.receive_data(waiting)
        event = server.next_event()
        events.append(event)
        if isinstance(event, Greeting):
            answer = Choice(Method.NONE if login is None else Method.PASSWORD)
        else:
            answer = Verdict(accepted=True) if isinstance(event, Login) else Reply(0, bound, 1)
        waiting = client.receive_data(server.send(answer))
    assert (events[-1].host, events[-1].port, server.state) == (host, port, State.OPEN)
    assert [(event.user, event.password) for event in events if isinstance(event, Login)] == [login] * (
        login is not None
    )


def test_every_state_but_the_last_two_leads_somewhere_and_every_state_is_reached():
    assert set(State) - set(TRANSITIONS) == {State.OPEN, State.CLOSED}
    reached = {end for moves in TRANSITIONS.values() for end in moves.values()}
    assert reached | {State.START} == set(State)
