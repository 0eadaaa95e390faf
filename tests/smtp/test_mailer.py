"""The mailer against servers in memory that say what a script says, and against a real one."""

from __future__ import annotations

import io
from dataclasses import replace
from email.message import EmailMessage

import pytest
from zope.interface import implementer

import sennit
from sennit.core.deferred import Deferred, succeed
from sennit.cred import (
    IBearerToken,
    ICredentialsChecker,
    InMemoryUsernamePasswordDatabaseDontUse,
    IRealm,
    Portal,
)
from sennit.protocol import Factory
from sennit.smtp.authentication import CramMD5Credentials, LOGINCredentials, PLAINCredentials
from sennit.smtp.bearer import BearerCredentials
from sennit.smtp.errors import (
    AUTHDeclinedError,
    AUTHRequiredError,
    SMTPConnectError,
    SMTPDeliveryError,
    SMTPTimeoutError,
    TLSError,
    TLSRequiredError,
)
from sennit.smtp.extended import ALL_EXTENSIONS, ESMTP, LMTP
from sennit.smtp.interfaces import IMessageDelivery, IMessageSink
from sennit.smtp.limits import Limits
from sennit.smtp.mailer import Mailer, send
from sennit.smtp.refusals import SMTPBadRcpt, SMTPServerError
from sennit.smtp.routing import TLS, Login, MailServer, Policy, same_name
from sennit.smtp.scram import SCRAMCredentials
from sennit.testing import Clock, StringTransport

TEXT = b"Subject: hi\r\n\r\n.dot\r\nlast\r\n"
HELLO = [(b"", b"220 mail.example\r\n"), (b"EHLO me.example\r\n", b"250 mail.example\r\n")]


class Script:
    """An endpoint whose server answers as is written, and checks what it hears."""

    def __init__(self, *connections):
        self.connections = [list(lines) for lines in connections]
        self.transports = []
        self.clock = Clock()

    def connect(self, factory):
        lines = self.connections.pop(0)
        transport = StringTransport()
        transport.loseConnection = transport.abortConnection = lambda: None
        protocol = factory.buildProtocol(None)

        def answer():
            while lines and transport.value() == lines[0][0]:
                _, reply = lines.pop(0)
                transport.clear()
                protocol.dataReceived(reply)

        write = transport.write
        transport.write = lambda data: (write(data), clock.callLater(0, answer))
        self.transports.append(transport)
        clock = self.clock
        protocol.makeConnection(transport)
        clock.callLater(0, answer)
        return succeed(protocol)


def scripted(script, **settings):
    server = MailServer("mail.example", tls=TLS.NONE, endpoint=script)
    return Mailer(server, identity="me.example", reactor=script.clock, **settings)


def outcome(clock, awaitable):
    results = []
    Deferred.fromCoroutine(awaitable).addBoth(results.append)
    for _ in range(200):
        clock.advance(0)
    return results[0] if results else None


def test_a_message_goes_command_by_command_where_groups_are_not_taken():
    script = Script(
        [
            *HELLO,
            (b"MAIL FROM:<a@example.org>\r\n", b"250 ok\r\n"),
            (b"RCPT TO:<b@example.org>\r\n", b"250 ok\r\n"),
            (b"RCPT TO:<c@example.org>\r\n", b"550 no\r\n"),
            (b"DATA\r\n", b"354 go on\r\n"),
            (b"Subject: hi\r\n\r\n..dot\r\nlast\r\n.\r\n", b"250 taken\r\n"),
        ]
    )
    mailer = scripted(script)
    sent = outcome(script.clock, mailer.send(TEXT, "a@example.org", ["b@example.org", "c@example.org"]))
    assert sent.accepted == ["b@example.org"]
    assert sent.refused["c@example.org"].code == 550
    mailer.close()


def test_groups_and_chunks_are_used_where_they_are_taken():
    hello = [
        HELLO[0],
        (HELLO[1][0], b"250-mail.example\r\n250-PIPELINING\r\n250-SIZE 100\r\n250 CHUNKING\r\n"),
    ]
    envelope = b"MAIL FROM:<a@example.org> SIZE=27\r\nRCPT TO:<b@example.org>\r\n"
    script = Script(
        [*hello, (envelope, b"250 ok\r\n250 ok\r\n"), (b"BDAT 27 LAST\r\n" + TEXT, b"250 ok\r\n")]
    )
    mailer = scripted(script)
    sent = outcome(script.clock, mailer.send(TEXT, "a@example.org", "b@example.org"))
    assert sent.accepted == ["b@example.org"]
    mailer.close()


