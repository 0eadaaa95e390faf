"""Transfers in memory: what goes over, what is said when, and what is left when it goes wrong."""

from __future__ import annotations

import os
import tracemalloc

import pytest
from tests.ftp.kit import close, connect_data
from zope.interface import implementer

from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.errors import ConnectionLost
from sennit.ftp.interfaces import IFTPShell
from sennit.ftp.refusals import PermissionDeniedError
from sennit.ftp.shell import FTPShell
from sennit.log import capturedLogs


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "users" / "bob"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def client(talk, home):
    return talk().login()


def received(client, command, before=()):
    """Carry out a command that sends data; return its replies and the data."""
    for each in before:
        client.say(each)
    data = client.data()
    codes = client.codes(command)
    data.pump()
    assert data.disconnecting
    assert client.said() == []
    close(data)
    return [*codes, *(int(line[:3]) for line in client.said())], data.value()


def sent(client, command, octets, before=(), reason=None):
    """Carry out a command that takes data; return its replies."""
    for each in before:
        client.say(each)
    data = client.data()
    codes = client.codes(command)
    for piece in octets:
        data.protocol.dataReceived(piece)
    assert client.said() == []
    close(data, reason)
    return [*codes, *(int(line[:3]) for line in client.said())]


# RETR


def test_success_is_told_when_the_data_connection_has_ended_and_not_before(client, home):
    (home / "f").write_bytes(b"x" * 200_000)
    data = client.data()
    assert client.codes("RETR f") == [125]
    data.pump()
    assert len(data.value()) == 200_000
    assert data.disconnecting
    assert client.said() == []
    close(data)
    assert [line[:3] for line in client.said()] == ["226"]


def test_a_transfer_may_be_asked_for_before_the_data_connection_is_there(client, home):
    (home / "f").write_bytes(b"hello")
    factory = client.passive()
    assert client.codes("RETR f") == [150]
    data = connect_data(factory, "10.0.0.2")
    data.pump()
    close(data)
    assert (data.value(), [line[:3] for line in client.said()]) == (b"hello", ["226"])


def test_a_client_that_goes_before_it_has_all_is_not_told_that_all_is_well(client, home):
    (home / "f").write_bytes(b"x" * 2_000_000)
    data = client.data()
    client.say("RETR f")
    data.producer.resumeProducing()
    close(data, ConnectionLost())
    assert [line[:3] for line in client.said()] == ["426"]


def test_an_end_that_is_no_clean_one_is_no_success(client, home):
    (home / "f").write_bytes(b"x")
    data = client.data()
    client.say("RETR f")
    data.pump()
    close(data, ConnectionLost())
    assert [line[:3] for line in client.said()] == ["426"]


@pytest.mark.parametrize("name", ["nothing", "sub", "..", "../x", "a/../../x", "\0", "pipe", "x" * 300])
def test_what_is_no_file_is_refused_before_data_is_waited_for(client, home, name):
    (home / "sub").mkdir()
    os.mkfifo(home / "pipe")
    client.data()
    assert client.codes(f"RETR {name}", "NOOP") == [550, 200]


def test_a_transfer_needs_a_data_connection_that_is_new(client, home):
    (home / "f").write_bytes(b"x")
    assert client.codes("RETR f") == [503]
    assert received(client, "RETR f")[0] == [125, 226]
    assert client.codes("RETR f", "STOR f", "LIST", "NLST", "MLSD") == [503] * 5


def test_a_file_is_let_go_if_no_data_connection_comes(client, home):
    (home / "f").write_bytes(b"x")
    client.passive()
    assert client.codes("RETR f") == [150]
    client.clock.advance(10)
    assert [line[:3] for line in client.said()] == ["425"]


def test_known_octets_sent_by_a_client_that_is_to_receive_are_not_kept(client, home):
    (home / "f").write_bytes(b"x" * 2_000_000)
    data = client.data()
    client.say("RETR f")
    assert data.producerState == "paused"
    data.protocol.dataReceived(b"junk")
    assert data.aborted
    client.clock.advance(0)
    assert [line[:3] for line in client.said()] == ["426"]


def test_a_data_connection_on_which_nothing_moves_is_dropped(client, home):
    (home / "f").write_bytes(b"x" * 2_000_000)
    data = client.data()
    client.say("RETR f")
    data.producer.resumeProducing()
    client.clock.advance(client.server.data_timeout)
    client.clock.advance(0)
    assert data.aborted
    assert [line[:3] for line in client.said()] == ["426"]


