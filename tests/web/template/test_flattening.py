"""What documents look like when they are written out."""

from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.core.deferred import CancelledError, Deferred, fail, succeed
from sennit.web.errors import (
    FlattenerError,
    MissingRenderMethod,
    MissingTemplateLoader,
    UnfilledSlot,
    UnsupportedType,
)
from sennit.web.template import (
    CDATA,
    CharRef,
    Comment,
    Element,
    Tag,
    TagLoader,
    XMLString,
    flatten,
    flattenString,
    renderer,
    script_json,
    slot,
    tags,
)


def written(root, request=None):
    results = []
    flattenString(request, root).addBoth(results.append)
    return results[0] if isinstance(results[0], bytes) else results[0].value


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (tags.p("<a>&\"'"), b"<p>&lt;a&gt;&amp;\"'</p>"),
        (tags.p(title="<a>&\"'"), b"<p title=\"&lt;a&gt;&amp;&quot;'\"></p>"),
        (tags.img(src=b"\xff<"), b'<img src="\xff&lt;" />'),
        (tags.br("x"), b"<br>x</br>"),
        (tags.p(class_="a", for_="b"), b'<p class="a" for="b"></p>'),
        (tags.ul(id="l")[tags.li["one"], tags.li["two"]], b'<ul id="l"><li>one</li><li>two</li></ul>'),
        (tags.a(href=tags.b("x<y")), b'<a href="&lt;b&gt;x&amp;lt;y&lt;/b&gt;"></a>'),
        (tags.a(href=["/", ("q?", b"a&b")]), b'<a href="/q?a&amp;b"></a>'),
        (tags.img(alt=tags.i(a=tags.b(b='"'))), b'<img alt="&lt;i a=&quot;&amp;lt;b b=&amp;quot;&amp;amp;quot;&amp;quot;&amp;gt;&amp;lt;/b&amp;gt;&quot;&gt;&lt;/i&gt;" />'),  # noqa: E501 (three attributes deep)
        (CDATA("a]]>b"), b"<![CDATA[a]]]]><![CDATA[>b]]>"),
        (Comment(" a--b-"), b"<!-- a--b- -->"),
        (CharRef(9731), b"&#9731;"),
        (["a", ("b", b"c"), (x for x in "de")], b"abcde"),
        (tags.transparent("x", tags.b()), b"x<b></b>"),
        (Tag("x:y", {"xml:lang": "en"}), b'<x:y xml:lang="en"></x:y>'),
        (tags.p(slot("a", default="d")), b"<p>d</p>"),
        (tags.p(slot("a"), tags.b(slot("a")).fillSlots(a="in")).fillSlots(a="out"), b"<p>out<b>in</b></p>"),
        (tags.p(title=slot("a")).fillSlots(a='"<'), b'<p title="&quot;&lt;"></p>'),
        ([succeed("x"), tags.b(succeed(tags.i("y")))], b"x<b><i>y</i></b>"),
        ("", b""),
    ],
)  # fmt: skip
def test_a_document_is_written_as_its_markup(root, expected):
    assert written(root) == expected


class _Text(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, attrs))

    def handle_endtag(self, tag):
        self.seen.append(tag)

    def handle_data(self, data):
        self.seen.append(data)

    def handle_comment(self, data):
        self.seen.append(("comment", data))


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=30)


@settings(max_examples=60)
@given(_texts, _texts)
def test_no_text_or_attribute_can_become_markup(text, value):
    parser = _Text()
    parser.feed(written(tags.p(tags.b(text), title=value)).decode())
    parser.close()
    content = [text] if text else []
    assert parser.seen == [("p", [("title", value)]), ("b", []), *content, "b", "p"]


@settings(max_examples=200)
@given(st.text(alphabet="-!><a ", max_size=12))
def test_no_comment_can_be_ended_from_inside(text):
    octets = written([Comment(text), tags.i()])
    inside = octets.removeprefix(b"<!--").removesuffix(b"--><i></i>")
    assert not inside.startswith((b">", b"->"))
    assert b"-->" not in inside + b"--"
    assert b"--!>" not in inside + b"--"


@given(st.text(alphabet="]>a<", max_size=12))
@settings(max_examples=60)
def test_no_cdata_section_can_be_ended_from_inside(text):
    from xml.etree import ElementTree as ET

    assert (ET.fromstring(written(tags.p(CDATA(text)))).text or "") == text


def test_data_in_a_script_cannot_end_it_and_is_the_same_data():
    import json

    data = {"a": "</script><!--", "b": ["&", "\u2028"]}
    assert "<" not in script_json(data)
    assert json.loads(script_json(data)) == data
    assert html.unescape(written(tags.script(script_json(data))).decode()) == (
        "<script>" + script_json(data) + "</script>"
    )


@pytest.mark.parametrize("name", ["a b", "", "a>", "a/", 'a"', "a=b", "a\x00", "<a", "na\nme", "p onclick"])
def test_names_that_would_be_more_than_a_name_are_refused(name):
    if name:
        assert isinstance(written(Tag(name))._exception, ValueError)
    assert isinstance(written(Tag("p", {name: "x"}))._exception, ValueError)
    assert isinstance(written(Tag("p", {name: [b"x"]}))._exception, ValueError)


