"""Sites, resources and requests: from a path to an answer."""

from __future__ import annotations

import asyncio

import pytest

from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.errors import ConnectionLost
from sennit.core.failure import Failure
from sennit.http import Headers
from sennit.log import LogLevel, capturedLogs
from sennit.version import __version__
from sennit.web import (
    NOT_DONE_YET,
    DeferredResource,
    Redirect,
    Request,
    Resource,
    Site,
    UnsupportedMethod,
    errorPage,
    forbidden,
    notFound,
    redirectTo,
)
from sennit.web.redirect import ParentRedirect
from sennit.web.resource import ErrorPage, ForbiddenResource, NoResource, getChildForRequest


class Leaf(Resource):
    """A leaf whose methods are given."""

    isLeaf = True

    def __init__(self, **methods):
        super().__init__()
        for name, method in methods.items():
            setattr(self, f"render_{name}", method)


def test_a_body_in_bytes_is_the_whole_answer(browse):
    answer = browse(Leaf(GET=lambda request: b"hello")).ask(b"/")
    assert answer.code == 200
    assert answer.body == b"hello"
    assert answer.headers.keys() == {b"server", b"date", b"content-length", b"content-type"}
    assert answer.headers[b"server"] == b"Sennit/" + __version__.encode()
    assert answer.headers[b"content-type"] == b"text/html"
    assert answer.headers[b"content-length"] == b"5"


def test_server_and_date_are_there_for_a_program_that_looks_and_once_on_the_wire(browse):
    def render(request):
        request.setHeader(b"x-before", b"1")
        fields = dict(request.responseHeaders.getAllRawHeaders())
        request.setHeader(b"x-after", b"1")
        return b",".join(fields)

    answer = browse(Leaf(GET=render)).ask(b"/")
    assert answer.body == b"Server,Date,X-Before"
    for name in (b"Server", b"Date", b"X-Before", b"X-After", b"Content-Length"):
        assert answer.raw.count(b"\r\n%b: " % name) == 1


@pytest.mark.parametrize("looks", [False, True])
@pytest.mark.parametrize("name", [b"server", b"date"])
def test_server_and_date_can_be_replaced(browse, name, looks):
    def render(request):
        if looks:
            assert request.responseHeaders.hasHeader(name)
        request.setHeader(name, b"mine")
        return b"hello"

    answer = browse(Leaf(GET=render)).ask(b"/")
    assert answer.headers[name] == b"mine"
    assert {b"server", b"date"} <= answer.headers.keys()


@pytest.mark.parametrize("looks", [False, True])
def test_the_length_of_a_body_that_was_returned_counts(browse, looks):
    def render(request):
        request.setHeader(b"content-length", b"7")
        if looks:
            assert request.responseHeaders.getRawHeaders(b"content-length") == [b"7"]
        return b"hello"

    answer = browse(Leaf(GET=render)).ask(b"/")
    assert answer.headers[b"content-length"] == b"5"
    assert answer.body == b"hello"


def test_response_headers_can_be_assigned(browse):
    def render(request):
        request.setHeader(b"x-gone", b"1")
        request.responseHeaders = Headers({b"x-mine": [b"1"]})
        request.setHeader(b"x-more", b"2")
        return b"hello"

    answer = browse(Leaf(GET=render)).ask(b"/")
    assert answer.headers.keys() == {b"x-mine", b"x-more", b"content-length", b"content-type"}


def test_a_request_that_changes_the_body_on_the_way_declares_its_length_itself(browse):
    class Doubling(Request):
        def write(self, data):
            self.setHeader(b"content-length", b"%d" % (2 * len(data)))
            super().write(data * 2)

    answer = browse(Leaf(GET=lambda request: b"hello"), requestFactory=Doubling).ask(b"/")
    assert answer.headers[b"content-length"] == b"10"
    assert answer.body == b"hellohello"