def test_text_has_the_networks_ends_of_lines(client, home):
    (home / "f").write_bytes(b"a\nb\n")
    assert received(client, "RETR f", ["TYPE A"]) == ([125, 226], b"a\r\nb\r\n")
    assert received(client, "RETR f", ["TYPE I"]) == ([125, 226], b"a\nb\n")


# STOR


def test_what_is_sent_is_in_the_file_once_success_is_told(client, home):
    data = client.data()
    assert client.codes("STOR new") == [125]
    data.protocol.dataReceived(b"one ")
    data.protocol.dataReceived(b"two")
    assert client.said() == []
    close(data)
    assert [line[:3] for line in client.said()] == ["226"]
    assert (home / "new").read_bytes() == b"one two"


def test_what_was_sent_of_a_file_that_ends_early_is_kept_and_is_no_success(client, home):
    assert sent(client, "STOR new", [b"half"], reason=ConnectionLost()) == [125, 426]
    assert (home / "new").read_bytes() == b"half"


def test_nothing_is_read_before_somebody_takes_it(client):
    data = client.data()
    assert data.producerState == "paused"
    client.say("STOR new")
    assert data.producerState == "producing"


def test_text_that_comes_has_this_systems_ends_of_lines(client, home):
    assert sent(client, "STOR new", [b"a\r", b"\nb\r\r\n\r", b"c\r"], ["TYPE A"]) == [125, 226]
    assert (home / "new").read_bytes() == b"a\nb\r\n\rc\r"


@pytest.mark.parametrize("name", ["sub", "no/such", "..", "sub/../../x", "\0"])
def test_what_no_file_can_be_made_of_is_refused(client, home, name):
    (home / "sub").mkdir()
    client.data()
    assert client.codes(f"STOR {name}", "NOOP") == [550, 200]


def test_a_file_that_cannot_be_written_to_is_told_of(client, home, monkeypatch):
    class Full:
        def receive(self):
            return succeed(self)

        def registerProducer(self, producer, streaming):
            pass

        unregisterProducer = close = lambda self: None

        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(client.server.shell, "openForWriting", lambda path: succeed(Full()))
    data = client.data()
    with capturedLogs():
        client.say("STOR new")
        data.protocol.dataReceived(b"x")
        client.clock.advance(0)
        assert [line[:1] for line in client.said()] == ["5"]
    assert data.aborted


def test_a_unique_name_is_told_and_has_the_file(client, home):
    data = client.data()
    (home / "a").mkdir()
    told, begun = client.say("STOU a/b")
    assert told.startswith("150 FILE: b.")
    assert begun.startswith("125 ")
    data.protocol.dataReceived(b"x")
    close(data)
    assert (home / "a" / told.removeprefix("150 FILE: ")).read_bytes() == b"x"
    assert [line[:3] for line in client.said()] == ["226"]


def test_appending_begins_at_the_end(client, home):
    assert sent(client, "APPE f", [b"one "]) == [125, 226]
    assert sent(client, "APPE f", [b"two"]) == [125, 226]
    assert (home / "f").read_bytes() == b"one two"


# REST


def test_a_transfer_begins_where_it_is_told_to(client, home):
    (home / "f").write_bytes(b"0123456789")
    assert received(client, "RETR f", ["REST 4"]) == ([125, 226], b"456789")
    assert received(client, "RETR f") == ([125, 226], b"0123456789")
    assert received(client, "RETR f", ["REST 10"]) == ([125, 226], b"")
    assert sent(client, "STOR f", [b"xyz"], ["REST 4"]) == [125, 226]
    assert (home / "f").read_bytes() == b"0123xyz"


@pytest.mark.parametrize("command", ["RETR", "STOR"])
def test_a_transfer_does_not_begin_past_the_end(client, home, command):
    (home / "f").write_bytes(b"0123456789")
    client.data()
    assert client.codes("REST 11", f"{command} f", "NOOP") == [350, 554, 200]
    assert (home / "f").read_bytes() == b"0123456789"


@pytest.mark.parametrize("marker", ["-1", "+1", "x", "0x1", "1_0", " 1", "9" * 19, "9" * 1000, "\u0663"])
def test_known_place_that_is_no_number_is_refused(client, marker):
    assert client.codes(f"REST {marker}", "NOOP") == [501, 200]


