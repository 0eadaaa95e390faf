"""Resources that are found before a request's body arrives."""

from __future__ import annotations

import pytest

from sennit.web import EncodingResourceWrapper, GzipEncoderFactory, Resource

POST = b"POST %b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"


class Summing(Resource):
    isLeaf = True
    streams_body = True
    body_limit = 10

    def __init__(self):
        super().__init__()
        self.pieces = []

    async def render_POST(self, request):
        async for piece in request.body:
            self.pieces.append(piece)
        return b"%d" % sum(map(len, self.pieces))


class Storing(Resource):
    isLeaf = True
    body_limit = 5

    def render_POST(self, request):
        return request.content.read()


@pytest.fixture
def site(browse):
    """Open a connection to a site of both; give the browser and the one that sums."""
    root = Resource()
    summing = Summing()
    root.putChild(b"sum", summing)
    root.putChild(b"store", Storing())
    browser = browse(root, stream_bodies=True)
    return browser, summing


def test_a_resource_reads_a_body_while_it_arrives(site):
    browser, summing = site
    browser.channel.dataReceived(POST % (b"/sum", 6) + b"abc")
    assert summing.pieces == [b"abc"]
    browser.channel.dataReceived(b"def")
    assert browser.answer().body == b"6"


def test_a_resource_that_does_not_still_gets_the_whole(site):
    browser, _ = site
    browser.channel.dataReceived(POST % (b"/store", 5) + b"abc")
    assert browser.answer() is None
    browser.channel.dataReceived(b"de")
    assert browser.answer().body == b"abcde"


@pytest.mark.parametrize("path", [b"/sum", b"/store"])
def test_a_declared_length_past_a_resources_limit_is_answered_413_before_the_body(site, path):
    browser, summing = site
    browser.channel.dataReceived(POST % (path, 11))
    assert browser.answer().code == 413
    assert browser.wire.disconnecting
    assert summing.pieces == []


@pytest.mark.parametrize("path", [b"/sum", b"/store"])
def test_chunks_past_a_resources_limit_are_answered_413(site, path):
    browser, _ = site
    head = b"POST %b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" % path
    browser.channel.dataReceived(head + b"b\r\n" + b"x" * 11 + b"\r\n")
    assert browser.answer().code == 413
    assert browser.wire.disconnecting


def test_a_leaf_at_the_root_needs_no_leave_of_the_site(browse):
    summing = Summing()
    browser = browse(summing)
    browser.channel.dataReceived(POST % (b"/any", 3) + b"ab")
    assert summing.pieces == [b"ab"]


def test_other_sites_find_resources_when_the_body_is_there(browse):
    found = []

    class Root(Resource):
        def getChild(self, path, request):
            found.append(request.content.read())
            return Storing()

    browser = browse(Root())
    browser.channel.dataReceived(POST % (b"/store", 3) + b"a")
    assert found == []
    browser.channel.dataReceived(b"bc")
    assert found == [b"abc"]


def test_a_wrapped_resources_wishes_count(browse):
    root = Resource()
    summing = Summing()
    root.putChild(b"sum", EncodingResourceWrapper(summing, [GzipEncoderFactory()]))
    browser = browse(root, stream_bodies=True)
    browser.channel.dataReceived(POST % (b"/sum", 3) + b"ab")
    assert summing.pieces == [b"ab"]


def test_a_resource_that_cannot_be_found_is_a_500_and_the_connection_goes_on(browse, reported):
    class Root(Resource):
        def getChild(self, path, request):
            raise ValueError("lost")

    browser = browse(Root(), stream_bodies=True)
    browser.channel.dataReceived(POST % (b"/x", 3) + b"ab")
    assert browser.answer().code == 500
    browser.channel.dataReceived(b"c")
    assert browser.ask(b"/").code == 500


def test_a_form_is_still_read_where_the_body_is_not_streamed(browse):
    class Form(Resource):
        isLeaf = True
        body_limit = 100

        def render_POST(self, request):
            return request.args[b"a"][0]

    answer = browse(Form()).ask(
        b"/", b"Content-Type: application/x-www-form-urlencoded", method=b"POST", body=b"a=1"
    )
    assert answer.body == b"1"


def test_a_body_that_a_resource_finds_too_large_is_a_413_and_no_error_of_ours(browse, reported):
    class Reading(Resource):
        isLeaf = True
        streams_body = True

        async def render_POST(self, request):
            return await request.body.read(limit=3)

    answer = browse(Reading()).ask(b"/", method=b"POST", body=b"abcd")
    assert answer.code == 413
    assert reported == []
