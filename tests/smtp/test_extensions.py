"""Each extension in both roles: offered and taken by the server, found and used by the client."""

from __future__ import annotations

import pytest
from tests.smtp.test_mailer import Script, outcome, scripted

from sennit.smtp.errors import SMTPDeliveryError, TLSRequiredError
from sennit.smtp.extended import ALL_EXTENSIONS, ESMTP
from sennit.smtp.limits import Limits
from sennit.smtp.refusals import SMTPBadRcpt
from sennit.smtp.transaction import limit_of
from sennit.testing import StringTransport

TEXT = b"Subject: hi\r\n\r\nlast\r\n"
SENDER, RECIPIENTS = "a@example.org", ["b@example.org", "c@example.org", "d@example.org"]


def greeting(*keywords):
    lines = ["mail.example", *keywords]
    last = len(lines) - 1
    text = "".join(f"250{' ' if place == last else '-'}{line}\r\n" for place, line in enumerate(lines))
    return [(b"", b"220 mail.example\r\n"), (b"EHLO me.example\r\n", text.encode())]


def message(envelope, content, answers=b"250 ok\r\n250 ok\r\n"):
    return [(envelope, answers), (b"BDAT %d LAST\r\n%b" % (len(content), content), b"250 taken\r\n")]


def sent(script, text=TEXT, recipients="b@example.org", **wishes):
    mailer = scripted(script)
    result = outcome(script.clock, mailer.send(text, SENDER, recipients, **wishes))
    mailer.close()
    return result


# The client


@pytest.mark.parametrize(
    ("keywords", "wishes", "mail", "rcpt"),
    [
        (["SIZE 1000"], {}, b" SIZE=%d" % len(TEXT), b""),
        (["8BITMIME"], {}, b" BODY=8BITMIME", b""),
        (["DSN"], {}, b"", b""),
        (["DSN"], {"notify": ("SUCCESS", "DELAY")}, b"", b" NOTIFY=SUCCESS,DELAY"),
        (["DSN"], {"returned": "HDRS", "envelope_id": "a+b c"}, b" RET=HDRS ENVID=a+2Bb+20c", b""),
        ([], {"notify": ("NEVER",), "returned": "FULL", "envelope_id": "x"}, b"", b""),
        (["BINARYMIME"], {"binary": True}, b" BODY=BINARYMIME", b""),
    ],
)
def test_what_the_server_offers_is_used(keywords, wishes, mail, rcpt):
    envelope = b"MAIL FROM:<a@example.org>%b\r\nRCPT TO:<b@example.org>%b\r\n" % (mail, rcpt)
    script = Script([*greeting("PIPELINING", "CHUNKING", *keywords), *message(envelope, TEXT)])
    assert sent(script, **wishes).accepted == ["b@example.org"]


def test_an_address_outside_of_ascii_goes_with_smtputf8():
    envelope = "MAIL FROM:<a@example.org> SMTPUTF8\r\nRCPT TO:<b\u00fc@example.org>\r\n".encode()
    script = Script([*greeting("PIPELINING", "CHUNKING", "SMTPUTF8"), *message(envelope, TEXT)])
    assert sent(script, recipients="b\u00fc@example.org").accepted == ["b\u00fc@example.org"]


def test_octets_that_are_no_lines_go_as_they_are():
    octets = b"\r\x00\n.\xff"
    envelope = b"MAIL FROM:<a@example.org> BODY=BINARYMIME\r\nRCPT TO:<b@example.org>\r\n"
    script = Script([*greeting("PIPELINING", "CHUNKING", "BINARYMIME"), *message(envelope, octets)])
    assert sent(script, octets, binary=True).accepted


@pytest.mark.parametrize("keywords", [[], ["CHUNKING"], ["BINARYMIME"]])
def test_octets_that_are_no_lines_need_a_server_that_takes_them(keywords):
    failure = sent(Script(greeting(*keywords)), binary=True)
    assert failure.check(SMTPDeliveryError)
    assert failure.value.code == 554


def test_a_message_that_requires_tls_goes_to_nobody_who_has_not_proven_his_name():
    failure = sent(Script(greeting("REQUIRETLS")), require_tls=True)
    assert failure.check(TLSRequiredError)


def test_an_enhanced_status_code_is_told_apart_from_the_text():
    script = Script(
        [
            *greeting("ENHANCEDSTATUSCODES"),
            (b"MAIL FROM:<a@example.org>\r\n", b"550 5.7.1 not you\r\n"),
            (b"RSET\r\n", b"250 2.0.0 ok\r\n"),
        ]
    )
    failure = sent(script)
    assert failure.value.addresses == [("b@example.org", 550, "not you")]


