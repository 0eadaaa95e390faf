"""``twisted.web.microdom``: small document trees, read from HTML as it is found and written as XML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

from sennit.core.failure import Failure
from sennit.protocol import connectionDone
from sennit.twisted.web.microdom_elements import (
    Document,
    Element,
    genprefix,
    getElementsByTagName,
    getElementsByTagNameNoCase,
)
from sennit.twisted.web.microdom_nodes import (
    HTML_ESCAPE_CHARS,
    REV_HTML_ESCAPE_CHARS,
    REV_XML_ESCAPE_CHARS,
    XML_ESCAPE_CHARS,
    CDATASection,
    CharacterData,
    Comment,
    EntityReference,
    Node,
    Text,
    escape,
    unescape,
)
from sennit.twisted.web.sux import ParseError, XMLParser

__all__ = [
    "HTML_ESCAPE_CHARS",
    "REV_HTML_ESCAPE_CHARS",
    "REV_XML_ESCAPE_CHARS",
    "XML_ESCAPE_CHARS",
    "CDATASection",
    "CharacterData",
    "Comment",
    "Document",
    "Element",
    "EntityReference",
    "MicroDOMParser",
    "MismatchedTags",
    "Node",
    "ParseError",
    "Text",
    "escape",
    "genprefix",
    "getElementsByTagName",
    "getElementsByTagNameNoCase",
    "lmx",
    "parse",
    "parseString",
    "parseXML",
    "parseXMLString",
    "unescape",
    "warningString",
]

warningString = "twisted.web.microdom is kept for programs that have it; xml.dom.minidom and lxml do more."

_DEEPEST = 900


class MismatchedTags(Exception):
    """An end tag is not the one that was to come.

    Attributes:
        filename: What the document is called.
        expect: The tag that was to come.
        got: The one that came.
        endLine: Where that is: its line.
        endCol: And its column.
        begLine: Where the open element began: the line.
        begCol: And the column.
    """

    def __init__(
        self, filename: Any, expect: Any, got: Any, endLine: int, endCol: int, begLine: int, begCol: int
    ) -> None:
        super().__init__(filename, expect, got, begLine, begCol, endLine, endCol)
        self.filename, self.expect, self.got = filename, expect, got
        self.begLine, self.begCol, self.endLine, self.endCol = begLine, begCol, endLine, endCol

    def __str__(self) -> str:
        return (
            f"expected </{self.expect}>, got </{self.got}> line: {self.endLine} col: {self.endCol}, "
            f"began line: {self.begLine} col: {self.begCol}"
        )


def _hidden_script(data: str, parent: Node | None) -> Text:
    """Return a script's text, which is markup to who does not know scripts."""
    return Text(data, parent, raw=1)