def test_a_failed_start_of_a_response_leaves_nothing_behind(browse, reported):
    def render(request):
        request.setHeader(b"x-value", b"fine")
        request.responseHeaders.getRawHeaders(b"x-value").append(b"evil\r\nX-Injected: b")
        request.addCookie(b"a", b"b")
        request.write(b"body")

    answer = browse(Leaf(GET=render)).ask(b"/")
    assert answer.code == 500
    assert answer.headers.keys() == {b"server", b"date", b"content-length", b"content-type"}
    assert len(answer.body) == int(answer.headers[b"content-length"])
    assert len(reported) == 1


def test_headers_that_were_touched_are_sent_as_they_were_left(browse):
    def render(request):
        request.responseHeaders.removeHeader(b"server")
        request.setHeader(b"content-type", b"text/plain")
        request.setHeader("x-more", "é")
        return b"hello"

    answer = browse(Leaf(GET=render)).ask(b"/")
    assert b"server" not in answer.headers
    assert answer.headers[b"content-type"] == b"text/plain"
    assert answer.headers[b"x-more"] == "é".encode()
    assert answer.headers[b"content-length"] == b"5"


def test_an_empty_body_has_no_media_type(browse):
    answer = browse(Leaf(GET=lambda request: b"")).ask(b"/")
    assert answer.headers[b"content-length"] == b"0"
    assert b"content-type" not in answer.headers


def test_a_resource_may_answer_later(browse):
    waiting = []

    def render(request):
        waiting.append(request)
        return NOT_DONE_YET

    browser = browse(Leaf(GET=render))
    assert browser.ask(b"/") is None
    waiting[0].write(b"late")
    waiting[0].finish()
    assert browser.answer().body == b"late"


def test_a_deferred_gives_the_body(browse):
    later = Deferred()
    browser = browse(Leaf(GET=lambda request: later))
    assert browser.ask(b"/") is None
    later.callback(b"there")
    assert browser.answer().body == b"there"
    assert browse(Leaf(GET=lambda request: succeed(b"now"))).ask(b"/").body == b"now"


def test_a_coroutine_gives_the_body(browse):
    async def render(request):
        await succeed(None)
        return b"awaited"

    assert browse(Leaf(GET=render)).ask(b"/").body == b"awaited"


def test_a_coroutine_may_write_for_itself(browse):
    async def render(request):
        request.write(b"a")
        await succeed(None)
        request.write(b"b")
        request.finish()

    assert browse(Leaf(GET=render)).ask(b"/").body == b"ab"


def test_an_error_becomes_a_500_that_tells_nothing(browse, reported):
    def render(request):
        request.setHeader(b"x-left-over", b"1")
        request.addCookie(b"left", b"over")
        raise ValueError("a secret")

    async def later(request):
        await succeed(None)
        raise ValueError("a secret")

    for resource in (
        Leaf(GET=render),
        Leaf(GET=later),
        Leaf(GET=lambda request: fail(ValueError("a secret"))),
    ):
        answer = browse(resource).ask(b"/")
        assert answer.code == 500
        assert b"secret" not in answer.raw
        assert b"left" not in answer.raw
    assert [failure.type for failure in reported] == [ValueError] * 3


def test_clients_are_shown_tracebacks_only_where_that_is_asked_for(browse, reported):
    def render(request):
        raise ValueError("a secret <b>")

    browser = browse(Leaf(GET=render))
    assert b"secret" not in browser.ask(b"/").raw
    browser.site.displayTracebacks = True
    answer = browser.ask(b"/")
    assert answer.code == 500
    assert b"a secret &lt;b&gt;" in answer.body
    assert b"in render" in answer.body.replace(b'<span class="function">', b"")


def test_an_error_amid_the_answer_ends_the_connection(browse, reported):
    def render(request):
        request.write(b"half")
        raise ValueError

    browser = browse(Leaf(GET=render))
    browser.ask(b"/")
    assert browser.wire.disconnecting
    assert len(reported) == 1


