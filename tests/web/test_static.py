"""Files, fixed data, listings, content codings."""

from __future__ import annotations

import gzip
import os
import zlib
from io import BytesIO
from types import SimpleNamespace

import pytest

from sennit.core.deferred import Deferred
from sennit.http.dates import format_date
from sennit.web import NOT_DONE_YET, EncodingResourceWrapper, GzipEncoderFactory, Resource
from sennit.web.file_producers import MultipleRangeStaticProducer
from sennit.web.listing import DirectoryLister, formatFileSize
from sennit.web.mime import getTypeAndEncoding, loadMimeTypes
from sennit.web.static import ASISProcessor, Data, File, Registry, isDangerous

TEXT = b"hello world"


@pytest.fixture
def root(tmp_path):
    """A directory to publish, with a secret beside it."""
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "public-secret").write_bytes(b"secret")
    public = tmp_path / "public"
    (public / "sub dir").mkdir(parents=True)
    (public / "a.txt").write_bytes(TEXT)
    os.utime(public / "a.txt", (1_000_000_000, 1_000_000_000))
    (public / "archive.tar.gz").write_bytes(b"x")
    (public / "sub dir" / "index.html").write_bytes(b"index")
    (public / "<x>&.html").write_bytes(b"q")
    return public


def test_a_file_is_sent_with_what_is_known_of_it(browse, root):
    answer = browse(File(str(root))).ask(b"/a.txt")
    assert (answer.code, answer.body) == (200, TEXT)
    headers = answer.headers
    assert headers[b"content-type"] == b"text/plain"
    assert headers[b"content-length"] == b"11"
    assert headers[b"last-modified"] == b"Sun, 09 Sep 2001 01:46:40 GMT"
    assert headers[b"accept-ranges"] == b"bytes"
    assert headers[b"etag"].startswith(b'"')


def test_head_sends_the_same_without_the_file(browse, root):
    browser = browse(File(root))
    get, head = browser.ask(b"/a.txt"), browser.ask(b"/a.txt", method=b"HEAD")
    assert head.body == b""
    assert {**head.headers, b"date": None} == {**get.headers, b"date": None}


def test_a_name_with_a_coding_has_both_type_and_coding(browse, root):
    headers = browse(File(root)).ask(b"/archive.tar.gz").headers
    assert (headers[b"content-type"], headers[b"content-encoding"]) == (b"application/x-tar", b"gzip")


def test_an_unknown_extension_has_the_default_type(browse, root):
    (root / "odd.zzz").write_bytes(b"x")
    assert browse(File(root)).ask(b"/odd.zzz").headers[b"content-type"] == b"text/html"
    answer = browse(File(root, defaultType="text/plain")).ask(b"/odd.zzz")
    assert answer.headers[b"content-type"] == b"text/plain"


def test_a_directory_is_answered_with_its_index(browse, root):
    assert browse(File(root)).ask(b"/sub%20dir/").body == b"index"


def test_a_directory_without_slash_is_redirected_to_it(browse, root):
    answer = browse(File(root)).ask(b"/sub%20dir?x=1")
    assert answer.code == 302
    assert answer.headers[b"location"] == b"/sub%20dir/?x=1"


def test_a_redirect_never_leads_to_another_host(browse, root):
    (root / "evil.example").mkdir()

    class Skip(Resource):
        def getChild(self, path, request):
            return File(root)

    answer = browse(Skip()).ask(b"//evil.example")
    assert answer.headers[b"location"] == b"/evil.example/"


def test_a_single_file_can_be_published(browse, root):
    resource = Resource()
    resource.putChild(b"f", File(root / "a.txt"))
    assert browse(resource).ask(b"/f").body == TEXT
    assert browse(resource).ask(b"/f/more").code == 404


@pytest.mark.parametrize(
    "target",
    [
        b"/../secret",
        b"/%2e%2e/secret",
        b"/..%2fsecret",
        b"/%2e%2e%2fsecret",
        b"/sub%20dir/../../secret",
        b"/sub%20dir/..%2f..%2fsecret",
        b"/%2fetc%2fpasswd",
        b"//etc/passwd",
        b"/a.txt%00",
        b"/%00",
        b"/.",
        b"/%2e",
        b"/../public-secret",
        b"/%ff%fe",
        b"/..%5csecret",
        b"/a.txt/",
        b"/" + b"a" * 5000,
    ],
)
def test_no_path_leads_out_of_the_root(browse, root, target):
    answer = browse(File(root)).ask(target)
    assert answer.code == 404
    assert b"secret" not in answer.body