def test_text_begins_at_its_beginning_alone(client, home):
    (home / "f").write_bytes(b"0123456789")
    client.data()
    assert client.codes("TYPE A", "REST 4", "RETR f") == [200, 350, 504]
    client.data()
    assert client.codes("REST 4", "STOR f") == [350, 504]


# ABOR


def test_an_abort_ends_the_transfer_and_both_are_answered(client, home):
    (home / "f").write_bytes(b"x" * 2_000_000)
    data = client.data()
    client.say("RETR f")
    data.producer.resumeProducing()
    assert client.codes("\udcff\udcf4\udcff\udcf2ABOR") == [426, 226]
    assert data.aborted
    client.clock.advance(0)
    assert client.codes("NOOP") == [200]
    assert received(client, "RETR f")[0] == [125, 226]


def test_an_abort_while_data_is_waited_for(client):
    client.passive()
    assert client.codes("NLST") == [150]
    assert client.codes("ABOR", "NOOP") == [426, 226, 200]


def test_an_abort_of_nothing_is_success(client):
    factory = client.passive()
    assert client.codes("ABOR") == [226]
    assert factory.buildProtocol(None) is None


# Lists


def test_files_are_listed(client, home):
    (home / "a").write_bytes(b"abc")
    (home / "sub").mkdir()
    codes, listing = received(client, "LIST")
    first, second, rest = listing.decode().split("\r\n")
    assert (codes, rest) == ([125, 226], "")
    assert (first[0], first.split()[4], first.split()[-1]) == ("-", "3", "a")
    assert (second[0], second.split()[-1]) == ("d", "sub")
    assert received(client, "LIST a")[1].decode().split()[4] == "3"


@pytest.mark.parametrize("options", ["-a", "-la", "-l -a", "-aL"])
def test_options_of_ls_are_no_names(client, home, options):
    (home / "sub dir").mkdir()
    (home / "sub dir" / "b").touch()
    assert received(client, f"LIST {options} sub dir")[1].endswith(b" b\r\n")
    assert received(client, f"LIST {options}")[1].endswith(b" sub dir\r\n")


def test_names_are_listed(client, home):
    for name in ("b", "a", "c.txt", "d.txt", ".hidden"):
        (home / name).touch()
    assert received(client, "NLST") == ([125, 226], b".hidden\r\na\r\nb\r\nc.txt\r\nd.txt\r\n")
    assert received(client, "NLST *.txt") == ([125, 226], b"c.txt\r\nd.txt\r\n")
    assert received(client, "NLST [ab]") == ([125, 226], b"a\r\nb\r\n")
    assert received(client, "NLST nothing*") == ([125, 226], b"")
    assert received(client, "NLST nothing") == ([125, 226], b"")
    assert received(client, "NLST a") == ([125, 226], b"a\r\n")


@pytest.mark.parametrize("command", ["LIST", "NLST", "MLSD"])
def test_known_line_break_in_a_name_makes_no_second_line(client, home, command):
    (home / "a\r\n-rw- fake").touch()
    assert received(client, command)[1].count(b"\n") == 1


def test_names_that_are_no_utf_8_come_as_they_are(client, home):
    (home / "caf\udce9").touch()
    assert received(client, "NLST")[1] == b"caf\xe9\r\n"
    assert received(client, "RETR caf\udce9") == ([125, 226], b"")


@pytest.mark.parametrize("command", ["LIST", "NLST", "MLSD"])
def test_what_is_not_there_is_not_listed(client, home, command):
    (home / "f").touch()
    client.data()
    assert client.codes(f"{command} no/such") == ([125] if command == "NLST" else [550])


def test_facts_are_listed(client, home):
    (home / "a").write_bytes(b"abc")
    os.utime(home / "a", (0, 86400))
    (home / "a").chmod(0o640)
    (home / "sub").mkdir()
    lines = received(client, "MLSD")[1].decode().split("\r\n")
    assert lines[0] == "type=file;size=3;modify=19700102000000;UNIX.mode=0640; a"
    assert lines[1].startswith("type=dir;modify=")
    assert client.say("MLST a") == [
        "250-Listing",
        " type=file;size=3;modify=19700102000000;UNIX.mode=0640; /a",
        "250 End",
    ]
    assert client.codes("MLST nothing") == [550]
    client.data()
    assert client.codes("MLSD a") == [550]
    assert client.say("OPTS MLST size;nothing;Type;") == ["200 MLST OPTS type;size;"]
    assert received(client, "MLSD")[1].startswith(b"type=file;size=3; a\r\n")
    assert " MLST type*;size*;modify;UNIX.mode;" in client.say("FEAT")


