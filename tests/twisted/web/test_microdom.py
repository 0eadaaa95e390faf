"""``twisted.web.sux``, ``microdom`` and ``domhelpers``: markup as people write it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.twisted.web import domhelpers, microdom, sux

DECLARATION = '<?xml version="1.0"?>'


class Recorder(sux.XMLParser):
    def __init__(self, lenient=0):
        self.seen = []
        self.beExtremelyLenient = lenient

    def gotTagStart(self, name, attributes):
        self.seen.append((name, dict(attributes)))

    def gotTagEnd(self, name):
        self.seen.append("/" + name)

    def gotText(self, data):
        if data:
            self.seen.append(data)

    def gotEntityReference(self, entityRef):
        self.seen.append("&" + entityRef)

    gotComment = gotCData = gotDoctype = lambda self, data: self.seen.append(("other", data))


def parsed(text, lenient=0, step=None):
    parser = Recorder(lenient)
    parser.connectionMade()
    octets = text.encode()
    for start in range(0, len(octets), step or len(octets)):
        parser.dataReceived(octets[start : start + (step or len(octets))])
    parser.connectionLost()
    return parser.seen


@pytest.mark.parametrize("step", [None, 1])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "<a b='c' d=\"e'\"> é <b/>&amp;</a >",
            [("a", {"b": "c", "d": "e'"}), " é ", ("b", {}), "/b", "&amp", "/a"],
        ),
        ("<?xml version='1.0'?><!DOCTYPE x><a/>", [("other", "x"), ("a", {}), "/a"]),
        ("<a><![CDATA[x<>]y]]><!-- c-c --></a>", [("a", {}), ("other", "x<>]y"), ("other", " c-c "), "/a"]),
    ],
)  # fmt: skip
def test_xml_is_taken_apart(text, expected, step):
    assert parsed(text, step=step) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a b=c d=/e f>x", [("a", {"b": "c", "d": "/e", "f": "True"}), "x"]),
        ("<a>b & c&d e</a>", [("a", {}), "b ", "&amp", " c", "&amp", "d e", "/a"]),
        ("<script>a<b && '</b>' </script>x", [("script", {}), "a<b && '</b>' ", "/script", "x"]),
        ("x<a/>", ["x", ("a", {}), "/a"]),
    ],
)
def test_what_is_not_quite_xml_is_taken_by_a_lenient_parser_alone(text, expected):
    assert parsed(text, lenient=1) == expected
    with pytest.raises(sux.ParseError, match="<xml />:1:"):
        parsed(text)


@settings(max_examples=150)
@given(st.text(alphabet="<>/!-[]&;='\" abAB\n?CDT", max_size=40), st.booleans())
def test_no_text_breaks_the_parser(text, lenient):
    with contextlib.suppress(sux.ParseError, microdom.MismatchedTags):
        microdom.parseString(text, beExtremelyLenient=lenient)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>1<p>2", "<html><p>1</p><p>2</p></html>"),
        ("<ul><li>1<li>2</ul>", "<ul><li>1</li><li>2</li></ul>"),
        ("<form><input name=a></form>", '<form><input name="a" /></form>'),
        ("<a><b></a></b>", "<a><b></b></a>"),
        ("<head><title>x</head><body>y", "<html><head><title>x</title></head><body>y</body></html>"),
    ],
)
def test_tags_that_are_left_open_are_closed_for_a_lenient_reader(text, expected):
    assert microdom.parseString(text, beExtremelyLenient=1).toxml() == DECLARATION + expected
    with pytest.raises(microdom.MismatchedTags):
        microdom.parseString(text.replace("name=a", "name='a'"))


def test_trees_are_written_compared_and_copied():
    tree = microdom.parseString("<A b='&lt;1' a='2'><c>x &amp; y</c><br/></A>")
    assert tree.toxml() == DECLARATION + '<a a="2" b="&lt;1"><c>x &amp; y</c><br /></a>'
    assert tree.isEqualToNode(tree.cloneNode(1))
    assert microdom.parseXMLString("<A/>").documentElement.tagName == "A"
    assert [node.toxml() for node in tree.getElementsByTagName("C")] == ["<c>x &amp; y</c>"]
    assert microdom.lmx("p").b(class_="k").text("<").node.toxml() == '<b class="k">&lt;</b>'
    deep = microdom.Element("a")
    assert deep.toxml() == "<a></a>"
    assert microdom.parseString("<ul><li>1</li></ul>").toprettyxml() == (
        DECLARATION + "\n\n<ul>\n <li>1</li>\n</ul>"
    )


def test_a_document_is_not_nested_without_limit():
    with pytest.raises(sux.ParseError, match="nested too deep"):
        microdom.parseString("<a>" * 2000)


def test_nodes_are_found():
    tree = microdom.parseString("<a id='1'><b id='x'>t<c class='k'>u</c></b><b>v</b></a>")
    assert domhelpers.get(tree, "k").tagName == "c"
    assert domhelpers.getIfExists(tree, "nothing") is None
    with pytest.raises(domhelpers.NodeLookupError):
        domhelpers.get(tree, "nothing")
    assert domhelpers.gatherTextNodes(tree) == "tuv"
    assert len(domhelpers.findNodesNamed(tree, "b")) == 2
    assert [n.tagName for n in domhelpers.findElementsWithAttribute(tree, "class")] == ["c"]
    assert [n.nodeName for n in domhelpers.getParents(domhelpers.get(tree, "x"))][:2] == ["b", "a"]
    domhelpers.getAndClear(tree, "x")
    assert domhelpers.getNodeText(tree) == "v"


def test_a_script_that_is_hidden_is_written_as_it_was():
    for script in ("<!-- a<b -->", "<![CDATA[ a<b ]]>", " // <![CDATA[\n a<b //]]>"):
        text = f"<body><script>{script}</script></body>"
        assert microdom.parseString(text, beExtremelyLenient=1).documentElement.toxml() == text
    plain = microdom.parseString("<script>a < b</script>", beExtremelyLenient=1)
    assert plain.documentElement.toxml() == "<script>a &lt; b</script>"


def test_an_end_tag_is_written_as_it_was():
    text = "<aB>x</Ab>"
    parsed = microdom.parseString(text, caseInsensitive=1, preserveCase=1)
    assert parsed.documentElement.toxml() == text


def test_leaving_a_namespace_is_written():
    text = '<html xmlns="u:a"><body xmlns="">x</body></html>'
    assert microdom.parseString(text).documentElement.toxml() == text
    element = microdom.Element("a", namespace="u:a")
    assert not element.isEqualToNode(microdom.Element("a", namespace="u:b"))
    assert element.isEqualToNode(microdom.Element("a", namespace="u:a"))


def test_what_begins_with_an_exclamation_mark_inside_a_lenient_document_is_an_element():
    parsed = microdom.parseString("<h1>Hello!<!\n/span></h1>", beExtremelyLenient=1)
    assert parsed.documentElement.toxml() == "<h1>Hello!<!></!></h1>"
    assert microdom.parseString("<a>x<! y></a>", beExtremelyLenient=1).documentElement.toxml() == "<a>x</a>"