def test_a_header_that_may_not_be_sent_becomes_a_500(browse, reported):
    def render(request):
        request.setResponseCode(200, b"a\r\nb")
        return b"x"

    assert browse(Leaf(GET=render)).ask(b"/").code == 500
    assert len(reported) == 1


@pytest.mark.parametrize("value", ["text", None, 5, [b"x"]])
def test_a_resource_that_does_not_return_bytes_is_told_of_in_the_log(browse, value):
    with capturedLogs() as events:
        answer = browse(Leaf(GET=lambda request: value)).ask(b"/")
    assert answer.code == 500
    assert [event["body"] for event in events if event["log_level"] is LogLevel.error] == [value]


def test_writing_text_is_a_type_error(browse, reported):
    def render(request):
        request.write("text")

    assert browse(Leaf(GET=render)).ask(b"/").code == 500
    assert reported[0].type is TypeError


def test_a_client_that_leaves_cancels_what_makes_its_answer(browse, reported):
    later = Deferred()
    cancelled = []
    later.addErrback(lambda failure: cancelled.append(failure) or failure)
    browser = browse(Leaf(GET=lambda request: later))
    browser.ask(b"/")
    browser.channel.connectionLost(Failure(ConnectionLost()))
    assert len(cancelled) == 1
    assert reported == []


