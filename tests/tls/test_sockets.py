"""TLS on sockets: ports, connectors, TLS in the middle of a stream, and settings in other forms."""

from __future__ import annotations

import socket
import ssl
import threading

import pytest
from OpenSSL import SSL
from tests.loops import LOOPS
from tests.tls import pki
from tests.tls.kit import openssl_client, openssl_server, standard_client, standard_server
from tests.transport.kit import Client, HalfCloseable, Recorder, Server, in_reactor, turns
from tests.transport.secure_kit import settled
from zope.interface import implementer
from zope.interface.verify import verifyObject

from sennit.core.errors import CannotListenError, ConnectionDone, ConnectionLost, ConnectionRefusedError
from sennit.core.interfaces import (
    IHandshakeListener,
    INegotiated,
    IOpenSSLClientConnectionCreator,
    IProtocolNegotiationFactory,
    IReactorSSL,
    ISSLTransport,
    ITLSTransport,
)
from sennit.framing.basic import LineReceiver
from sennit.reactor import Reactor
from sennit.tls import ClientContextFactory, DefaultOpenSSLContextFactory, VerificationError


@pytest.fixture
def reactor():
    reactor = Reactor()
    yield reactor
    reactor.close()


def test_the_reactor_makes_tls_connections(reactor):
    assert verifyObject(IReactorSSL, reactor)


def run(reactor, scenario):
    in_reactor(reactor, scenario())


@pytest.mark.parametrize("server", [standard_server, openssl_server])
@pytest.mark.parametrize("client", [standard_client, openssl_client])
def test_ports_and_connectors_of_the_reactor(reactor, server, client):
    async def scenario():
        listening, connecting = Server(), Client()
        port = reactor.listenSSL(0, listening, server(), interface="127.0.0.1")
        connector = reactor.connectSSL("127.0.0.1", port.getHost().port, connecting, client())
        here, there = await listening.nth(), await connecting.nth()
        there.transport.write(b"question")
        await here.until_received(8)
        here.transport.write(b"answer")
        await there.until_received(6)
        assert ISSLTransport.providedBy(there.transport)
        there.transport.setTcpNoDelay(True)
        assert there.transport.getTcpNoDelay()
        connector.disconnect()
        assert await here.until_lost() is ConnectionDone
        assert await there.until_lost() is ConnectionDone
        await port.stopListening()

    run(reactor, scenario)


def test_a_port_that_is_taken_is_an_error(reactor):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CannotListenError):
        reactor.listenSSL(taken.getsockname()[1], Server(), standard_server(), interface="127.0.0.1")


def test_a_connection_refused_is_a_failure_of_the_factory(reactor):
    async def scenario():
        with socket.create_server(("127.0.0.1", 0)) as closed:
            number = closed.getsockname()[1]
        client = Client()
        reactor.connectSSL("127.0.0.1", number, client, standard_client())
        await client.ended()
        assert client.failure.check(ConnectionRefusedError)

    run(reactor, scenario)


def test_a_plain_context_of_the_standard_library_will_do(reactor):
    async def scenario():
        listening, connecting = Server(), Client()
        port = reactor.listenSSL(0, listening, pki.server_context(), interface="127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        reactor.connectSSL("127.0.0.1", port.getHost().port, connecting, context)
        there = await connecting.nth()
        there.transport.write(b"x")
        await (await listening.nth()).until_received(1)

    run(reactor, scenario)


def test_settings_in_the_oldest_form_will_do(reactor, tmp_path):
    (tmp_path / "key").write_bytes(pki.SERVER.key_pem)
    (tmp_path / "certificate").write_bytes(pki.SERVER.certificate_pem)
    made = DefaultOpenSSLContextFactory(str(tmp_path / "key"), str(tmp_path / "certificate"))
    taken = DefaultOpenSSLContextFactory(str(tmp_path / "key"), str(tmp_path / "certificate"))
    assert isinstance(taken.getContext(), SSL.Context)
    with pytest.raises(SSL.Error):
        DefaultOpenSSLContextFactory(str(tmp_path / "nothing"), str(tmp_path / "certificate"))

    async def scenario():
        for server in (made, taken):
            listening, connecting = Server(), Client()
            port = reactor.listenSSL(0, listening, server, interface="127.0.0.1")
            reactor.connectSSL("127.0.0.1", port.getHost().port, connecting, ClientContextFactory())
            there = await connecting.nth()
            there.transport.write(b"x")
            await (await listening.nth()).until_received(1)
            assert isinstance(there.transport.getHandle(), SSL.Connection)

    run(reactor, scenario)


@implementer(IOpenSSLClientConnectionCreator)
class Creator:
    """What a program brings that makes its own connections."""

    def clientConnectionForTLS(self, tlsProtocol):
        self.protocol = tlsProtocol
        return SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)