class MicroDOMParser(XMLParser):
    """Builds documents.

    Args:
        beExtremelyLenient: Whether what is not quite XML is taken, tags that are left open among it.
        caseInsensitive: Whether case makes no difference in names.
        preserveCase: Whether names keep the case in which they were given.
        soonClosers: Elements that have no content: the next tag ends them.
        laterClosers: Elements that end when one of those named for them begins.
    """

    soonClosers: ClassVar[Any] = ["area", "link", "br", "img", "hr", "input", "base", "meta"]
    laterClosers: ClassVar[Any] = {
        "p": ["p", "dt"],
        "dt": ["dt", "dd"],
        "dd": ["dt", "dd"],
        "li": ["li"],
        "tbody": ["thead", "tfoot", "tbody"],
        "thead": ["thead", "tfoot", "tbody"],
        "tfoot": ["thead", "tfoot", "tbody"],
        "colgroup": ["colgroup"],
        "col": ["col"],
        "tr": ["tr"],
        "td": ["td"],
        "th": ["th"],
        "head": ["body"],
        "title": ["head", "body"],
        "option": ["option"],
    }
    COMMENT = re.compile(r"\s*/[/*]\s*")

    def __init__(
        self,
        beExtremelyLenient: int = 0,
        caseInsensitive: int = 1,
        preserveCase: int = 0,
        soonClosers: Sequence[str] = soonClosers,
        laterClosers: Mapping[str, Sequence[str]] = laterClosers,
    ) -> None:
        self.elementstack: list[Element] = []
        self.nsstack: list[tuple[dict[str, str], str | None, Element | None]] = [({}, None, None)]
        self.documents: list[Any] = []
        self._mddoctype: str | None = None
        self.beExtremelyLenient = beExtremelyLenient
        self.caseInsensitive = caseInsensitive
        self.preserveCase = preserveCase or not caseInsensitive
        self.soonClosers = soonClosers  # type: ignore[misc]  # the class has the default
        self.laterClosers = laterClosers  # type: ignore[misc]  # likewise
        self.filename = "<xmlfile />"

    def shouldPreserveSpace(self) -> int:
        """Tell whether text of nothing but white space counts where the parser is."""
        for element in self.elementstack:
            if element.tagName == "pre" or element.getAttribute("xml:space") == "preserve":
                return 1
        return 0

    def _gotStandalone(self, factory: Any, data: str) -> None:
        parent = self.elementstack[-1] if self.elementstack else None
        node = factory(data, parent)
        if parent is not None:
            parent.appendChild(node)
        elif self.beExtremelyLenient:
            self.documents.append(node)

    def gotText(self, data: str) -> None:
        """Take a piece of text."""
        if data.strip() or (data and self.shouldPreserveSpace()):
            self._gotStandalone(_hidden_script if self._hides_script(data) else Text, data)

    def _hides_script(self, data: str) -> bool:
        """Tell whether a script is written in a way that hides it from who does not know scripts."""
        stack = self.elementstack
        in_script = bool(self.beExtremelyLenient and stack and stack[-1].tagName == "script")
        return in_script and ("<!--" in data or "<![CDATA[" in data)

    def gotComment(self, data: str) -> None:
        """Take a comment."""
        self._gotStandalone(Comment, data)

    def gotEntityReference(self, entityRef: str) -> None:
        """Take a reference."""
        self._gotStandalone(EntityReference, entityRef)

    def gotCData(self, cdata: str) -> None:
        """Take a CDATA section."""
        self._gotStandalone(CDATASection, cdata)

    def gotDoctype(self, doctype: str) -> None:
        """Take the document type."""
        self._mddoctype = doctype

    def gotTagStart(self, name: str, attributes: dict[str, str]) -> None:
        """Take a start tag."""
        if len(self.elementstack) >= _DEEPEST:
            raise self._parseError("The document is nested too deep.")
        kept = self.beExtremelyLenient and self.elementstack and not attributes
        if name.startswith("?") or (name.startswith("!") and not kept):
            return
        folded = name.lower()
        if self.beExtremelyLenient and self.elementstack:
            self._close_before(folded)
        around, space, _ = self.nsstack[-1]
        declared: dict[str, str] = {}
        given: dict[Any, str] = {}
        for key, value in attributes.items():
            if key == "xmlns":
                space = value
            elif key.startswith("xmlns:"):
                declared[key[6:]] = value
            else:
                given[key] = value
        prefixes = {**around, **declared} if declared else around
        namespace = space
        prefix, colon, local = name.partition(":")
        if colon and prefix in prefixes:
            namespace, name = prefixes[prefix], local
        resolved: dict[Any, str] = {}
        for key, value in given.items():
            attribute_prefix, colon, local = key.partition(":")
            if colon and attribute_prefix in prefixes:
                resolved[prefixes[attribute_prefix], local] = value
            else:
                resolved[key] = value
        parent = self.elementstack[-1] if self.elementstack else None
        element = Element(
            name,
            {},
            parent,
            self.filename,
            self.saveMark(),
            caseInsensitive=self.caseInsensitive,
            preserveCase=int(bool(self.preserveCase)),
            namespace=namespace,
        )
        for key, value in resolved.items():
            element.attributes[key] = unescape(value)
        if declared:
            element.addPrefixes({uri: each for each, uri in declared.items()})
        self.elementstack.append(element)
        self.nsstack.append((prefixes, space, element))
        if parent is not None:
            parent.appendChild(element)
        if self.beExtremelyLenient and folded in self.soonClosers:
            self._end_last()

    def _close_before(self, folded: str) -> None:
        """End the element that a tag cannot be in."""
        last = self.elementstack[-1]
        if folded in self.laterClosers.get(last.tagName.lower(), ()):
            self._end_last()

    def _end_last(self) -> None:
        element = self.elementstack.pop()
        self.nsstack.pop()
        if not self.elementstack:
            self.documents.append(element)

    def gotTagEnd(self, name: str) -> None:
        """Take an end tag."""
        prefix, colon, local = name.partition(":")
        if colon and prefix in self.nsstack[-1][0]:
            name = local
        if not self.elementstack:
            if self.beExtremelyLenient:
                return
            raise MismatchedTags(self.filename, "NOTHING", name, *self.saveMark(), 0, 0)
        element = self.elementstack[-1]
        if self._same(element, name):
            element.endTag(name)
            self._end_last()
            return
        if not self.beExtremelyLenient:
            mark = element._markpos or (0, 0)
            raise MismatchedTags(self.filename, element.tagName, name, *self.saveMark(), *mark)
        for depth in range(len(self.elementstack) - 1, -1, -1):
            if self._same(self.elementstack[depth], name):
                # Those inside were left open.
                while len(self.elementstack) > depth:
                    self._end_last()
                return

    def _same(self, element: Element, name: str) -> bool:
        if self.caseInsensitive:
            return element.tagName.lower() == name.lower()
        return element.tagName == name

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the document."""
        super().connectionLost(reason)
        if self.elementstack:
            if not self.beExtremelyLenient:
                element = self.elementstack[-1]
                mark = element._markpos or (0, 0)
                raise MismatchedTags(self.filename, element, "END_OF_FILE", *self.saveMark(), *mark)
            while self.elementstack:
                self._end_last()


def parse(readable: Any, *args: Any, **kwargs: Any) -> Document:
    """Read a document.

    Args:
        readable: An open file, or a file's name.
        *args: As for `MicroDOMParser`.
        **kwargs: As for `MicroDOMParser`.

    Raises:
        ParseError: If it is none.
        MismatchedTags: If an end tag is not the one that was to come.
    """
    if not hasattr(readable, "read"):
        with Path(readable).open("rb") as file:
            return parse(file, *args, **kwargs)
    parser = MicroDOMParser(*args, **kwargs)
    parser.filename = getattr(readable, "name", "<xmlfile />")
    parser.makeConnection(None)
    while data := readable.read(65536):
        parser.dataReceived(data.encode("utf-8") if isinstance(data, str) else data)
    parser.connectionLost(connectionDone)
    if not parser.documents:
        raise ParseError(parser.filename, 0, 0, "No top-level Nodes in document")
    made = Document()
    if parser.beExtremelyLenient and (
        len(parser.documents) != 1 or not isinstance(parser.documents[0], Element)
    ):
        root = Element("html")
        for node in parser.documents:
            root.appendChild(node)
        made.appendChild(root)
    else:
        made.appendChild(parser.documents[0])
    made.doctype = parser._mddoctype
    return made


def parseString(st: str | bytes, *args: Any, **kw: Any) -> Document:
    """Read a document; arguments and errors as for `parse`."""
    return parse(StringIO(st) if isinstance(st, str) else _Octets(st), *args, **kw)


class _Octets:
    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def read(self, size: int) -> bytes:
        octets, self._octets = self._octets, b""
        return octets


def parseXML(readable: Any) -> Document:
    """Read a document in XML, whose names keep their case."""
    return parse(readable, caseInsensitive=0, preserveCase=1)


def parseXMLString(st: str | bytes) -> Document:
    """Read a document in XML, whose names keep their case."""
    return parseString(st, caseInsensitive=0, preserveCase=1)


class lmx:  # noqa: N801 (the name of the contract)
    """Builds a document by calls: ``lmx("p")["class"] = "x"``, ``lmx("p").b(id="1").text("hi")``.

    Args:
        node: The node, or the name of a new element's tag.

    Attributes:
        node: The node.
    """

    def __init__(self, node: Any = "div") -> None:
        self.node = Element(node) if isinstance(node, str) else node

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError("no private attrs")
        return lambda **kw: self.add(name, **kw)

    def __setitem__(self, key: str, val: str) -> None:
        self.node.setAttribute(key, val)

    def __getitem__(self, key: str) -> Any:
        return self.node.getAttribute(key)

    def text(self, txt: str, raw: int = 0) -> lmx:
        """Add text.

        Args:
            txt: The text.
            raw: Whether it is written as it is, being markup.

        Returns:
            This object.
        """
        self.node.appendChild(Text(txt, raw=raw))
        return self

    def add(self, tagName: str, **kw: Any) -> lmx:
        """Add an element.

        Args:
            tagName: Its tag's name.
            **kw: Its attributes; one underscore at a name's end is dropped.

        Returns:
            An `lmx` of it.
        """
        made = Element(tagName, caseInsensitive=0, preserveCase=0)
        self.node.appendChild(made)
        wrapped = lmx(made)
        for key, value in kw.items():
            wrapped[key.removesuffix("_")] = value
        return wrapped
