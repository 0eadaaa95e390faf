"""What stands around an agent: redirections, content codings, cookies, bodies read and produced."""

from __future__ import annotations

import gzip
import io
import random
import sys
import zlib
from http.cookiejar import CookieJar
from pathlib import Path

import brotli
import pytest
import zstandard

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.http.client.kit import Body, Outcome, Recorder, Wire

from sennit.core.failure import Failure
from sennit.http.client.cookies import CookieAgent
from sennit.http.client.decoding import ContentDecoderAgent, GzipDecoder, available_decoders
from sennit.http.client.errors import (
    BodyTooLargeError,
    ContentDecodingError,
    PartialDownloadError,
    PotentialDataLoss,
    ResponseDone,
    ResponseFailed,
)
from sennit.http.client.interfaces import UNKNOWN_LENGTH, IAgent, IBodyProducer, IResponse
from sennit.http.client.policy import BrowserLikePolicyForHTTPS, HostnameCachingHTTPSPolicy
from sennit.http.client.producers import AsyncBody, FileBodyProducer, body_producer
from sennit.http.client.reading import readBody
from sennit.http.client.redirect import BrowserLikeRedirectAgent, RedirectAgent
from sennit.http.client.response import Response
from sennit.http.client.uri import URI, resolve, uri_from_text
from sennit.http.headers import Headers
from sennit.http.status_errors import InfiniteRedirection, PageRedirect, RedirectWithNoLocation
from sennit.task import Cooperator

AGENTS = [RedirectAgent, BrowserLikeRedirectAgent]


class TestRedirections:
    @pytest.fixture
    def inner(self):
        return Recorder()

    @pytest.mark.parametrize("agent", AGENTS)
    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    def test_a_get_goes_where_it_is_sent(self, inner, agent, code):
        outcome = Outcome(agent(inner).request(b"GET", b"http://a/x"))
        first = inner.answer(code, location="/y?z")
        assert inner.requests[1][:4] == (b"GET", b"http://a/y?z", None, None)
        last = inner.answer(200)
        assert outcome.result is last
        assert last.previousResponse is first

    @pytest.mark.parametrize("code", [200, 300, 304, 305, 404])
    def test_other_responses_are_the_programs(self, inner, code):
        outcome = Outcome(RedirectAgent(inner).request(b"GET", b"http://a/x"))
        inner.answer(code, location="/y")
        assert outcome.result.code == code

    @pytest.mark.parametrize("code", [301, 302, 307, 308])
    def test_a_post_is_not_sent_to_another_place(self, inner, code):
        outcome = Outcome(RedirectAgent(inner).request(b"POST", b"http://a/x", None, "body"))
        inner.answer(code, location="/y")
        assert outcome.reasons == [PageRedirect]
        assert len(inner.requests) == 1

    @pytest.mark.parametrize(("agent", "code"), [(RedirectAgent, 303), (BrowserLikeRedirectAgent, 302)])
    def test_a_post_that_becomes_a_get_leaves_its_body_and_what_goes_with_it(self, inner, agent, code):
        headers = Headers({"Content-Type": ["a/b"], "Content-Length": ["4"], "X": ["y"]})
        agent(inner).request(b"POST", b"http://a/x", headers, "body")
        inner.answer(code, location="/y")
        assert inner.requests[1][:4] == (b"GET", b"http://a/y", Headers({"X": ["y"]}), None)

    SECRETS = Headers(
        {
            "Authorization": ["a"],
            "Cookie": ["b"],
            "Cookie2": ["b"],
            "Proxy-Authorization": ["c"],
            "WWW-Authenticate": ["d"],
            "X-Token": ["e"],
            "Host": ["a"],
            "Accept": ["*/*"],
        }
    )

    @pytest.mark.parametrize("agent", AGENTS)
    @pytest.mark.parametrize(
        ("uri", "location"),
        [
            (b"http://a/", "http://b/"),
            (b"http://a/", "//b/"),
            (b"http://a/", "http://a:81/"),
            (b"https://a/", "http://a/"),
            (b"http://a/", "https://a/"),
            (b"http://a/", "http://a.evil/"),
            (b"https://a/", "https://user@b/"),
        ],
    )
    def test_cve_2022_21712_credentials_do_not_leave_their_origin(self, inner, agent, uri, location):
        agent(inner, sensitiveHeaderNames=[b"x-token"]).request(b"GET", uri, self.SECRETS)
        inner.answer(301, location=location)
        assert inner.requests[1][2] == Headers({"Accept": ["*/*"]})
        # Nor do they come back.
        inner.answer(301, location=uri)
        assert inner.requests[2][2] == Headers({"Accept": ["*/*"]})

    @pytest.mark.parametrize("location", ["/y", "http://a/y", "http://A:80/y", "?q"])
    def test_credentials_stay_within_their_origin(self, inner, location):
        RedirectAgent(inner).request(b"GET", b"http://a/", self.SECRETS)
        inner.answer(301, location=location)
        assert inner.requests[1][2] == self.SECRETS

    def test_there_is_an_end_to_following(self, inner):
        outcome = Outcome(RedirectAgent(inner, 2).request(b"GET", b"http://a/0"))
        for count in range(3):
            last = inner.answer(301, location=f"/{count + 1}")
        assert outcome.reasons == [InfiniteRedirection]
        assert outcome.error.response is last
        assert outcome.error.reasons[0].value.location == b"http://a/0"

    @pytest.mark.parametrize("fields", [{}, {"location": ""}])
    def test_a_redirection_to_nowhere_is_an_error(self, inner, fields):
        outcome = Outcome(RedirectAgent(inner).request(b"GET", b"http://a/"))
        inner.answer(301, **fields)
        assert outcome.reasons == [RedirectWithNoLocation]

    def test_a_location_is_relative_to_the_uri_that_gave_it(self, inner):
        RedirectAgent(inner).request(b"GET", b"http://a/x/y")
        inner.answer(301, location="z/1")
        inner.answer(301, location="2")
        assert [each[1] for each in inner.requests] == [b"http://a/x/y", b"http://a/x/z/1", b"http://a/x/z/2"]

    def test_the_body_of_a_redirection_does_not_hold_its_connection(self, inner):
        RedirectAgent(inner).request(b"GET", b"http://a/")
        first = inner.answer(301, location="/y")
        assert first.wants_data

    def test_it_is_an_agent(self, inner):
        assert IAgent.providedBy(RedirectAgent(inner))


