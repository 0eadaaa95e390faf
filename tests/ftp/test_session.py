"""A control connection in memory: the order of answers, time-outs, limits, errors."""

from __future__ import annotations

import pytest

from sennit.core.deferred import Deferred
from sennit.ftp import Limits, Reply
from sennit.ftp.server import FTP, FTPFactory
from sennit.log import capturedLogs
from sennit.testing import StringTransport


class Slow(FTP):
    """Has commands that wait, and such that go wrong."""

    def connectionMade(self):
        super().connectionMade()
        self.waiting = []
        self.carried_out = []

    def ftp_WAIT(self, name):
        self.waiting.append(Deferred())
        self.carried_out.append(name)
        return self.waiting[-1]

    def ftp_FAIL(self):
        raise ZeroDivisionError("a secret of the server's")

    def ftp_OWN(self):
        return Reply(299, ("mine",))

    def ftp_NAMED(self):
        return ("250",)


def test_the_server_greets(talk):
    assert talk(welcomeMessage="hello").greeting == ["220 hello"]


def test_commands_are_answered_one_after_the_other(talk):
    client = talk(protocol=Slow).login()
    assert client.say("WAIT a", "WAIT b", "NOOP") == []
    assert client.server.carried_out == ["a"]
    client.server.waiting[0].callback("250")
    assert client.said() == ["250 Requested File Action Completed OK"]
    assert client.server.carried_out == ["a", "b"]
    client.server.waiting[1].callback(None)
    assert [line[:3] for line in client.said()] == ["200"]


def test_a_method_answers_by_what_it_returns(talk):
    client = talk(protocol=Slow).login()
    assert client.say("OWN", "NAMED") == ["299 mine", "250 Requested File Action Completed OK"]


def test_an_error_of_the_program_is_logged_and_not_told(talk):
    client = talk(protocol=Slow).login()
    with capturedLogs() as logs:
        assert client.codes("FAIL", "NOOP") == [550, 200]
        assert "secret" not in "".join(client.say("FAIL"))
    assert [event["log_failure"].type for event in logs] == [ZeroDivisionError] * 2


def test_an_argument_too_many_or_too_few_is_refused(talk):
    client = talk().login()
    assert client.codes("CWD", "PWD x", "NOSUCH", "NOSUCH x", "ftp_PWD", "", " ") == [500, 501, *[502] * 5]


def test_what_reading_stops_for_and_when_it_goes_on(talk):
    client = talk(protocol=Slow, limits=Limits(buffered=100)).login()
    client.say("WAIT a")
    client.say("NOOP " + "x" * 60)
    assert client.transport.producerState == "producing"
    client.say("NOOP " + "x" * 60)
    assert client.transport.producerState == "paused"
    client.server.waiting[0].callback("250")
    assert client.transport.producerState == "producing"
    assert [line[:3] for line in client.said()] == ["250", "501", "501"]


def test_known_flood_that_does_not_heed_the_pause_is_cut_off(talk):
    client = talk(protocol=Slow, limits=Limits(buffered=100)).login()
    client.say("WAIT a")
    assert client.codes(*["NOOP"] * 30) == []
    assert client.codes("NOOP") == [421]
    assert client.transport.disconnecting
    client.server.waiting[0].callback("250")
    assert client.said() == []


@pytest.mark.parametrize("line", ["x" * 9000, "CWD " + "\xff" * 9000])
def test_known_endless_line_is_cut_off(talk, line):
    client = talk()
    client.wrapper.dataReceived(line.encode("latin-1"))
    assert [reply[:3] for reply in client.said()] == ["500"]
    assert client.transport.disconnecting
    assert client.say("NOOP") == []


def test_who_makes_error_after_error_is_cut_off(talk):
    client = talk(limits=Limits(errors=5)).login()
    assert client.codes(*["NOSUCH"] * 4, "NOOP", *["RNTO x"] * 4) == [*[502] * 4, 200, *[503] * 4]
    assert client.codes("RNTO x", "NOOP") == [421]
    assert client.transport.disconnecting


# Time


