"""Bodies compressed as the client likes best."""

from __future__ import annotations

import zlib

import brotli
import pytest
import zstandard

from sennit.http.negotiation import best_coding
from sennit.web import NOT_DONE_YET, Resource
from sennit.web.compression import CompressedResource

BODY = b"the same again and again, " * 100


class Page(Resource):
    isLeaf = True
    kind = b"text/html"
    body = BODY

    def render_GET(self, request):
        request.setHeader(b"content-type", self.kind)
        return self.body


def page(**members):
    return CompressedResource(type("Page", (Page,), members)())


def decoded(answer):
    """Return a body as it was before it was encoded."""
    coding = answer.headers.get(b"content-encoding")
    if coding == b"gzip":
        return zlib.decompress(answer.body, 31)
    if coding == b"br":
        return brotli.decompress(answer.body)
    if coding == b"zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(answer.body)
    assert coding is None
    return answer.body


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (b"gzip", b"gzip"),
        (b"x-gzip", b"gzip"),
        (b"br", b"br"),
        (b"zstd", b"zstd"),
        (b"gzip, deflate, br, zstd", b"zstd"),
        (b"gzip;q=1, br;q=0.5", b"gzip"),
        (b"*", b"zstd"),
        (b"*;q=0.5, zstd;q=0, br;q=0", b"gzip"),
        (b"identity", None),
        (b"gzip;q=0", None),
        (b"gzip;q=0.5, identity;q=1", None),
        (b"deflate", None),
        (b"", None),
    ],
)
def test_the_clients_weights_decide_and_the_servers_order_among_equals(browse, accepted, coding):
    answer = browse(page()).ask(b"/", b"Accept-Encoding: " + accepted)
    assert answer.headers.get(b"content-encoding") == coding
    assert decoded(answer) == BODY
    assert answer.headers[b"vary"] == b"Accept-Encoding"
    assert int(answer.headers[b"content-length"]) == len(answer.body)


def test_without_a_word_from_the_client_nothing_is_encoded():
    assert best_coding([], [b"gzip"]) is None


@pytest.mark.parametrize(
    "members",
    [
        {"kind": b"image/png"},
        {"kind": b"text/event-stream"},
        {"body": b"short"},
    ],
)
def test_what_would_not_gain_is_left_alone(browse, members):
    answer = browse(page(**members)).ask(b"/", b"Accept-Encoding: gzip")
    assert b"content-encoding" not in answer.headers
    assert answer.body == members.get("body", BODY)
    assert int(answer.headers[b"content-length"]) == len(answer.body)


@pytest.mark.parametrize(
    ("name", "value"),
    [(b"content-encoding", b"x-own"), (b"cache-control", b"public, no-transform")],
)
def test_what_may_not_be_encoded_is_left_alone(browse, name, value):
    class Marked(Page):
        def render_GET(self, request):
            request.setHeader(name, value)
            return super().render_GET(request)

    answer = browse(CompressedResource(Marked())).ask(b"/", b"Accept-Encoding: gzip")
    assert answer.body == BODY


def test_a_body_in_pieces_is_encoded_as_it_goes(browse):
    class Pieces(Resource):
        isLeaf = True

        def render_GET(self, request):
            for _ in range(100):
                request.write(BODY)
            request.finish()
            return NOT_DONE_YET

    answer = browse(CompressedResource(Pieces())).ask(b"/", b"Accept-Encoding: br")
    assert answer.headers[b"transfer-encoding"] == b"chunked"
    assert decoded(answer) == BODY * 100


def test_an_encoded_body_has_a_weak_tag(browse):
    class Tagged(Page):
        def render_GET(self, request):
            request.setETag(b'"1"')
            return super().render_GET(request)

    browser = browse(CompressedResource(Tagged()))
    assert browser.ask(b"/", b"Accept-Encoding: gzip").headers[b"etag"] == b'W/"1"'
    assert browser.ask(b"/").headers[b"etag"] == b'"1"'


def test_head_says_what_get_would(browse):
    browser = browse(page())
    get = browser.ask(b"/", b"Accept-Encoding: gzip")
    head = browser.ask(b"/", b"Accept-Encoding: gzip", method=b"HEAD")
    assert head.body == b""
    assert head.headers == get.headers


def test_children_are_compressed_as_well(browse):
    root = Resource()
    root.putChild(b"page", Page())
    answer = browse(CompressedResource(root)).ask(b"/page", b"Accept-Encoding: gzip")
    assert decoded(answer) == BODY
    assert answer.headers[b"content-encoding"] == b"gzip"
