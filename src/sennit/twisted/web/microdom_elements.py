"""The elements and documents of `microdom`'s trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from sennit.twisted.python.util import InsensitiveDict
from sennit.twisted.web.microdom_nodes import Comment, Node, Text, escape, unescape, writer_to

__all__ = ["Document", "Element", "genprefix", "getElementsByTagName", "getElementsByTagNameNoCase"]

_SINGLE = frozenset(
    [
        "area",
        "base",
        "basefont",
        "br",
        "col",
        "frame",
        "hr",
        "img",
        "input",
        "isindex",
        "link",
        "meta",
        "param",
    ]
)
_ENDS_INLINE = frozenset(["li", "td", "title"])
_ON_LINES = _ENDS_INLINE | frozenset(
    [
        "body",
        "div",
        "dl",
        "fieldset",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "html",
        "ol",
        "p",
        "pre",
        "script",
        "style",
        "table",
        "th",
        "tr",
        "ul",
    ]
)

genprefix: Iterator[str] = (f"p{number}" for number in count())
"""Makes prefixes for namespaces that have none."""


class Document(Node):
    """A whole document.

    Args:
        documentElement: Its outermost element.

    Attributes:
        doctype: Its document type, None if it has none.
    """

    doctype: str | None = None

    def __init__(self, documentElement: Any = None) -> None:
        super().__init__()
        if documentElement is not None:
            self.appendChild(documentElement)

    @property
    def documentElement(self) -> Any:
        """The outermost element."""
        return self.childNodes[0]

    def cloneNode(self, deep: int = 0, parent: Node | None = None) -> Document:
        """Return a copy."""
        made = Document()
        made.doctype = self.doctype
        element = self.documentElement.cloneNode(1, made) if deep else self.documentElement
        made.appendChild(element)
        return made

    def appendChild(self, child: Any) -> None:
        """Put the outermost element, of which there is one.

        Raises:
            ValueError: If there is one already.
        """
        if self.childNodes:
            raise ValueError("Only one element per document.")
        super().appendChild(child)

    def writexml(
        self,
        stream: Any,
        indent: str = "",
        addindent: str = "",
        newl: str = "",
        strip: int = 0,
        nsprefixes: Mapping[str, str] | None = None,
        namespace: str | None = "",
    ) -> None:
        """Write the document."""
        write = writer_to(stream)
        write('<?xml version="1.0"?>' + newl)
        if self.doctype:
            write(f"<!DOCTYPE {self.doctype}>{newl}")
        self.documentElement.writexml(stream, indent, addindent, newl, strip, nsprefixes, namespace)

    def createElement(self, name: str, **kw: Any) -> Element:
        """Make an element.

        Args:
            name: Its tag's name.
            **kw: As for `Element`.
        """
        return Element(name, **kw)

    def createTextNode(self, text: str) -> Text:
        """Make a text."""
        return Text(text)

    def createComment(self, text: str) -> Comment:
        """Make a comment."""
        return Comment(text)

    def getElementsByTagName(self, name: str) -> list[Any]:
        """Return the elements of a name, in the order of their tags."""
        element = self.documentElement
        if element.caseInsensitive:
            return getElementsByTagNameNoCase(self, name)
        return getElementsByTagName(self, name)

    def getElementById(self, id: str) -> Any:
        """Return the element of an id, None if there is none."""
        waiting = list(self.childNodes)
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, Element) and node.getAttribute("id") == id:
                return node
            waiting.extend(node.childNodes)
        return None

    def isEqualToDocument(self, n: Any) -> bool:
        """Tell whether a document is like this one."""
        return bool(self.doctype == n.doctype and Node.isEqualToNode(self, n))

    def isEqualToNode(self, n: Any) -> bool:
        """Do as `isEqualToDocument`."""
        return self.isEqualToDocument(n)


class Element(Node):
    """An element.

    Args:
        tagName: Its name.
        attributes: Its attributes.
        parentNode: What it is in.
        filename: The document that it is from.
        markpos: Its place there: line and column.
        caseInsensitive: Whether case makes no difference in names.
        preserveCase: Whether names keep the case in which they were given.
        namespace: Its namespace.
    """

    nsprefixes: Any = None
    caseInsensitive: int = 1
    preserveCase: int = 0

    def __init__(
        self,
        tagName: str,
        attributes: Mapping[str, str] | None = None,
        parentNode: Node | None = None,
        filename: Any = None,
        markpos: tuple[int, int] | None = None,
        caseInsensitive: int = 1,
        preserveCase: int = 0,
        namespace: str | None = None,
    ) -> None:
        super().__init__(parentNode)
        self.preserveCase = preserveCase or not caseInsensitive
        self.caseInsensitive = caseInsensitive
        if not self.preserveCase:
            tagName = tagName.lower()
        self.attributes: Any = {} if attributes is None else dict(attributes)
        self.attributes = {key: unescape(value) for key, value in self.attributes.items()}
        if caseInsensitive:
            self.attributes = InsensitiveDict(self.attributes, preserve=int(bool(preserveCase)))
        self.endTagName = self.nodeName = self.tagName = tagName
        self._filename = filename
        self._markpos = markpos
        self.namespace = namespace

    def __repr__(self) -> str:
        parts = [repr(self.nodeName)]
        if self.attributes:
            parts.append(f"attributes={self.attributes!r}")
        if self._filename:
            parts.append(f"filename={self._filename!r}")
        if self._markpos:
            parts.append(f"markpos={self._markpos!r}")
        return f"Element({', '.join(parts)})"

    def __str__(self) -> str:
        place = ""
        if self._markpos:
            place = f" ({self._filename!r} line {self._markpos[0]} column {self._markpos[1]})"
        attributes = "".join(f" {key}={value!r}" for key, value in self.attributes.items())
        rest = f" >...</{self.nodeName}>" if self.childNodes else " />"
        return f"<{self.nodeName}{place}{attributes}{rest}"

    def addPrefixes(self, pfxs: Mapping[str, str]) -> None:
        """Add prefixes, by namespace."""
        self.nsprefixes = {**(self.nsprefixes or {}), **pfxs}

    def endTag(self, endTagName: str) -> None:
        """Note the name of the end tag."""
        self.endTagName = endTagName if self.preserveCase else endTagName.lower()

    # Comparing and copying

    def isEqualToElement(self, n: Any) -> bool:
        """Tell whether an element has the same name and the same attributes."""
        if self.caseInsensitive:
            return bool(self.attributes == n.attributes and self.nodeName.lower() == n.nodeName.lower())
        return bool(self.attributes == n.attributes and self.nodeName == n.nodeName)

    def isEqualToNode(self, other: Any) -> bool:
        """Tell whether an element, and what is in it, is like this one."""
        return (
            isinstance(other, Element)
            and self.namespace == other.namespace
            and self.isEqualToElement(other)
            and super().isEqualToNode(other)
        )

    def cloneNode(self, deep: int = 0, parent: Node | None = None) -> Element:
        """Return a copy."""
        made = Element(
            self.tagName,
            parentNode=parent,
            caseInsensitive=self.caseInsensitive,
            preserveCase=self.preserveCase,
            namespace=self.namespace,
        )
        made.attributes.update(self.attributes)
        made.nsprefixes = self.nsprefixes
        made.childNodes = [child.cloneNode(1, made) for child in self.childNodes] if deep else []
        return made

    # Attributes

    def getElementsByTagName(self, name: str) -> list[Any]:
        """Return the elements of a name that are in this one."""
        if self.caseInsensitive:
            return getElementsByTagNameNoCase(self, name)
        return getElementsByTagName(self, name)

    def hasAttributes(self) -> int:
        """Tell whether there are attributes."""
        return 1

    def getAttribute(self, name: str, default: Any = None) -> Any:
        """Return an attribute's value."""
        return self.attributes.get(name, default)

    def getAttributeNS(self, ns: str, name: str, default: Any = None) -> Any:
        """Return the value of an attribute of a namespace."""
        key = (ns, name)
        if key in self.attributes:
            return self.attributes[key]
        if ns == self.namespace:
            return self.attributes.get(name, default)
        return default

    def getAttributeNode(self, name: str) -> Any:
        """Return an attribute's value, paired with its name."""
        return _Attribute(name, self.getAttribute(name), self) if self.hasAttribute(name) else None

    def setAttribute(self, name: str, attr: str) -> None:
        """Set an attribute."""
        self.attributes[name] = attr

    def removeAttribute(self, name: str) -> None:
        """Take an attribute away, if it is there."""
        if name in self.attributes:
            del self.attributes[name]

    def hasAttribute(self, name: str) -> bool:
        """Tell whether there is an attribute."""
        return name in self.attributes

    # Writing

    def writexml(
        self,
        stream: Any,
        indent: str = "",
        addindent: str = "",
        newl: str = "",
        strip: int = 0,
        nsprefixes: Mapping[str, str] | None = None,
        namespace: str | None = "",
    ) -> None:
        """Write the element."""
        write = writer_to(stream)
        known = dict(nsprefixes or {})
        declared: dict[str, str] = {}
        for uri, prefix in (self.nsprefixes or {}).items():
            if known.get(uri) != prefix:
                known[uri] = declared[uri] = prefix
        name, end_name = self.tagName, self.endTagName
        around = namespace
        attributes: list[tuple[str, str]] = []
        if self.namespace and self.namespace != namespace:
            if self.namespace in known:
                prefix = known[self.namespace]
                name, end_name = f"{prefix}:{name}", f"{prefix}:{end_name}"
            else:
                attributes.append(("xmlns", self.namespace))
                around = self.namespace
        elif self.namespace == "" and namespace:
            attributes.append(("xmlns", ""))
            around = ""
        elif self.namespace:
            around = self.namespace
        for key, value in self.attributes.items():
            if isinstance(key, tuple):
                uri, local = key
                if uri not in known:
                    known[uri] = declared[uri] = next(genprefix)
                attributes.append((f"{known[uri]}:{local}", value))
            else:
                attributes.append((key, value))
        attributes += [(f"xmlns:{prefix}", uri) for uri, prefix in declared.items()]
        on_lines = self.tagName in _ON_LINES
        write(f"{newl}{indent if newl else ''}<{name}" if on_lines and newl else f"<{name}")
        for key, value in sorted(attributes):
            write(f' {key}="{escape(value)}"')
        if not self.childNodes and self.tagName.lower() in _SINGLE:
            write(" />")
            return
        write(">")
        for child in self.childNodes:
            child.writexml(stream, indent + addindent, addindent, newl, strip, known, around)
        if on_lines and newl and self.childNodes and self.tagName not in _ENDS_INLINE:
            write(newl + indent)
        write(f"</{end_name}>")


class _Attribute(Node):
    """An attribute, as a node."""

    def __init__(self, name: str, value: Any, owner: Element) -> None:
        super().__init__(owner)
        self.nodeName = self.name = name
        self.value = self.nodeValue = value
        self.childNodes = [Text(value, self)]


def getElementsByTagName(iNode: Any, name: str) -> list[Any]:
    """Return the elements of a name in a node, in the order of their tags, itself included."""
    return _elements(iNode, lambda element: element.nodeName == name)


def getElementsByTagNameNoCase(iNode: Any, name: str) -> list[Any]:
    """Return the elements of a name in a node, whatever its case, itself included."""
    folded = name.lower()
    return _elements(iNode, lambda element: element.nodeName.lower() == folded)


def _elements(node: Any, wanted: Any) -> list[Any]:
    found = []
    waiting = list(reversed(node.childNodes))
    if hasattr(node, "tagName") and wanted(node):
        found.append(node)
    while waiting:
        node = waiting.pop()
        if hasattr(node, "tagName") and wanted(node):
            found.append(node)
        waiting.extend(reversed(node.childNodes))
    return found