def test_a_coroutine_can_wait_on_asyncio():
    from sennit.reactor import Reactor

    async def render(request):
        await asyncio.sleep(0)
        return b"slept"

    from sennit.endpoint import TCP4ClientEndpoint, connectProtocol
    from sennit.testing import AccumulatingProtocol

    reactor = Reactor()
    port = reactor.listenTCP(0, Site(Leaf(GET=render), reactor=reactor), interface="127.0.0.1")
    client = AccumulatingProtocol()
    client.closedDeferred = Deferred()
    client.closedDeferred.addBoth(lambda _: port.stopListening()).addBoth(lambda _: reactor.stop())

    def connected(protocol):
        protocol.transport.write(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")

    endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
    reactor.callWhenRunning(lambda: connectProtocol(endpoint, client).addCallback(connected))
    reactor.run()
    reactor.close()
    assert client.data.endswith(b"\r\n\r\nslept")


# Methods


def test_head_answers_as_get_does_without_its_body(browse):
    browser = browse(Leaf(GET=lambda request: b"hello"))
    answer = browser.ask(b"/", method=b"HEAD")
    assert answer.body == b""
    assert answer.headers[b"content-length"] == b"5"
    assert browser.ask(b"/").body == b"hello"


def test_a_method_that_a_resource_does_not_know_is_405_with_those_it_does(browse):
    answer = browse(Leaf(GET=lambda request: b"", PUT=lambda request: b"")).ask(b"/", method=b"DELETE")
    assert answer.code == 405
    assert answer.headers[b"allow"] == b"GET, HEAD, PUT"


def test_a_method_that_nobody_knows_is_501(browse):
    answer = browse(Leaf(GET=lambda request: b"")).ask(b"/", method=b"FROB")
    assert answer.code == 501
    assert b"FROB" in answer.body


def test_a_method_of_ones_own_is_rendered_like_others(browse):
    assert browse(Leaf(BREW=lambda request: b"tea")).ask(b"/", method=b"BREW").body == b"tea"


def test_a_method_name_is_escaped_where_it_is_shown(browse):
    assert (
        b"<" not in browse(Leaf()).ask(b"/", method=b"A&B|'").body.partition(b"I don")[2].partition(b"req")[0]
    )


def test_allowed_methods_may_be_declared(browse):
    resource = Leaf()
    resource.allowedMethods = [b"LOCK"]
    assert browse(resource).ask(b"/").headers[b"allow"] == b"LOCK"
    with pytest.raises(TypeError):
        UnsupportedMethod(b"GET")


def test_a_resource_with_a_render_of_its_own_may_refuse_head(browse):
    class Own(Resource):
        isLeaf = True

        def render(self, request):
            if request.method != b"GET":
                raise UnsupportedMethod([b"GET"])
            return b"got"

    browser = browse(Own())
    answer = browser.ask(b"/", method=b"HEAD")
    assert (answer.code, answer.body, answer.headers[b"content-length"]) == (200, b"", b"3")
    assert browser.ask(b"/", method=b"POST").code == 405


def test_options_of_the_server_as_a_whole_is_answered(browse):
    browser = browse(Leaf())
    assert browser.ask(b"*", method=b"OPTIONS").code == 200
    assert browser.ask(b"*").code == 405


# Paths


def test_a_path_leads_down_the_tree(browse):
    found = []

    def render(request):
        found.append((request.prepath, request.postpath))
        return b"x"

    root, branch = Resource(), Resource()
    root.putChild(b"a b", branch)
    branch.putChild(b"leaf", Leaf(GET=render))
    assert browse(root).ask(b"/a%20b/leaf/more/%2e%2E/?q").code == 200
    assert found == [([b"a b", b"leaf"], [b"more", b"..", b""])]
    assert browse(root).ask(b"/nowhere").code == 404
    assert browse(root).ask(b"/a%20b").code == 405


def test_a_target_may_be_a_whole_url(browse):
    seen = []
    resource = Leaf(GET=lambda request: seen.append((request.uri, request.path, request.postpath)) or b"")
    browse(resource).ask(b"http://example.org/a/b?c")
    browse(resource).ask(b"http://example.org")
    assert seen == [
        (b"http://example.org/a/b?c", b"/a/b", [b"a", b"b"]),
        (b"http://example.org", b"/", [b""]),
    ]


def test_children_can_be_made_as_they_are_asked_for(browse):
    class Echo(Resource):
        def getChild(self, path, request):
            return Leaf(GET=lambda request: path)

    assert browse(Echo()).ask(b"/caf%C3%A9").body == "café".encode()


def test_children_are_put_under_bytes():
    with pytest.raises(TypeError, match="bytes"):
        Resource().putChild("text", Resource())


def test_the_older_names_for_children_work():
    root, child = Resource(), Resource()
    root.reallyPutEntity(b"a", child)
    assert root.getStaticEntity(b"a") is root.getDynamicEntity(b"a", None) is child
    assert root.listNames() == root.listStaticNames() == [b"a"]
    assert root.listEntities() == root.listStaticEntities() == [(b"a", child)]
    assert root.listDynamicEntities() == root.listDynamicNames() == []
    root.delEntity(b"a")
    assert root.listNames() == []


def test_a_site_can_stand_in_another_sites_tree(browse):
    inner, outer = Resource(), Resource()
    inner.putChild(b"page", Leaf(GET=lambda request: b"inner"))
    outer.putChild(b"sub", Site(inner))
    assert browse(outer).ask(b"/sub/page").body == b"inner"
    assert browse(outer).ask(b"/sub").headers[b"location"] == b"http://example.org:12345/sub/"


def test_the_way_to_a_resource_can_be_walked_by_hand():
    class Path:
        def __init__(self):
            self.prepath, self.postpath = [], [b"a", b"b"]

    root = Resource()
    root.putChild(b"a", leaf := Leaf())
    request = Path()
    assert getChildForRequest(root, request) is leaf
    assert request.postpath == [b"b"]


# URLs


def test_urls_are_made_from_where_the_request_is(browse):
    links = []

    def render(request):
        links.append(
            (request.prePathURL(), request.childLink(b"c"), request.sibLink(b"s"), str(request.URLPath()))
        )
        return b""

    root = Resource()
    root.putChild(b"g", Leaf(GET=render))
    for target in (b"/g", b"/g/", b"/g/a/b"):
        browse(root).ask(target)
    url = "http://example.org:12345/g"
    assert links == [
        (url.encode(), b"g/c", b"s", url),
        (url.encode(), b"c", b"../s", url),
        (url.encode(), b"../c", b"../../s", url),
    ]


def test_the_root_of_an_application_can_be_remembered(browse):
    urls = []

    class Root(Resource):
        def getChild(self, path, request):
            request.rememberRootURL()
            return Leaf(GET=lambda request: urls.append(request.getRootURL()) or b"")

    root = Resource()
    root.putChild(b"app", Root())
    browse(root).ask(b"/app/page")
    assert urls == [b"http://example.org:12345/app"]


# Pages and redirects


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (notFound(message="<script>"), 404),
        (forbidden(message="<script>"), 403),
        (errorPage(503, "<script>", "<script>"), 503),
        (NoResource("<script>"), 404),
        (ForbiddenResource("<script>"), 403),
    ],
)
def test_error_pages_escape_what_they_show(browse, page, code):
    answer = browse(page).ask(b"/any/path")
    assert answer.code == code
    assert b"<script>" not in answer.body
    assert b"&lt;script&gt;" in answer.body


