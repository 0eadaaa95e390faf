"""The commands' grammar."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.smtp import (
    AddressSyntaxError,
    Authenticate,
    Chunk,
    Command,
    Hello,
    LocalProtocolError,
    Mail,
    Path,
    Recipient,
    RemoteProtocolError,
    Reply,
    check_parameters,
    load_extension,
    parse_path,
)
from sennit.smtp.extension import STANDARD, Extension, register_extension
from sennit.smtp.serializer import serialize_command, serialize_reply

LOCALS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=15)
DOMAINS = st.sampled_from(
    ["example.org", "b", "xn--4ca.example", "bücher.example", "[192.0.2.1]", "[IPv6:::1]"]
)
PATHS = st.builds(Path, LOCALS, DOMAINS)
VALUES = st.none() | st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="="), min_size=1)
PARAMETERS = st.dictionaries(st.from_regex(r"[A-Z0-9][A-Z0-9-]{0,8}", fullmatch=True), VALUES, max_size=4)


@given(
    st.one_of(
        st.builds(Mail, PATHS | st.just(Path("")), PARAMETERS),
        st.builds(Recipient, PATHS | st.just(Path("postmaster")), PARAMETERS),
        st.builds(Hello, st.sampled_from(["a.example", "[192.0.2.1]"]), st.sampled_from([b"EHLO", b"HELO"])),
        st.builds(Chunk, st.integers(0, (1 << 63) - 1), st.booleans()),
        st.builds(Authenticate, st.sampled_from(["PLAIN", "SCRAM-SHA-256"]), st.none() | st.binary()),
    )
)
def test_what_is_written_is_read_again(value):
    line = serialize_command(value.command)
    verb, _, argument = line.removesuffix(b"\r\n").partition(b" ")
    more = (verb,) if isinstance(value, Hello) else ()
    assert type(value).parse(argument, *more) == value


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("<>", Path("")),
        ("<Postmaster>", Path("Postmaster")),
        ("<a.b+c@example.org>", Path("a.b+c", "example.org")),
        ("<@relay.example,@other.example:a@example.org>", Path("a", "example.org")),
        ('<"a b"@example.org>', Path("a b", "example.org")),
        (r'<"a\"\\b"@example.org>', Path('a"\\b', "example.org")),
        ("<a@[IPv6:2001:db8::1]>", Path("a", "[IPv6:2001:db8::1]")),
    ],
)
def test_paths_are_read(text, path):
    assert parse_path(text + " REST") == (path, " REST")


@pytest.mark.parametrize(
    "text",
    [
        "a@b",
        "<a@b",
        "<a b@c>",
        "<.a@b>",
        "<a..b@c>",
        "<a@>",
        "<@b>",
        "<a@-b>",
        "<a@b..c>",
        "<a@[300.0.0.1]>",
        "<a@[IPv6:zz]>",
        "<" + "a" * 65 + "@b>",
        "<a@" + "b" * 256 + ">",
        '<"a\nb"@c>',
    ],
)
def test_what_is_no_path_is_refused(text):
    with pytest.raises(AddressSyntaxError):
        parse_path(text)


@pytest.mark.parametrize(
    ("kind", "argument"),
    [
        (Hello, b""),
        (Hello, b"a\x1bb"),
        (Mail, b"TO:<a@b>"),
        (Mail, b"FROM:<a@b>SIZE=1"),
        (Mail, b"FROM:<a@b> SIZE=1 SIZE=2"),
        (Mail, b"FROM:<a@b> =1"),
        (Mail, b"FROM:<postmaster>"),
        (Mail, b"FROM:<\xff@b>"),
        (Recipient, b"TO:<>"),
        (Recipient, b"TO:<a>"),
        (Authenticate, b""),
        (Authenticate, b"PLAIN a b"),
        (Authenticate, b"PLAIN !!!!"),
        (Authenticate, b"PLAIN YQ"),
    ],
)
def test_what_is_not_written_as_it_should_be_is_refused(kind, argument):
    with pytest.raises(RemoteProtocolError) as caught:
        kind.parse(argument)
    assert caught.value.reply.permanent


@given(st.binary(max_size=60))
def test_no_argument_makes_more_than_a_protocol_error(argument):
    for kind in (Hello, Mail, Recipient, Authenticate):
        for text in (argument, b"FROM:<" + argument, b"TO:<" + argument):
            with contextlib.suppress(RemoteProtocolError):
                kind.parse(text)


@pytest.mark.parametrize("octet", [b"\r", b"\n", b"\0"])
def test_nothing_is_written_that_breaks_a_line(octet):
    with pytest.raises(LocalProtocolError):
        serialize_command(Command(b"RCPT", b"TO:<a" + octet + b"@b>"))
    with pytest.raises(LocalProtocolError):
        serialize_reply(Reply(250, ("fine", f"a{octet.decode()}b")))


def test_a_reply_is_written_line_by_line_with_its_enhanced_code():
    assert serialize_reply(Reply(250, ("a", "b"), "2.1.0")) == b"250-2.1.0 a\r\n250 2.1.0 b\r\n"
    assert serialize_reply(Reply(250, ("a",), "2.1.0"), enhanced=False) == b"250 a\r\n"
    assert serialize_reply(Reply(354, ("a",), "2.1.0")) == b"354 a\r\n"


CHECKS = [
    ("SIZE", "MAIL", ["0", "1000"], [None, "", "-1", "1e3", "1001"]),
    ("8BITMIME", "MAIL", ["7BIT", "8bitmime"], [None, "BINARYMIME"]),
    ("BINARYMIME", "MAIL", ["BINARYMIME"], ["x"]),
    ("SMTPUTF8", "MAIL", [None], ["x"]),
    ("REQUIRETLS", "MAIL", [None], ["x"]),
    ("DSN", "RCPT", ["NEVER", "SUCCESS,FAILURE"], ["NEVER,DELAY", "X", None, "DELAY,DELAY"]),
]


@pytest.mark.parametrize(("keyword", "command", "good", "bad"), CHECKS)
def test_an_extension_checks_its_parameter(keyword, command, good, bad):
    kind = load_extension(keyword)
    extension = kind(1000) if keyword == "SIZE" else kind()
    checks = extension.mail_parameters if command == "MAIL" else extension.rcpt_parameters
    name = next(iter(checks))
    for value in good:
        check_parameters({name: value}, [checks])
    for value in bad:
        with pytest.raises(RemoteProtocolError):
            check_parameters({name: value}, [checks])


def test_a_parameter_of_no_extension_is_refused():
    with pytest.raises(RemoteProtocolError) as caught:
        check_parameters({"X": None}, [])
    assert caught.value.reply.code == 555


def test_every_standard_extension_is_found_by_its_keyword():
    assert {load_extension(keyword).keyword for keyword in STANDARD} == set(STANDARD)
    with pytest.raises(KeyError):
        load_extension("XNONE")


def test_an_extension_of_a_users_own_is_registered_like_ours():
    @register_extension
    class Own(Extension):
        keyword = "XOWN"

    assert load_extension("XOWN") is Own