@pytest.mark.parametrize(
    ("base", "reference", "expected"),
    [
        (b"http://a/b#f", b"/c", b"http://a/c#f"),
        (b"http://a/b#f", b"/c#g", b"http://a/c#g"),
        (b"http://a/b?c", b"?d", b"http://a/b?d"),
        (b"http://a/b", b"//c/d", b"http://c/d"),
        (b"http://a/b", b"/c d\xe9", b"http://a/c%20d%E9"),
        (b"http://a/b", b" /c ", b"http://a/c"),
        (b"http://a/b/c", b"../d", b"http://a/d"),
    ],
)
def test_a_reference_is_resolved_as_browsers_do(base, reference, expected):
    assert resolve(base, reference) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://example.com/", b"http://example.com/"),
        ("http://bücher.example/", b"http://xn--bcher-kva.example/"),
        ("http://example.com/ä b", b"http://example.com/%C3%A4%20b"),
    ],
)
def test_a_url_as_people_write_it_becomes_a_uri(text, expected):
    assert uri_from_text(text) == expected


@pytest.mark.parametrize("text", ["http://a/\r\nX: y", "http://a/\0", "http://a/\x7f"])
def test_cve_2019_12387_a_url_with_controls_is_refused(text):
    with pytest.raises(ValueError, match="control"):
        uri_from_text(text)


@pytest.mark.parametrize(
    ("uri", "parts", "origin_form"),
    [
        (b"http://e", (b"http", b"e", b"e", 80, b"", b"", b"", b""), b"/"),
        (b"HTTPS://E/p;x?q#f", (b"https", b"E", b"E", 443, b"/p", b"x", b"q", b"f"), b"/p;x?q"),
        (b"http://[::1]:8/", (b"http", b"[::1]:8", b"::1", 8, b"/", b"", b"", b""), b"/"),
        (b"http://[::1]/", (b"http", b"[::1]", b"::1", 80, b"/", b"", b"", b""), b"/"),
        (b"http://e/a;b/c;d", (b"http", b"e", b"e", 80, b"/a;b/c", b"d", b"", b""), b"/a;b/c;d"),
        (b"http://e?x", (b"http", b"e", b"e", 80, b"", b"", b"x", b""), b"/?x"),
    ],
)
def test_a_uri_is_taken_apart_and_put_together(uri, parts, origin_form):
    made = URI.fromBytes(uri)
    names = ("scheme", "netloc", "host", "port", "path", "params", "query", "fragment")
    assert tuple(getattr(made, name) for name in names) == parts
    assert made.originForm == origin_form
    assert made.toBytes().lower() == uri.lower()