def test_the_detail_of_an_error_page_is_html_by_contract(browse):
    answer = browse(ErrorPage(500, "<b>", "<i>x</i>")).ask(b"/")
    assert b"&lt;b&gt;" in answer.body
    assert b"<i>x</i>" in answer.body


def test_cve_2024_41810_a_url_in_a_redirects_body_is_escaped(browse):
    answer = browse(Redirect(b'/x"><script>alert(1)</script>\r\nSet-Cookie: a=b')).ask(b"/anything/below")
    assert answer.code == 302
    assert b"<script>" not in answer.raw
    assert b"\r\nSet-Cookie" not in answer.raw
    assert answer.headers[b"location"].startswith(b"/x%22%3E%3Cscript%3E")


def test_cve_2022_39348_the_host_is_nowhere_reflected_unescaped(browse):
    root = Resource()
    root.putChild(b"up", ParentRedirect())
    browser = browse(root)
    for target in (b"/nowhere", b"/up"):
        browser.channel.dataReceived(b"GET " + target + b" HTTP/1.1\r\nHost: <script>\r\n\r\n")
        assert b"<script>" not in browser.wire.value()
    assert browser.wire.value().startswith(b"HTTP/1.1 400 ")


def test_redirect_to_sets_code_and_location(browse):
    answer = browse(Leaf(GET=lambda request: redirectTo(b"/a?b=c&d=%20", request))).ask(b"/")
    assert answer.code == 302
    assert answer.headers[b"location"] == b"/a?b=c&d=%20"
    assert b'href="/a?b=c&amp;d=%20"' in answer.body
    with pytest.raises(TypeError):
        redirectTo("/text", None)


def test_a_parent_redirect_leads_to_the_directory(browse):
    root = Resource()
    root.putChild(b"a", ParentRedirect())
    assert browse(root).ask(b"/a").headers[b"location"] == b"http://example.org:12345/"


def test_a_deferred_resource_renders_when_it_is_there(browse):
    later = Deferred()
    browser = browse(DeferredResource(later))
    assert browser.ask(b"/child") is None
    root = Resource()
    root.putChild(b"child", Leaf(GET=lambda request: b"found"))
    later.callback(root)
    assert browser.answer().body == b"found"
    assert browser.ask(b"/child").body == b"found"


# Sessions


class Visits(Leaf):
    def render_GET(self, request):
        session = request.getSession()
        assert request.getSession() is session
        session.visits = getattr(session, "visits", 0) + 1
        return b"%d" % session.visits


def cookie(answer):
    return b"Cookie: " + answer.headers[b"set-cookie"].partition(b";")[0]


