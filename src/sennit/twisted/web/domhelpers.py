"""``twisted.web.domhelpers``: finding one's way in the trees of `microdom`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import StringIO
from typing import Any

from sennit.twisted.web import microdom
from sennit.twisted.web.microdom import escape, getElementsByTagName, unescape

__all__ = [
    "NodeLookupError",
    "RawText",
    "clearNode",
    "escape",
    "findElements",
    "findElementsWithAttribute",
    "findElementsWithAttributeShallow",
    "findNodes",
    "findNodesNamed",
    "findNodesShallow",
    "findNodesShallowOnMatch",
    "gatherTextNodes",
    "get",
    "getAndClear",
    "getElementsByTagName",
    "getIfExists",
    "getNodeText",
    "getParents",
    "locateNodes",
    "namedChildren",
    "substitute",
    "superAppendAttribute",
    "superPrependAttribute",
    "superSetAttribute",
    "unescape",
    "warningString",
    "writeNodeData",
]

warningString = "twisted.web.domhelpers is kept for programs that have it."

_NAMED_BY = ("id", "class", "model", "pattern")


class NodeLookupError(Exception):
    """There is no node of an id."""


def substitute(request: Any, node: Any, subs: Any) -> None:
    """Look through a node and the text in it, and put values in the places of ``%(name)s`` there.

    Args:
        request: Not used.
        node: The node.
        subs: The values: a mapping, or a tuple for ``%s``.
    """
    for child in node.childNodes:
        if getattr(child, "nodeValue", None):
            child.replaceData(0, len(child.nodeValue), child.nodeValue % subs) if hasattr(
                child, "replaceData"
            ) else _set_value(child, child.nodeValue % subs)
        substitute(request, child, subs)


def _set_value(node: Any, value: str) -> None:
    node.nodeValue = node.data = node.value = value


def _get(node: Any, nodeId: str, nodeAttrs: Iterable[str] = _NAMED_BY) -> Any:
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if hasattr(found, "hasAttributes") and found.hasAttributes():
            for name in nodeAttrs:
                if str(found.getAttribute(name)) == nodeId:
                    return found
        waiting.extend(reversed(found.childNodes))
    return None


def get(node: Any, nodeId: str) -> Any:
    """Return the node in a node that has an id (or class, model or pattern).

    Raises:
        NodeLookupError: If there is none.
    """
    found = _get(node, nodeId)
    if found is None:
        raise NodeLookupError(nodeId)
    return found


def getIfExists(node: Any, nodeId: str) -> Any:
    """Return what `get` does, None if there is none."""
    return _get(node, nodeId)


def getAndClear(node: Any, nodeId: str) -> Any:
    """Return what `get` does, with nothing left in it.

    Raises:
        NodeLookupError: If there is none.
    """
    found = get(node, nodeId)
    clearNode(found)
    return found


def clearNode(node: Any) -> None:
    """Take all that is in a node out of it."""
    node.childNodes[:] = []


def locateNodes(nodeList: Any, key: str, value: Any, noNesting: int = 1) -> list[Any]:
    """Return the nodes in some whose attribute has a value.

    Args:
        nodeList: Where to look: nodes, or one.
        key: The attribute.
        value: The value.
        noNesting: Whether what is in a node that is found is left alone.
    """
    if not isinstance(nodeList, list | tuple):
        return locateNodes(nodeList.childNodes, key, value, noNesting)
    found: list[Any] = []
    for node in nodeList:
        if not hasattr(node, "getAttribute"):
            continue
        if str(node.getAttribute(key)) == value:
            found.append(node)
            if noNesting:
                continue
        found.extend(locateNodes(node.childNodes, key, value, noNesting))
    return found


def _set_below(node: Any, key: str, change: Callable[[Any], str]) -> None:
    if not hasattr(node, "setAttribute"):
        return
    old = node.getAttribute(key)
    node.setAttribute(key, change(old))
    for child in node.childNodes:
        _set_below(child, key, change)


def superSetAttribute(node: Any, key: str, value: str) -> None:
    """Set an attribute of a node, and of all in it."""
    _set_below(node, key, lambda _: value)


def superPrependAttribute(node: Any, key: str, value: str) -> None:
    """Put a value before an attribute's, in a node and all in it."""
    _set_below(node, key, lambda old: f"{value}/{old}" if old else value)