def test_a_message_that_is_too_large_for_the_server_is_not_begun():
    hello = [HELLO[0], (HELLO[1][0], b"250-mail.example\r\n250 SIZE 10\r\n")]
    script = Script(hello)
    failure = outcome(script.clock, scripted(script).send(TEXT, "a@example.org", "b@example.org"))
    assert failure.check(SMTPDeliveryError)
    assert failure.value.code == 552


def test_a_server_that_says_nothing_is_given_up():
    script = Script([])
    mailer = scripted(script, timeout=10)
    results = []
    Deferred.fromCoroutine(mailer.send(TEXT, "a@example.org", "b@example.org")).addBoth(results.append)
    script.clock.advance(9.5)
    assert not results
    script.clock.advance(1)
    assert results[0].check(SMTPTimeoutError)
    assert not script.clock.getDelayedCalls()


def test_a_farewell_ends_the_message():
    script = Script([*HELLO, (b"MAIL FROM:<a@example.org>\r\n", b"421 closing\r\n")])
    failure = outcome(script.clock, scripted(script).send(TEXT, "a@example.org", "b@example.org"))
    assert failure.value.code == 421


def test_a_server_that_has_no_service_is_told():
    script = Script([(b"", b"554 no service here\r\n")])
    failure = outcome(script.clock, scripted(script).send(TEXT, "a@example.org", "b@example.org"))
    assert failure.check(SMTPConnectError)
    assert failure.value.code == 554


def test_when_all_recipients_are_refused_the_error_has_their_replies():
    script = Script(
        [
            *HELLO,
            (b"MAIL FROM:<>\r\n", b"250 ok\r\n"),
            (b"RCPT TO:<b@example.org>\r\n", b"450 later\r\n"),
            (b"RSET\r\n", b"250 ok\r\n"),
        ]
    )
    mailer = scripted(script)
    failure = outcome(script.clock, mailer.send(TEXT, "", "b@example.org"))
    assert failure.check(SMTPDeliveryError)
    assert failure.value.retry
    assert failure.value.addresses == [("b@example.org", 450, "later")]
    mailer.close()


def test_addresses_outside_of_ascii_need_a_server_that_takes_them():
    script = Script([*HELLO])
    failure = outcome(script.clock, scripted(script).send(TEXT, "a@example.org", "b\u00fc@example.org"))
    assert failure.value.code == 553


def test_tls_that_is_required_and_not_offered_ends_all():
    script = Script([*HELLO])
    mailer = scripted(script)
    mailer.server = MailServer("mail.example", tls=TLS.REQUIRED, endpoint=script)
    failure = outcome(script.clock, mailer.send(TEXT, "a@example.org", "b@example.org"))
    assert failure.check(TLSRequiredError)
    assert script.transports[0].value() == b""


def test_no_password_is_said_where_the_server_has_not_proven_its_name():
    hello = [HELLO[0], (HELLO[1][0], b"250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n")]
    script = Script(hello)
    mailer = scripted(script)
    mailer.server = MailServer("mail.example", tls=TLS.OPPORTUNISTIC, login=Login("u", "p"), endpoint=script)
    failure = outcome(script.clock, mailer.send(TEXT, "a@example.org", "b@example.org"))
    assert failure.check(AUTHRequiredError)
    assert script.transports[0].value() == b""


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (MailServer("h"), TLS.OPPORTUNISTIC),
        (MailServer("h", 465), TLS.IMPLICIT),
        (MailServer("h", 587), TLS.REQUIRED),
        (MailServer("h", login=Login("u", "p")), TLS.REQUIRED),
        (MailServer("h", 587, TLS.NONE), TLS.NONE),
    ],
)
def test_what_is_usual_at_a_port_is_the_default(server, expected):
    assert server.security is expected


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("h", "h", 25), ("h:587", "h", 587), ("[::1]:25", "::1", 25), ("[::1]", "::1", 25)],
)
def test_a_server_is_read_from_text(text, host, port):
    server = MailServer.parse(text)
    assert (server.host, server.port) == (host, port)


@pytest.mark.parametrize("text", ["", ":25", "h:", "h:x", "h:99999", "h:0"])
def test_text_that_is_no_server_is_refused(text):
    with pytest.raises(ValueError, match="HOST"):
        MailServer.parse(text)


def test_a_pattern_of_a_policy_stands_for_one_label():
    assert same_name("*.example.org", "mx.EXAMPLE.org.")
    assert not same_name("*.example.org", "a.mx.example.org")
    assert not same_name("*.example.org", "example.org")
    assert same_name("mx.example.org", "mx.example.org")


