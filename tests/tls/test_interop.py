"""Real foreign peers, in both roles, under TLS 1.2 and 1.3: openssl, curl, Python's own ssl."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from OpenSSL import SSL
from tests.free_port import free_port
from tests.tls import pki
from tests.tls.kit import openssl_client, openssl_server, standard_client, standard_server
from tests.transport.kit import Client, Recorder, Server, in_reactor, turns

from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.reactor import Reactor
from sennit.tls import TLSVersion

pytestmark = pytest.mark.interop
VERSIONS = {"1.2": TLSVersion.TLSv1_2, "1.3": TLSVersion.TLSv1_3}
SERVERS = {"standard": standard_server, "openssl": openssl_server}
CLIENTS = {"standard": standard_client, "openssl": openssl_client}
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl command")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl command")


@pytest.fixture
def reactor():
    reactor = Reactor()
    yield reactor
    reactor.close()


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


class Echo(Recorder):
    def dataReceived(self, data):
        super().dataReceived(data)
        self.transport.write(data)


class Command:
    """A program in a thread of its own."""

    def __init__(self, *words, say=b""):
        self.words, self.say = words, say
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        done = subprocess.run(self.words, input=self.say, capture_output=True, timeout=20, check=False)
        self.out, self.err, self.status = done.stdout, done.stderr, done.returncode


async def wait(reactor, thread):
    while thread.is_alive():
        await turns(reactor, 1)


@needs_openssl
@pytest.mark.parametrize("engine", SERVERS)
def test_openssl_s_client_talks_to_us(reactor, engine, version):
    async def scenario():
        settings = SERVERS[engine](lowerMaximumSecurityTo=VERSIONS[version], acceptableProtocols=[b"echo"])
        listening = Server(Echo)
        port = reactor.listenSSL(0, listening, settings, interface="127.0.0.1")
        client = Command(
            *("openssl", "s_client", "-connect", f"127.0.0.1:{port.getHost().port}"),
            *("-servername", "localhost", "-verify_hostname", "localhost", "-verify_return_error"),
            *("-CAfile", str(pki.AUTHORITY.path), "-alpn", "echo", "-nocommands", "-quiet"),
            say=b"hello from s_client\n",
        )
        server = await listening.nth()
        await server.until_received(20)
        server.transport.loseConnection()
        await wait(reactor, client.thread)
        assert client.out == b"hello from s_client\n", client.err
        assert await server.until_lost() is ConnectionDone
        assert server.transport.negotiatedProtocol == b"echo"
        assert server.transport.getHandle().get_protocol_version_name() == f"TLSv{version}"

    in_reactor(reactor, scenario())


@needs_openssl
def test_openssl_s_client_is_refused_a_renegotiation(reactor):
    async def scenario():
        listening = Server(Echo)
        settings = standard_server(lowerMaximumSecurityTo=TLSVersion.TLSv1_2)
        port = reactor.listenSSL(0, listening, settings, interface="127.0.0.1")
        # A line with R alone asks s_client to renegotiate.
        client = Command(
            *("openssl", "s_client", "-connect", f"127.0.0.1:{port.getHost().port}"),
            *("-CAfile", str(pki.AUTHORITY.path), "-tls1_2"),
            say=b"R\n",
        )
        await wait(reactor, client.thread)
        assert b"RENEGOTIATING" in client.err + client.out
        assert b"no renegotiation" in client.err
        server = await listening.nth()
        await server.until_lost()
        assert server.received == b""

    in_reactor(reactor, scenario())


@needs_openssl
def test_openssl_s_client_resumes_its_session(reactor, tmp_path, version):
    async def scenario():
        listening = Server(Echo)
        settings = standard_server(
            lowerMaximumSecurityTo=VERSIONS[version], enableSessions=True, enableSessionTickets=True
        )
        port = reactor.listenSSL(0, listening, settings, interface="127.0.0.1")
        session = str(tmp_path / "session")
        said = []
        for number, option in ((1, "-sess_out"), (2, "-sess_in")):
            client = Command(
                *("openssl", "s_client", "-connect", f"127.0.0.1:{port.getHost().port}"),
                *("-CAfile", str(pki.AUTHORITY.path), option, session, "-ign_eof"),
                say=b"x\n",
            )
            server = await listening.nth(number)
            await server.until_received(2)
            server.transport.loseConnection()
            await wait(reactor, client.thread)
            said.append(client.out)
        assert b"\nNew, " in said[0]
        assert b"\nReused, " in said[1]

    in_reactor(reactor, scenario())


@contextlib.contextmanager
def s_server(*options):
    """Run openssl's server, which sends back each line reversed; give its port."""
    number = free_port()
    server = subprocess.Popen(
        [
            *("openssl", "s_server", "-accept", f"127.0.0.1:{number}"),
            *("-cert", str(pki.SERVER.path), "-key", str(pki.SERVER.path), *options),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        for line in server.stdout:
            if line.startswith(b"ACCEPT"):
                break
        yield number
    finally:
        server.kill()
        server.communicate()


@needs_openssl
@pytest.mark.parametrize("engine", CLIENTS)
def test_we_talk_to_openssl_s_server(reactor, engine, version):
    async def scenario(number):
        connecting = Client()
        settings = CLIENTS[engine](acceptableProtocols=[b"echo"])
        reactor.connectSSL("127.0.0.1", number, connecting, settings)
        there = await connecting.nth()
        there.transport.write(b"hello\n")
        await there.until_received(6)
        assert there.received == b"olleh\n"
        assert there.transport.negotiatedProtocol == b"echo"
        assert there.transport.getHandle().get_protocol_version_name() == f"TLSv{version}"
        there.transport.loseConnection()
        assert await there.until_lost() is ConnectionDone

    with s_server("-rev", f"-tls{version.replace('.', '_')}", "-alpn", "echo") as number:
        in_reactor(reactor, scenario(number))


@needs_curl
@pytest.mark.parametrize("engine", SERVERS)
def test_curl_fetches_from_us(reactor, engine, version):
    async def scenario():
        port = reactor.listenSSL(
            0,
            Server(Answers),
            SERVERS[engine](lowerMaximumSecurityTo=VERSIONS[version]),
            interface="127.0.0.1",
        )
        url = f"https://localhost:{port.getHost().port}/"
        curl = ("curl", "--silent", "--show-error", "--ipv4")
        trusting = Command(*curl, "--cacert", str(pki.AUTHORITY.path), url)
        await wait(reactor, trusting.thread)
        assert trusting.out == b"hello, curl", trusting.err
        distrusting = Command(*curl, url)
        await wait(reactor, distrusting.thread)
        assert distrusting.status == 60
        assert distrusting.out == b""

    in_reactor(reactor, scenario())


class Answers(Recorder):
    """Answers any request of HTTP."""

    def dataReceived(self, data):
        super().dataReceived(data)
        if self.received.endswith(b"\r\n\r\n"):
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n")
            self.transport.write(b"Connection: close\r\n\r\nhello, curl")
            self.transport.loseConnection()


class Python(threading.Thread):
    """Python's own sockets under TLS, as a server that echoes once or a client that says something."""

    def __init__(self, context, talk, port=None):
        super().__init__()
        self.context, self.talk, self.error = context, talk, None
        self.listening = socket.create_server(("127.0.0.1", 0)) if port is None else None
        self.port = self.listening.getsockname()[1] if port is None else port
        self.start()

    def run(self):
        try:
            if self.listening is not None:
                with self.listening:
                    sock, _ = self.listening.accept()
            else:
                sock = socket.create_connection(("127.0.0.1", self.port))
            sock.settimeout(10)
            name = None if self.listening is not None else "localhost"
            with sock:
                end = self.context.wrap_socket(sock, server_side=name is None, server_hostname=name)
                with end as secure:
                    self.said = self.talk(secure)
        except Exception as error:
            self.error = error


def only(context_function, version):
    """Make a context of Python's that has one version."""
    context = context_function.__wrapped__()
    one = getattr(ssl.TLSVersion, f"TLSv{version.replace('.', '_')}")
    context.minimum_version = context.maximum_version = one
    return context


@pytest.mark.parametrize("engine", SERVERS)
@pytest.mark.parametrize("clean", [True, False])
def test_pythons_ssl_talks_to_us(reactor, engine, version, clean):
    def talk(secure):
        secure.sendall(b"hello")
        got = secure.recv(100)
        if clean:
            secure.unwrap()
        return got

    async def scenario():
        listening = Server(Echo)
        port = reactor.listenSSL(0, listening, SERVERS[engine](), interface="127.0.0.1")
        client = Python(only(pki.client_context, version), talk, port.getHost().port)
        server = await listening.nth()
        assert await server.until_lost() is (ConnectionDone if clean else ConnectionLost)
        await wait(reactor, client)
        assert client.error is None
        assert client.said == b"hello"

    in_reactor(reactor, scenario())


@pytest.mark.parametrize("engine", CLIENTS)
@pytest.mark.parametrize("clean", [True, False])
def test_we_talk_to_pythons_ssl(reactor, engine, version, clean):
    def talk(secure):
        got = secure.recv(100)
        secure.sendall(got.upper())
        if clean:
            secure.unwrap()
        return got

    async def scenario():
        server = Python(only(pki.server_context, version), talk)
        connecting = Client()
        reactor.connectSSL("127.0.0.1", server.port, connecting, CLIENTS[engine]())
        there = await connecting.nth()
        there.transport.write(b"hello")
        await there.until_received(5)
        assert there.received == b"HELLO"
        assert await there.until_lost() is (ConnectionDone if clean else ConnectionLost)
        await wait(reactor, server)
        assert server.error is None

    in_reactor(reactor, scenario())


@pytest.mark.parametrize("engine", CLIENTS)
def test_a_server_of_pythons_that_nobody_knows_is_refused(reactor, engine):
    stranger = pki.issue("localhost")

    async def scenario():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(stranger.path)
        server = Python(context, lambda secure: secure.recv(100))
        connecting = Client()
        reactor.connectSSL("127.0.0.1", server.port, connecting, CLIENTS[engine]())
        there = await connecting.nth()
        there.transport.write(b"secret")
        assert issubclass(await there.until_lost(), SSL.Error)
        await wait(reactor, server)
        assert isinstance(server.error, ssl.SSLError)
        assert "alert" in str(server.error).lower()

    in_reactor(reactor, scenario())
