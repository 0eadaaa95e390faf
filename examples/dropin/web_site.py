"""A web site of resources and files, asked by urllib in a thread and by a raw protocol."""

from __future__ import annotations

import os
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from twisted.internet import defer, endpoints, protocol, reactor, task, threads
from twisted.web import http, resource, server, static


class Hello(resource.Resource):
    isLeaf = True

    def render_GET(self, request):
        name = request.args.get(b"name", [b"nobody"])[0]
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        return b"Hello, " + name + b", on " + b"/".join(request.postpath) + b"!\n"


class Form(resource.Resource):
    def render_GET(self, request):
        return b"<form>"

    def render_POST(self, request):
        request.setResponseCode(http.CREATED)
        fields = sorted(request.args.items())
        return b"; ".join(key + b"=" + b",".join(values) for key, values in fields)


class Slow(resource.Resource):
    def render_GET(self, request):
        def answer():
            request.write(b"first, ")
            reactor.callLater(0.01, finish)

        def finish():
            request.write(b"second")
            request.finish()

        reactor.callLater(0.01, answer)
        return server.NOT_DONE_YET


class Broken(resource.Resource):
    def render_GET(self, request):
        raise RuntimeError("broken on purpose")


class Dynamic(resource.Resource):
    def getChild(self, path, request):
        return static.Data(b"child " + path, "text/plain")

    def render_GET(self, request):
        return b"the parent itself"


def ask(url, data=None, method=None):
    """Return status, some headers and the body: runs in a thread, for urllib waits."""
    request = urllib.request.Request(url, data=data, method=method)
    try:
        answer = urllib.request.urlopen(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        body = answer.read()
        return answer.status, answer.headers.get("content-type"), answer.headers.get("content-length"), body


class Raw(protocol.Protocol):
    """Sends two requests at once and keeps what comes until the connection ends."""

    def __init__(self, requests):
        self.requests = requests
        self.received = b""
        self.ended = defer.Deferred()

    def connectionMade(self):
        self.transport.write(self.requests)

    def dataReceived(self, data):
        self.received += data

    def connectionLost(self, reason):
        self.ended.callback(self.received)


@defer.inlineCallbacks
def main(reactor):
    directory = tempfile.TemporaryDirectory()
    with open(os.path.join(directory.name, "notes.txt"), "w") as file:
        file.write("0123456789" * 10)
    root = resource.Resource()
    root.putChild(b"", static.Data(b"the root", "text/html"))
    root.putChild(b"hello", Hello())
    root.putChild(b"form", Form())
    root.putChild(b"slow", Slow())
    root.putChild(b"broken", Broken())
    root.putChild(b"dynamic", Dynamic())
    root.putChild(b"files", static.File(directory.name))
    site = server.Site(root)
    site.displayTracebacks = False
    site.noisy = False
    endpoint = endpoints.serverFromString(reactor, "tcp:0:interface=127.0.0.1")
    port = yield endpoint.listen(site)
    base = f"http://127.0.0.1:{port.getHost().port}"
    form = urllib.parse.urlencode({"b": "2", "a": "1 & 1"}).encode()
    for path, data, method in (
        ("/", None, None),
        ("/hello/deep/er?name=you", None, None),
        ("/hello", None, None),
        ("/form", form, None),
        ("/hello", form, None),
        ("/form", None, "BREW"),
        ("/form", None, "HEAD"),
        ("/slow", None, None),
        ("/dynamic", None, None),
        ("/dynamic/anything", None, None),
        ("/files/notes.txt", None, None),
    ):
        answer = yield threads.deferToThread(ask, base + path, data, method)
        if answer[0] == http.NOT_ALLOWED or answer[0] == http.NOT_IMPLEMENTED:
            answer = answer[:2]
        print(method or ("POST" if data else "GET"), path, *answer)
    for path in ("/nowhere", "/broken", "/files/nothing"):
        status, kind, *_ = yield threads.deferToThread(ask, base + path)
        print("GET", path, status, kind)
    raw = Raw(
        b"GET /hello?name=one HTTP/1.1\r\nHost: here\r\n\r\n"
        b"GET /files/notes.txt HTTP/1.1\r\nHost: here\r\nRange: bytes=5-9\r\nConnection: close\r\n\r\n"
    )
    where = endpoints.clientFromString(reactor, f"tcp:127.0.0.1:{port.getHost().port}")
    yield endpoints.connectProtocol(where, raw)
    received = yield raw.ended
    first, second = received.split(b"HTTP/1.1 ")[1:]
    print(first.split(b"\r\n")[0], first.rpartition(b"\r\n\r\n")[2])
    print(second.split(b"\r\n")[0], second.rpartition(b"\r\n\r\n")[2])
    yield port.stopListening()
    directory.cleanup()


task.react(main)
