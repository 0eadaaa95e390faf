"""Where data goes: which addresses are refused, who may connect, how long, and what protects it."""

from __future__ import annotations

import pytest
from tests.ftp.kit import Listening, address, close, connect_data

from sennit.core.errors import CannotListenError, ConnectionRefusedError
from sennit.core.failure import Failure
from sennit.ftp.server import FTP
from sennit.testing import StringTransport

# Passive


def test_pasv_tells_the_servers_own_address(talk):
    client = talk(passivePortRange=range(40000, 40001)).login()
    assert client.say("PASV") == ["227 Entering Passive Mode (10,0,0,1,156,64)."]
    assert client.clock.tcpServers[0][0::3] == (40000, "10.0.0.1")


def test_pasv_tells_a_gateways_address(talk):
    client = talk(passivePortRange=[1025], passive_address="203.0.113.7").login()
    assert client.say("PASV") == ["227 Entering Passive Mode (203,0,113,7,4,1)."]


@pytest.mark.parametrize(
    ("here", "code"),
    [("::ffff:10.0.0.1", 227), ("::FFFF:10.0.0.1", 227), ("2001:db8::1", 502), ("fe80::1", 502)],
)
def test_pasv_is_for_ipv4(talk, here, code):
    assert talk(here=here).login().codes("PASV") == [code]


@pytest.mark.parametrize(
    ("here", "command", "interface"),
    [
        ("10.0.0.1", "EPSV", "::"),
        ("10.0.0.1", "EPSV 1", "10.0.0.1"),
        ("10.0.0.1", "EPSV 2", "::"),
        ("2001:db8::1", "EPSV", "::"),
        ("2001:db8::1", "EPSV 2", "2001:db8::1"),
        ("2001:db8::1", "EPSV 1", "0.0.0.0"),
        ("fe80::1%eth0", "EPSV 2", "::"),
    ],
)
def test_epsv_listens_by_the_version_that_is_asked_for(talk, here, command, interface):
    client = talk(here=here, passivePortRange=[1025]).login()
    assert client.say(command) == ["229 Entering Extended Passive Mode (|||1025|)."]
    assert client.clock.tcpServers[-1][3] == interface


@pytest.mark.parametrize(
    ("argument", "code"), [("3", 522), ("0", 522), ("x", 501), ("-1", 501), ("1 ", 501), ("all", 200)]
)
def test_epsv_knows_two_versions(talk, argument, code):
    assert talk().login().codes(f"EPSV {argument}") == [code]


def test_behind_epsv_all_there_is_epsv_alone(talk):
    client = talk().login()
    assert client.codes("EPSV ALL", "PASV", "PORT 10,0,0,2,200,1", "EPRT |1|10.0.0.2|50000|", "EPSV") == [
        *(200, 503, 503, 503, 229)
    ]
    assert not client.clock.tcpClients


def listener(outcomes):
    """Return a `listenFactory` whose listening fails or not, in turn."""
    asked = []

    def listen(port, factory, backlog=50, interface=""):
        asked.append((port, interface))
        if not outcomes.pop(0):
            raise CannotListenError(interface, port, OSError("no"))
        return Listening(address(interface, port))

    return listen, asked


def test_the_next_port_is_taken_where_one_is_busy(talk):
    client = talk(passivePortRange=range(5000, 5003)).login()
    client.server.listenFactory, asked = listener([False, True])
    assert client.say("EPSV 1") == ["229 Entering Extended Passive Mode (|||5001|)."]
    assert asked == [(5000, "10.0.0.1"), (5001, "10.0.0.1")]


def test_where_there_is_no_ipv6_epsv_listens_all_the_same(talk):
    client = talk(passivePortRange=[5000]).login()
    client.server.listenFactory, asked = listener([False, True])
    assert client.codes("EPSV") == [229]
    assert asked == [(5000, "::"), (5000, "10.0.0.1")]


def test_that_no_port_is_free_is_told(talk):
    client = talk(passivePortRange=[5000]).login()
    client.server.listenFactory, _ = listener([False])
    assert client.codes("PASV", "NOOP") == [425, 200]
    assert client.server.dtpFactory is None


