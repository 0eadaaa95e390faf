"""Pages made of objects: Stan tags, XML templates, elements, and writing them out.

    from sennit.web.template import Element, XMLString, flattenString, renderer

    class Hello(Element):
        loader = XMLString(
            '<p xmlns:t="http://twistedmatrix.com/ns/twisted.web.template/0.1">'
            'Hello, <t:transparent t:render="name" />!</p>'
        )

        @renderer
        def name(self, request, tag):
            return tag("world")

Text is escaped wherever it stands; nothing a program hands in is markup unless it is a `Tag`.
"""

from __future__ import annotations

from sennit.web.template.element import Element, Expose, renderer
from sennit.web.template.escaping import script_json
from sennit.web.template.flattening import Flattenable, flatten, flattenString
from sennit.web.template.html_tags import VALID_HTML_TAG_NAMES, tags
from sennit.web.template.loaders import TagLoader, XMLFile, XMLString
from sennit.web.template.nevow import NEVOW_NAMESPACE, NevowElement, directive
from sennit.web.template.page import renderElement
from sennit.web.template.stan import CDATA, CharRef, Comment, Tag, slot, voidElements
from sennit.web.template.xml_reader import TEMPLATE_NAMESPACE

__all__ = [
    "CDATA",
    "NEVOW_NAMESPACE",
    "TEMPLATE_NAMESPACE",
    "VALID_HTML_TAG_NAMES",
    "CharRef",
    "Comment",
    "Element",
    "Expose",
    "Flattenable",
    "NevowElement",
    "Tag",
    "TagLoader",
    "XMLFile",
    "XMLString",
    "directive",
    "flatten",
    "flattenString",
    "renderElement",
    "renderer",
    "script_json",
    "slot",
    "tags",
    "voidElements",
]