def test_a_policy_leaves_only_servers_that_it_names():
    async def find_servers(domain):
        return [f"evil.{domain}"]

    async def find_policy(domain):
        return Policy(enforced=True, servers=(f"mx.{domain}",))

    mailer = Mailer(find_servers=find_servers, find_policy=find_policy, reactor=Clock())
    failure = outcome(Clock(), mailer.send(TEXT, "a@example.org", "b@example.org"))
    assert failure.check(SMTPDeliveryError)
    assert b"policy" in failure.value.resp


# A real server


@implementer(IMessageSink)
class Message:
    def __init__(self, store):
        self.store = store
        self.parts = []

    def partReceived(self, data):
        self.parts.append(data)

    def eomReceived(self):
        data = b"".join(self.parts)
        if b"poison" in data:
            raise SMTPServerError(554, "Not this")
        self.store.append(data)
        return succeed(None)

    def connectionLost(self):
        pass


@implementer(IMessageDelivery)
class Delivery:
    def __init__(self, store):
        self.store = store

    def receivedHeader(self, helo, origin, recipients):
        return None

    def validateFrom(self, helo, origin):
        return origin

    def validateTo(self, user):
        if user.dest.local.startswith(b"nobody"):
            raise SMTPBadRcpt(user)
        return lambda: Message(self.store)


@implementer(IRealm)
class Realm:
    def __init__(self, store):
        self.store = store

    def requestAvatar(self, avatar, mind, *interfaces):
        return IMessageDelivery, Delivery(self.store), lambda: None


@implementer(ICredentialsChecker)
class Tokens:
    """Knows one token."""

    credentialInterfaces = (IBearerToken,)

    def requestAvatarId(self, credentials):
        assert credentials.token == b"secret"
        return succeed(b"user")


MECHANISMS = {
    b"SCRAM-SHA-256": SCRAMCredentials,
    b"CRAM-MD5": CramMD5Credentials,
    b"PLAIN": PLAINCredentials,
    b"LOGIN": LOGINCredentials,
    b"XOAUTH2": BearerCredentials,
    b"OAUTHBEARER": BearerCredentials,
}


class MailHost:
    """A server on a real socket, while the block runs."""

    def __init__(self, kind=ESMTP, offered=ALL_EXTENSIONS, login=False, context=None):
        self.context = context
        self.store = []
        self.built = []
        self.kind, self.offered, self.login = kind, offered, login

    def build(self, _):
        made = self.kind(MECHANISMS if self.login else None)
        made.offered = self.offered
        made.limits = Limits(message_size=100 << 20)
        if self.context is not None:
            made.ctx, made.canStartTLS, made.authentication_requires_tls = self.context, True, True
        made.noisy = False
        if self.login:
            users = InMemoryUsernamePasswordDatabaseDontUse(user=b"secret")
            made.portal = Portal(Realm(self.store), [users, Tokens()])
        else:
            made.delivery = Delivery(self.store)
        self.built.append(made)
        return made

    async def __aenter__(self):
        factory = Factory()
        factory.buildProtocol = self.build
        factory.noisy = False
        self.port = sennit.current_reactor().listenTCP(0, factory, interface="127.0.0.1")
        return self

    async def __aexit__(self, *_):
        await self.port.stopListening()

    def server(self, **settings):
        settings.setdefault("tls", TLS.NONE)
        return MailServer("127.0.0.1", self.port.getHost().port, **settings)


@pytest.mark.parametrize("offered", [ALL_EXTENSIONS, ("PIPELINING", "SIZE"), ()])
def test_connections_are_kept_for_the_messages_to_come(offered):
    async def main():
        async with MailHost(offered=offered) as host, Mailer(host.server()) as mailer:
            for number in range(3):
                sent = await mailer.send(f"Subject: {number}\n\n.x\n", "a@example.org", "b@example.org")
                assert sent.accepted == ["b@example.org"]
            # A refusal does not end a connection either.
            with pytest.raises(SMTPDeliveryError):
                await mailer.send("x", "a@example.org", ["nobody@example.org"])
            with pytest.raises(SMTPDeliveryError):
                await mailer.send("poison", "a@example.org", ["b@example.org"])
            await mailer.send(EmailMessage(), "a@example.org", ["b@example.org", "nobody@example.org"])
            assert len(host.built) == 1
            assert host.store[:3] == [b"Subject: %d\r\n\r\n.x\r\n" % number for number in range(3)]

    sennit.run(main)