@pytest.mark.parametrize("thing", [5, None, 1.5, object(), True, slice])
def test_what_is_no_part_of_a_document_is_refused(thing):
    error = written(tags.p(thing))
    assert isinstance(error, FlattenerError)
    assert isinstance(error._exception, UnsupportedType)
    assert repr(thing) in str(error)


def test_a_slot_that_nobody_fills_is_an_error_that_says_where():
    error = written(tags.div(tags.p(slot("name"))))
    assert isinstance(error._exception, UnfilledSlot)
    assert "Tag <div>\n  Tag <p>\n" in str(error)


def test_a_document_may_be_deeper_than_the_interpreters_stack():
    root = "x"
    for _ in range(5000):
        root = tags.b(root)
    assert written(root) == b"<b>" * 5000 + b"x" + b"</b>" * 5000


def test_a_slot_filled_with_itself_is_an_error():
    error = written(tags.p(slot("a")).fillSlots(a=slot("a")))
    assert isinstance(error._exception, RecursionError)


def test_what_is_known_is_sent_before_waiting():
    pieces = []
    waiting = Deferred()
    done = flatten(None, ["a", tags.p("b", waiting, "c"), tags.a(href=waiting)], pieces.append)
    assert pieces == [b"a<p>b"]
    assert not done.called
    waiting.callback("<")
    assert b"".join(pieces) == b'a<p>b&lt;c</p><a href="&lt;"></a>'
    assert done.called


def test_coroutines_awaitables_and_async_generators_are_written_as_what_they_give():
    gate = Deferred()

    async def one():
        return tags.b(await gate)

    async def many():
        for text in ("x", "y"):
            yield text
            await succeed(None)
        yield CharRef(65)

    class Promise:
        def __await__(self):
            return succeed("z").__await__()

    results = []
    flattenString(None, [one(), many(), Promise()]).addBoth(results.append)
    assert results == []
    gate.callback("z")
    assert results == [b"<b>z</b>xy&#65;z"]


def test_cancelling_cancels_what_the_document_waits_for():
    cancelled = []
    failures = []
    done = flatten(None, tags.p(Deferred(cancelled.append)), lambda _: None)
    done.addErrback(failures.append)
    done.cancel()
    assert len(cancelled) == 1
    assert isinstance(failures[0].value._exception, CancelledError)


def test_a_failure_in_a_document_is_told_with_the_way_to_it():
    error = written(tags.div(["a", fail(KeyError("k"))]))
    assert isinstance(error._exception, KeyError)
    assert "Tag <div>" in repr(error)


def test_generators_are_closed_when_writing_fails():
    closed = []

    def generator():
        try:
            yield "a"
            yield 5
        finally:
            closed.append(True)

    written(tags.p(generator()))
    assert closed == [True]


def test_octets_are_gathered_before_they_are_written():
    pieces = []
    flatten(None, ["x" * 1000] * 200, pieces.append)
    assert len(pieces) == 4
    assert b"".join(pieces) == b"x" * 200_000


class Page(Element):
    loader = XMLString(
        '<p xmlns:t="http://twistedmatrix.com/ns/twisted.web.template/0.1" t:render="name">'
        '<t:slot name="x" /></p>'
    )

    @renderer
    def name(self, request, tag):
        return tag.fillSlots(x=f"{request}<")

    def secret(self, request, tag):
        return "secret"

    @renderer
    async def later(self, request, tag):
        return tag("later")


def test_an_element_renders_its_template_each_time_anew():
    page = Page()
    assert written(page, 1) == b"<p>1&lt;</p>"
    assert written(page, 2) == b"<p>2&lt;</p>"
    assert written(Page(TagLoader(tags.i("a", render="later")))) == b"<i>alater</i>"


def test_a_method_that_is_not_marked_is_no_renderer():
    for name in ("secret", "render", "nothing", "__init__"):
        error = written(Page(TagLoader(tags.p(render=name))))
        assert isinstance(error._exception, MissingRenderMethod)
    assert isinstance(written(Element())._exception, MissingTemplateLoader)
    assert isinstance(written(tags.p(render="name"))._exception, ValueError)


def test_a_tag_cannot_be_iterated_and_its_attributes_keep_their_order():
    with pytest.raises(TypeError):
        list(tags.p)
    assert written(tags.p(b="1", a="2")) == b'<p b="1" a="2"></p>'
    with pytest.raises(TypeError):
        tags.p(render=5)
    with pytest.raises(AttributeError):
        _ = tags.nosuch


def test_a_copy_of_a_tag_is_independent_of_it():
    tag = tags.p(["a", tags.b("c")], x=[tags.i()]).fillSlots(a=tags.u())
    copy = tag.clone()
    copy.children[0][1]("more")
    copy.slotData["a"]("more")
    copy.attributes["x"][0]("more")
    assert written(tag) == b'<p x="&lt;i&gt;&lt;/i&gt;">a<b>c</b></p>'