def test_dangerous_segments_are_told_apart():
    assert all(isDangerous(segment) for segment in (b"..", b".", b"a/b", b"/", b"a\0b"))
    assert not any(isDangerous(segment) for segment in (b"a", b"...", b"..a", b".hidden"))


def test_links_are_followed_inside_the_root_only(browse, root):
    (root / "inside").symlink_to(root / "a.txt")
    (root / "outside").symlink_to(root.parent / "secret")
    (root / "beside").symlink_to(root.parent / "public-secret")
    (root / "up").symlink_to(root.parent)
    (root / "nowhere").symlink_to(root / "missing")
    (root / "loop").symlink_to(root / "loop")
    browser = browse(File(root))
    assert browser.ask(b"/inside").body == TEXT
    for target in (b"/outside", b"/beside", b"/up/secret", b"/up/", b"/nowhere", b"/loop"):
        assert browser.ask(target).code == 404
    listing = browser.ask(b"/").body
    assert b"inside" in listing
    assert b"outside" not in listing
    trusting = browse(File(root, follow_links=True))
    assert trusting.ask(b"/outside").body == b"secret"
    assert trusting.ask(b"/up/secret").body == b"secret"
    assert trusting.ask(b"/nowhere").code == 404


def test_an_index_that_links_out_of_the_root_is_not_sent(browse, root):
    (root / "index.html").symlink_to(root.parent / "secret")
    answer = browse(File(root)).ask(b"/")
    assert b"Directory listing" in answer.body