def test_known_directory_of_many_files_is_written_at_the_clients_pace(client, home, monkeypatch):
    names = [(f"file-{number:06}", []) for number in range(100_000)]
    monkeypatch.setattr(client.server.shell, "list", lambda path, keys: succeed(names))
    data = client.data()
    client.say("NLST")
    tracemalloc.start()
    try:
        for _ in range(10):
            data.producer.resumeProducing()
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(data.value()) < 200_000
    assert grown < 500_000


# Shells of programs


class Consuming:
    """Takes what comes, and fails with an error."""

    def __init__(self, error, *, at_once=False):
        self.error = error
        self.at_once = at_once

    def receive(self):
        return fail(self.error) if self.at_once else succeed(self)

    def registerProducer(self, producer, streaming):
        pass

    unregisterProducer = close = lambda self: None

    def write(self, data):
        raise self.error


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionDeniedError("f"), "550"),
        (ZeroDivisionError("a secret"), "426"),
        (OSError(28, "full"), "550"),
    ],
)
def test_what_goes_wrong_in_a_transfer_is_logged_once_and_told(client, monkeypatch, at_once, error, code):
    consuming = Consuming(error, at_once=at_once)
    monkeypatch.setattr(client.server.shell, "openForWriting", lambda path: succeed(consuming))
    data = client.data()
    with capturedLogs() as logs:
        lines = client.say("STOR f")
        if not at_once:
            data.protocol.dataReceived(b"x")
        client.clock.advance(0)
        lines += client.said()
    assert lines[-1][:3] == code
    assert "secret" not in lines[-1]
    assert [event["log_failure"].value for event in logs] == [error]


def test_known_reset_by_a_client_is_not_logged(client, home):
    (home / "f").write_bytes(b"x" * 2_000_000)
    with capturedLogs() as logs:
        for command in ("RETR f", "STOR g", "LIST", "NLST", "MLSD"):
            data = client.data()
            client.say(command)
            close(data, ConnectionLost())
            assert [line[:3] for line in client.said()] == ["426"]
    assert logs == []


def test_a_shell_may_take_its_time(client, monkeypatch):
    opening = Deferred()
    monkeypatch.setattr(client.server.shell, "openForReading", lambda path: opening)
    client.data()
    assert client.codes("RETR f") == []
    opening.errback(PermissionDeniedError("f"))
    assert [line[:3] for line in client.said()] == ["550"]


def test_what_goes_wrong_in_a_shell_is_logged_and_not_told(client, monkeypatch):
    error = ZeroDivisionError("a secret of the server's")
    for verb, method in [("RETR", "openForReading"), ("STOR", "openForWriting"), ("LIST", "list")]:
        monkeypatch.setattr(client.server.shell, method, lambda *_: fail(error))
        client.data()
        with capturedLogs() as logs:
            [line] = client.say(f"{verb} f")
        assert line.startswith("550 ")
        assert "secret" not in line
        assert len(logs) == 1


def test_a_shell_that_knows_nothing_of_rest_and_appe_is_not_asked_to(talk, tmp_path):
    class Reader:
        def __init__(self, octets):
            self.octets = octets

        def send(self, consumer):
            consumer.write(self.octets)
            return succeed(None)

    @implementer(IFTPShell)
    class Old:
        def openForReading(self, path):
            return succeed(Reader(b"hello"))

    client = talk().login()
    client.server.shell = Old()
    assert received(client, "RETR f") == ([125, 226], b"hello")
    client.data()
    assert client.codes("REST 1", "RETR f") == [350, 504]
    client.data()
    assert client.codes("APPE f") == [504]
    client.data()
    assert client.codes("REST 1", "STOR f") == [350, 504]


def test_a_client_that_goes_during_a_transfer_leaves_no_file_open(client, home, monkeypatch):
    (home / "f").write_bytes(b"x" * 2_000_000)
    opened = []
    openForReading = FTPShell.openForReading

    def remember(self, path):
        return openForReading(self, path).addCallback(lambda reader: opened.append(reader) or reader)

    monkeypatch.setattr(FTPShell, "openForReading", remember)
    data = client.data()
    client.say("RETR f")
    data.producer.resumeProducing()
    client.hang_up()
    client.clock.advance(0)
    assert opened[0].fObj.closed
