"""Templates written in XML."""

from __future__ import annotations

import io
from xml.sax import SAXParseException

import pytest

from sennit.web.template import Element, XMLFile, XMLString, flattenString, renderer

T = 'xmlns:t="http://twistedmatrix.com/ns/twisted.web.template/0.1"'


class Page(Element):
    @renderer
    def hi(self, request, tag):
        return tag("hi")


def written(xml):
    results = []
    flattenString(None, Page(XMLString(xml))).addBoth(results.append)
    return results[0]


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (f'<p {T} t:render="hi"/>', b"<p>hi</p>"),
        (f'<p {T}><t:transparent t:render="hi">y</t:transparent></p>', b"<p>yhi</p>"),
        (
            f'<p {T}><t:attr name="k">v<t:slot name="a" default="&lt;"/></t:attr>z</p>',
            b'<p k="v&lt;">z</p>',
        ),
        (
            "<p><!-- c --><![CDATA[ d <]]> &amp; &#233; &quot;</p>",
            b'<p><!-- c --><![CDATA[ d <]]> &amp; \xc3\xa9 "</p>',
        ),
        ('<!DOCTYPE html PUBLIC "a" "b"><p>&eacute;&nbsp;</p>', b"<p>\xc3\xa9\xc2\xa0</p>"),
        ("<p>&nbsp;</p>", b"<p>\xc2\xa0</p>"),
        ("<?xml version='1.0'?><?pi x?><p/>", b"<p></p>"),
        ('<svg xmlns="urn:s" xmlns:x="urn:x"><a x:y="1"/></svg>', b'<svg xmlns="urn:s" xmlns:x="urn:x"><a x:y="1"></a></svg>'),  # noqa: E501 (one document)
        ('<p xml:lang="en"><br/></p>', b'<p xml:lang="en"><br /></p>'),
    ],
)  # fmt: skip
def test_a_template_in_xml_is_written_as_its_directives_say(xml, expected):
    assert written(xml) == expected


@pytest.mark.parametrize(
    "xml",
    [
        "<p",
        "",
        "<p>&nosuch;</p>",
        f"<p {T}><t:slot/></p>",
        f"<p {T}><t:attr>v</t:attr></p>",
        f'<t:attr {T} name="x">v</t:attr>',
    ],
)
def test_what_is_no_template_is_refused_with_its_place(xml):
    with pytest.raises(SAXParseException) as caught:
        XMLString(xml)
    assert caught.value.getLineNumber() == 1


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "aaaa">',
        '<!ENTITY a "b"><!ENTITY c "&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % p "x">',
    ],
)
def test_known_entity_bombs_and_outside_entities_are_refused(declaration):
    with pytest.raises(SAXParseException, match="declares an entity"):
        XMLString(f"<!DOCTYPE p [{declaration}]><p>&a;</p>")


def test_a_template_is_read_from_files_and_paths_when_first_used(tmp_path):
    path = tmp_path / "page.xml"
    loader = XMLFile(path)
    path.write_text("<p>\n<b/></p>")
    assert [tag.tagName for tag in loader.load()] == ["p"]
    assert loader.load() is loader.load()
    assert (loader.load()[0].children[-1].lineNumber, loader.load()[0].filename) == (2, str(path))
    assert [tag.tagName for tag in XMLFile(str(path)).load()] == ["p"]
    assert [tag.tagName for tag in XMLFile(io.StringIO("<i/>")).load()] == ["i"]
    named = io.BytesIO(b"<")
    named.name = "named"
    with pytest.raises(SAXParseException, match="named"):
        XMLFile(named).load()


@pytest.mark.parametrize("encoding", ["utv-8", "shift_jis"])
def test_an_encoding_that_cannot_be_read_is_an_error_of_the_document(encoding):
    with pytest.raises(SAXParseException):
        XMLString(f'<?xml version="1.0" encoding="{encoding}"?><p/>'.encode()).load()
