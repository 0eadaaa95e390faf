"""XML-RPC, against itself and against the standard library."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import xmlrpc.client
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sennit
from sennit.core.deferred import Deferred, succeed
from sennit.testing import MemoryReactor
from sennit.web.xmlrpc import XMLRPC, Fault, Handler, Proxy, addIntrospection, dumps, loads, withRequest


class Doubling(Handler):
    def run(self, value):
        self.result.callback(value * 2)


class Arithmetic(XMLRPC):
    def xmlrpc_add(self, a, b):
        """Add two numbers."""
        return a + b

    xmlrpc_add.signature = (["int", "int", "int"],)

    def xmlrpc_later(self, value):
        return succeed(value)

    async def xmlrpc_coroutine(self, value):
        return value

    def xmlrpc_fault(self):
        raise Fault(7, "seven")

    def xmlrpc_broken(self):
        raise RuntimeError("secret")

    def xmlrpc_object(self):
        return object()

    @withRequest
    def xmlrpc_path(self, request):
        return request.path.decode()

    def xmlrpc_handled(self, value):
        return Doubling(self, value)

    secret = "not a procedure"


def resource(**kwargs):
    made = Arithmetic(**kwargs)
    addIntrospection(made)
    made.putSubHandler("sub", Arithmetic())
    return made


def call(browser, method, *args, **kwargs):
    body = dumps(args, method, allow_none=True).encode()
    answer = browser.ask(b"/RPC2", b"Content-Type: text/xml", method=b"POST", body=body)
    assert answer.headers[b"content-type"].startswith(b"text/xml")
    return loads(answer.body, **kwargs)[0][0]


def test_procedures_are_called_by_name_and_answer_when_they_can(browse):
    browser = browse(resource())
    assert call(browser, "add", 2, 3) == 5
    assert call(browser, "later", {"é": [1, 2.5, True]}) == {"é": [1, 2.5, True]}
    assert call(browser, "coroutine", "x<&>") == "x<&>"
    assert call(browser, "path") == "/RPC2"
    assert call(browser, "handled", 4) == 8
    assert call(browser, "sub.add", 1, 1) == 2


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("fault", 7),
        ("broken", 8002),
        ("nothing", 8001),
        ("sub.nothing", 8001),
        ("no.x", 8001),
        ("object", 8002),
        ("__class__", 8001),
    ],
)
def test_what_goes_wrong_is_a_fault_that_tells_nothing_of_the_inside(browse, method, code):
    with pytest.raises(Fault) as caught:
        call(browse(resource()), method)
    assert caught.value.faultCode == code
    assert "secret" not in caught.value.faultString


def test_clients_can_ask_which_procedures_there_are(browse):
    browser = browse(resource())
    names = call(browser, "system.listMethods")
    assert {"add", "sub.add", "system.methodHelp"} <= set(names)
    assert call(browser, "system.methodHelp", "add") == "Add two numbers."
    assert call(browser, "system.methodSignature", "add") == [["int", "int", "int"]]


@pytest.mark.parametrize(
    "body",
    [
        b"not xml",
        b"",
        b"<methodCall>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><methodCall><methodName>add</methodName></methodCall>',
        b"<array>" * 5000,
    ],
)
def test_known_entity_bombs_and_other_bad_input_are_faults(browse, body):
    answer = browse(resource()).ask(b"/", method=b"POST", body=body or b" ")
    with pytest.raises(Fault) as caught:
        loads(answer.body)
    assert caught.value.faultCode == 8002


def test_none_and_dates_are_taken_where_that_is_allowed(browse):
    when = dt.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 (XML-RPC has no zones)
    browser = browse(resource(allowNone=True, useDateTime=True))
    assert call(browser, "later", when, use_datetime=True) == when
    assert call(browser, "later", None) is None


def test_a_proxy_sends_a_call_and_gives_the_answer():
    reactor = MemoryReactor()
    proxy = Proxy(b"http://ann:pw@example.org:81/rpc?x", reactor=reactor)
    results = []
    proxy.callRemote("add", 1, 2).addBoth(results.append)
    host, port, factory, timeout, _ = reactor.tcpClients[0]
    assert (host, port, timeout) == ("example.org", 81, 30.0)
    protocol = factory.buildProtocol(None)
    from sennit.testing import StringTransport

    transport = StringTransport()
    protocol.makeConnection(transport)
    head, _, body = transport.value().partition(b"\r\n\r\n")
    assert head.startswith(b"POST /rpc?x HTTP/1.0\r\n")
    assert b"\r\nAuthorization: Basic YW5uOnB3" in head
    assert loads(body) == ((1, 2), "add")
    answer = dumps((3,), methodresponse=True).encode()
    protocol.dataReceived(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
    from sennit.protocol import connectionDone

    protocol.connectionLost(connectionDone)
    assert results == [3]


@pytest.mark.parametrize(
    "status", [b"HTTP/1.1 500 Broken\r\n", b"nonsense\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"]
)
def test_a_proxy_fails_on_an_answer_that_is_none(status):
    from sennit.protocol import connectionDone
    from sennit.testing import StringTransport

    reactor = MemoryReactor()
    results = []
    Proxy(b"http://example.org/", reactor=reactor).callRemote("x").addBoth(results.append)
    protocol = reactor.tcpClients[0][2].buildProtocol(None)
    protocol.makeConnection(StringTransport())
    protocol.dataReceived(status)
    protocol.connectionLost(connectionDone)
    assert results[0].check(ValueError)


def test_a_call_to_a_client_that_is_gone_is_cancelled(browse):
    from sennit.protocol import connectionDone

    cancelled = []

    class Slow(XMLRPC):
        def xmlrpc_slow(self):
            return Deferred(cancelled.append)

    browser = browse(Slow())
    assert browser.ask(b"/", method=b"POST", body=dumps((), "slow").encode()) is None
    browser.channel.connectionLost(connectionDone)
    assert len(cancelled) == 1


def test_the_standard_librarys_client_and_ours_talk_to_the_server_on_sockets():
    import asyncio

    from sennit.web import Site

    async def main():
        port = sennit.current_reactor().listenTCP(0, Site(resource()), interface="127.0.0.1")
        url = f"http://127.0.0.1:{port.getHost().port}/"

        def stdlib():
            with xmlrpc.client.ServerProxy(url) as server:
                return server.add(2, 2), server.system.methodHelp("add")

        theirs = await asyncio.to_thread(stdlib)
        ours = await Proxy(url.encode()).callRemote("add", 3, 3)
        with pytest.raises(Fault):
            await Proxy(url.encode()).callRemote("fault")
        await port.stopListening()
        return theirs, ours

    assert sennit.run(main) == ((4, "Add two numbers."), 6)


_XML = st.sampled_from(
    [
        *(
            "<methodCall>",
            "</methodCall>",
            "<methodName>add</methodName>",
            "<params>",
            "</params>",
            "<param>",
        ),
        *("</param>", "<value>", "</value>", "<int>", "1", "</int>", "<nil/>", "<array><data>", "<struct>"),
        *(
            "<member>",
            "<name>",
            "</name>",
            "<dateTime.iso8601>",
            "<base64>",
            "&lt;",
            "&x;",
            "<!DOCTYPE a>",
            "<",
        ),
    ]
)


@settings(max_examples=100)
@given(st.lists(_XML, max_size=20).map("".join) | st.text(max_size=30))
def test_no_message_breaks_the_reader(text):
    with contextlib.suppress(Exception):
        loads(text)
    request = SimpleNamespace(content=io.BytesIO(text.encode("utf-8", "replace")), written=[])
    request.setHeader = request.finish = lambda *args: None
    request.write = request.written.append
    request.notifyFinish = Deferred
    XMLRPC().render_POST(request)
    with pytest.raises(Fault):
        loads(b"".join(request.written))


@pytest.mark.parametrize(
    "value", ["<double>2.u</double>", "<int>x</int>", "<boolean>2</boolean>", "<base64>a</base64>", "<nil>x"]
)
def test_a_value_that_is_none_makes_the_message_none(value):
    with pytest.raises((xmlrpc.client.ResponseError, xmlrpc.client.expat.ExpatError)):
        loads(f"<params><param><value>{value}</value></param></params>")


def test_an_encoding_that_is_none_makes_the_message_none():
    with pytest.raises(xmlrpc.client.ResponseError):
        loads(b'<?xml version="1.0" encoding="utv-8"?><params/>')