def envelope_of(*recipients):
    lines = [b"MAIL FROM:<a@example.org>\r\n", *(b"RCPT TO:<%b>\r\n" % one.encode() for one in recipients)]
    return b"".join(lines), b"250 ok\r\n" * len(lines)


def test_a_message_goes_in_turns_to_no_more_recipients_than_the_server_takes_at_once():
    first, answers = envelope_of(*RECIPIENTS[:2])
    second, fewer = envelope_of(*RECIPIENTS[2:])
    script = Script(
        [
            *greeting("PIPELINING", "CHUNKING", "LIMITS RCPTMAX=2"),
            *message(first, TEXT, answers),
            (b"RSET\r\n", b"250 ok\r\n"),
            *message(second, TEXT, fewer),
        ]
    )
    assert sent(script, recipients=RECIPIENTS).accepted == RECIPIENTS


def test_no_more_messages_go_over_a_connection_than_the_server_takes():
    first, answers = envelope_of(*RECIPIENTS[:2])
    second, fewer = envelope_of(*RECIPIENTS[2:])
    hello = greeting("PIPELINING", "CHUNKING", "LIMITS RCPTMAX=2 MAILMAX=1")
    script = Script([*hello, *message(first, TEXT, answers)], [*hello, *message(second, TEXT, fewer)])
    assert sent(script, recipients=RECIPIENTS).accepted == RECIPIENTS
    assert not script.connections


def test_when_the_server_fails_between_two_turns_those_who_have_the_message_are_told():
    first, answers = envelope_of(*RECIPIENTS[:2])
    hello = greeting("PIPELINING", "CHUNKING", "LIMITS RCPTMAX=2 MAILMAX=1")
    script = Script([*hello, *message(first, TEXT, answers)], [(b"", b"421 enough\r\n")])
    result = sent(script, recipients=RECIPIENTS)
    assert result.accepted == RECIPIENTS[:2]
    assert result.refused[RECIPIENTS[2]].transient


@pytest.mark.parametrize(
    ("said", "limit"),
    [
        ("RCPTMAX=20 MAILMAX=1", 20),
        ("MAILMAX=1", None),
        ("rcptmax=20", 20),
        ("RCPTMAX=x", None),
        ("RCPTMAX=0", None),
    ],
)
def test_a_limit_is_a_number_above_zero(said, limit):
    assert limit_of({"LIMITS": said}, "RCPTMAX") == limit
    assert limit_of({}, "RCPTMAX") is None


# The server


class Delivery:
    def validateFrom(self, helo, origin):
        return origin

    def validateTo(self, user):
        raise SMTPBadRcpt(user)


class Server(ESMTP):
    offered = ALL_EXTENSIONS
    limits = Limits(message_size=1000, recipients=7)
    delivery = Delivery()
    secured = False
    timeout = None

    @property
    def secure(self):
        return self.secured


def said(line, *, secured=False):
    """Return what a server that offers everything answers to a line after EHLO."""
    server, transport = Server(), StringTransport()
    server.secured = secured
    server.makeConnection(transport)
    server.dataReceived(b"EHLO client.example\r\n")
    if line:
        transport.clear()
        server.dataReceived(line + b"\r\n")
    return transport.value()


@pytest.mark.parametrize("keyword", [name for name in ALL_EXTENSIONS if name != "REQUIRETLS"])
def test_a_server_offers_what_it_is_told_to(keyword):
    words = {"SIZE": "SIZE 1000", "LIMITS": "LIMITS RCPTMAX=7"}.get(keyword, keyword)
    lines = said(b"").decode().splitlines()
    assert words in [line[4:] for line in lines]


def test_requiretls_is_offered_under_tls_alone():
    assert b"REQUIRETLS" not in said(b"")
    assert b"REQUIRETLS" in said(b"", secured=True)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        (b"SIZE=1000", b"250 2.1.0"),
        (b"SIZE=1001", b"552 5.3.4"),
        (b"BODY=8BITMIME", b"250 2.1.0"),
        (b"BODY=BINARYMIME", b"250 2.1.0"),
        (b"SMTPUTF8", b"250 2.1.0"),
        (b"RET=HDRS ENVID=x", b"250 2.1.0"),
        (b"RET=ALL", b"501 5.5.4"),
        (b"UNHEARD=of", b"555 5.5.4"),
    ],
)
def test_a_server_takes_the_parameters_of_what_it_offers(parameters, code):
    assert said(b"MAIL FROM:<a@example.org> " + parameters).startswith(code)


def test_requiretls_is_taken_under_tls():
    assert said(b"MAIL FROM:<a@example.org> REQUIRETLS", secured=True).startswith(b"250 2.1.0")