def coded(*, coding="gzip", decoders=None, length=None):
    """Ask for a body; return the outcome, what receives it, and the response as it came."""
    inner = Recorder()
    outcome = Outcome(
        ContentDecoderAgent(inner, decoders or available_decoders()).request(b"GET", b"http://a/")
    )
    raw = inner.answer(200, content_encoding=coding, x="y")
    raw.length = UNKNOWN_LENGTH if length is None else length
    body = Body()
    return outcome, body, raw


COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
PLAIN = b"hello " * 5000
CODED = {coding: compress(PLAIN) for coding, compress in COMPRESS.items()}


class TestCodings:
    @pytest.mark.parametrize("coding", CODED)
    @pytest.mark.parametrize("size", [1, 7, 1 << 20])
    def test_a_coded_body_is_decoded_however_it_comes(self, coding, size):
        outcome, body, raw = coded(coding=coding)
        outcome.result.deliverBody(body)
        data = CODED[coding]
        for start in range(0, len(data), size):
            raw._bodyDataReceived(data[start : start + size])
        raw._bodyDataFinished()
        assert body.data == PLAIN
        assert type(body.reason) is ResponseDone

    def test_deflate_without_a_header_is_decoded_too(self):
        compressor = zlib.compressobj(wbits=-15)
        outcome, body, raw = coded(coding="deflate")
        outcome.result.deliverBody(body)
        raw._bodyDataReceived(compressor.compress(PLAIN) + compressor.flush())
        raw._bodyDataFinished()
        assert body.data == PLAIN

    def test_all_members_of_a_gzip_file_are_decoded(self):
        outcome, body, raw = coded()
        outcome.result.deliverBody(body)
        raw._bodyDataReceived(gzip.compress(b"one, ") + gzip.compress(b"two") + b"\0\0")
        raw._bodyDataFinished()
        assert body.data == b"one, two"

    def test_codings_are_undone_in_turn(self):
        outcome, body, raw = coded(coding="gzip, deflate")
        outcome.result.deliverBody(body)
        raw._bodyDataReceived(zlib.compress(gzip.compress(PLAIN)))
        raw._bodyDataFinished()
        assert body.data == PLAIN

    def test_what_was_decoded_is_not_said_to_be_coded_and_its_length_is_not_known(self):
        outcome, _, _ = coded(coding="other, gzip", length=5)
        assert outcome.result.headers.getRawHeaders("content-encoding") == ["other"]
        assert outcome.result.length == UNKNOWN_LENGTH
        assert IResponse.providedBy(outcome.result)
        outcome, _, _ = coded(coding="gzip")
        assert not outcome.result.headers.hasHeader("content-encoding")

    def test_an_unknown_coding_is_left_alone(self):
        outcome, _, raw = coded(coding="other")
        assert outcome.result is raw

    def test_the_request_says_what_is_known(self):
        inner = Recorder()
        ContentDecoderAgent(inner, [(b"gzip", GzipDecoder), (b"x", GzipDecoder)]).request(
            b"GET", b"http://a/"
        )
        assert inner.requests[0][2] == Headers({"Accept-Encoding": ["gzip,x"]})

    @pytest.mark.parametrize("coding", CODED)
    def test_a_coded_body_that_ends_too_soon_is_no_whole_one(self, coding):
        outcome, body, raw = coded(coding=coding)
        outcome.result.deliverBody(body)
        raw._bodyDataReceived(CODED[coding][:-3])
        raw._bodyDataFinished()
        assert [type(reason.value) for reason in body.reason.reasons] == [ContentDecodingError]

    @pytest.mark.parametrize("coding", CODED)
    def test_what_is_not_coded_as_it_says_is_an_error(self, coding):
        outcome, body, raw = coded(coding=coding)
        outcome.result.deliverBody(body)
        with pytest.raises(ResponseFailed):
            raw._bodyDataReceived(b"this is no compressed data at all, in none of these formats")

    def test_an_empty_body_is_empty_in_any_coding(self):
        outcome, body, raw = coded()
        outcome.result.deliverBody(body)
        raw._bodyDataFinished()
        assert (body.data, type(body.reason)) == (b"", ResponseDone)

    @pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
    def test_known_decompression_bomb_what_is_out_of_proportion_is_given_up(self, coding):
        zeros = bytes(64 << 20)
        bomb = {
            "gzip": lambda: gzip.compress(zeros, 9),
            "br": lambda: brotli.compress(zeros, quality=5),
            "zstd": lambda: zstandard.compress(zeros),
        }[coding]()
        outcome, body, raw = coded(coding=coding)
        largest = []

        class Counting(Body):
            def dataReceived(self, data):
                largest.append(len(data))

        body = Counting()
        outcome.result.deliverBody(body)
        with pytest.raises(ResponseFailed) as raised:
            raw._bodyDataReceived(bomb)
        assert raised.value.reasons[0].check(ContentDecodingError)
        assert sum(largest) <= 33 << 20
        assert max(largest) <= 32 << 20

    def test_known_decompression_bomb_codings_upon_codings_are_refused(self):
        outcome, _, _ = coded(coding=", ".join(["gzip"] * 30))
        assert type(outcome.error) is ContentDecodingError

    @pytest.mark.parametrize("coding", CODED)
    def test_nothing_is_decoded_while_the_reader_has_paused(self, coding):
        outcome, _, raw = coded(coding=coding)

        class Pausing(Body):
            def dataReceived(self, data):
                super().dataReceived(data)
                self.transport.pauseProducing()

        body = Pausing()
        outcome.result.deliverBody(body)
        plain = random.Random(5).randbytes(300_000) * 2
        raw._bodyDataReceived(COMPRESS[coding](plain))
        raw._bodyDataFinished()
        pauses = 0
        while body.reason is None:
            pauses += 1
            body.transport.resumeProducing()
        assert body.data == plain
        assert pauses > 1


