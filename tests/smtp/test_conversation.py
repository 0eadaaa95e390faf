"""Servers and clients as programs have them, connected in memory."""

from __future__ import annotations

from io import BytesIO

import pytest
from zope.interface import implementer

from sennit.core.deferred import Deferred, fail, succeed
from sennit.cred import (
    AllowAnonymousAccess,
    InMemoryUsernamePasswordDatabaseDontUse,
    IRealm,
    Portal,
)
from sennit.smtp import Limits
from sennit.smtp.authentication import (
    CramMD5ClientAuthenticator,
    CramMD5Credentials,
    LOGINAuthenticator,
    LOGINCredentials,
    PLAINAuthenticator,
    PLAINCredentials,
)
from sennit.smtp.bearer import BearerCredentials, OAUTHBEARERAuthenticator, XOAUTH2Authenticator
from sennit.smtp.errors import AUTHDeclinedError, AUTHRequiredError, SMTPDeliveryError, TLSRequiredError
from sennit.smtp.extended import ALL_EXTENSIONS, ESMTP, LMTP
from sennit.smtp.extended_client import ESMTPClient
from sennit.smtp.interfaces import IMessage, IMessageDelivery, IMessageSink
from sennit.smtp.refusals import SMTPBadRcpt, SMTPBadSender, SMTPServerError
from sennit.smtp.scram import SCRAMAuthenticator, SCRAMCredentials
from sennit.smtp.sender import SMTPSenderFactory
from sennit.smtp.server import SMTP
from sennit.testing import Clock, StringTransport, connected_pair

MECHANISMS = {
    b"SCRAM-SHA-256": SCRAMCredentials,
    b"CRAM-MD5": CramMD5Credentials,
    b"PLAIN": PLAINCredentials,
    b"LOGIN": LOGINCredentials,
    b"XOAUTH2": BearerCredentials,
    b"OAUTHBEARER": BearerCredentials,
}


@implementer(IMessage)
class Message:
    """Keeps lines."""

    def __init__(self, user, store, outcome):
        self.user = str(user)
        self.store = store
        self.outcome = outcome
        self.lines = []

    def lineReceived(self, line):
        self.lines.append(line)

    def eomReceived(self):
        self.store.append((self.user, self.lines))
        return self.outcome()

    def connectionLost(self):
        self.store.append((self.user, None))


@implementer(IMessageSink)
class Sink:
    """Keeps octets, at its own pace."""

    def __init__(self):
        self.data = b""
        self.room = None
        self.done = Deferred()
        self.lost = False

    def partReceived(self, data):
        self.data += data
        return self.room

    def eomReceived(self):
        return self.done

    def connectionLost(self):
        self.lost = True


@implementer(IMessageDelivery)
class Delivery:
    """Takes mail, but from and for some."""

    def __init__(self, outcome=lambda: succeed(None)):
        self.store = []
        self.outcome = outcome
        self.sinks = []

    def receivedHeader(self, helo, origin, recipients):
        return b"Received: by test" if str(recipients[0]) == "traced@example.org" else None

    def validateFrom(self, helo, origin):
        if origin.local == b"evil":
            raise SMTPBadSender(origin)
        return origin

    def validateTo(self, user):
        match user.dest.local:
            case b"nobody":
                raise SMTPBadRcpt(user)
            case b"broken":
                raise RuntimeError("not for the client")
            case b"late":
                return self.waiting
            case b"sink":
                self.sinks.append(Sink())
                return lambda: self.sinks[-1]
            case b"full":
                return lambda: Message(user, self.store, lambda: fail(SMTPServerError(452, "full")))
            case _:
                return lambda: Message(user, self.store, self.outcome)

    def __getattr__(self, name):
        if name == "waiting":
            self.waiting = Deferred()
            return self.waiting
        raise AttributeError(name)


class Talk:
    """A client of the test's own, and a server."""

    def __init__(self, server):
        from sennit.testing import AccumulatingProtocol

        server.callLater = Clock().callLater
        self.server = server
        self.client = AccumulatingProtocol()
        self.client.factory = type("Factory", (), {"protocolConnectionMade": None})()
        self.pair = connected_pair(server, self.client)
        self.say(b"")

    def say(self, data):
        self.client.data = b""
        if data:
            self.client.transport.write(data)
        self.pair.flush()
        return self.client.data