def test_the_root_may_be_reached_by_a_link(browse, root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    (root / "inside").symlink_to("a.txt")
    browser = browse(File(tmp_path / "link"))
    assert browser.ask(b"/a.txt").body == browser.ask(b"/inside").body == TEXT


def test_what_is_neither_file_nor_directory_is_not_sent(browse, root):
    os.mkfifo(root / "fifo")
    assert browse(File(root)).ask(b"/fifo").code == 404


def test_a_file_that_may_not_be_read_is_forbidden(browse, root):
    class Locked(File):
        def openForReading(self):
            raise PermissionError(13, "no")

    assert browse(Locked(root)).ask(b"/a.txt").code == 403


def test_a_file_that_goes_away_meanwhile_is_not_found(browse, root):
    class Gone(File):
        def openForReading(self):
            raise FileNotFoundError(2, "gone")

    assert browse(Gone(root)).ask(b"/a.txt").code == 404


# Conditions and ranges


def test_conditions_save_sending_the_file(browse, root):
    browser = browse(File(root))
    etag = browser.ask(b"/a.txt").headers[b"etag"]
    for line in (b"If-None-Match: " + etag, b"If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT"):
        answer = browser.ask(b"/a.txt", line)
        assert (answer.code, answer.body) == (304, b"")
        assert answer.headers[b"etag"] == etag
        assert b"content-length" not in answer.headers
    assert browser.ask(b"/a.txt", b'If-None-Match: "other"').code == 200
    assert browser.ask(b"/a.txt", b'If-Match: "other"').code == 412
    assert browser.ask(b"/a.txt", b"If-Unmodified-Since: " + format_date(5)).code == 412


def test_a_changed_file_has_another_tag(browse, root):
    browser = browse(File(root))
    before = browser.ask(b"/a.txt").headers[b"etag"]
    (root / "a.txt").write_bytes(b"HELLO WORLD")
    assert browser.ask(b"/a.txt").headers[b"etag"] != before


@pytest.mark.parametrize(
    ("asked", "body", "content_range"),
    [
        (b"bytes=1-3", b"ell", b"bytes 1-3/11"),
        (b"bytes=6-", b"world", b"bytes 6-10/11"),
        (b"bytes=-5", b"world", b"bytes 6-10/11"),
        (b"bytes=0-0", b"h", b"bytes 0-0/11"),
        (b"bytes=9-500", b"ld", b"bytes 9-10/11"),
    ],
)
def test_one_range_is_sent_as_asked(browse, root, asked, body, content_range):
    answer = browse(File(root)).ask(b"/a.txt", b"Range: " + asked)
    assert (answer.code, answer.body) == (206, body)
    assert answer.headers[b"content-range"] == content_range
    assert answer.headers[b"content-length"] == b"%d" % len(body)


def test_several_ranges_come_in_parts(browse, root):
    answer = browse(File(root)).ask(b"/a.txt", b"Range: bytes=0-1,6-7,-1")
    assert answer.code == 206
    kind, _, boundary = answer.headers[b"content-type"].partition(b"; boundary=")
    boundary = boundary.strip(b'"')
    assert kind == b"multipart/byteranges"
    assert int(answer.headers[b"content-length"]) == len(answer.body)
    assert (
        answer.body
        == b"".join(
            b"\r\n--%b\r\nContent-Type: text/plain\r\nContent-Range: bytes %b/11\r\n\r\n%b"
            % (boundary, place, part)
            for place, part in ((b"0-1", b"he"), (b"6-7", b"wo"), (b"10-10", b"d"))
        )
        + b"\r\n--%b--\r\n" % boundary
    )


def test_the_parts_of_a_coded_file_say_so_and_what_holds_them_does_not(browse, tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(b"0123456789")
    answer = browse(File(tmp_path)).ask(b"/a.txt.gz", b"Range: bytes=0-1,6-7")
    assert answer.code == 206
    assert b"content-encoding" not in answer.headers
    assert (
        answer.body.count(b"\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Range: ") == 2
    )


def test_small_ranges_go_out_together(browse, tmp_path):
    written = []
    request = SimpleNamespace(write=written.append, finish=lambda: None, registerProducer=lambda *_: None)
    producer = MultipleRangeStaticProducer(
        request, BytesIO(b"0123456789"), [(b"a", 0, 2), (b"b", 4, 6), (b"c", 0, 0)]
    )
    producer.bufferSize = 6
    producer.start()
    assert written == [b"a01b45", b"6789c"]


def test_a_range_outside_the_file_is_416(browse, root):
    answer = browse(File(root)).ask(b"/a.txt", b"Range: bytes=11-")
    assert (answer.code, answer.body) == (416, b"")
    assert answer.headers[b"content-range"] == b"bytes */11"


@pytest.mark.parametrize("asked", [b"lines=0-1", b"bytes=3-1", b"bytes=0-9,0-9,0-9"])
def test_a_range_that_makes_no_sense_is_ignored(browse, root, asked):
    answer = browse(File(root)).ask(b"/a.txt", b"Range: " + asked)
    assert (answer.code, answer.body) == (200, TEXT)


def test_if_range_holds_for_the_file_as_the_client_knows_it(browse, root):
    browser = browse(File(root))
    etag = browser.ask(b"/a.txt").headers[b"etag"]
    for known, code in (
        (etag, 206),
        (b"Sun, 09 Sep 2001 01:46:40 GMT", 206),
        (b'"old"', 200),
        (b"Sun, 09 Sep 2001 01:46:39 GMT", 200),
    ):
        assert browser.ask(b"/a.txt", b"Range: bytes=0-1", b"If-Range: " + known).code == code


def test_head_takes_no_ranges(browse, root):
    answer = browse(File(root)).ask(b"/a.txt", b"Range: bytes=0-1", method=b"HEAD")
    assert (answer.code, answer.headers[b"content-length"]) == (200, b"11")


def test_an_empty_file_is_sent_and_has_no_ranges(browse, root):
    (root / "empty.txt").write_bytes(b"")
    browser = browse(File(root))
    answer = browser.ask(b"/empty.txt")
    assert (answer.code, answer.body, answer.headers[b"content-length"]) == (200, b"", b"0")
    assert browser.ask(b"/empty.txt", b"Range: bytes=0-").code == 416


def test_a_large_file_is_sent_at_the_clients_pace(browse, root, clock):
    content = os.urandom(3_000_000)
    (root / "big").write_bytes(content)
    browser = browse(File(root))
    browser.channel.dataReceived(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
    began = len(browser.wire.value())
    assert began < 200_000
    browser.channel.pauseProducing()
    clock.advance(1)
    assert len(browser.wire.value()) == began
    browser.channel.resumeProducing()
    answer = browser.answer()
    assert answer.body == content
    assert browser.ask(b"/a.txt").body == TEXT


def test_a_file_is_closed_when_the_client_leaves(browse, root, clock):
    from sennit.core.errors import ConnectionLost
    from sennit.core.failure import Failure

    (root / "big").write_bytes(b"x" * 3_000_000)
    files = []

    class Watched(File):
        def openForReading(self):
            files.append(super().openForReading())
            return files[-1]

    browser = browse(Watched(root))
    browser.channel.dataReceived(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
    browser.channel.connectionLost(Failure(ConnectionLost()))
    clock.advance(1)
    assert files[0].closed


def test_a_file_that_shrinks_on_the_way_ends_the_connection(browse, root, clock):
    (root / "big").write_bytes(b"x" * 3_000_000)
    browser = browse(File(root))
    browser.channel.dataReceived(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
    os.truncate(root / "big", 200_000)
    clock.advance(1)
    assert browser.wire.disconnecting


# Listings


def test_a_listing_is_sorted_escaped_and_leads_up(browse, root):
    body = browse(File(root)).ask(b"/").body.decode()
    assert "Parent directory" not in body
    assert "<x>" not in body
    assert '<a href="%3Cx%3E%26.html">&lt;x&gt;&amp;.html</a>' in body
    assert "2001-09-09 01:46" in body
    assert "11B" in body
    assert body.index("sub%20dir/") < body.index("%3Cx%3E") < body.index("a.txt") < body.index("archive")
    (root / "sub dir" / "index.html").unlink()
    assert 'href="../"' in browse(File(root)).ask(b"/sub%20dir/").body.decode()


def test_a_listing_escapes_the_path_it_is_of(browse, root):
    (root / "<script>").mkdir()
    answer = browse(File(root)).ask(b"/%3Cscript%3E/")
    assert b"<script>" not in answer.body
    assert b"Directory listing for /&lt;script&gt;/" in answer.body


def test_listings_can_be_switched_off(browse, root):
    browser = browse(File(root, listing=False))
    assert browser.ask(b"/").code == 403
    assert browser.ask(b"/a.txt").code == 200


def test_a_lister_takes_names_and_a_template_of_ones_own(root):
    class Request:
        uri = b"/x/"

        def setHeader(self, name, value):
            pass

    lister = DirectoryLister(str(root), ["a.txt", "missing"], {".txt": "a/b"})
    lister.template = "%(header)s|%(tableContent)s"
    lister.linePattern = "%(class)s %(href)s %(text)s %(size)s %(type)s%(encoding)s;"
    page = lister.render(Request()).decode()
    assert page == "Directory listing for /x/|odd-dir ../ Parent directory  ;odd a.txt a.txt 11B a/b;"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0B"), (1023, "1023B"), (2000, "1K"), (5_000_000, "4M"), (5e9, "4G")]
)
def test_sizes_are_short(size, text):
    assert formatFileSize(size) == text


# Variations


def test_extensions_may_be_left_out_where_allowed(browse, root):
    (root / "page.html").write_bytes(b"page")
    assert browse(File(root)).ask(b"/page").code == 404
    assert browse(File(root, ignoredExts=(".html",))).ask(b"/page").body == b"page"
    assert browse(File(root, allowExt=1)).ask(b"/page").body == b"page"
    resource = File(root)
    resource.ignoreExt(".txt")
    assert browse(resource).ask(b"/a").body == TEXT


def test_processors_make_resources_of_files(browse, root):
    (root / "sub dir" / "x.data").write_bytes(b"")
    resource = File(root)
    made = []

    def process(path, registry):
        assert isinstance(registry, Registry)
        made.append(path)
        registry.cachePath(path, page := Data(b"processed", "text/plain"))
        return page

    resource.processors = {".data": process}
    browser = browse(resource)
    assert browser.ask(b"/sub%20dir/x.data").body == b"processed"
    assert browser.ask(b"/sub%20dir/x.data").body == b"processed"
    assert made == [str(root / "sub dir" / "x.data")]


def test_an_answer_of_ones_own_for_what_is_not_found(browse, root):
    resource = File(root)
    resource.childNotFound = Data(b"nothing here", "text/plain")
    assert browse(resource).ask(b"/sub%20dir/nope").body == b"nothing here"


def test_a_file_lists_its_entities(root):
    resource = File(root)
    assert set(resource.listNames()) == {b"sub dir", b"a.txt", b"archive.tar.gz", b"<x>&.html"}
    assert dict(resource.listEntities())[b"a.txt"].path == str(root / "a.txt")
    assert (resource.isdir(), resource.exists(), resource.isfile()) == (True, True, False)
    assert repr(resource) == f"File({str(root)!r})"


def test_a_compressed_sibling_is_sent_where_it_is_wanted(browse, root):
    (root / "a.txt.gz").write_bytes(gzip.compress(TEXT))
    browser = browse(File(root, serve_compressed=True))
    answer = browser.ask(b"/a.txt", b"Accept-Encoding: gzip")
    assert gzip.decompress(answer.body) == TEXT
    assert answer.headers[b"content-type"] == b"text/plain"
    assert answer.headers[b"content-encoding"] == b"gzip"
    assert answer.headers[b"vary"] == b"Accept-Encoding"
    plain = browser.ask(b"/a.txt")
    assert plain.body == TEXT
    assert plain.headers[b"etag"] != answer.headers[b"etag"]
    assert b"content-encoding" not in browse(File(root)).ask(b"/a.txt", b"Accept-Encoding: gzip").headers


def test_a_whole_response_in_a_file_is_sent_as_it_is(browse, root):
    raw = b"HTTP/1.1 418 Teapot\r\nContent-Length: 3\r\n\r\ntea"
    (root / "r.asis").write_bytes(raw)
    resource = File(root)
    resource.processors = {".asis": ASISProcessor}
    browser = browse(resource)
    assert browser.ask(b"/r.asis").raw == raw
    assert browser.wire.disconnecting


def test_data_is_sent_with_its_type(browse):
    browser = browse(Data(b"dat", "image/x"))
    resource = Resource()
    resource.putChild(b"", browser.site.resource)
    browser.site.resource = resource
    answer = browser.ask(b"/")
    assert (answer.body, answer.headers[b"content-type"]) == (b"dat", b"image/x")
    head = browser.ask(b"/", method=b"HEAD")
    assert (head.body, head.headers[b"content-length"]) == (b"", b"3")


def test_media_types_are_found_by_extension():
    types = loadMimeTypes()
    assert getTypeAndEncoding("X.HTML", types, {}, "d") == ("text/html", None)
    assert getTypeAndEncoding("x.txt.gz", types, {".gz": "gzip"}, "d") == ("text/plain", "gzip")
    assert getTypeAndEncoding("README", types, {}, "d") == ("d", None)


# Content codings


class Text(Resource):
    isLeaf = True

    def __init__(self, *pieces, code=200):
        super().__init__()
        self.pieces = pieces
        self.code = code

    def render_GET(self, request):
        request.setResponseCode(self.code)
        if len(self.pieces) == 1:
            return self.pieces[0]
        later = Deferred()
        later.addCallback(lambda _: [request.write(piece) for piece in self.pieces] and request.finish())
        later.callback(None)
        return NOT_DONE_YET


def gzipped(resource):
    return EncodingResourceWrapper(resource, [GzipEncoderFactory()])


@pytest.mark.parametrize("pieces", [(b"text " * 100,), (b"text ",) * 100, (b"",), (b"", b"a", b"")])
def test_a_body_is_gzipped_for_those_who_accept_it(browse, pieces):
    browser = browse(gzipped(Text(*pieces)))
    answer = browser.ask(b"/", b"Accept-Encoding: br, gzip;q=0.5")
    assert gzip.decompress(answer.body) == b"".join(pieces)
    assert answer.headers[b"content-encoding"] == b"gzip"
    assert answer.headers[b"vary"] == b"Accept-Encoding"
    assert b"content-length" not in answer.headers
    plain = browser.ask(b"/", b"Accept-Encoding: gzip;q=0")
    assert plain.body == b"".join(pieces)
    assert plain.headers[b"vary"] == b"Accept-Encoding"
    assert b"content-encoding" not in plain.headers


def test_what_has_no_body_is_not_gzipped(browse):
    browser = browse(gzipped(Text(b"", code=304)))
    answer = browser.ask(b"/", b"Accept-Encoding: gzip")
    assert (answer.code, answer.body) == (304, b"")
    assert b"content-encoding" not in answer.headers
    head = browse(gzipped(Text(b"text"))).ask(b"/", b"Accept-Encoding: gzip", method=b"HEAD")
    assert head.body == b""


def test_a_gzipped_file_keeps_no_length_and_its_ranges_stay_plain(browse, root):
    (root / "page.html").write_bytes(b"text " * 1000)
    resource = File(root)
    resource.putChild(b"z", gzipped(File(root / "page.html")))
    browser = browse(resource)
    answer = browser.ask(b"/z", b"Accept-Encoding: gzip")
    assert zlib.decompress(answer.body, 31) == b"text " * 1000
    part = browser.ask(b"/z", b"Accept-Encoding: gzip", b"Range: bytes=0-3")
    assert (part.code, part.body) == (206, b"text")
    assert b"content-encoding" not in part.headers


def test_a_directory_asked_for_by_its_whole_url_is_redirected_within_the_site(browse, tmp_path):
    (tmp_path / "folder").mkdir()
    answer = browse(File(tmp_path)).ask(b"http://example.org/folder?a=b://c")
    assert (answer.code, answer.headers[b"location"]) == (302, b"/folder/?a=b://c")
