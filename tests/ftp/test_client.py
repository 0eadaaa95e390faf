"""The client, on a transport that keeps what is written."""

from __future__ import annotations

import pytest

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.deferred import CancelledError, Deferred
from sennit.core.errors import ConnectionDone, ConnectionRefusedError
from sennit.core.errors import ConnectionLost as TransportLost
from sennit.core.errors import TimeoutError as PeerTimeoutError
from sennit.core.failure import Failure
from sennit.ftp.client import FTPClient
from sennit.ftp.client_commands import FTPClientBasic, FTPCommand
from sennit.ftp.client_errors import (
    BadResponse,
    CommandFailed,
    ConnectionLost,
    FTPError,
    UnexpectedData,
    UnexpectedResponse,
)
from sennit.ftp.errors import LocalProtocolError
from sennit.protocol import Protocol
from sennit.task import Clock
from sennit.testing import StringTransport

LOGIN = b"220 hello\r\n331 password\r\n230 in\r\n200 binary\r\n"
PASSIVE = b"227 Entering Passive Mode (10,66,66,66,4,1).\r\n"


class Receiver(Protocol):
    def __init__(self):
        self.data = b""
        self.reason = None

    def dataReceived(self, data):
        self.data += data

    def connectionLost(self, reason):
        self.reason = reason.type