@pytest.fixture
def delivery():
    return Delivery()


def talk(delivery, kind=SMTP, **attributes):
    server = kind()
    server.delivery = delivery
    for name, value in attributes.items():
        setattr(server, name, value)
    return Talk(server)


ENVELOPE = b"EHLO me\r\nMAIL FROM:<a@example.org>\r\n"


def test_a_message_is_taken_for_each_recipient(delivery):
    there = talk(delivery)
    there.say(
        b"HELO me\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<traced@example.org>\r\n"
    )
    assert there.say(b"DATA\r\n") == b"354 Continue\r\n"
    assert there.say(b"Subject: x\r\n\r\n..y\r\n.\r\n") == b"250 Delivery in progress\r\n"
    lines = [b"Subject: x", b"", b".y"]
    assert delivery.store == [
        ("b@example.org", lines),
        ("traced@example.org", [b"Received: by test", *lines]),
    ]


def test_who_is_refused_is_told_what_is_meant_for_him(delivery, caplog):
    there = talk(delivery, ESMTP, offered=ALL_EXTENSIONS)
    there.say(b"EHLO me\r\n")
    assert there.say(b"MAIL FROM:<evil@example.org>\r\n").startswith(b"550 5.1.8 ")
    assert there.say(b"MAIL FROM:<a@example.org> X=1\r\n").startswith(b"555 5.5.4 ")
    assert there.say(b"MAIL FROM:<a@example.org> SIZE=99999999\r\n").startswith(b"552 5.3.4 ")
    there.say(b"MAIL FROM:<a@example.org>\r\n")
    assert there.say(b"RCPT TO:<nobody@example.org>\r\n").startswith(b"550 5.0.0 ")
    refused = there.say(b"RCPT TO:<broken@example.org>\r\n")
    assert refused.startswith(b"451 4.3.0 ")
    assert b"not for the client" not in refused
    assert there.say(b"DATA\r\n").startswith(b"503 ")


def test_an_answer_may_take_its_time_and_what_is_pipelined_waits(delivery):
    there = talk(delivery)
    assert there.say(ENVELOPE.replace(b"EHLO", b"HELO")).count(b"\r\n") == 2
    assert there.say(b"RCPT TO:<late@example.org>\r\nNOOP\r\n") == b""
    delivery.waiting.callback(Sink)
    assert there.say(b"") == b"250 Recipient address accepted\r\n250 OK\r\n"


def test_the_replies_to_a_group_are_written_together_and_before_any_other(delivery):
    server = SMTP(delivery)
    server.callLater = Clock().callLater
    written = []
    transport = StringTransport()
    transport.write = written.append
    server.makeConnection(transport)
    message = b"one\r\n.\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<nobody@example.org>\r\nNOOP\r\nRSET\r\n"
    for data in (b"MAIL FROM:<a@b.test>\r\nRCPT TO:<me@example.org>\r\nDATA\r\n", message):
        written.clear()
        server.dataReceived(data)
    assert [part.split(b" ")[0] for part in b"".join(written).splitlines()] == [
        b"250",
        b"250",
        b"550",
        b"250",
        b"250",
    ]
    assert len(written) == 3
    assert written[0].count(b"\r\n") == 3


def test_a_reply_of_a_group_that_takes_its_time_does_not_hold_back_those_before_it(delivery):
    talk_ = talk(delivery)
    said = talk_.say(
        b"MAIL FROM:<a@b.test>\r\nRCPT TO:<me@example.org>\r\nRCPT TO:<late@example.org>\r\nDATA\r\n"
    )
    assert said.count(b"\r\n") == 2
    delivery.waiting.callback(lambda: Message("late", delivery.store, lambda: succeed(None)))
    assert talk_.say(b"").splitlines() == [b"250 Recipient address accepted", b"354 Continue"]