def superAppendAttribute(node: Any, key: str, value: str) -> None:
    """Put a value after an attribute's, in a node and all in it."""
    _set_below(node, key, lambda old: f"{old}/{value}" if old else value)


def gatherTextNodes(iNode: Any, dounescape: int = 0, joinWith: str = "") -> str:
    """Return the text in a node.

    Args:
        iNode: The node.
        dounescape: Whether references in it become characters.
        joinWith: What to put between pieces.
    """
    pieces = []
    waiting = [iNode]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "nodeValue") and node.nodeValue is not None:
            value = node.nodeValue
            if isinstance(node, microdom.EntityReference) or dounescape:
                value = unescape(value) if dounescape else value
            pieces.append(value)
        waiting.extend(reversed(node.childNodes))
    return joinWith.join(pieces)


class RawText(microdom.Text):
    """Text that is markup, and written as it is."""

    def writexml(
        self,
        writer: Any,
        indent: str = "",
        addindent: str = "",
        newl: str = "",
        strip: int = 0,
        nsprefixes: Any = None,
        namespace: Any = None,
    ) -> None:
        """Write the text."""
        writer.write(f"{indent}{self.data}{newl}")


def findNodes(parent: Any, matcher: Callable[[Any], Any], accum: list[Any] | None = None) -> list[Any]:
    """Return the nodes below one that match.

    Args:
        parent: The node.
        matcher: Tells whether a node matches.
        accum: The list to add to; a new one if None.
    """
    found = [] if accum is None else accum
    if parent.hasChildNodes():
        for child in parent.childNodes:
            if matcher(child):
                found.append(child)
            findNodes(child, matcher, found)
    return found


def findNodesShallowOnMatch(
    parent: Any,
    matcher: Callable[[Any], Any],
    recurseMatcher: Callable[[Any], Any],
    accum: list[Any] | None = None,
) -> list[Any]:
    """Return the nodes below one that match, looking into those alone that `recurseMatcher` takes."""
    found = [] if accum is None else accum
    if parent.hasChildNodes():
        for child in parent.childNodes:
            if matcher(child):
                found.append(child)
            if recurseMatcher(child):
                findNodesShallowOnMatch(child, matcher, recurseMatcher, found)
    return found


def findNodesShallow(parent: Any, matcher: Callable[[Any], Any], accum: list[Any] | None = None) -> list[Any]:
    """Return the nodes below one that match, without looking into those."""
    found = [] if accum is None else accum
    if parent.hasChildNodes():
        for child in parent.childNodes:
            if matcher(child):
                found.append(child)
            else:
                findNodesShallow(child, matcher, found)
    return found


def findElements(parent: Any, matcher: Callable[[Any], Any]) -> list[Any]:
    """Return the elements below a node that match."""
    return findNodes(parent, lambda node: hasattr(node, "tagName") and matcher(node))


def findElementsWithAttribute(parent: Any, attribute: str, value: Any = None) -> list[Any]:
    """Return the elements below a node that have an attribute, of a value if one is given."""
    if value:
        return findElements(parent, lambda element: element.getAttribute(attribute) == value)
    return findElements(parent, lambda element: element.hasAttribute(attribute))


def findElementsWithAttributeShallow(parent: Any, attribute: str) -> list[Any]:
    """Return the elements below a node that have an attribute, without looking into those."""
    return findNodesShallow(parent, lambda node: hasattr(node, "tagName") and node.hasAttribute(attribute))


def findNodesNamed(parent: Any, name: str) -> list[Any]:
    """Return the nodes below one that have a name."""
    return findNodes(parent, lambda node: node.nodeName == name)


def writeNodeData(node: Any, oldio: Any) -> None:
    """Write the text of all nodes in a node."""
    for child in node.childNodes:
        if hasattr(child, "data"):
            oldio.write(str(child.data))
        else:
            writeNodeData(child, oldio)


def getNodeText(node: Any) -> str:
    """Return the text of all nodes in a node."""
    stream = StringIO()
    writeNodeData(node, stream)
    return stream.getvalue()


def getParents(node: Any) -> list[Any]:
    """Return a node and all that it is in, itself first."""
    found = []
    while node:
        found.append(node)
        node = node.parentNode
    return found


def namedChildren(parent: Any, nodeName: str) -> list[Any]:
    """Return the nodes right in one that have a name, whatever its case."""
    return [child for child in parent.childNodes if getattr(child, "tagName", None) == nodeName]