def test_a_client_that_says_nothing_is_cut_off(talk):
    client = talk(timeOut=60)
    client.clock.advance(59)
    assert client.said() == []
    client.clock.advance(1)
    assert [line[:3] for line in client.said()] == ["421"]
    assert client.transport.disconnecting


def test_a_client_that_says_nothing_behind_a_command_is_cut_off(talk):
    client = talk(timeOut=60).login()
    client.clock.advance(59)
    assert client.codes("NOOP") == [200]
    client.clock.advance(59)
    assert client.codes("NOSUCH", "NOOP") == [502, 200]
    client.clock.advance(59)
    assert client.said() == []
    client.clock.advance(1)
    assert [line[:3] for line in client.said()] == ["421"]


def test_known_line_that_never_ends_does_not_hold_the_time_off(talk):
    client = talk(timeOut=60)
    for _ in range(5):
        client.clock.advance(59)
        client.wrapper.dataReceived(b"x")
    assert client.transport.disconnecting


def test_time_stands_still_while_a_command_is_carried_out(talk):
    client = talk(protocol=Slow, timeOut=60).login()
    client.say("WAIT a")
    client.clock.advance(600)
    client.say("NOOP")
    client.clock.advance(600)
    assert not client.transport.disconnecting
    client.server.waiting[0].callback("250")
    client.clock.advance(60)
    assert [line[:3] for line in client.said()] == ["250", "200", "421"]


def test_a_server_may_wait_for_ever(talk):
    client = talk(timeOut=None).login()
    assert not client.clock.getDelayedCalls()


# The end


def test_quit_is_answered_and_what_follows_is_not(talk):
    client = talk().login()
    assert client.say("QUIT", "NOOP") == ["221 Goodbye."]
    assert client.transport.disconnecting


def test_nothing_is_answered_to_who_is_gone(talk):
    client = talk(protocol=Slow).login()
    client.say("WAIT a", "NOOP")
    client.hang_up()
    client.server.waiting[0].callback("250")
    assert client.said() == []


def test_too_many_clients_are_told_so(talk, tmp_path):
    client = talk(connectionLimit=1)
    other = client.factory.buildProtocol(None)
    transport = StringTransport()
    other.makeConnection(transport)
    assert transport.value().startswith(b"421 ")
    assert transport.disconnecting
    assert client.factory.instances == [client.server]


def test_a_factory_that_stops_leaves_no_timer(talk):
    client = talk().login()
    client.factory.stopFactory()
    assert not client.clock.getDelayedCalls()


# Overriding


def test_lines_can_be_watched_and_changed(talk):
    class Watching(FTP):
        def lineReceived(self, line):
            super().lineReceived(line.replace(b"XCUP", b"CDUP"))

    client = talk(protocol=Watching).login()
    assert client.codes("CWD /", "XCUP", "NOOP") == [250, 550, 200]


def test_known_plain_text_behind_auth_is_forgotten_where_lines_are_watched_too(talk):
    class Watching(FTP):
        seen = ()

        def lineReceived(self, line):
            self.seen += (line,)
            super().lineReceived(line)

    client = talk(protocol=Watching, tls_context=object())
    client.transport.startTLS = lambda context: None
    assert client.codes("AUTH TLS", "USER anonymous", "PASS x") == [234]
    assert client.server.seen == (b"AUTH TLS",)
    assert client.codes("USER anonymous") == [331]


def test_a_line_can_be_sent_by_hand(talk):
    client = talk().login()
    client.server.sendLine("200 ü")
    client.server.sendLine(b"200 x")
    assert client.said() == ["200 ü", "200 x"]


def test_states_have_twisteds_numbers(talk):
    client = talk()
    assert client.server.state == FTP.UNAUTH
    client.say("USER bob")
    assert client.server.state == FTP.INAUTH
    client.say("PASS secret")
    assert client.server.state == FTP.AUTHED
    client.say("RNFR x")
    assert client.server.state == FTP.RENAMING
    client.server.state = FTP.AUTHED
    assert client.codes("NOOP") == [200]


def test_a_factory_without_a_portal_lets_nobody_in(talk):
    client = talk(portal=None)
    assert client.codes("USER bob", "PASS x", "USER anonymous", "PASS x") == [331, 530, 331, 530]
    assert FTPFactory().portal is None