def test_a_sink_sets_the_pace(delivery):
    there = talk(delivery)
    there.say(ENVELOPE.replace(b"EHLO", b"HELO") + b"RCPT TO:<sink@example.org>\r\nDATA\r\n")
    sink = delivery.sinks[0]
    sink.room = Deferred()
    there.say(b"first\r\n")
    assert there.server.transport.paused
    sink.room, room = None, sink.room
    there.say(b"second\r\n.\r\n")
    assert sink.data == b"first\r\n"[: len(sink.data)]
    room.callback(None)
    there.say(b"")
    assert sink.data == b"first\r\nsecond\r\n"
    assert there.say(b"NOOP\r\n") == b""
    sink.done.callback(None)
    assert there.say(b"") == b"250 Delivery in progress\r\n250 OK\r\n"


def test_a_message_that_was_not_complete_is_forgotten(delivery):
    there = talk(delivery)
    there.say(ENVELOPE.replace(b"EHLO", b"HELO") + b"RCPT TO:<b@example.org>\r\nDATA\r\nhalf")
    there.client.transport.abortConnection()
    there.pair.flush()
    assert delivery.store == [("b@example.org", None)]


def test_an_error_of_our_own_is_temporary_and_says_nothing():
    delivery = Delivery(lambda: fail(RuntimeError("secret")))
    there = talk(delivery)
    there.say(ENVELOPE.replace(b"EHLO", b"HELO") + b"RCPT TO:<b@example.org>\r\nDATA\r\n")
    said = there.say(b"x\r\n.\r\n")
    assert said.startswith(b"451 ")
    assert b"secret" not in said


def test_a_line_that_is_too_long_for_who_takes_lines_ends_the_message_only(delivery):
    there = talk(delivery)
    there.say(ENVELOPE.replace(b"EHLO", b"HELO") + b"RCPT TO:<b@example.org>\r\nDATA\r\n")
    assert there.say(b"x" * 100_000 + b"\r\n.\r\n") == b"500 Line too long\r\n"
    assert delivery.store == [("b@example.org", None)]
    assert there.say(b"NOOP\r\n") == b"250 OK\r\n"


def test_lmtp_answers_for_each_recipient(delivery):
    there = talk(delivery, LMTP)
    assert there.say(b"EHLO me\r\n").startswith(b"500 ")
    there.say(b"LHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<full@example.org>\r\nDATA\r\n")
    assert there.say(b"x\r\n.\r\n") == b"250 2.1.5 Delivered\r\n452 4.0.0 full\r\n"


def test_chunks_make_a_message_too(delivery):
    there = talk(delivery, ESMTP, offered=ALL_EXTENSIONS)
    there.say(ENVELOPE + b"RCPT TO:<sink@example.org>\r\n")
    delivery.sinks[0].done.callback(None)
    said = there.say(b"BDAT 3\r\na\nbBDAT 2 LAST\r\n\0c")
    assert said == b"250 2.6.0 Go on\r\n250 2.6.0 Delivery in progress\r\n"
    assert delivery.sinks[0].data == b"a\nb\0c"


def test_a_client_that_ends_its_side_at_once_is_answered_all_that_it_asked(delivery):
    there = talk(delivery, ESMTP, offered=ALL_EXTENSIONS)
    there.say(ENVELOPE)
    there.client.transport.write(b"RCPT TO:<sink@example.org>\r\nBDAT 1 LAST\r\nxQUIT\r\n")
    there.client.transport.loseWriteConnection()
    said = there.say(b"")
    assert said == b"250 2.1.5 Recipient address accepted\r\n"
    assert not there.client.closed
    delivery.sinks[0].done.callback(None)
    assert there.say(b"") == b"250 2.6.0 Delivery in progress\r\n221 2.0.0 See you later\r\n"
    assert there.client.closed


def test_a_client_that_errs_too_often_is_let_go(delivery):
    there = talk(delivery, limits=Limits(errors=3))
    said = there.say(b"X\r\n" * 10)
    assert said.count(b"500 ") == 3
    assert said.splitlines()[-1].startswith(b"421 ")
    assert there.client.closed


