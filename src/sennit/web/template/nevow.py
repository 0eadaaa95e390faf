"""Nevow's attribute language: data that flows down a page, and patterns that it is poured into.

``nevow:data="people"`` gets data, by the element's method ``data_people(self, request, tag)``, or by key or
attribute out of the data around; ``nevow:render="sequence"`` renders with it: the data in force is in
``tag.data``.  Tags marked ``nevow:pattern="item"`` are not written in their place but copied by renderers,
once for each item.  A name may have arguments, as in ``"name one,two"``: the method is called with them, and
returns the method that is meant.  All of it works beside this framework's own directives, and in tags made by
hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import isawaitable
from typing import Any

from sennit.core.deferred import Deferred
from sennit.web.errors import MissingRenderMethod
from sennit.web.template.element import Element, renderer
from sennit.web.template.stan import Tag

__all__ = ["NEVOW_NAMESPACE", "NevowElement", "directive"]

NEVOW_NAMESPACE = "http://nevow.com/ns/nevow/0.1"
"""The XML namespace of these attributes."""


class directive:  # noqa: N801 (a word of the template language)
    """Says where a tag gets its data.

    Args:
        name: The method's, key's or attribute's name, perhaps with arguments: ``"name one,two"``.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"directive({self.name!r})"

    def applied(self, tag: Tag, frame: Any, request: Any) -> Any:
        """Return a copy of a tag that has its data; a Deferred of it if the data has to be waited for.

        Args:
            tag: The tag.
            frame: Where it stands: ``element`` and ``data`` of the tags around.
            request: What methods are called with.

        Raises:
            LookupError: If there is no such data.
        """
        lookup = getattr(frame.element, "lookupDataMethod", None)
        method = None if lookup is None else lookup(self.name)
        data = _within(frame.data, self.name) if method is None else method(request, tag)
        if isinstance(data, Deferred):
            return data.addCallback(_with_data, tag)
        if isawaitable(data):
            return _with_awaited_data(data, tag)
        return _with_data(data, tag)


async def _with_awaited_data(data: Any, tag: Tag) -> Tag:
    return _with_data(await data, tag)


def _with_data(data: Any, tag: Tag) -> Tag:
    made = tag.clone()
    # None would mean the data around.
    made.data = () if data is None else data
    return made


def _within(data: Any, name: str) -> Any:
    """Return what is called `name` in `data`."""
    if isinstance(data, Mapping):
        if name in data:
            return data[name]
    elif data is not None and not name.startswith("_"):
        if isinstance(data, list | tuple) and name.isdigit() and int(name) < len(data):
            return data[int(name)]
        if hasattr(data, name):
            return getattr(data, name)
    raise LookupError(f"No data is called {name!r}: neither a method data_{name}, nor in {data!r}.")


def _parsed(name: str) -> tuple[str, list[str]]:
    """Return the name in ``"name one,two"``, and the arguments."""
    method, _, arguments = name.strip().partition(" ")
    return method, [argument.strip() for argument in arguments.split(",")] if arguments.strip() else []


class NevowElement(Element):
    """An element whose template gets data by directives.

    Give it methods ``data_NAME(self, request, tag)``, and renderers; those called ``render_NAME`` need no
    mark.  The renderers ``sequence``, ``mapping``, ``string``, ``data`` and ``xml`` are there already.
    """

    def lookupRenderMethod(self, name: str) -> Callable[[Any, Any], Any]:
        """Return the renderer of a name, called with its arguments if it has some.

        Raises:
            MissingRenderMethod: If there is none.
        """
        method_name, arguments = _parsed(name)
        method = getattr(self, f"render_{method_name}", None)
        if method is None:
            method = renderer.get(self, method_name, None)
        if method is None:
            raise MissingRenderMethod(self, name)
        return method(*arguments) if arguments else method  # type: ignore[no-any-return]

    def lookupDataMethod(self, name: str) -> Callable[[Any, Any], Any] | None:
        """Return the method that gets the data of a name; None if it is to be found in the data around."""
        method_name, arguments = _parsed(name)
        method = getattr(self, f"data_{method_name}", None)
        return method(*arguments) if method is not None and arguments else method

    @renderer
    def sequence(self, request: Any, tag: Tag) -> Any:
        """Write a pattern ``item`` for each item of the data.

        With several such patterns they take turns.  A pattern ``divider`` is written between items,
        ``header`` and ``footer`` around them, and ``empty`` in place of items if there are none.
        """
        items = tag.data
        parts = _sequence_parts(tag, () if items is None else items)
        return tag.clone(deep=False).clear()(parts)

    @renderer
    def mapping(self, request: Any, tag: Tag) -> Any:
        """Fill the slots inside with the data's values, by their keys."""
        data = {} if tag.data is None else tag.data
        return tag.fillSlots(**{str(key): value for key, value in data.items()})

    @renderer
    def string(self, request: Any, tag: Tag) -> Any:
        """Write the data as text in place of what is inside."""
        data = tag.data
        if not isinstance(data, str | bytes | Tag):
            data = "" if data is None else str(data)
        return tag.clone(deep=False).clear()(data)

    @renderer
    def data(self, request: Any, tag: Tag) -> Any:
        """Write the data, whatever it is, in place of what is inside."""
        data = tag.data
        if isinstance(data, int | float):
            data = str(data)
        return tag.clone(deep=False).clear()("" if data is None else data)

    xml = data


def _sequence_parts(tag: Tag, items: Iterable[Any]) -> Iterator[Any]:
    yield tag.allPatterns("header")
    patterns = tag.patternGenerator("item")
    dividers = tag.patternGenerator("divider", default="")
    count = 0
    for item in items:
        if count:
            yield next(dividers)
        count += 1
        pattern = next(patterns)
        pattern.data = item
        yield pattern
    if not count:
        yield tag.allPatterns("empty")
    yield tag.allPatterns("footer")