def test_ports_are_listened_on_one_at_a_time_and_not_past_the_client(talk):
    client = talk().login()
    client.server.listenFactory, _ = listener([True] * 3)
    client.say("PASV")
    first = client.server.dtpPort
    client.say("EPSV")
    assert first.stopped
    second = client.server.dtpPort
    client.say("PASV")
    assert second.stopped
    third = client.server.dtpPort
    client.hang_up()
    assert third.stopped


def test_known_data_connection_of_another_host_is_refused(talk):
    client = talk().login()
    factory = client.passive("PASV")
    assert connect_data(factory, "10.0.0.3") is None
    assert connect_data(factory, "::ffff:10.0.0.3") is None
    assert connect_data(factory, "::ffff:10.0.0.2") is not None


def test_known_second_data_connection_is_refused(talk):
    client = talk().login()
    factory = client.passive()
    assert connect_data(factory, "10.0.0.2") is not None
    assert connect_data(factory, "10.0.0.2") is None


def test_a_data_connection_of_another_host_is_taken_where_that_is_allowed(talk):
    factory = talk(allow_foreign_addresses=True).login().passive()
    assert connect_data(factory, "10.0.0.3") is not None


def test_a_data_connection_is_not_waited_for_for_ever(talk):
    client = talk().login()
    factory = client.passive()
    client.clock.advance(client.server.dtpTimeout)
    assert connect_data(factory, "10.0.0.2") is None
    assert client.codes("RETR x", "NOOP") == [550, 200]


def test_a_transfer_hears_that_no_data_connection_comes(talk):
    client = talk().login()
    client.passive()
    assert client.codes("NLST") == [150]
    client.clock.advance(client.server.dtpTimeout)
    assert [line[:3] for line in client.said()] == ["425"]
    assert client.codes("NLST") == [503]


def test_a_client_that_is_gone_leaves_nothing(talk):
    client = talk().login()
    data = client.data()
    assert client.codes("NLST") == [125]
    client.hang_up()
    assert data.aborted
    close(data)


# Active


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("PORT 10,0,0,3,200,1", 504),
        ("PORT 127,0,0,1,200,1", 504),
        ("PORT 10,0,0,2,0,25", 504),
        ("PORT 10,0,0,2,3,255", 504),
        ("PORT 10,0,0,2,0,0", 504),
        ("PORT 0,0,0,0,200,1", 504),
        ("EPRT |1|10.0.0.3|50000|", 504),
        ("EPRT |1|10.0.0.2|25|", 504),
        ("EPRT |2|::ffff:10.0.0.3|50000|", 504),
        ("EPRT |2|::1|50000|", 504),
        ("EPRT |1|localhost|50000|", 504),
        ("EPRT |1|10.0.0.2\\0|50000|", 504),
        ("EPRT |3|x|50000|", 522),
        ("EPRT |x|10.0.0.2|50000|", 501),
        ("EPRT |1|10.0.0.2|65536|", 501),
        ("EPRT", 500),
        ("PORT 10,0,0,2,200", 501),
        ("PORT 10,0,0,2,200,1,1", 501),
        ("PORT 10,0,0,2,256,1", 501),
        ("PORT x", 501),
    ],
)
def test_known_bounce_to_another_host_or_service_is_refused(talk, command, code):
    client = talk().login()
    assert client.codes(command) == [code]
    assert not client.clock.tcpClients


@pytest.mark.parametrize(
    "command", ["PORT 10,0,0,2,195,80", "EPRT |1|10.0.0.2|50000|", "EPRT |2|::ffff:10.0.0.2|50000|"]
)
def test_the_server_connects_to_the_client(talk, command):
    client = talk().login()
    assert client.say(command) == []
    host, port, factory = client.clock.tcpClients[0][:3]
    assert (host.removeprefix("::ffff:"), port) == ("10.0.0.2", 50000)
    data = connect_data(factory, "10.0.0.2")
    assert [line[:3] for line in client.said()] == ["200"]
    assert client.codes("NLST") == [125]
    data.pump()
    close(data)
    assert [line[:3] for line in client.said()] == ["226"]


def test_the_server_connects_wherever_it_is_told_where_that_is_allowed(talk):
    client = talk(allow_foreign_addresses=True).login()
    client.say("PORT 10,0,0,3,0,25")
    assert client.clock.tcpClients[0][:2] == ("10.0.0.3", 25)