def test_a_client_that_says_nothing_is_let_go(delivery):
    there = talk(delivery)
    there.server.timeoutConnection()
    there.pair.flush()
    assert b"\r\n421 " in there.client.data
    assert there.client.closed


def test_a_subclass_may_look_at_each_line_first(delivery):
    seen = []

    class Watching(SMTP):
        def lineReceived(self, line):
            seen.append(line)
            return super().lineReceived(line)

    there = talk(delivery, Watching)
    there.say(b"HELO me\r\nNOOP\r\n")
    assert seen == [b"HELO me", b"NOOP"]


def test_a_subclass_adds_a_command(delivery):
    class Adding(SMTP):
        def do_XHELLO(self, rest):
            self.sendCode(250, b"hello " + rest)

    assert talk(delivery, Adding).say(b"XHELLO you\r\n") == b"250 hello you\r\n"


@implementer(IRealm)
class Realm:
    """Gives a delivery."""

    def __init__(self, delivery):
        self.delivery = delivery
        self.left = []

    def requestAvatar(self, avatar, mind, *interfaces):
        return IMessageDelivery, self.delivery, lambda: self.left.append(avatar)


class Tokens:
    """Knows a token."""

    from sennit.cred import IBearerToken

    credentialInterfaces = (IBearerToken,)

    def requestAvatarId(self, credentials):
        from sennit.cred import UnauthorizedLogin

        return succeed(b"user") if credentials.token == b"pass" else fail(UnauthorizedLogin())


def portal(delivery):
    checker = InMemoryUsernamePasswordDatabaseDontUse(user=b"pass")
    return Portal(Realm(delivery), [checker, Tokens()])


class Client(ESMTPClient):
    """Sends one message."""

    def __init__(self, secret, message=b"Subject: x\n\nhello\n", recipients=("b@example.org",)):
        super().__init__(secret, None, b"client.example")
        self.sender = b"a@example.org"
        self.recipients = list(recipients)
        self.message = message
        self.sent = None
        self.error = None

    def getMailFrom(self):
        sender, self.sender = self.sender, None
        return sender

    def getMailTo(self):
        return self.recipients

    def getMailData(self):
        return BytesIO(self.message)

    def sentMail(self, code, resp, numOk, addresses, log):
        self.sent = (code, numOk, [(address, code) for address, code, _ in addresses])

    def sendError(self, exc):
        self.error = exc
        super().sendError(exc)


def exchange(delivery, client, *, mechanisms=None, with_portal=True):
    server = ESMTP(MECHANISMS if mechanisms is None else mechanisms)
    server.offered = ALL_EXTENSIONS
    if with_portal:
        server.portal = portal(delivery)
    else:
        server.delivery = delivery
    server.callLater = client.callLater = Clock().callLater
    connected_pair(server, client).flush()
    return server


AUTHENTICATORS = [
    SCRAMAuthenticator,
    CramMD5ClientAuthenticator,
    PLAINAuthenticator,
    LOGINAuthenticator,
    XOAUTH2Authenticator,
    OAUTHBEARERAuthenticator,
]


@pytest.mark.parametrize("kind", AUTHENTICATORS)
@pytest.mark.parametrize("secret", [b"pass", b"wrong"])
def test_a_client_says_who_it_is(delivery, kind, secret):
    client = Client(secret)
    client.requireAuthentication = True
    client.registerAuthenticator(kind(b"user"))
    server = exchange(delivery, client)
    if secret == b"pass":
        assert client.error is None
        assert client.sent == (250, 1, [(b"b@example.org", 250)])
        assert server.authenticated
        assert server.portal.realm.left == [b"user"]
    else:
        assert isinstance(client.error, AUTHDeclinedError)
        assert client.sent is None
        assert not server.authenticated
        assert not delivery.store


def test_a_client_that_must_authenticate_sends_nothing_without(delivery):
    client = Client(b"pass")
    client.requireAuthentication = True
    client.registerAuthenticator(PLAINAuthenticator(b"user"))
    exchange(delivery, client, mechanisms={b"CRAM-MD5": CramMD5Credentials})
    assert isinstance(client.error, AUTHRequiredError)
    assert client.sent is None