class TestCookies:
    def test_cookies_that_come_are_sent_back(self):
        inner, jar = Recorder(), CookieJar()
        agent = CookieAgent(inner, jar)
        agent.request(b"GET", b"http://example.com/")
        inner.answer(200, set_cookie="a=b; Path=/")
        agent.request(b"GET", b"http://example.com/x")
        assert inner.requests[1][2].getRawHeaders("cookie") == ["a=b"]

    @pytest.mark.parametrize(
        ("uri", "cookie"),
        [
            (b"http://example.org/", "a=b"),
            (b"http://example.com/", "a=b; Secure"),
            (b"http://example.com/", "a=b; Path=/private"),
        ],
    )
    def test_cve_2022_21712_cookies_do_not_leave_their_origin(self, uri, cookie):
        inner = Recorder()
        agent = RedirectAgent(CookieAgent(inner, CookieJar()))
        agent.request(b"GET", b"https://example.com/")
        inner.answer(301, set_cookie=cookie, location=uri)
        assert not inner.requests[1][2].hasHeader("cookie")

    def test_a_cookie_field_of_the_program_stands(self):
        inner, jar = Recorder(), CookieJar()
        agent = CookieAgent(inner, jar)
        agent.request(b"GET", b"http://example.com/")
        inner.answer(200, set_cookie="a=b")
        agent.request(b"GET", b"http://example.com/", Headers({"Cookie": ["c=d"]}))
        assert inner.requests[1][2].getRawHeaders("cookie") == ["c=d"]


def response():
    made = Response((b"HTTP", 1, 1), 200, b"OK", Headers(), Wire())
    made.length = UNKNOWN_LENGTH
    return made


class TestReadBody:
    def test_a_body_is_read_whole(self):
        made = response()
        outcome = Outcome(readBody(made))
        made._bodyDataReceived(b"ab")
        made._bodyDataReceived(b"cd")
        assert not outcome.results
        made._bodyDataFinished()
        assert outcome.result == b"abcd"

    def test_a_body_that_ended_with_its_connection_is_told_of_with_what_there_is(self):
        made = response()
        outcome = Outcome(readBody(made))
        made._bodyDataReceived(b"ab")
        made._bodyDataFinished(Failure(PotentialDataLoss()))
        error = outcome.error
        assert type(error) is PartialDownloadError
        assert (error.status, error.message, error.response) == (b"200", b"OK", b"ab")

    def test_any_other_end_is_told(self):
        made = response()
        outcome = Outcome(readBody(made))
        made._bodyDataFinished(Failure(ResponseFailed([])))
        assert type(outcome.error) is ResponseFailed

    def test_giving_up_drops_the_connection(self):
        made = response()
        outcome = Outcome(readBody(made))
        outcome.deferred.cancel()
        assert made._transport.disconnected

    def test_a_limit_holds(self):
        made = response()
        outcome = Outcome(readBody(made, limit=3))
        made._bodyDataReceived(b"abcd")
        assert type(outcome.error) is BodyTooLargeError
        assert made._transport.disconnected
        made._bodyDataFinished(Failure(ResponseFailed([])))


class Consumer:
    def __init__(self):
        self.data = b""

    def write(self, data):
        self.data += data


