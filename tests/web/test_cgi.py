"""CGI programs as resources."""

from __future__ import annotations

import asyncio
import http.client
import sys

import pytest

import sennit
from sennit.core.errors import ProcessDone, ProcessTerminated
from sennit.core.failure import Failure
from sennit.protocol import connectionDone
from sennit.web import Resource, Site
from sennit.web.cgi import CGIDirectory, CGIScript, FilteredScript


class Transport:
    def __init__(self):
        self.said = []
        self.producer = None

    def __getattr__(self, name):
        return lambda *args: self.said.append((name, *args))

    def registerProducer(self, producer, streaming):
        self.producer = producer
        while self.producer is not None:
            producer.resumeProducing()

    def unregisterProducer(self):
        self.producer = None


class Processes:
    """Plays processes: what is spawned is kept."""

    def __init__(self):
        self.spawned = []

    def spawnProcess(self, protocol, executable, args, env, path):
        self.protocol = protocol
        self.env = env
        self.spawned.append((executable, args, path))
        transport = self.transport = Transport()
        protocol.makeConnection(transport)


@pytest.fixture
def processes():
    return Processes()


@pytest.fixture
def browser(browse, processes):
    root = Resource()
    root.putChild(b"run", CGIScript("/srv/run", reactor=processes))
    return browse(root)


def start(browser, processes, target=b"/run", *lines, **kwargs):
    assert browser.ask(target, *lines, **kwargs) is None
    return processes.protocol


DONE = Failure(ProcessDone(None))


def test_a_program_is_told_of_the_request(browser, processes):
    start(
        browser,
        processes,
        b"/run/a%20b/?q=1",
        b"Cookie: a=1",
        b"Content-Type: x/y",
        method=b"POST",
        body=b"data",
    )
    wanted = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_NAME": b"example.org",
        "SERVER_PROTOCOL": b"HTTP/1.1",
        "REQUEST_METHOD": b"POST",
        "SCRIPT_NAME": b"/run",
        "SCRIPT_FILENAME": "/srv/run",
        "PATH_INFO": b"/a b/",
        "QUERY_STRING": b"q=1",
        "CONTENT_LENGTH": "4",
        "CONTENT_TYPE": b"x/y",
        "HTTP_COOKIE": b"a=1",
        "HTTP_HOST": b"example.org",
    }
    assert {name: processes.env.get(name) for name in wanted} == wanted
    assert processes.spawned == [("/srv/run", ["/srv/run"], "/srv")]
    assert processes.transport.said == [("write", b"data"), ("closeStdin",)]


def test_known_cve_2016_1000111_a_proxy_field_does_not_become_http_proxy(browser, processes, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://ours/")
    start(browser, processes, b"/run", b"Proxy: http://evil/", b"X_Y: 1", b"X-Y: 2")
    assert "HTTP_PROXY" not in processes.env
    assert processes.env["HTTP_X_Y"] == b"2"


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        (b"a+b%20c", [b"a", b"b c"]),
        (b"-d+allow_url_include", []),
        (b"x+%2dr", []),
        (b"a=b", []),
        (b"%00", []),
    ],
)
def test_known_cve_2012_1823_words_of_a_query_are_arguments_but_never_options(
    browser, processes, query, arguments
):
    start(browser, processes, b"/run?" + query)
    assert processes.spawned[0][1] == ["/srv/run", *arguments]


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_an_answer_is_passed_on_however_it_is_cut(browser, processes, end):
    protocol = start(browser, processes)
    text = end.join(
        [b"Status: 201 Made", b"X: 1", b"Server: mine", b"Content-Type: text/plain", b"", b"body"]
    )
    for octet in text:
        protocol.outReceived(bytes([octet]))
    protocol.processEnded(DONE)
    answer = browser.answer()
    assert (answer.code, answer.body, answer.headers[b"x"]) == (201, b"body", b"1")
    assert b"mine" not in answer.headers[b"server"]


def test_a_location_is_a_redirection(browser, processes):
    protocol = start(browser, processes)
    protocol.outReceived(b"Location: /x\n\n")
    protocol.processEnded(DONE)
    assert (answer := browser.answer()).code == 302
    assert answer.headers[b"location"] == b"/x"


@pytest.mark.parametrize("head", [b"", b"X: 1\n", b"Content-Length: many\n\nbody", b"x" * 100_000])
def test_an_answer_that_is_none_is_a_500(browser, processes, head):
    protocol = start(browser, processes)
    protocol.errReceived(b"Traceback...")
    protocol.outReceived(head)
    protocol.processEnded(Failure(ProcessTerminated(1)))
    answer = browser.answer()
    assert answer.code == 500
    assert b"Traceback" not in answer.body


def test_a_program_is_killed_when_its_client_goes_away_and_paused_when_it_is_slow(browser, processes):
    protocol = start(browser, processes)
    protocol.outReceived(b"A: b\n\nbody")
    browser.channel.pauseProducing()
    assert ("pauseProducing",) in processes.transport.said
    browser.channel.resumeProducing()
    browser.channel.connectionLost(connectionDone)
    assert ("signalProcess", "KILL") in processes.transport.said
    protocol.outReceived(b"more")
    protocol.processEnded(DONE)


def test_a_directory_runs_what_is_in_it_and_nothing_else(browse, tmp_path):
    (tmp_path / "a.cgi").write_text("")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.cgi").write_text("")
    directory = CGIDirectory(tmp_path)
    assert directory.getChild(b"a.cgi", None).filename == str(tmp_path / "a.cgi")
    assert directory.getChild(b"sub", None).getChild(b"b.cgi", None).filename.endswith("sub/b.cgi")
    for name in (b"..", b"../x", b"/etc/passwd", b"nothing", b"a\0", b"."):
        assert directory.getChild(name, None).code == 404
    assert browse(directory).ask(b"/").code == 404


def test_real_programs_answer_on_sockets(tmp_path):
    program = tmp_path / "echo.py"
    program.write_text(
        "import os, sys\n"
        "body = sys.stdin.buffer.read()\n"
        "print('Content-Type: text/plain\\n')\n"
        "print(os.environ['REQUEST_METHOD'], len(body), 'HTTP_PROXY' in os.environ)\n"
    )

    class Python(FilteredScript):
        filter = sys.executable

    async def main():
        root = Resource()
        root.putChild(b"echo", Python(str(program)))
        port = sennit.current_reactor().listenTCP(0, Site(root), interface="127.0.0.1")

        def ask():
            connection = http.client.HTTPConnection("127.0.0.1", port.getHost().port, timeout=20)
            connection.request("POST", "/echo", body=b"x" * 300_000, headers={"Proxy": "http://evil/"})
            response = connection.getresponse()
            try:
                return response.status, response.read()
            finally:
                connection.close()

        try:
            return await asyncio.to_thread(ask)
        finally:
            await port.stopListening()

    assert sennit.run(main) == (200, b"POST 300000 False\n")
