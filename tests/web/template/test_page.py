"""Elements as answers to requests."""

from __future__ import annotations

from sennit.core.deferred import Deferred, fail
from sennit.protocol import connectionDone
from sennit.web import Resource, pages
from sennit.web.failure_page import FailureElement, formatFailure
from sennit.web.template import Element, TagLoader, renderElement, renderer, tags


class Page(Resource):
    isLeaf = True

    def __init__(self, content):
        super().__init__()
        self.content = content

    def render_GET(self, request):
        return renderElement(request, self.content)


GET = b"/"


def test_an_element_is_an_answer_after_its_doctype(browse):
    answer = browse(Page(tags.p("x"))).ask(GET)
    assert (answer.code, answer.body) == (200, b"<!DOCTYPE html>\n<p>x</p>")


def test_a_page_goes_out_as_it_becomes_known_and_its_sources_stop_with_the_client(browse):
    cancelled = []
    waiting = Deferred(cancelled.append)
    browser = browse(Page(tags.p("x", waiting)))
    browser.channel.dataReceived(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"<!DOCTYPE html>\n<p>x" in browser.wire.value()
    browser.channel.connectionLost(connectionDone)
    assert len(cancelled) == 1


def test_an_element_that_fails_before_anything_was_sent_is_a_500_without_details(browse, reported):
    answer = browse(Page(tags.p(fail(ValueError("secret"))))).ask(GET)
    assert answer.code == 500
    assert b"secret" not in answer.body
    assert b"An error occurred" in answer.body


def test_a_site_for_developers_shows_what_failed_and_escapes_it(browse, reported):
    class Broken(Element):
        loader = TagLoader(tags.p(render="broken"))

        @renderer
        def broken(self, request, tag):
            raise ValueError("<b>boom")

    browser = browse(Page(Broken()))
    browser.site.displayTracebacks = True
    answer = browser.ask(GET)
    assert b"&lt;b&gt;boom" in answer.body
    assert b"<b>boom" not in answer.body


def test_a_failure_is_shown_with_its_lines_of_source():
    from sennit.core.failure import Failure

    try:
        raise ValueError("é<")  # the line
    except ValueError:
        failure = Failure()
    page = formatFailure(failure)
    assert b"&#233;&lt;" in page
    assert b"# the line" in page
    assert b"builtins.ValueError" in page
    assert FailureElement(failure).failure is failure


def test_error_pages_escape_what_they_are_told(browse):
    answer = browse(pages.errorPage(418, "<i>", "a & b")).ask(b"/a/b")
    assert answer.code == 418
    assert b"<h1>&lt;i&gt;</h1><p>a &amp; b</p>" in answer.body
    assert browse(pages.notFound()).ask(GET).code == 404
    assert browse(pages.forbidden()).ask(GET).code == 403