class Client(FTPClient):
    """A client whose data connections are made by the test."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.made = []
        self.clock = Clock()
        self.connectFactory = self._keep

    def _keep(self, host, port, factory):
        self.made.append((host, port, factory))
        return self

    def callLater(self, period, func):
        return self.clock.callLater(period, func)

    def disconnect(self):
        self.made.append("disconnected")


def make(client=None, peer="10.1.2.3", said=LOGIN):
    client = client or Client()
    address = IPv6Address if ":" in peer else IPv4Address
    transport = StringTransport(address("TCP", "10.9.9.9", 3000), address("TCP", peer, 21))
    client.makeConnection(transport)
    if said:
        client.dataReceived(said)
        transport.clear()
    return client


def sent(client):
    lines = client.transport.value().decode("latin-1").split("\r\n")
    client.transport.clear()
    return lines[:-1]


def result(deferred):
    """Return what a Deferred fired with; the error, if it failed; None if it waits."""
    if not deferred.called:
        return None
    found = []
    deferred.addBoth(found.append)
    return found[0].value if isinstance(found[0], Failure) else found[0]


def connect(client):
    """Make the data connection that was asked for."""
    _, _, factory = client.made[0]
    data = factory.buildProtocol(None)
    data.makeConnection(StringTransport())
    return data


# Logging in


def test_commands_wait_for_the_greeting_and_for_each_other():
    client = make(said=None)
    asked = client.pwd()
    told = []
    for line in (b"220-hel", b"lo\r\n220 go\r\n", b"331 x\r\n", b"230 x\r\n", b"200 x\r\n", b'257 "/"\r\n'):
        client.dataReceived(line)
        told.append(sent(client))
    assert told == [[], ["USER anonymous"], ["PASS anonymous@"], ["TYPE I"], ["PWD"], []]
    assert client.greeting == ["220-hello", "220 go"]
    assert result(asked) == ['257 "/"']


def test_who_is_let_in_by_his_name_says_no_password():
    client = make(said=None)
    client.dataReceived(b"220 x\r\n230 x\r\n")
    assert sent(client) == ["USER anonymous", "TYPE I"]


def test_who_has_no_password_says_none():
    client = make(Client("bob", None), said=None)
    client.dataReceived(b"220 x\r\n331 x\r\n")
    assert sent(client) == ["USER bob", "TYPE I"]


@pytest.mark.parametrize(
    "said",
    [
        b"530 no\r\n",
        b"220 x\r\n530 no\r\n",
        b"220 x\r\n331 x\r\n530 no\r\n",
        b"220 x\r\n331 x\r\n332 account\r\n",
    ],
)
def test_a_log_in_that_fails_closes_the_connection(said):
    client = make(said=None)
    asked = client.pwd()
    client.dataReceived(said)
    error = result(asked)
    assert isinstance(error, ConnectionLost)
    assert error.args[1].check(CommandFailed)
    assert client.transport.disconnecting
    assert isinstance(result(client.cdup()), ConnectionLost)


def test_a_user_with_a_line_end_in_his_name_logs_in_nowhere():
    client = make(Client("bob\r\nDELE x"), said=b"220 x\r\n")
    assert client.transport.disconnecting
    assert client.transport.value() == b""


# Commands


@pytest.mark.parametrize(
    ("ask", "line", "answer"),
    [
        (lambda client: client.cwd("a b"), "CWD a b", "250 ok"),
        (lambda client: client.cdup(), "CDUP", "250 ok"),
        (lambda client: client.makeDirectory("a"), "MKD a", '257 "a" made'),
        (lambda client: client.removeDirectory("a"), "RMD a", "250 ok"),
        (lambda client: client.removeFile("a\nb"), "DELE a\0b", "250 ok"),
        (lambda client: client.quit(), "QUIT", "221 bye"),
        (lambda client: client.queueStringCommand("SITE IDLE"), "SITE IDLE", "200 ok"),
    ],
)
def test_a_command_fires_with_the_lines_of_its_answer(ask, line, answer):
    client = make()
    asked = ask(client)
    assert sent(client) == [line]
    client.dataReceived(answer.encode() + b"\r\n")
    assert result(asked) == [answer]


def test_the_directory_is_taken_out_of_its_answer():
    client = make()
    found, none = client.getDirectory(), client.getDirectory()
    client.dataReceived(b'257 "/a b" is it\r\n257 nothing\r\n')
    assert result(found) == "/a b"
    assert result(none).args == (["257 nothing"],)


@pytest.mark.parametrize(("code", "error"), [(450, CommandFailed), (550, CommandFailed), (650, BadResponse)])
def test_a_command_that_is_refused_fails(code, error):
    client = make()
    asked = client.cwd("a")
    client.dataReceived(b"%d-no\r\n%d no\r\n" % (code, code))
    found = result(asked)
    assert type(found) is error
    assert found.args == ([f"{code}-no", f"{code} no"],)


def test_an_error_knows_the_code():
    assert (CommandFailed(["550-x", "550 y"]).code, CommandFailed().code) == (550, 0)


def test_renaming_takes_two_commands():
    client = make()
    asked = client.rename("a", "b")
    client.dataReceived(b"350 go on\r\n250 done\r\n")
    assert sent(client) == ["RNFR a", "RNTO b"]
    assert result(asked) == (["350 go on"], ["250 done"])


def test_a_file_that_is_not_there_is_not_renamed():
    client = make()
    asked = client.rename("a", "b")
    client.dataReceived(b"550 no\r\n")
    assert sent(client) == ["RNFR a"]
    assert isinstance(result(asked), CommandFailed)


def test_known_a_line_end_in_an_argument_fails_its_command_alone():
    client = make()
    bad, good = client.queueStringCommand("CWD a\r\nDELE b"), client.pwd()
    assert isinstance(result(bad), LocalProtocolError)
    assert sent(client) == ["PWD"]
    client.dataReceived(b'257 "/"\r\n')
    assert result(good) == ['257 "/"']


def test_a_command_that_is_cancelled_in_the_queue_is_not_sent():
    client = make()
    first, second, third = client.pwd(), client.cdup(), client.cwd("a")
    second.cancel()
    client.dataReceived(b"257 x\r\n250 y\r\n")
    assert sent(client) == ["PWD", "CWD a"]
    assert isinstance(result(second), CancelledError)
    assert (result(first), result(third)) == (["257 x"], ["250 y"])


def test_the_answer_to_a_command_that_was_cancelled_is_no_others():
    client = make()
    first, second = client.pwd(), client.cdup()
    first.cancel()
    client.dataReceived(b"257 x\r\n")
    assert result(second) is None
    client.dataReceived(b"250 y\r\n")
    assert result(second) == ["250 y"]
    assert isinstance(result(first), CancelledError)


def test_a_command_that_is_not_ready_holds_up_those_behind_it():
    client = make()
    command = FTPCommand("SITE A", 1)
    command.ready = 0
    client.queueCommand(command)
    client.pwd()
    assert sent(client) == []
    command.ready = 1
    client.sendNextCommand()
    client.dataReceived(b"200 x\r\n")
    assert sent(client) == ["SITE A", "PWD"]


def test_a_subclass_sees_each_line():
    class Watching(Client):
        seen = ()

        def lineReceived(self, line):
            self.seen += (line,)
            super().lineReceived(line)

    client = make(Watching())
    asked = client.pwd()
    client.dataReceived(b'257-a\r\n257 "/"\r\n')
    assert client.seen[-2:] == (b"257-a", b'257 "/"')
    assert result(asked) == ["257-a", '257 "/"']


# The end


def test_a_connection_that_is_lost_fails_all_that_waits():
    client = make()
    asked = [client.pwd(), client.cwd("a"), client.rename("a", "b"), client.retrieveFile("a", Receiver())]
    reason = Failure(TransportLost())
    client.connectionLost(reason)
    asked.append(client.pwd())
    for each in asked:
        error = result(each)
        assert isinstance(error, ConnectionLost)
        assert error.args == ("FTP connection lost", reason)


def test_a_basic_client_that_fails_leaves_the_connection_to_its_owner():
    client = make(FTPClientBasic(), said=b"220 x\r\n")
    asked = client.queueStringCommand("NOOP")
    client.fail(FTPError("enough"))
    assert result(asked).args[1].args == ("enough",)
    assert not client.transport.disconnecting


@pytest.mark.parametrize("said", [b"226 what?\r\n", b"2" * 20000, b"150 x\r\n" * 2000])
def test_a_server_that_says_what_it_should_not_is_left(said):
    client = make()
    client.dataReceived(said)
    error = result(client.pwd())
    assert isinstance(error.args[1], UnexpectedResponse)
    assert client.transport.disconnected


def test_a_server_that_closes_is_believed():
    client = make()
    client.dataReceived(b"421 Time is up.\r\n")
    assert result(client.pwd()).args[1].value.args == (["421 Time is up."],)
    assert client.transport.disconnecting


def test_a_server_that_says_nothing_is_waited_for_so_long():
    client = Client()
    client.timeout = 30
    make(client)
    asked = client.pwd()
    client.clock.advance(29)
    assert result(asked) is None
    client.clock.advance(2)
    assert isinstance(result(asked).args[1], PeerTimeoutError)
    assert client.transport.disconnected


def test_nobody_waits_while_nothing_is_asked():
    client = Client()
    client.timeout = 30
    make(client)
    client.pwd()
    client.dataReceived(b'257 "/"\r\n')
    client.clock.advance(100)
    assert not client.transport.disconnected
    assert client.clock.getDelayedCalls() == []


# Data connections


def test_a_file_is_received_and_confirmed():
    client, receiver = make(), Receiver()
    asked = client.retrieveFile("a b", receiver)
    assert sent(client) == ["PASV"]
    client.dataReceived(PASSIVE)
    assert sent(client) == ["RETR a b"]
    data = connect(client)
    client.dataReceived(b"150 go\r\n")
    data.dataReceived(b"hello")
    client.dataReceived(b"226 done\r\n")
    assert result(asked) is None
    data.connectionLost(Failure(ConnectionDone()))
    assert result(asked) == [(True, [(True, ["150 go", "226 done"])]), (True, None), (True, None)]
    assert (receiver.data, receiver.reason) == (b"hello", ConnectionDone)
    assert client.transfers == set()


def test_a_file_may_end_before_it_is_confirmed():
    client = make()
    asked = client.retr("a", Receiver(), 10)
    client.dataReceived(PASSIVE + b"350 from there\r\n150 go\r\n")
    assert sent(client) == ["PASV", "REST 10", "RETR a"]
    connect(client).connectionLost(Failure(ConnectionDone()))
    assert result(asked) is None
    client.dataReceived(b"226 done\r\n")
    replies = [(True, ["350 from there"]), (True, ["150 go", "226 done"])]
    assert result(asked) == [(True, replies), (True, None), (True, None)]


def test_known_the_address_in_the_answer_to_pasv_is_not_believed():
    client = make()
    client.retrieveFile("a", Receiver())
    client.dataReceived(PASSIVE)
    assert client.made[0][:2] == ("10.1.2.3", 1025)


def test_it_is_believed_by_who_says_so():
    client = make(Client(trustPasvAddr=True))
    client.retrieveFile("a", Receiver())
    client.dataReceived(PASSIVE)
    assert client.made[0][:2] == ("10.66.66.66", 1025)


def test_over_ipv6_it_is_epsv_that_is_said():
    client = make(peer="::2")
    client.list("", Receiver())
    client.dataReceived(b"229 Extended (|||4000|)\r\n")
    assert sent(client) == ["EPSV", "LIST"]
    assert client.made[0][:2] == ("::2", 4000)


def test_a_server_that_knows_no_epsv_is_asked_for_pasv_from_then_on():
    client = Client()
    client.extended_passive = True
    make(client)
    first, last = client.nlst("", Receiver()), client.pwd()
    client.dataReceived(b"502 what?\r\n" + PASSIVE)
    connect(client).connectionLost(Failure(ConnectionDone()))
    client.dataReceived(b'226 done\r\n257 "/"\r\n')
    client.nlst("", Receiver())
    assert sent(client) == ["EPSV", "PASV", "NLST", "PWD", "PASV"]
    assert result(first)[0] == (True, [(True, ["226 done"])])
    assert result(last) == ['257 "/"']


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"502 no\r\n", CommandFailed),
        (b"227 nowhere\r\n", BadResponse),
        (b"227 1,2,3,4,999,1\r\n", BadResponse),
    ],
)
def test_a_server_that_tells_no_port_fails_its_transfer_alone(said, error):
    client = make()
    asked, other = client.retrieveFile("a", Receiver(), 3), client.pwd()
    client.dataReceived(said)
    assert sent(client) == ["PASV", "PWD"]
    assert type(result(asked)) is error
    client.dataReceived(b'257 "/"\r\n')
    assert result(other) == ['257 "/"']
    assert client.made == []


def test_a_refused_command_drops_the_data_connection():
    client, receiver = make(), Receiver()
    asked = client.retrieveFile("a", receiver)
    client.dataReceived(PASSIVE)
    data = connect(client)
    client.dataReceived(b"550 no such file\r\n")
    assert result(asked).args == (["550 no such file"],)
    assert data.transport.disconnected


def test_a_port_that_cant_be_reached_fails_the_transfer():
    client = make()
    asked, other = client.retrieveFile("a", Receiver()), client.pwd()
    client.dataReceived(PASSIVE)
    _, _, factory = client.made[0]
    factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))
    assert result(asked) is None
    client.clock.advance(1)
    error = result(asked)
    assert (type(error), error.args[0]) == (FTPError, "Connection Failed")
    client.dataReceived(b"425 no connection\r\n")
    assert sent(client) == ["PASV", "RETR a", "PWD"]
    client.dataReceived(b'257 "/"\r\n')
    assert result(other) == ['257 "/"']


def test_a_server_tells_why_its_port_cant_be_reached():
    client = make()
    asked = client.retrieveFile("a", Receiver())
    client.dataReceived(PASSIVE)
    _, _, factory = client.made[0]
    factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))
    client.dataReceived(b"550 no such file\r\n")
    assert result(asked).args == (["550 no such file"],)
    assert client.clock.getDelayedCalls() == []


def test_a_server_that_makes_no_data_connection_is_not_waited_for_for_ever():
    client = make()
    asked = client.retrieveFile("a", Receiver())
    client.dataReceived(PASSIVE + b"226 done\r\n")
    client.clock.advance(29)
    assert result(asked) is None
    client.clock.advance(2)
    assert isinstance(result(asked), PeerTimeoutError)


def test_a_file_is_sent_and_confirmed():
    client = make()
    connected, done = client.storeFile("a")
    client.dataReceived(PASSIVE)
    data = connect(client)
    sender = result(connected)
    sender.write(b"hel")
    sender.write(b"lo")
    sender.finish()
    assert (data.transport.value(), data.transport.disconnecting) == (b"hello", True)
    client.dataReceived(b"150 go\r\n226 done\r\n")
    assert result(done) is None
    data.connectionLost(Failure(ConnectionDone()))
    assert result(done) == [(True, [(True, ["150 go", "226 done"])]), (True, None), (True, "connection done")]
    assert sent(client) == ["PASV", "STOR a"]


def test_a_server_tells_why_it_took_no_more():
    client = make()
    _, done = client.stor("a", 5)
    client.dataReceived(PASSIVE + b"350 x\r\n150 go\r\n")
    connect(client).connectionLost(Failure(TransportLost()))
    client.dataReceived(b"552 no room\r\n")
    assert result(done).args == (["150 go", "552 no room"],)
    assert sent(client) == ["PASV", "REST 5", "STOR a"]


def test_a_file_that_was_lost_on_the_way_is_not_stored_whatever_the_server_says():
    client = make()
    _, done = client.storeFile("a")
    client.dataReceived(PASSIVE)
    connect(client).connectionLost(Failure(TransportLost()))
    client.dataReceived(b"150 go\r\n226 done\r\n")
    assert isinstance(result(done), TransportLost)


def test_who_waits_to_send_hears_that_the_file_is_refused_before_there_is_a_connection():
    client = make()

    async def store():
        connected, done = client.storeFile("a")
        told.append(done)
        await connected

    told = []
    storing = Deferred.fromCoroutine(store())
    client.dataReceived(PASSIVE + b"550 not here\r\n")
    assert result(storing).args == (["550 not here"],)
    assert result(told[0]).args == (["550 not here"],)


def test_who_has_not_asked_yet_hears_it_then():
    client = make()
    connected, done = client.storeFile("a")
    client.dataReceived(b"425 no way\r\n")
    assert result(connected).args == result(done).args == (["425 no way"],)


def test_a_connection_that_comes_after_all_is_dropped():
    client = make()
    connected, done = client.storeFile("a")
    client.dataReceived(PASSIVE + b"550 not here\r\n")
    assert result(connected).args == result(done).args == (["550 not here"],)
    assert connect(client).transport.disconnected


def test_a_server_that_sends_where_it_should_receive_is_cut_off():
    client = make()
    _, done = client.storeFile("a")
    client.dataReceived(PASSIVE)
    data = connect(client)
    data.dataReceived(b"x")
    assert isinstance(result(done), UnexpectedData)
    assert data.transport.disconnected


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        (b"", ["PASV", "PWD"]),
        (PASSIVE, ["PASV", "RETR a"]),
        (PASSIVE + b"150 go\r\n", ["PASV", "RETR a"]),
    ],
    ids=["at once", "asked", "begun"],
)
def test_a_transfer_is_cancelled_and_the_connection_goes_on(said, lines):
    client = make()
    asked, other = client.retrieveFile("a", Receiver()), client.pwd()
    client.dataReceived(said)
    asked.cancel()
    assert isinstance(result(asked), CancelledError)
    assert "disconnected" in client.made or not said
    if not said:
        client.dataReceived(PASSIVE)
    assert sent(client) == lines
    if said:
        client.dataReceived(b"426 cut off\r\n")
        assert sent(client) == ["PWD"]
    client.dataReceived(b'257 "/"\r\n')
    assert result(other) == ['257 "/"']


def test_a_transfer_that_is_cancelled_drops_its_data():
    client = make()
    asked = client.retrieveFile("a", Receiver())
    client.dataReceived(PASSIVE + b"150 go\r\n")
    data = connect(client)
    asked.cancel()
    assert data.transport.disconnected
    assert isinstance(result(asked), CancelledError)


def test_a_connection_that_is_given_up_while_it_is_made_leaves_no_timer():
    client = make()
    asked = client.retrieveFile("a", Receiver())
    client.dataReceived(PASSIVE)
    asked.cancel()
    _, _, factory = client.made[0]
    factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))
    assert isinstance(result(asked), CancelledError)
    assert client.clock.getDelayedCalls() == []


def test_a_connection_that_comes_too_late_is_dropped():
    client, receiver = make(), Receiver()
    asked = client.retrieveFile("a", receiver)
    client.dataReceived(PASSIVE)
    asked.cancel()
    result(asked)
    assert connect(client).transport.disconnected
    assert receiver.data == b""


def test_when_the_control_connection_is_lost_data_is_dropped():
    client = make()
    asked = client.retrieveFile("a", Receiver())
    client.dataReceived(PASSIVE + b"150 go\r\n226 done\r\n")
    data = connect(client)
    client.connectionLost(Failure(TransportLost()))
    assert isinstance(result(asked), ConnectionLost)
    assert data.transport.disconnected


def test_data_that_moves_keeps_the_connection_alive():
    client = Client()
    client.timeout = 30
    make(client)
    asked = client.retrieveFile("a", Receiver())
    client.dataReceived(PASSIVE + b"150 go\r\n")
    data = connect(client)
    for _ in range(4):
        client.clock.advance(20)
        data.dataReceived(b"x")
    assert result(asked) is None
    client.clock.advance(31)
    assert isinstance(result(asked).args[1], PeerTimeoutError)
    assert data.transport.disconnected


def test_data_that_is_confirmed_and_does_not_end_is_not_waited_for_for_ever():
    client = Client()
    client.timeout = 30
    make(client)
    asked = client.retrieveFile("a", Receiver())
    client.dataReceived(PASSIVE + b"150 go\r\n226 done\r\n")
    connect(client)
    client.clock.advance(31)
    assert isinstance(result(asked), ConnectionLost)
