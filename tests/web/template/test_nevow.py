"""Nevow's attribute language."""

from __future__ import annotations

import pytest

from sennit.core.deferred import Deferred, succeed
from sennit.web.template import NevowElement, TagLoader, XMLString, directive, flattenString, slot, tags

N = 'xmlns:n="http://nevow.com/ns/nevow/0.1"'

PEOPLE = f"""<ul {N} n:data="people" n:render="sequence"><li n:pattern="item" n:render="mapping"
><n:slot name="name"/><i n:data="tags" n:render="sequence"
><b n:pattern="item" n:render="string"/></i></li></ul>"""
NUMBERS = f"""<p {N} n:data="upto 5" n:render="sequence"><n:invisible n:pattern="header">(</n:invisible
><a n:pattern="item" n:render="string"/><b n:pattern="item" n:render="data"/><n:invisible
n:pattern="divider">,</n:invisible><n:invisible n:pattern="footer">)</n:invisible></p>"""
NOBODY = f"""<p {N} n:data="nobody" n:render="sequence"
><b n:pattern="item"/><i n:pattern="empty">none</i></p>"""


class People(NevowElement):
    def data_people(self, request, tag):
        return [{"name": "Ann<", "tags": ["x", "y"]}, {"name": "Bob", "tags": []}]

    def data_nobody(self, request, tag):
        return []

    async def data_later(self, request, tag):
        return {"name": "Zoe"}

    def data_fired(self, request, tag):
        return succeed({"name": "Fay"})

    def data_upto(self, limit):
        return lambda request, tag: [str(n) for n in range(int(limit))]

    def render_shout(self, mark):
        return lambda request, tag: tag(f"{tag.data}{mark}")


def written(template):
    results = []
    loader = XMLString(template) if isinstance(template, str) else TagLoader(template)
    flattenString(None, People(loader)).addBoth(results.append)
    return results[0] if isinstance(results[0], bytes) else results[0].value._exception


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (PEOPLE, b"<ul><li>Ann&lt;<i><b>x</b><b>y</b></i></li><li>Bob<i></i></li></ul>"),
        (NUMBERS, b"<p>(<a>0</a>,<b>1</b>,<a>2</a>,<b>3</b>,<a>4</a>)</p>"),
        (NOBODY, b"<p><i>none</i></p>"),
        (f'<p {N} n:data="later" n:render="mapping"><n:slot name="name"/></p>', b"<p>Zoe</p>"),
        (f'<p {N} n:data="fired"><b n:data="name" n:render="shout !"/></p>', b"<p><b>Fay!</b></p>"),
        (f'<p {N}><n:attr name="k">v</n:attr><b n:pattern="never">x</b></p>', b'<p k="v"></p>'),
    ],
)
def test_data_flows_into_patterns(xml, expected):
    assert written(xml) == expected


def test_the_language_works_in_tags_made_by_hand():
    tag = tags.ul(render="sequence")
    item = tags.li(slot("name"), render="mapping")
    item.pattern = "item"
    tag.data = directive("people")
    assert written(tag(item)) == b"<ul><li>Ann&lt;</li><li>Bob</li></ul>"


def test_data_and_patterns_that_do_not_exist_are_errors():
    assert isinstance(written(f'<p {N} n:data="nothing"/>'), LookupError)
    assert isinstance(written(f'<p {N} n:data="later"><b n:data="__class__"/></p>'), LookupError)
    assert isinstance(written(f'<p {N} n:data="people" n:render="sequence"/>'), LookupError)
    with pytest.raises(LookupError):
        tags.p.onePattern("x")


def test_a_page_is_sent_as_far_as_its_data_is_known():
    from sennit.web.template import flatten

    gate = Deferred()

    class Slow(NevowElement):
        loader = XMLString(f'<p {N}>a<b n:data="slow" n:render="string"/>c</p>')

        def data_slow(self, request, tag):
            return gate

    pieces = []
    flatten(None, Slow(), pieces.append)
    assert pieces == [b"<p>a"]
    gate.callback("b")
    assert b"".join(pieces) == b"<p>a<b>b</b>c</p>"