def test_a_session_is_found_again_by_its_cookie(browse):
    browser = browse(Visits())
    first = browser.ask(b"/")
    assert b"HttpOnly" in first.headers[b"set-cookie"]
    second = browser.ask(b"/", cookie(first))
    assert (first.body, second.body) == (b"1", b"2")
    assert b"set-cookie" not in second.headers
    assert browser.ask(b"/", b"Cookie: SENNIT_SESSION=guess").body == b"1"
    assert browser.site.counter == 2


def test_a_session_expires_when_nobody_comes(browse, clock):
    browser = browse(Visits())
    first = browser.ask(b"/")
    (session,) = browser.site.sessions.values()
    ended = []
    session.notifyOnExpire(lambda: ended.append(session))
    clock.advance(session.sessionTimeout - 1)
    other = type(browser)(browser.site, clock)
    assert other.ask(b"/", cookie(first)).body == b"2"
    clock.advance(session.sessionTimeout - 1)
    assert ended == []
    clock.advance(2)
    assert ended == [session]
    assert browser.site.sessions == {}
    with pytest.raises(KeyError):
        browser.site.getSession(session.uid)


def test_a_secure_session_is_another_one_with_a_secure_cookie(browse):
    uids = []

    def render(request):
        uids.append(request.getSession().uid)
        request.setHost(b"h", 443, 1)
        uids.append(request.getSession().uid)
        uids.append(request.getSession(forceNotSecure=True).uid)
        return b""

    answer = browse(Leaf(GET=render)).ask(b"/")
    assert uids[0] == uids[2] != uids[1]
    assert b"Secure; HttpOnly" in answer.headers[b"set-cookie"]


def test_a_session_keeps_components(browse):
    from zope.interface import Attribute, Interface, implementer

    from sennit.core.components import registerAdapter
    from sennit.web import Session

    class ICart(Interface):
        items = Attribute("What is in it.")

    @implementer(ICart)
    class Cart:
        def __init__(self, session):
            self.items = []

    registerAdapter(Cart, Session, ICart)

    def render(request):
        cart = request.getSession(ICart)
        cart.items.append(1)
        return b"%d" % len(cart.items)

    browser = browse(Leaf(GET=render))
    first = browser.ask(b"/")
    assert browser.ask(b"/", cookie(first)).body == b"2"


def test_forms_are_left_alone_where_the_site_says_so(browse):
    resource = Leaf(POST=lambda request: b"%r" % request.args)
    lines = (b"Content-Type: application/x-www-form-urlencoded",)
    read = browse(resource).ask(b"/", *lines, method=b"POST", body=b"a=b")
    left = browse(resource, parsePOSTFormSubmission=False).ask(b"/", *lines, method=b"POST", body=b"a=b")
    assert (read.body, left.body) == (b"{b'a': [b'b']}", b"{}")


def test_a_site_offers_http_1_1_to_tls():
    assert Site(Resource()).acceptableProtocols() == [b"http/1.1"]


class OnlyGet(Resource):
    """Answers to GET by its own `render`, and refuses all else."""

    isLeaf = True

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def render(self, request):
        if request.method != b"GET":
            raise UnsupportedMethod([b"GET"])
        return self.answer(request)


def test_a_head_for_a_resource_that_knows_get_alone_has_no_body(browse, reported):
    def write(request):
        request.write(b"some ")
        request.write(b"data")
        request.finish()
        return NOT_DONE_YET

    for answer in (write, lambda request: b"data"):
        browser = browse(OnlyGet(answer))
        found = browser.ask(b"/", method=b"HEAD")
        assert (found.code, found.raw.partition(b"\r\n\r\n")[2]) == (200, b"")
        assert browser.ask(b"/").code == 200
    assert reported == []


def test_a_coroutine_that_refuses_a_head_is_a_405(browse, reported):
    class Later(Resource):
        isLeaf = True

        async def render_HEAD(self, request):
            raise UnsupportedMethod([b"GET"])

    assert browse(Later()).ask(b"/", method=b"HEAD").code == 405
    assert reported == []