@pytest.mark.parametrize("offered", [ALL_EXTENSIONS, ()])
def test_a_large_file_streams_and_its_progress_is_told(offered):
    line = b"x" * 70 + b"\n"
    text = b"Subject: large\n\n" + line * 50_000
    written = []

    async def main():
        async with MailHost(offered=offered) as host:
            sent = await send(
                io.BytesIO(text),
                "a@example.org",
                "b@example.org",
                server=host.server(),
                progress=written.append,
            )
            assert sent.accepted
            assert host.store == [text.replace(b"\n", b"\r\n")]

    sennit.run(main)
    assert len(written) > 50
    assert sum(written) == len(text.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"])
def test_users_log_in_by_each_mechanism(mechanism):
    async def main():
        async with MailHost(login=True) as host:
            login = Login("user", "secret", mechanisms=(mechanism,))
            sent = await send("x", "a@example.org", "b@example.org", server=host.server(login=login))
            assert sent.accepted
            wrong = Login("user", "wrong", mechanisms=(mechanism,))
            with pytest.raises(AUTHDeclinedError):
                await send("x", "a@example.org", "b@example.org", server=host.server(login=wrong))

    sennit.run(main)


def test_lmtp_answers_for_each_recipient():
    async def main():
        async with MailHost(LMTP, LMTP.offered) as host:
            names = ["b@example.org", "nobody@example.org", "c@example.org"]
            sent = await send("x", "a@example.org", names, server=host.server(lmtp=True))
            assert sent.accepted == ["b@example.org", "c@example.org"]
            assert sent.replies["c@example.org"].text == "Delivered"

    sennit.run(main)


def test_a_server_that_is_not_there_is_told():
    async def main():
        async with MailHost() as host:
            server = host.server()
        with pytest.raises(SMTPConnectError, match="can't be reached"):
            await send("x", "a@example.org", "b@example.org", server=server)

    sennit.run(main)


def test_a_kept_connection_that_has_died_is_replaced():
    async def main():
        async with MailHost() as host, Mailer(host.server()) as mailer:
            await mailer.send("1", "a@example.org", "b@example.org")
            host.built[0].transport.abortConnection()
            await mailer.send("2", "a@example.org", "b@example.org")
            assert len(host.built) == 2

    sennit.run(main)


@pytest.fixture(scope="module")
def identity():
    from sennit.tls import Certificate, PrivateCertificate, make_certificate

    key, certificate = make_certificate(["localhost"])
    return PrivateCertificate.loadPEM(key + certificate).options(), Certificate.loadPEM(certificate)


@pytest.mark.parametrize("mechanism", ["PLAIN", "XOAUTH2", "OAUTHBEARER"])
def test_under_tls_with_a_server_that_has_proven_its_name_a_secret_may_be_said(identity, mechanism):
    context, certificate = identity
    token = mechanism != "PLAIN"

    async def main():
        async with MailHost(login=True, context=context) as host:
            login = Login("user", "secret", token=token, mechanisms=(mechanism,))
            server = replace(
                host.server(tls=TLS.REQUIRED, login=login), host="localhost", trust_root=certificate
            )
            sent = await send("x", "a@example.org", "b@example.org", server=server, require_tls=True)
            assert sent.accepted
            assert host.built[0].startedTLS

    sennit.run(main)


def test_nothing_is_sent_to_a_server_that_can_not_prove_its_name_but_where_that_was_asked_for(identity):
    context, _ = identity

    async def main():
        async with MailHost(context=context) as host:
            server = replace(host.server(tls=TLS.REQUIRED), host="localhost")
            with pytest.raises(TLSError, match="certificate"):
                await send("x", "a@example.org", "b@example.org", server=server)
            assert not host.store
            opportunistic = replace(server, tls=TLS.OPPORTUNISTIC)
            assert (await send("x", "a@example.org", "b@example.org", server=opportunistic)).accepted
            assert host.built[-1].startedTLS
            with pytest.raises(TLSRequiredError):
                await send("x", "a@example.org", "b@example.org", server=opportunistic, require_tls=True)

    sennit.run(main)


def test_tls_from_the_first_octet(identity):
    context, certificate = identity

    async def main():
        host = MailHost()
        factory = Factory()
        factory.buildProtocol = host.build
        factory.noisy = False
        port = sennit.current_reactor().listenSSL(0, factory, context, interface="127.0.0.1")
        server = MailServer("localhost", port.getHost().port, TLS.IMPLICIT, trust_root=certificate)
        assert (await send("x", "a@example.org", "b@example.org", server=server)).accepted
        with pytest.raises(SMTPConnectError, match="certificate"):
            await send("x", "a@example.org", "b@example.org", server=replace(server, trust_root=None))
        await port.stopListening()

    sennit.run(main)
