"""The nodes of `microdom`'s trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from io import StringIO
from typing import Any

__all__ = [
    "HTML_ESCAPE_CHARS",
    "REV_HTML_ESCAPE_CHARS",
    "REV_XML_ESCAPE_CHARS",
    "XML_ESCAPE_CHARS",
    "CDATASection",
    "CharacterData",
    "Comment",
    "EntityReference",
    "Node",
    "Text",
    "escape",
    "unescape",
    "writer_to",
]

HTML_ESCAPE_CHARS = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"))
REV_HTML_ESCAPE_CHARS = list(reversed(HTML_ESCAPE_CHARS))
XML_ESCAPE_CHARS = (*HTML_ESCAPE_CHARS, ("'", "&apos;"))
REV_XML_ESCAPE_CHARS = list(reversed(XML_ESCAPE_CHARS))


def escape(text: str, chars: Iterable[tuple[str, str]] = HTML_ESCAPE_CHARS) -> str:
    """Return text with characters replaced by references.

    Args:
        text: The text.
        chars: Pairs of a character and its reference.
    """
    for plain, escaped in chars:
        text = text.replace(plain, escaped)
    return text


def unescape(text: str, chars: Iterable[tuple[str, str]] = REV_HTML_ESCAPE_CHARS) -> str:
    """Return text with references replaced by characters.

    Args:
        text: The text.
        chars: Pairs of a character and its reference.
    """
    for plain, escaped in chars:
        text = text.replace(escaped, plain)
    return text


class Node:
    """A part of a document.

    Attributes:
        parentNode: What it is in; None if it is in nothing.
        childNodes: What is in it.
    """

    nodeName = "Node"

    def __init__(self, parentNode: Node | None = None) -> None:
        self.parentNode = parentNode
        self.childNodes: list[Any] = []

    # Comparing

    def isEqualToNode(self, other: Any) -> bool:
        """Tell whether another node is like this one, and what is in it like what is in this."""
        return len(self.childNodes) == len(other.childNodes) and all(
            mine.isEqualToNode(theirs) for mine, theirs in zip(self.childNodes, other.childNodes, strict=True)
        )

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
        """Write this node as XML; subclasses do.

        Args:
            stream: What it is written to.
            indent: What stands before a new line's first tag.
            addindent: What is added to that, level by level.
            newl: The end of a line.
            strip: Whether white space around texts is left out.
            nsprefixes: The prefixes of namespaces.
            namespace: The namespace around.

        Raises:
            NotImplementedError: Unless a subclass does.
        """
        raise NotImplementedError(f"{type(self).__qualname__} does not override writexml.")

    def toxml(
        self,
        indent: str = "",
        addindent: str = "",
        newl: str = "",
        strip: int = 0,
        nsprefixes: Mapping[str, str] | None = None,
        namespace: str | None = "",
    ) -> str:
        """Return this node as XML; arguments as for `writexml`."""
        stream = StringIO()
        self.writexml(stream, indent, addindent, newl, strip, nsprefixes, namespace)
        return stream.getvalue()

    def writeprettyxml(
        self, stream: Any, indent: str = "", addindent: str = " ", newl: str = "\n", strip: int = 0
    ) -> None:
        """Write this node as XML, indented; arguments as for `writexml`."""
        self.writexml(stream, indent, addindent, newl, strip)

    def toprettyxml(self, indent: str = "", addindent: str = " ", newl: str = "\n", strip: int = 0) -> str:
        """Return this node as XML, indented; arguments as for `writexml`."""
        return self.toxml(indent, addindent, newl, strip)

    # Children

    def cloneNode(self, deep: int = 0, parent: Node | None = None) -> Any:
        """Return a copy; subclasses do.

        Args:
            deep: Whether what is in it is copied too.
            parent: What the copy is in.

        Raises:
            NotImplementedError: Unless a subclass does.
        """
        raise NotImplementedError(f"{type(self).__qualname__} does not override cloneNode.")

    def hasChildNodes(self) -> bool:
        """Tell whether anything is in this."""
        return bool(self.childNodes)

    def appendChild(self, child: Any) -> None:
        """Put a node at the end of what is in this.

        Raises:
            TypeError: If it is no node.
        """
        _check_node(child)
        self.childNodes.append(child)
        child.parentNode = self

    def insertBefore(self, new: Any, ref: Any) -> Any:
        """Put a node before another that is in this.

        Args:
            new: The node.
            ref: The other.

        Returns:
            The node.

        Raises:
            TypeError: If either is no node.
            ValueError: If the other is not in this.
        """
        _check_node(new)
        _check_node(ref)
        self.childNodes.insert(self.childNodes.index(ref), new)
        new.parentNode = self
        return new

    def removeChild(self, child: Any) -> Any:
        """Take a node out of this.

        Returns:
            The node.

        Raises:
            TypeError: If it is none.
            ValueError: If it is not in this.
        """
        _check_node(child)
        if child in self.childNodes:
            self.childNodes.remove(child)
            child.parentNode = None
        return child

    def replaceChild(self, newChild: Any, oldChild: Any) -> Any:
        """Put a node in another's place.

        Returns:
            The other, None if it is not in this.

        Raises:
            TypeError: If either is no node.
            ValueError: If the other is not in this.
        """
        _check_node(newChild)
        _check_node(oldChild)
        if oldChild.parentNode is not self:
            raise ValueError("oldChild is not a child of this node")
        self.childNodes[self.childNodes.index(oldChild)] = newChild
        oldChild.parentNode = None
        newChild.parentNode = self
        return oldChild

    def lastChild(self) -> Any:
        """Return the last of what is in this."""
        return self.childNodes[-1]

    def firstChild(self) -> Any:
        """Return the first of what is in this, None if there is nothing."""
        return self.childNodes[0] if self.childNodes else None


def writer_to(stream: Any) -> Callable[[str], object]:
    """Return what writes text to a stream, be it one of octets."""
    try:
        stream.write("")
    except TypeError:
        return lambda text: stream.write(text.encode("utf-8"))
    write: Callable[[str], object] = stream.write
    return write


def _check_node(thing: Any) -> None:
    if not isinstance(thing, Node):
        raise TypeError("expected Node instance")


class _Leaf(Node):
    """A node with nothing in it."""

    def _written(self, strip: int) -> str:
        raise NotImplementedError(f"{type(self).__qualname__} does not say how it is written.")

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
        """Write the node."""
        writer_to(stream)(self._written(strip))


class EntityReference(_Leaf):
    """A reference.

    Args:
        eref: Its name, without its signs.
        parentNode: What it is in.
    """

    def __init__(self, eref: str, parentNode: Node | None = None) -> None:
        super().__init__(parentNode)
        self.eref = eref
        self.nodeValue = self.data = f"&{eref};"

    def isEqualToEntityReference(self, n: Any) -> bool:
        """Tell whether a node is a reference to the same."""
        if not isinstance(n, EntityReference):
            return False
        return self.eref == n.eref and self.nodeValue == n.nodeValue

    def isEqualToNode(self, n: Any) -> bool:
        """Do as `isEqualToEntityReference`."""
        return self.isEqualToEntityReference(n)

    def _written(self, strip: int) -> str:
        return self.nodeValue

    def cloneNode(self, deep: int = 0, parent: Node | None = None) -> EntityReference:
        """Return a copy."""
        return EntityReference(self.eref, parent)


class CharacterData(_Leaf):
    """Characters.

    Args:
        data: The characters.
        parentNode: What they are in.
    """

    def __init__(self, data: str, parentNode: Node | None = None) -> None:
        super().__init__(parentNode)
        self.value = self.data = self.nodeValue = data

    def isEqualToCharacterData(self, n: Any) -> bool:
        """Tell whether a node has the same characters."""
        return bool(self.value == n.value)

    def isEqualToNode(self, n: Any) -> bool:
        """Do as `isEqualToCharacterData`."""
        return self.isEqualToCharacterData(n)

    def cloneNode(self, deep: int = 0, parent: Node | None = None) -> Any:
        """Return a copy."""
        return type(self)(self.nodeValue, parent)


class Comment(CharacterData):
    """A comment."""

    def _written(self, strip: int) -> str:
        return f"<!--{self.data}-->"


class Text(CharacterData):
    """Text.

    Args:
        data: The text.
        parentNode: What it is in.
        raw: Whether it is written as it is, being markup.
    """

    def __init__(self, data: str, parentNode: Node | None = None, raw: int = 0) -> None:
        super().__init__(data, parentNode)
        self.raw = raw

    def __repr__(self) -> str:
        return f"Text({self.nodeValue!r}{', raw=1' if self.raw else ''})"

    def isEqualToNode(self, other: Any) -> bool:
        """Tell whether a node is the same text."""
        return isinstance(other, Text) and super().isEqualToCharacterData(other) and self.raw == other.raw

    def cloneNode(self, deep: int = 0, parent: Node | None = None) -> Text:
        """Return a copy."""
        return Text(self.nodeValue, parent, self.raw)

    def _written(self, strip: int) -> str:
        text = self.nodeValue if self.raw else escape(self.nodeValue)
        return " ".join(text.split()) if strip else text


class CDATASection(CharacterData):
    """A CDATA section."""

    def _written(self, strip: int) -> str:
        return f"<![CDATA[{self.nodeValue}]]>"
