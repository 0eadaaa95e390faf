"""Stan: a document as Python objects.

A `Tag` is called with children and attributes (``tags.p("text", class_="x")``) and returns itself, so that a
document reads like its markup.  Nothing here knows how it is written out; `sennit.web.template.flattening`
does that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

__all__ = ["CDATA", "CharRef", "Comment", "Tag", "slot", "voidElements"]

_VOID = (
    "area base basefont br col command embed frame hr img input isindex keygen link meta param "
    "source track wbr "
)
voidElements = tuple(_VOID.split())
"""The elements that have no content and no end tag."""


class slot:  # noqa: N801 (a word of the template language)
    """A place to be filled by `Tag.fillSlots` of a tag around it.

    Args:
        name: What the slot is called.
        default: What stands there if nobody fills it; None for an error.
        filename: The template it is from.
        lineNumber: Its line there.
        columnNumber: Its column there.
    """

    def __init__(
        self,
        name: str,
        default: Any = None,
        filename: Any = None,
        lineNumber: int | None = None,
        columnNumber: int | None = None,
    ) -> None:
        self.name = name
        self.children: list[Tag] = []
        self.default = default
        self.filename = filename
        self.lineNumber = lineNumber
        self.columnNumber = columnNumber

    def __repr__(self) -> str:
        return (
            f"slot(name={self.name!r}, children={self.children!r}, default={self.default!r}, "
            f"filename={self.filename!r}, lineNumber={self.lineNumber!r}, columnNumber={self.columnNumber!r})"
        )


class Tag:
    """An element.

    Args:
        tagName: Its name; empty for one that is written as its children alone.
        attributes: Its attributes.
        children: What is in it.
        render: The name of the method that renders it.
        filename: The template it is from.
        lineNumber: Its line there.
        columnNumber: Its column there.

    Attributes:
        slotData: What fills the slots inside; None for nothing.
        data: What Nevow's renderers are given, or a `sennit.web.template.nevow.directive` that says where to
            get it; None to take it from the tag around.
        pattern: The name by which a renderer of a tag around finds this one; it is not written in its place.
    """

    slotData: dict[str, Any] | None = None
    data: Any = None
    pattern: str | None = None

    def __init__(
        self,
        tagName: str | bytes,
        attributes: Mapping[Any, Any] | None = None,
        children: list[Any] | None = None,
        render: str | None = None,
        filename: Any = None,
        lineNumber: int | None = None,
        columnNumber: int | None = None,
    ) -> None:
        self.tagName = tagName
        self.attributes: dict[Any, Any] = {} if attributes is None else dict(attributes)
        self.children: list[Any] = [] if children is None else children
        self.render = render
        self.filename = filename
        self.lineNumber = lineNumber
        self.columnNumber = columnNumber

    def __repr__(self) -> str:
        parts = [repr(self.tagName)]
        if self.attributes:
            parts.append(f"attributes={self.attributes!r}")
        if self.children:
            parts.append(f"children={self.children!r}")
        return f"Tag({', '.join(parts)})"

    def __call__(self, *children: Any, **kw: Any) -> Self:
        """Add children and set attributes.

        Args:
            *children: What to add.
            **kw: Attributes; one underscore at the end is dropped (``class_``), and ``render`` names the
                method that renders this tag.

        Returns:
            This tag.

        Raises:
            TypeError: If ``render`` is not a str.
        """
        self.children.extend(children)
        for name, value in kw.items():
            if name == "render":
                if not isinstance(value, str):
                    raise TypeError(f'Value for "render" attribute must be str, got {value!r}')
                self.render = value
            else:
                self.attributes[name.removesuffix("_")] = value
        return self

    def __getitem__(self, children: Any) -> Self:
        """Add children: ``tags.ul(class_="x")[tags.li["one"], tags.li["two"]]``."""
        self.children.extend(children if isinstance(children, tuple | list) else (children,))
        return self

    # With __getitem__ alone, iterating over a tag would add to it for ever.
    __iter__ = None

    def fillSlots(self, **slots: Any) -> Self:
        """Fill slots that are inside this tag, however deep.

        Returns:
            This tag.
        """
        if self.slotData is None:
            self.slotData = {}
        self.slotData.update(slots)
        return self

    def clear(self) -> Self:
        """Forget the children.

        Returns:
            This tag.
        """
        self.children = []
        return self

    def clone(self, deep: bool = True) -> Tag:
        """Return a copy.

        Args:
            deep: Whether tags and lists inside are copied too.
        """
        if deep:
            children = [_cloned(child) for child in self.children]
            attributes = {name: _cloned(value) for name, value in self.attributes.items()}
        else:
            children = self.children[:]
            attributes = self.attributes
        made = Tag(
            self.tagName,
            attributes=attributes,
            children=children,
            render=self.render,
            filename=self.filename,
            lineNumber=self.lineNumber,
            columnNumber=self.columnNumber,
        )
        if self.slotData is not None:
            made.slotData = {name: _cloned(value) if deep else value for name, value in self.slotData.items()}
        if self.data is not None:
            made.data = self.data
        if self.pattern is not None:
            made.pattern = self.pattern
        return made

    # Patterns

    def allPatterns(self, name: str) -> list[Tag]:
        """Return copies of the tags inside that are patterns of a name."""
        return [_as_content(found) for found in _patterns(self.children, name)]

    def onePattern(self, name: str) -> Tag:
        """Return a copy of the one tag inside that is the pattern of a name.

        Raises:
            LookupError: If there is none, or more than one.
        """
        found = self.allPatterns(name)
        if len(found) != 1:
            raise LookupError(f"{len(found)} patterns are called {name!r} in {self!r}; one is wanted.")
        return found[0]

    def patternGenerator(self, name: str, default: Any = None) -> Iterator[Any]:
        """Return the patterns of a name, over and over, each time as new copies.

        Args:
            name: What they are called.
            default: What to give if there are none.

        Raises:
            LookupError: If there are none, and no default.
        """
        found = list(_patterns(self.children, name))
        if not found and default is None:
            raise LookupError(f"No pattern is called {name!r} in {self!r}.")
        return _over_and_over(found, default)


def _over_and_over(found: list[Tag], default: Any) -> Iterator[Any]:
    while True:
        if not found:
            yield _cloned(default)
        for tag in found:
            yield _as_content(tag)


def _as_content(tag: Tag) -> Tag:
    made = tag.clone()
    made.pattern = None
    return made


def _patterns(children: list[Any] | tuple[Any, ...], name: str) -> Iterator[Tag]:
    for child in children:
        if isinstance(child, Tag):
            if child.pattern == name:
                yield child
            elif child.pattern is None and child.data is None and child.render is None:
                # What is rendered on its own keeps its patterns to itself.
                yield from _patterns(child.children, name)
        elif isinstance(child, list | tuple):
            yield from _patterns(child, name)


def _cloned(value: Any) -> Any:
    if isinstance(value, Tag):
        return value.clone()
    if isinstance(value, list | tuple):
        return [_cloned(item) for item in value]
    return value


class CDATA:
    """A CDATA section.

    Args:
        data: Its text.
    """

    def __init__(self, data: str) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"CDATA({self.data!r})"


class Comment:
    """A comment.

    Args:
        data: Its text.
    """

    def __init__(self, data: str) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"Comment({self.data!r})"


class CharRef:
    """A numeric character reference.

    Args:
        ordinal: The character's code point.
    """

    def __init__(self, ordinal: int) -> None:
        self.ordinal = ordinal

    def __repr__(self) -> str:
        return f"CharRef({self.ordinal})"