def test_a_programs_own_connections_will_do(reactor):
    async def scenario():
        listening, connecting, creator = Server(), Client(), Creator()
        port = reactor.listenSSL(0, listening, standard_server(), interface="127.0.0.1")
        reactor.connectSSL("127.0.0.1", port.getHost().port, connecting, creator)
        there = await connecting.nth()
        there.transport.write(b"x")
        await (await listening.nth()).until_received(1)
        assert creator.protocol is there.transport

    run(reactor, scenario)


def test_a_session_is_resumed_where_that_is_allowed(reactor):
    async def scenario():
        sessions = {"enableSessions": True, "enableSessionTickets": True}
        server = standard_server(**sessions)
        client = standard_client(extraCertificateOptions=sessions)
        listening = Server()
        port = reactor.listenSSL(0, listening, server, interface="127.0.0.1")
        resumed = []
        for number in (1, 2):
            connecting = Client()
            reactor.connectSSL("127.0.0.1", port.getHost().port, connecting, client)
            there, here = await connecting.nth(), await listening.nth(number)
            there.transport.write(b"x")
            await here.until_received(1)
            here.transport.write(b"y")
            await there.until_received(1)
            resumed.append(there.transport.getHandle().session_reused())
            there.transport.loseConnection()
            await there.until_lost()
        assert resumed == [False, True]

    run(reactor, scenario)


def test_a_session_is_not_resumed_by_default(reactor):
    async def scenario():
        client, listening = standard_client(), Server()
        port = reactor.listenSSL(0, listening, standard_server(), interface="127.0.0.1")
        for number in (1, 2):
            connecting = Client()
            reactor.connectSSL("127.0.0.1", port.getHost().port, connecting, client)
            there, here = await connecting.nth(), await listening.nth(number)
            there.transport.write(b"x")
            await here.until_received(1)
            assert not there.transport.getHandle().session_reused()
            there.transport.loseConnection()
            await there.until_lost()

    run(reactor, scenario)


# TLS in the middle of a stream.


class Upgrading(LineReceiver):
    """A server that begins TLS when it is asked to."""

    settings = staticmethod(standard_server)

    def __init__(self):
        self.lines = []

    def lineReceived(self, line):
        self.lines.append(line)
        if line == b"STARTTLS":
            self.sendLine(b"go ahead")
            self.transport.startTLS(self.settings())
        else:
            self.sendLine(b"you said " + line)

    def connectionLost(self, reason):
        self.reason = reason


