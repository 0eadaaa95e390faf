"""A failure as a page: for developers, where a site is set to show tracebacks."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.web.template.element import Element, renderer
from sennit.web.template.flattening import flattenString
from sennit.web.template.html_tags import tags
from sennit.web.template.loaders import TagLoader
from sennit.web.template.stan import Tag

__all__ = [
    "FailureElement",
    "FrameElement",
    "SourceFragmentElement",
    "SourceLineElement",
    "StackElement",
    "formatFailure",
]

_AROUND = 1
"""How many lines of source are shown before and after the one at fault."""

_STYLE = (
    "div.error { color: #b00020; font: bold 1.1em sans-serif; margin: 1em 0 } "
    "div.frame { border-top: thin dashed; padding: 0.8em } "
    "div.snippet { background: #fff8dc; margin: 0.5em 1em } "
    "div.snippetHighlightLine { color: #b00020 } "
    "span.function, code.code { font-family: monospace }"
)


def _template() -> Tag:
    line = (tags.span(class_="lineno", render="lineNumber"), tags.code(class_="code", render="sourceLine"))
    snippet = tags.div(class_="snippet")(tags.div(*line, render="sourceLines"))
    location = tags.div(class_="location")(
        tags.span(render="filename"),
        ":",
        tags.span(render="lineNumber"),
        " in ",
        tags.span(class_="function", render="function"),
    )
    frame = tags.div(class_="frame", render="frames")(location, tags.div(render="source")(snippet))
    error = tags.div(class_="error")(tags.span(render="type"), ": ", tags.span(render="value"))
    stack = tags.div(class_="stackTrace", render="traceback")(frame)
    return tags.div(tags.style(_STYLE, type="text/css"), error, stack, error.clone())


class SourceLineElement(Element):
    """One line of source.

    Args:
        loader: The template.
        number: The line's number.
        source: Its text.
    """

    def __init__(self, loader: Any, number: int, source: str) -> None:
        super().__init__(loader)
        self.number = number
        self._source_line = source

    @renderer
    def sourceLine(self, request: Any, tag: Tag) -> Tag:
        """Write the text, with spaces that a browser keeps."""
        return tag(self._source_line.replace("  ", " \N{NO-BREAK SPACE}"))

    @renderer
    def lineNumber(self, request: Any, tag: Tag) -> Tag:
        """Write the number."""
        return tag(str(self.number))


class SourceFragmentElement(Element):
    """The lines of source around the one at fault.

    Args:
        loader: The template.
        frame: The frame, as in `Failure.frames`.
    """

    def __init__(self, loader: Any, frame: Any) -> None:
        super().__init__(loader)
        self.frame = frame

    def _lines(self) -> Iterator[tuple[int, str]]:
        filename, at_fault = self.frame[1], self.frame[2]
        for number in range(at_fault - _AROUND, at_fault + _AROUND + 1):
            yield number, linecache.getline(filename, number).rstrip()

    @renderer
    def sourceLines(self, request: Any, tag: Tag) -> Iterator[Any]:
        """Write the tag for each line."""
        for number, text in self._lines():
            css = "snippetHighlightLine" if number == self.frame[2] else "snippetLine"
            yield SourceLineElement(TagLoader(tag.clone()(class_=css)), number, text)


class FrameElement(Element):
    """One frame of a stack.

    Args:
        loader: The template.
        frame: The frame, as in `Failure.frames`.
    """

    def __init__(self, loader: Any, frame: Any) -> None:
        super().__init__(loader)
        self.frame = frame

    @renderer
    def filename(self, request: Any, tag: Tag) -> Tag:
        """Write the name of the source file."""
        return tag(self.frame[1])

    @renderer
    def lineNumber(self, request: Any, tag: Tag) -> Tag:
        """Write the number of the line."""
        return tag(str(self.frame[2]))

    @renderer
    def function(self, request: Any, tag: Tag) -> Tag:
        """Write the function's name."""
        return tag(self.frame[0])

    @renderer
    def source(self, request: Any, tag: Tag) -> SourceFragmentElement:
        """Write the lines of source."""
        return SourceFragmentElement(TagLoader(tag), self.frame)


class StackElement(Element):
    """The frames of a stack.

    Args:
        loader: The template.
        stackFrames: The frames, as in `Failure.frames`.
    """

    def __init__(self, loader: Any, stackFrames: Any) -> None:
        super().__init__(loader)
        self.stackFrames = stackFrames

    @renderer
    def frames(self, request: Any, tag: Tag) -> list[FrameElement]:
        """Write the tag for each frame."""
        return [FrameElement(TagLoader(tag.clone()), frame) for frame in self.stackFrames]


class FailureElement(Element):
    """A failure: its type, its message, and the stack.

    Args:
        failure: The failure.
        loader: The template; one that shows all of it if None.
    """

    loader: Any = TagLoader(_template())

    def __init__(self, failure: Failure, loader: Any = None) -> None:
        super().__init__(loader)
        self.failure = failure

    @renderer
    def type(self, request: Any, tag: Tag) -> Tag:
        """Write the exception's type."""
        kind = self.failure.type
        return tag(f"{kind.__module__}.{kind.__qualname__}")

    @renderer
    def value(self, request: Any, tag: Tag) -> Tag:
        """Write the exception's message."""
        return tag(str(self.failure.value))

    @renderer
    def traceback(self, request: Any, tag: Tag) -> StackElement:
        """Write the stack."""
        return StackElement(TagLoader(tag), self.failure.frames)


def formatFailure(myFailure: Failure) -> bytes:
    """Return a failure as HTML, in ASCII.

    Args:
        myFailure: The failure.

    Raises:
        FlattenerError: If it cannot be written, its exception's ``__str__`` failing for one.
    """
    pieces: list[bytes] = []
    done: Deferred[Any] = flattenString(None, FailureElement(myFailure)).addCallback(pieces.append)
    failed: list[Failure] = []
    done.addErrback(failed.append)
    if failed:
        failed[0].raiseException()
    return b"".join(pieces).decode("utf-8").encode("ascii", "xmlcharrefreplace")
