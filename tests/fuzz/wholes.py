"""Whole servers and clients in memory: what a parser lets through must be right for all that stands on it."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

from hyperframe.frame import SettingsFrame

from sennit.core import report
from sennit.endpoint.socks import SOCKSHandshake
from sennit.endpoint.tunnelling import TunnelError
from sennit.ftp.addresses import decodeExtendedPort, decodeHostPort
from sennit.ftp.client_connection import ClientConnection
from sennit.ftp.errors import RemoteProtocolError as FTPViolation
from sennit.ftp.events import Command as FTPCommand
from sennit.ftp.limits import Limits as FTPLimits
from sennit.ftp.listing import FTPFileListProtocol, parse_machine_line
from sennit.http.client.connection import HTTP11ClientProtocol
from sennit.http.client.request import Request as ClientRequest
from sennit.http.headers import Headers
from sennit.http.limits import Limits
from sennit.log import LogLevel, globalLogPublisher
from sennit.protocol import Protocol
from sennit.testing import Clock, StringTransport
from sennit.web import Resource, Site
from sennit.web.cgi import CGIProcessProtocol
from sennit.web.guard import BasicCredentialFactory, DigestCredentialFactory, HTTPAuthSessionWrapper
from sennit.web.static import File
from sennit.web.websocket import WebSocketResource
from sennit.web.xmlrpc import XMLRPC, addIntrospection

from .http2 import PREFACE


class _Nobody:
    """A portal that lets nobody in."""

    def login(self, credentials, mind, *interfaces):
        from sennit.core.deferred import fail
        from sennit.cred.errors import UnauthorizedLogin

        return fail(UnauthorizedLogin())


class _Echo(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"x-args", b"%d" % len(request.args))
        request.setLastModified(784111777)
        request.setETag(b'"a"')
        request.addCookie(b"session", b"x")
        return b"".join(
            [
                request.prePathURL(),
                request.URLPath().path,
                request.getRequestHostname(),
                request.getUser(),
                request.getPassword(),
                b" ".join(request.received_cookies),
            ]
        )

    def render_POST(self, request):
        return request.content.read()


class _Streamed(Resource):
    """Answers at once, and reads the body in its own time."""

    isLeaf = True
    streamed = True

    def render_POST(self, request):
        request.write(b"so ")
        request.finish()
        return 1


def _procedures():
    procedures = XMLRPC(allowNone=True)
    procedures.xmlrpc_echo = lambda *values: values
    addIntrospection(procedures)
    return procedures


def _folder():
    folder = Path(tempfile.mkdtemp(prefix="sennit-fuzz-"))
    (folder / "a.txt").write_bytes(b"0123456789" * 20)
    (folder / "b").mkdir()
    (folder / "b" / "c&d.html").write_text("<p>")
    return folder


class _World:
    """What all inputs share: the sites, and what was complained of."""

    def __init__(self):
        self.complaints = []
        self.clock = Clock()
        folder = self.folder = _folder()
        root = Resource()
        root.putChild(b"", _Echo())
        root.putChild(b"echo", _Echo())
        root.putChild(b"streamed", _Streamed())
        root.putChild(b"files", File(str(folder)))
        root.putChild(b"rpc", _procedures())
        root.putChild(b"socket", WebSocketResource(_listen))
        schemes = [BasicCredentialFactory("here"), DigestCredentialFactory(b"md5", b"here")]
        root.putChild(b"private", HTTPAuthSessionWrapper(_Nobody(), schemes))
        self.site = Site(
            root,
            reactor=self.clock,
            limits=Limits(header_size=2000, request_line=500, body_size=5000),
            http2=True,
            trusted_proxies=["10.0.0.0/8"],
        )
        self.site.doStart = self.site.doStop = lambda: None

    def report(self, failure, message="", **context):
        self.complaints.append(failure)

    def observe(self, event):
        if "log_failure" in event or event.get("log_level") == LogLevel.critical:
            self.complaints.append(event.get("log_failure") or event)

    def check(self):
        """Raise what was complained of."""
        if self.complaints:
            first, self.complaints[:] = self.complaints[0], []
            if hasattr(first, "raiseException"):
                first.raiseException()
            raise AssertionError(first)


_world = None


def world():
    """Make the world, when it is first wanted; what was complained of before is of others."""
    global _world
    if _world is None:
        _world = _World()
    return _world


class _Watched:
    """Raises what is reported or logged as an error meanwhile."""

    def __enter__(self):
        self._world = world()
        self._before = report.set_reporter(self._world.report)
        globalLogPublisher.addObserver(self._world.observe)
        return self._world

    def __exit__(self, kind, error, traceback):
        report.set_reporter(self._before)
        globalLogPublisher.removeObserver(self._world.observe)
        if kind is None:
            self._world.check()
        self._world.complaints.clear()


async def _listen(websocket):
    async for message in websocket:
        await websocket.send(message)


def site(pieces):
    """A site, over HTTP/1."""
    _talk(pieces)


def site_http2(pieces):
    """A site, over HTTP/2."""
    _talk([PREFACE + SettingsFrame(0).serialize(), *pieces])


def _talk(pieces):
    from sennit.core.errors import ConnectionDone
    from sennit.core.failure import Failure

    with _Watched() as world:
        channel = world.site.buildProtocol(None)
        wire = StringTransport(lenient=True)
        channel.makeConnection(wire)
        for piece in pieces:
            if wire.disconnecting:
                break
            channel.dataReceived(piece)
            world.clock.advance(0)
        world.clock.advance(0)
        channel.connectionLost(Failure(ConnectionDone()))
        # The clocks that guard connections, and what sites do about sessions.
        world.clock.advance(0)


class _Body(Protocol):
    def dataReceived(self, data):
        pass


def client(pieces):
    """A client's connection, with a request under way."""
    from sennit.core.errors import ConnectionDone
    from sennit.core.failure import Failure

    with _Watched():
        connection = HTTP11ClientProtocol()
        connection.makeConnection(StringTransport(lenient=True))
        method = (b"GET", b"HEAD", b"POST")[len(pieces[0]) % 3]
        answered = connection.request(ClientRequest(method, b"/", Headers({b"host": [b"h"]}), None))
        answered.addCallback(lambda response: response.deliverBody(_Body()))
        answered.addErrback(lambda failure: None)
        for piece in pieces:
            connection.dataReceived(piece)
        connection.connectionLost(Failure(ConnectionDone()))