class PlainThenSecure:
    """A client in a thread, with the standard library's own sockets."""

    def __init__(self, port, injected=b""):
        self.port, self.injected = port, injected
        self.answers, self.error = [], None
        self.thread = threading.Thread(target=self._talk)
        self.thread.start()

    def _talk(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as sock:
                sock.sendall(b"before\r\n")
                self.answers.append(sock.recv(100))
                sock.sendall(b"STARTTLS\r\n" + self.injected)
                self.answers.append(sock.recv(100))
                with pki.client_context().wrap_socket(sock, server_hostname="localhost") as secure:
                    self.version = secure.version()
                    secure.sendall(b"after\r\n")
                    self.answers.append(secure.recv(100))
                    secure.unwrap()
        except Exception as error:
            self.error = error


@pytest.mark.parametrize("settings", [standard_server, openssl_server])
@pytest.mark.parametrize("family", ["tcp", "unix"])
def test_tls_begins_in_the_middle_of_a_stream(reactor, settings, family, tmp_path):
    async def scenario():
        listening = Server(type("Mine", (Upgrading,), {"settings": staticmethod(settings)}))
        listening.protocol.events = ["made"]
        listening.protocol.until = Recorder.until
        if family == "tcp":
            port = reactor.listenTCP(0, listening, interface="127.0.0.1")
            client = PlainThenSecure(port.getHost().port)
            while client.thread.is_alive():
                await turns(reactor, 1)
            assert client.error is None
            assert client.answers == [b"you said before\r\n", b"go ahead\r\n", b"you said after\r\n"]
        else:
            port = reactor.listenUNIX(str(tmp_path / "s"), listening)
            connecting = Client()
            reactor.connectUNIX(str(tmp_path / "s"), connecting)
            there = await connecting.nth()
            there.transport.write(b"STARTTLS\r\n")
            await there.until_received(10)
            there.transport.startTLS(standard_client())
            await settled(there)
            there.transport.write(b"after\r\n")
            await there.until_received(26)
            assert there.received == b"go ahead\r\nyou said after\r\n"
            there.transport.loseConnection()
            await there.until_lost()
        server = listening.built[0]
        while not hasattr(server, "reason"):
            await turns(reactor, 1)
        assert server.reason.check(ConnectionDone)
        assert server.transport.TLS
        assert ISSLTransport.providedBy(server.transport)

    run(reactor, scenario)


def test_known_starttls_injection_what_came_before_tls_is_forgotten(reactor):
    """What an attacker adds behind STARTTLS is not taken for what the client says under TLS."""

    async def scenario():
        listening = Server(Upgrading)
        listening.protocol.events = ["made"]
        port = reactor.listenTCP(0, listening, interface="127.0.0.1")
        client = PlainThenSecure(port.getHost().port, injected=b"injected\r\nmore")
        while client.thread.is_alive():
            await turns(reactor, 1)
        assert client.error is None
        assert client.answers == [b"you said before\r\n", b"go ahead\r\n", b"you said after\r\n"]
        assert listening.built[0].lines == [b"before", b"STARTTLS", b"after"]

    run(reactor, scenario)


def test_either_side_may_be_the_client(reactor):
    async def scenario():
        listening, connecting = Server(), Client()
        port = reactor.listenTCP(0, listening, interface="127.0.0.1")
        reactor.connectTCP("127.0.0.1", port.getHost().port, connecting)
        here, there = await listening.nth(), await connecting.nth()
        assert ITLSTransport.providedBy(here.transport)
        here.transport.startTLS(standard_client(), normal=False)
        there.transport.startTLS(standard_server(), normal=False)
        here.transport.write(b"from the accepting client")
        await there.until_received(25)
        assert here.transport.getPeerCertificate().to_cryptography() == pki.SERVER.certificate

    run(reactor, scenario)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("resumes", ["before", "at once", "later"])
def test_tls_may_begin_within_connection_made_of_a_protocol_that_pauses(loop, resumes):
    class Pausing(Recorder):
        def connectionMade(self):
            super().connectionMade()
            self.transport.pauseProducing()
            if resumes == "before":
                self.transport.resumeProducing()
            self.transport.startTLS(standard_server())
            if resumes == "at once":
                self.transport.resumeProducing()

    async def scenario():
        listening, connecting = Server(Pausing), Client()
        port = reactor.listenTCP(0, listening, interface="127.0.0.1")
        reactor.connectTCP("127.0.0.1", port.getHost().port, connecting)
        here, there = await listening.nth(), await connecting.nth()
        there.transport.startTLS(standard_client())
        there.transport.write(b"words")
        await settled(there)
        if resumes == "later":
            await turns(reactor, 5)
            assert here.events == ["made"]
            here.transport.resumeProducing()
        await here.until_received(5)
        there.transport.loseConnection()
        assert await here.until_lost() is ConnectionDone
        assert await there.until_lost() is ConnectionDone
        await port.stopListening()

    reactor = Reactor(loop)
    try:
        run(reactor, scenario)
    finally:
        reactor.close()


def test_tls_may_begin_twice(reactor):
    async def scenario():
        listening, connecting = Server(HalfCloseable), Client()
        port = reactor.listenTCP(0, listening, interface="127.0.0.1")
        reactor.connectTCP("127.0.0.1", port.getHost().port, connecting)
        here, there = await listening.nth(), await connecting.nth()
        for _ in range(2):
            here.transport.startTLS(standard_server())
            there.transport.startTLS(standard_client())
        there.transport.write(b"x" * 300_000)
        await here.until_received(300_000)
        there.transport.loseConnection()
        await here.until(lambda: "read lost" in here.events)
        here.transport.loseConnection()
        assert await there.until_lost() is ConnectionDone
        assert await here.until_lost() is ConnectionDone

    run(reactor, scenario)


def test_tls_that_begins_tells_what_it_negotiated(reactor):
    @implementer(IHandshakeListener)
    class Listens(Recorder):
        def handshakeCompleted(self):
            self.note("shaken", self.transport.negotiatedProtocol)

    @implementer(IProtocolNegotiationFactory)
    class Negotiates(Client):
        def acceptableProtocols(self):
            return [b"h2"]

    async def scenario():
        listening, connecting = Server(Listens), Negotiates(Listens)
        port = reactor.listenTCP(0, listening, interface="127.0.0.1")
        reactor.connectTCP("127.0.0.1", port.getHost().port, connecting)
        here, there = await listening.nth(), await connecting.nth()
        assert not hasattr(here.transport, "negotiatedProtocol")
        here.transport.startTLS(standard_server(acceptableProtocols=[b"h2", b"http/1.1"]))
        there.transport.startTLS(standard_client())
        await here.until(lambda: ("shaken", b"h2") in here.events)
        await there.until(lambda: ("shaken", b"h2") in there.events)
        assert INegotiated.providedBy(here.transport)

    run(reactor, scenario)


def test_tls_that_begins_with_the_wrong_server_ends(reactor):
    async def scenario():
        listening, connecting = Server(), Client()
        port = reactor.listenTCP(0, listening, interface="127.0.0.1")
        reactor.connectTCP("127.0.0.1", port.getHost().port, connecting)
        here, there = await listening.nth(), await connecting.nth()
        here.transport.startTLS(standard_server())
        there.transport.startTLS(standard_client("example.org"))
        there.transport.write(b"secret")
        assert await there.until_lost() is VerificationError
        assert issubclass(await here.until_lost(), (SSL.Error, ConnectionLost))
        assert here.received == b""

    run(reactor, scenario)


def test_settings_that_are_none_leave_the_stream_as_it_was(reactor):
    async def scenario():
        listening, connecting = Server(), Client()
        port = reactor.listenTCP(0, listening, interface="127.0.0.1")
        reactor.connectTCP("127.0.0.1", port.getHost().port, connecting)
        here, there = await listening.nth(), await connecting.nth()
        with pytest.raises(TypeError, match="gives no TLS settings"):
            here.transport.startTLS(object())
        there.transport.write(b"plain")
        await here.until_received(5)

    run(reactor, scenario)


def test_tls_does_not_begin_on_a_connection_that_ends(reactor):
    async def scenario():
        listening, connecting = Server(), Client()
        port = reactor.listenTCP(0, listening, interface="127.0.0.1")
        reactor.connectTCP("127.0.0.1", port.getHost().port, connecting)
        here, there = await listening.nth(), await connecting.nth()
        here.transport.loseConnection()
        here.transport.startTLS(standard_server())
        assert await there.until_lost() is ConnectionDone
        assert await here.until_lost() is ConnectionDone
        here.transport.startTLS(standard_server())

    run(reactor, scenario)