def test_known_starttls_stripping_sends_nothing(delivery):
    client = Client(b"pass")
    client.requireTransportSecurity = True
    client.registerAuthenticator(PLAINAuthenticator(b"user"))
    exchange(delivery, client)
    assert isinstance(client.error, TLSRequiredError)
    assert not delivery.store


def test_a_server_with_tls_to_offer_takes_no_password_without(delivery):
    server = ESMTP({b"PLAIN": PLAINCredentials, b"CRAM-MD5": CramMD5Credentials}, contextFactory=object())
    server.authentication_requires_tls = True
    server.portal = portal(delivery)
    there = Talk(server)
    assert b"AUTH CRAM-MD5\r\n" in there.say(b"EHLO me\r\n")
    assert there.say(b"AUTH PLAIN AHVzZXIAcGFzcw==\r\n").startswith(b"538 ")


def test_known_scram_asks_for_no_more_work_than_is_right():
    client = SCRAMAuthenticator(b"user")
    nonce = client.challengeResponse(b"pass", b"").rpartition(b"r=")[2]
    for iterations in (b"1", b"4000000000", b"-1", b"x"):
        with pytest.raises(ValueError, match="work"):
            client.challengeResponse(b"pass", b"r=%bmore,s=c2FsdA==,i=%b" % (nonce, iterations))


def test_known_scram_holds_the_server_to_it():
    client = SCRAMAuthenticator(b"user")
    nonce = client.challengeResponse(b"pass", b"").rpartition(b"r=")[2]
    client.challengeResponse(b"pass", b"r=%bmore,s=c2FsdA==,i=4096" % nonce)
    with pytest.raises(ValueError, match="does not know"):
        client.challengeResponse(b"pass", b"v=AAAA")


@pytest.mark.parametrize(
    "message",
    [b"", b"n", b"n,,", b"p=tls-unique,,n=u,r=x", b"n,,r=x", b"n,,n=u,n=u,r=x", b"x" * 5000],
)
def test_what_is_no_message_of_scram_is_refused(message):
    with pytest.raises(ValueError, match=r"SCRAM|binding"):
        SCRAMCredentials().setResponse(message)


def test_each_recipient_has_his_answer(delivery):
    client = Client(b"", recipients=["b@example.org", "nobody@example.org", "c@example.org"])
    exchange(delivery, client, with_portal=False)
    assert client.sent == (
        250,
        2,
        [(b"b@example.org", 250), (b"nobody@example.org", 550), (b"c@example.org", 250)],
    )


def test_a_message_for_nobody_is_not_sent(delivery):
    client = Client(b"", recipients=["nobody@example.org"])
    exchange(delivery, client, with_portal=False)
    assert client.sent == (550, 0, [(b"nobody@example.org", 550)])
    assert not delivery.store


def test_anonymous_senders_are_taken_where_the_portal_says_so(delivery):
    server = ESMTP()
    server.portal = Portal(Realm(delivery), [AllowAnonymousAccess()])
    there = Talk(server)
    assert there.say(b"EHLO me\r\nMAIL FROM:<a@example.org>\r\n").endswith(b"250 Sender address accepted\r\n")


def test_a_sender_that_is_refused_for_now_tries_again(delivery):
    from sennit.testing import MemoryReactorClock

    reactor = MemoryReactorClock()
    result = Deferred()
    outcome = []
    result.addBoth(outcome.append)
    factory = SMTPSenderFactory("a@example.org", "full@example.org", BytesIO(b"x\n"), result, retries=1)
    connector = reactor.connectTCP("server", 25, factory)
    for attempt in range(2):
        server = SMTP(delivery)
        client = factory.buildProtocol(None)
        server.callLater = client.callLater = reactor.callLater
        connected_pair(server, client).flush()
        factory.clientConnectionLost(connector, RuntimeError("gone"))
        assert bool(outcome) is (attempt == 1)
    error = outcome[0].value
    assert isinstance(error, SMTPDeliveryError)
    assert error.code == 452