def test_that_the_client_cannot_be_reached_is_told(talk):
    client = talk().login()
    client.say("PORT 10,0,0,2,195,80")
    factory = client.clock.tcpClients[0][2]
    factory.clientConnectionFailed(client.clock.connectors[0], Failure(ConnectionRefusedError()))
    assert [line[:3] for line in client.said()] == ["425"]
    assert client.codes("NLST") == [503]


def test_a_client_that_goes_is_connected_to_no_more(talk):
    client = talk().login()
    client.say("PORT 10,0,0,2,195,80")
    client.hang_up()
    assert client.clock.connectors[0]._disconnected


# Protection


class Secured(StringTransport):
    """A transport that begins TLS when it is told to."""

    begun_tls = None

    def startTLS(self, context, *how):
        self.begun_tls = (context, *how)


@pytest.fixture
def secured(talk):
    """A client that has begun TLS on its control connection."""

    def make(**options):
        client = talk(tls_context="settings", **options)
        client.transport.__class__ = Secured
        assert client.codes("AUTH TLS") == [234]
        assert client.transport.begun_tls == ("settings",)
        return client

    return make


def test_data_is_protected_behind_prot_p(secured):
    client = secured().login()
    assert client.codes("PROT P", "PBSZ 0", "PROT P") == [503, 200, 200]
    assert client.data().begun_tls == ("settings", True)
    assert client.codes("PROT C") == [200]
    assert client.data().begun_tls is None


def test_nothing_is_sent_under_tls_before_tls_is_there(secured, tmp_path):
    client = secured().login()
    client.codes("PBSZ 0", "PROT P")
    (tmp_path / "users" / "bob" / "empty").touch()
    data = client.data()
    assert client.codes("RETR empty") == [125]
    data.pump()
    assert not data.disconnecting
    data.protocol.handshakeCompleted()
    assert data.disconnecting
    close(data)
    assert [line[:3] for line in client.said()] == ["226"]


def test_a_server_that_connects_is_the_server_of_tls_as_well(secured):
    client = secured().login()
    client.codes("PBSZ 0", "PROT P", "PORT 10,0,0,2,195,80")
    # As what connects, it would be the client of TLS; it is told to be the other.
    assert connect_data(client.clock.tcpClients[0][2], "10.0.0.2").begun_tls == ("settings", False)


def test_what_there_is_no_tls_for_is_refused(talk, secured):
    assert talk().codes("AUTH TLS", "PBSZ 0", "PROT P") == [502, 503, 503]
    client = secured()
    assert client.codes("AUTH TLS", "AUTH GSSAPI", "PBSZ 0", "PROT S", "PROT x", "PROT C") == [
        *(503, 504, 200, 536, 504, 200)
    ]


def test_where_tls_is_a_must_there_is_nothing_without(talk, secured):
    client = talk(tls_context="settings", require_tls=True)
    assert client.codes("USER bob", "PASS secret", "USER anonymous", "FEAT") == [530, 503, 530, 211]
    client = secured(require_tls=True).login()
    client.passive()
    assert client.codes("NLST", "PBSZ 0", "PROT C", "PROT P") == [522, 200, 534, 200]
    client.data()
    assert client.codes("NLST") == [125]


def test_known_log_in_from_before_tls_is_forgotten(talk):
    client = talk(tls_context="settings").login()
    client.transport.__class__ = Secured
    data = client.passive()
    assert client.codes("AUTH TLS", "NOOP") == [234]
    assert client.codes("NOOP") == [530]
    assert connect_data(data, "10.0.0.2") is None
    assert client.server.shell is None


def test_tls_is_told_of_where_it_is_offered(talk):
    assert " AUTH TLS" not in talk().say("FEAT")
    assert {" AUTH TLS", " PBSZ", " PROT"} <= set(talk(tls_context="settings").say("FEAT"))


def test_the_factory_of_a_subclass_may_listen_by_itself(talk):
    class Own(FTP):
        def getDTPPort(self, factory, interface=""):
            self.asked = interface
            return super().getDTPPort(factory, interface)

    client = talk(protocol=Own).login()
    assert client.codes("PASV") == [227]
    assert client.server.asked == "10.0.0.1"
