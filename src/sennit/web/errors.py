"""What can go wrong in publishing, and the exceptions that stand for status codes."""

from __future__ import annotations

import traceback as _traceback
from collections.abc import Sequence
from typing import Any

from sennit.http.status_errors import (
    Error,
    InfiniteRedirection,
    PageRedirect,
    RedirectWithNoLocation,
    reason_of,
)

__all__ = [
    "Error",
    "FlattenerError",
    "InfiniteRedirection",
    "MissingRenderMethod",
    "MissingTemplateLoader",
    "PageRedirect",
    "RedirectWithNoLocation",
    "RenderError",
    "UnexposedMethodError",
    "UnfilledSlot",
    "UnsupportedMethod",
    "UnsupportedType",
    "reason_of",
]


class UnsupportedMethod(Exception):
    """A resource does not answer to a method.

    Args:
        allowedMethods: The methods it answers to.
    """

    def __init__(self, allowedMethods: Sequence[bytes], *args: object) -> None:
        super().__init__(allowedMethods, *args)
        given: object = allowedMethods
        if isinstance(given, str | bytes):
            raise TypeError(f"allowedMethods is a list of methods, not {allowedMethods!r}.")
        self.allowedMethods = allowedMethods

    def __str__(self) -> str:
        return f"Expected one of {self.allowedMethods!r}"


class RenderError(Exception):
    """A template and its element do not fit together."""


class MissingRenderMethod(RenderError):
    """A directive names a renderer that its element does not have.

    Attributes:
        element: The element.
        renderName: The name.
    """

    def __init__(self, element: object, renderName: str) -> None:
        super().__init__(element, renderName)
        self.element = element
        self.renderName = renderName

    def __repr__(self) -> str:
        return f"'MissingRenderMethod': {self.element!r} had no render method named {self.renderName!r}"


class MissingTemplateLoader(RenderError):
    """An element without a template was rendered.

    Attributes:
        element: The element.
    """

    def __init__(self, element: object) -> None:
        super().__init__(element)
        self.element = element

    def __repr__(self) -> str:
        return f"'MissingTemplateLoader': {self.element!r} had no loader"


class UnexposedMethodError(Exception):
    """A method that is not marked was asked for by name."""


class UnfilledSlot(Exception):
    """A slot without a default was not filled."""

    def __str__(self) -> str:
        return f"The slot {self.args[0]!r} was not filled." if len(self.args) == 1 else super().__str__()


class UnsupportedType(Exception):
    """A page holds an object of a kind that cannot be written out."""

    def __str__(self) -> str:
        return f"{self.args[0]!r}" if len(self.args) == 1 else super().__str__()


class FlattenerError(Exception):
    """A page could not be written out.

    Args:
        exception: Why.
        roots: The objects that were being written, the outermost first.
        traceback: Where in the program, as `traceback.extract_tb` gives it.
    """

    def __init__(
        self, exception: BaseException, roots: Sequence[Any], traceback: Sequence[Any] | None
    ) -> None:
        super().__init__(exception, roots, traceback)
        self._exception = exception
        self._roots = list(roots)
        self._traceback = list(traceback or ())

    def __repr__(self) -> str:
        lines = ["Exception while flattening:"]
        lines += [f"  {_place(root)}" for root in self._roots]
        text = "\n".join(lines) + "\n"
        if self._traceback:
            text += "".join(_traceback.format_list(self._traceback))
        return text + "".join(_traceback.format_exception_only(self._exception))

    def __str__(self) -> str:
        return repr(self)


_LONGEST = 40


def _place(root: Any) -> str:
    """Describe an object on the way to the error: a tag by where it stands, others by themselves."""
    half = _LONGEST // 2
    if isinstance(root, bytes):
        return repr(root if len(root) <= _LONGEST else root[:half] + b"<...>" + root[-half:])
    if isinstance(root, str):
        return ascii(root if len(root) <= _LONGEST else root[:half] + "<...>" + root[-half:])
    name = getattr(root, "tagName", None)
    if isinstance(name, str | bytes):
        if isinstance(name, bytes):
            name = name.decode("utf-8", "replace")
        if getattr(root, "filename", None) is None:
            return f"Tag <{name}>"
        return f'File "{root.filename}", line {root.lineNumber}, column {root.columnNumber}, in "{name}"'
    return repr(root)