class _Program(StringTransport):
    """A child process that says what it is told."""

    def closeStdin(self):
        pass

    def signalProcess(self, signal):
        pass


class _Asked:
    """A request to a CGI program."""


def cgi(pieces):
    """What a CGI program writes, on its way to a client."""
    from sennit.core.errors import ProcessDone
    from sennit.core.failure import Failure
    from sennit.web import NOT_DONE_YET

    class Run(Resource):
        isLeaf = True

        def render(self, request):
            program = CGIProcessProtocol(request)
            program.makeConnection(_Program(lenient=True))
            for piece in pieces:
                program.outReceived(piece)
            program.processEnded(Failure(ProcessDone(0)))
            return NOT_DONE_YET

    with suppress_bad_heads(), _Watched() as world:
        channel = Site(Run(), reactor=world.clock).buildProtocol(None)
        channel.makeConnection(StringTransport(lenient=True))
        channel.dataReceived(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        channel.connectionLost(Failure(ProcessDone(0)))


def suppress_bad_heads():
    """Take that a program's head holds what may not go out for what it is: logged, and answered with 500."""
    from sennit.http.errors import LocalProtocolError
    from sennit.http.headers import InvalidHeaderName

    return suppress(LocalProtocolError, InvalidHeaderName)


def socks(pieces):
    """What a SOCKS proxy says."""
    for user in (None, b"user"):
        handshake = SOCKSHandshake(b"example.org", 80, user, b"password")
        handshake.greeting()
        with suppress(TunnelError):
            for piece in pieces:
                handshake.receive_data(piece)
        handshake.take_rest()


def ftp(pieces):
    """What a server of FTP answers, and lists."""
    client = ClientConnection(FTPLimits(reply_line=400, reply_lines=20))
    client.send(FTPCommand("AUTH", "TLS"))
    with suppress(FTPViolation):
        for piece in pieces:
            client.receive_data(piece)
            while client.next_event() is not None:
                """Take what there is."""
    reader = FTPFileListProtocol()
    for line in b"".join(pieces).decode("latin-1").split("\n"):
        reader.parseDirectoryLine(line)
        with suppress(ValueError):
            entry = parse_machine_line(line)
            assert entry.name
            assert entry.size is None or entry.size >= 0
            assert entry.modified is None or entry.modified.year
        with suppress(ValueError):
            assert 0 <= decodeHostPort(line)[1] <= 65535
        with suppress(ValueError):
            assert 0 <= decodeExtendedPort(line) <= 65535


FTP = [
    b"220-Welcome\r\n to us\r\n220 Go on.\r\n234 TLS\r\n",
    b"120 wait\r\n220 \xff\xf4\xff\xffhello\r\n234 x\r\n421 bye\r\n",
    b"227 Entering Passive Mode (127,0,0,1,4,1).\r\n229 Extended (|||6446|)\r\n",
    b"-rw-r--r--   1 root  other  531 Jan 29 03:26 READ ME\r\n",
    b"lrwxrwxrwx+ 1 root other 7 2020-01-25 00:17 bin -> usr/bin\r\n",
    b"type=file;size=12;modify=20260102030405.25;UNIX.mode=0644; a name\r\n",
]
_HOST = b" HTTP/1.1\r\nHost: example.org\r\n"
SITE = [
    b"GET /echo?a=b"
    + _HOST
    + b"Cookie: a=b; c=d\r\nAuthorization: Basic dTpw\r\nForwarded: for=1.2.3.4\r\n\r\n",
    b"GET /files/a.txt" + _HOST + b'Range: bytes=1-4, -5\r\nIf-Range: "x"\r\n\r\n',
    b"GET /files/a.txt"
    + _HOST
    + b"If-None-Match: *\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
    b"GET /files/b/"
    + _HOST
    + b"\r\nGET /files/%2e%2e/b"
    + _HOST
    + b"\r\nHEAD /files/b/c%26d.html"
    + _HOST
    + b"\r\n",
    b"POST /echo"
    + _HOST
    + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\na=b&c=d",
    b"POST /echo"
    + _HOST
    + b"Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'40\r\n--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n\r\n0\r\n\r\n',
    b"POST /streamed" + _HOST + b"Content-Length: 5\r\n\r\nabcde" + b"GET /none/such" + _HOST + b"\r\n",
    b"POST /rpc" + _HOST + b"Content-Type: text/xml\r\nContent-Length: 97\r\n\r\n<methodCall><methodName>echo"
    b"</methodName><params><param><value>x</value></param></params></methodCall>",
    b"GET /socket" + _HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x82\0\0\0\0hi\x88\x82\0\0\0\0\x03\xe8",
    b"GET /private"
    + _HOST
    + b'Authorization: Digest username="u", nonce="n", opaque="b-eA==", response="r"\r\n\r\n',
    b"OPTIONS *" + _HOST + b"\r\nPUT /echo" + _HOST + b"\r\nTRACE http://h/ HTTP/1.0\r\n\r\n",
]
CGI = [
    b"Status: 404 Not here\r\nContent-Type: text/plain\r\nX: y\r\n\r\nbody",
    b"Location: /there\nSet-Cookie: a=b\nContent-Length: 3\n\nabc",
    b"no head at all",
]
SOCKS = [
    b"\5\0\5\0\0\1\1\2\3\4\0\x50rest",
    b"\5\2\1\0\5\0\0\3\7example\0\x50",
    b"\5\xff",
    b"\5\0\5\4\0\4" + bytes(18),
]