class TestFileBody:
    @pytest.fixture
    def turns(self):
        return []

    @pytest.fixture
    def cooperator(self, turns):
        class Call:
            def cancel(self):
                turns.clear()

        def later(step):
            turns.append(step)
            return Call()

        return Cooperator(terminationPredicateFactory=lambda: lambda: True, scheduler=later)

    def run(self, turns):
        while turns:
            turns.pop(0)()

    def test_a_file_is_sent_from_where_it_stands_and_closed(self, turns, cooperator):
        file = io.BytesIO(b"0123456789")
        file.seek(3)
        producer = FileBodyProducer(file, cooperator, readSize=4)
        assert producer.length == 7
        assert IBodyProducer.providedBy(producer)
        consumer = Consumer()
        outcome = Outcome(producer.startProducing(consumer))
        self.run(turns)
        assert (consumer.data, outcome.results, file.closed) == (b"3456789", [None], True)

    def test_no_more_is_sent_than_was_announced(self, turns, cooperator):
        file = io.BytesIO(b"0123")
        producer = FileBodyProducer(file, cooperator, readSize=3)
        file.seek(0, 2)
        file.write(b"more")
        file.seek(0)
        consumer = Consumer()
        producer.startProducing(consumer)
        self.run(turns)
        assert consumer.data == b"0123"

    def test_a_file_that_cannot_seek_has_no_length(self, cooperator):
        class Pipe:
            def read(self, size):
                return b""

        class Broken(io.BytesIO):
            def seek(self, *args):
                raise OSError

        assert FileBodyProducer(Pipe(), cooperator).length == UNKNOWN_LENGTH
        assert FileBodyProducer(Broken(), cooperator).length == UNKNOWN_LENGTH

    def test_pausing_and_stopping(self, turns, cooperator):
        file = io.BytesIO(b"0123456789")
        producer = FileBodyProducer(file, cooperator, readSize=1)
        consumer = Consumer()
        outcome = Outcome(producer.startProducing(consumer))
        turns.pop(0)()
        producer.pauseProducing()
        self.run(turns)
        assert consumer.data == b"0"
        producer.resumeProducing()
        turns.pop(0)()
        producer.stopProducing()
        self.run(turns)
        assert consumer.data == b"01"
        assert file.closed
        assert not outcome.results

    def test_what_reading_raises_is_told(self, turns, cooperator):
        class Broken:
            def read(self, size):
                raise OSError("disk")

        outcome = Outcome(FileBodyProducer(Broken(), cooperator).startProducing(Consumer()))
        self.run(turns)
        assert type(outcome.error) is OSError


def test_an_iterable_is_sent_at_the_transports_pace():
    async def pieces():
        for piece in (b"a", b"b", b"c"):
            yield piece

    class Slow(Consumer):
        def write(self, data):
            super().write(data)
            producer.pauseProducing()

    consumer, producer = Slow(), AsyncBody(pieces())
    outcome = Outcome(producer.startProducing(consumer))
    assert consumer.data == b"a"
    producer.resumeProducing()
    assert consumer.data == b"ab"
    producer.resumeProducing()
    producer.resumeProducing()
    assert (consumer.data, outcome.results) == (b"abc", [None])


def test_a_body_has_one_of_several_forms():
    async def pieces():
        yield b""

    assert body_producer(None) is None
    assert body_producer("ä").length == 2
    assert body_producer(bytearray(b"abc")).length == 3
    assert body_producer(io.BytesIO(b"abc")).length == 3
    assert body_producer(pieces()).length == UNKNOWN_LENGTH
    with pytest.raises(TypeError, match="A body is"):
        body_producer(5)


def test_cve_2014_7143_the_trust_root_that_is_given_is_the_one_that_counts():
    class Root:
        def into_standard(self, context):
            seen.append(context)

    seen = []
    policy = BrowserLikePolicyForHTTPS(trustRoot=Root())
    for name in (b"a.example", b"b.example"):
        settings = policy.creatorForNetloc(name, 443)
        context = settings.standard_engine(True, None) and settings._settings.standard_context(
            is_client=True, check_hostname=True
        )
        assert context is seen[0]
        assert context.check_hostname
        assert context.verify_mode.name == "CERT_REQUIRED"
        assert settings._hostnameASCII == name.decode()


def test_settings_are_kept_for_the_hosts_asked_for_last():
    class Policy:
        def creatorForNetloc(self, hostname, port):
            made.append(hostname)
            return object()

    made = []
    policy = HostnameCachingHTTPSPolicy(Policy(), cacheSize=2)
    for name in (b"a", b"b", b"a", b"c", b"a", b"b"):
        policy.creatorForNetloc(name, 443)
    assert made == [b"a", b"b", b"c", b"b"]
