"""Writing documents out: `flatten` turns tags, text and all that may stand among them into octets.

A flattening is a stack of frames, each a sequence half written; the stack is an object and not the
interpreter's own, so documents may be as deep as `MAX_DEPTH` and may stop anywhere for a Deferred or a
coroutine.  What has been written until then is sent before waiting, so a client sees the page grow.

A frame knows where its items stand: `text` escapes what is text there, and `outer` what is to be escaped
once more since the whole is inside an attribute's value.  No item chooses its own escaping.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from traceback import extract_tb
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, Union

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.web.errors import FlattenerError, UnfilledSlot, UnsupportedType
from sennit.web.interfaces import IRenderable
from sennit.web.template.escaping import (
    check_name,
    escape_attribute,
    escape_cdata,
    escape_comment,
    escape_text,
)
from sennit.web.template.nevow import directive
from sennit.web.template.stan import CDATA, CharRef, Comment, Tag, slot, voidElements

__all__ = ["BUFFER_SIZE", "MAX_DEPTH", "Flattenable", "flatten", "flattenString"]

BUFFER_SIZE = 1 << 16
"""About how many octets are gathered before they are written."""

MAX_DEPTH = 20_000
"""How deep a document may be nested: one that fills a slot with the slot itself has no end."""

# The names stand in quotes where importing them would be a cycle for those who only want the types.
Flattenable = Union[  # noqa: UP007 (tests and programs look into it as a typing.Union)
    bytes,
    str,
    slot,
    CDATA,
    Comment,
    Tag,
    tuple[Any, ...],
    list[Any],
    Generator[Any, None, None],
    AsyncGenerator[Any, None],
    CharRef,
    Deferred[Any],
    Coroutine[Any, Any, Any],
    IRenderable,
]
"""What a document may hold."""

_Escape = Callable[[bytes], bytes]
_Slots = tuple[dict[str, Any], Any] | None
_VOID = frozenset(voidElements)


class _Markup(bytes):
    """Octets of markup: they are not escaped where they stand."""


class _Value:
    """An attribute's value."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class _Frame:
    """A sequence half written.

    Attributes:
        items: What is left of it.
        root: What it is the content of.
        closing: What is written after it.
        text: Escapes text in it; None where `outer` alone does.
        outer: Escapes everything in it, for the attribute around; None outside of attributes.
        slots: What fills slots: the innermost tag's, and then those around.
        element: The `IRenderable` whose methods render directives.
        data: What Nevow's renderers are given.
    """

    __slots__ = ("closing", "data", "element", "items", "outer", "root", "slots", "text")

    def __init__(
        self,
        items: Iterator[Any],
        root: Any,
        closing: bytes,
        text: _Escape | None,
        outer: _Escape | None,
        slots: _Slots,
        element: Any,
        data: Any,
    ) -> None:
        self.items = items
        self.root = root
        self.closing = closing
        self.text = text
        self.outer = outer
        self.slots = slots
        self.element = element
        self.data = data

    def within(self, items: Iterator[Any], root: Any) -> _Frame:
        """Return a frame for items that stand where this one's do."""
        return _Frame(items, root, b"", self.text, self.outer, self.slots, self.element, self.data)


class _Flattening:
    """One document on its way out."""

    def __init__(self, request: Any, root: Any, write: Callable[[bytes], object], depth: int) -> None:
        self.done: Deferred[None] = Deferred(self._cancel)
        self._request = request
        self._write = write
        self._depth = depth
        self._stack = [_Frame(iter((root,)), None, b"", escape_text, None, None, None, None)]
        self._pieces: list[bytes] = []
        self._size = 0
        self._item: Any = None
        self._awaited: Deferred[Any] | None = None
        self._running = False

    def _cancel(self, deferred: Deferred[None]) -> None:
        if self._awaited is not None:
            self._awaited.cancel()

    def run(self) -> None:
        """Go on until the document is written, or has to wait."""
        stack = self._stack
        self._running = True
        try:
            while stack:
                frame = stack[-1]
                for item in frame.items:
                    self._item = item
                    kind = type(item)
                    if kind is str:
                        self._put_text(frame, item.encode("utf-8"))
                    else:
                        (_handlers.get(kind) or _handler(item))(self, frame, item)
                        if stack[-1] is not frame:
                            break
                        if self._awaited is not None:
                            self._send()
                            return
                else:
                    stack.pop()
                    if frame.closing:
                        self._put(frame.outer, frame.closing)
                self._item = None
                if len(stack) > self._depth:
                    raise RecursionError("The document is nested too deep.")
            self._send()
        except Exception as error:
            self._fail(error, error.__traceback__)
            return
        finally:
            self._running = False
        self.done.callback(None)

    def _fail(self, error: BaseException, traceback: Any) -> None:
        roots: list[Any] = []
        for frame in self._stack:
            root = frame.root
            if root is not None:
                roots.append(root)
        if self._item is not None and not isinstance(self._item, _Markup | _Value):
            item = self._item
            if not isinstance(error, UnsupportedType | UnfilledSlot) and (not roots or roots[-1] is not item):
                roots.append(item)
        for frame in reversed(self._stack):
            _close(frame.items)
        self._stack.clear()
        # Where in the flattener itself it happened tells the program's author nothing.
        frames = [entry for entry in extract_tb(traceback) if entry.filename != __file__]
        self.done.errback(FlattenerError(error, roots, frames))

    # Octets

    def _put_text(self, frame: _Frame, data: bytes) -> None:
        text = frame.text
        self._put(frame.outer, data if text is None else text(data))

    def _put(self, outer: _Escape | None, data: bytes) -> None:
        if outer is not None:
            data = outer(data)
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= BUFFER_SIZE:
            self._send()

    def _send(self) -> None:
        if self._pieces:
            pieces, self._pieces = self._pieces, []
            self._size = 0
            data = b"".join(pieces)
            if data:
                self._write(data)

    # Items, by their kind

    def _bytes(self, frame: _Frame, item: bytes) -> None:
        self._put_text(frame, bytes(item))

    def _str(self, frame: _Frame, item: str) -> None:
        self._put_text(frame, str(item).encode("utf-8"))

    def _markup(self, frame: _Frame, item: _Markup) -> None:
        self._put(frame.outer, item)

    def _sequence(self, frame: _Frame, item: Any) -> None:
        self._stack.append(frame.within(iter(item), item))

    def _async_generator(self, frame: _Frame, item: Any) -> None:
        self._stack.append(frame.within(_pulled(item), item))

    def _value(self, frame: _Frame, item: _Value) -> None:
        """Write an attribute's value: all of it is text there, what stands for markup too."""
        within = frame.within(iter((item.value,)), None)
        within.text = None
        within.outer = escape_attribute if frame.outer is None else _composed(frame.outer)
        self._stack.append(within)

    def _slot(self, frame: _Frame, item: slot) -> None:
        slots = frame.slots
        name = item.name
        while slots is not None:
            filled, slots = slots
            if name in filled:
                self._stack.append(frame.within(iter((filled[name],)), item))
                return
        if item.default is None:
            raise UnfilledSlot(name)
        self._stack.append(frame.within(iter((item.default,)), item))

    def _cdata(self, frame: _Frame, item: CDATA) -> None:
        self._put(frame.outer, b"<![CDATA[%b]]>" % escape_cdata(item.data.encode("utf-8")))

    def _comment(self, frame: _Frame, item: Comment) -> None:
        self._put(frame.outer, b"<!--%b-->" % escape_comment(item.data.encode("utf-8")))

    def _char_ref(self, frame: _Frame, item: CharRef) -> None:
        self._put(frame.outer, b"&#%d;" % item.ordinal)

    def _renderable(self, frame: _Frame, item: Any) -> None:
        within = frame.within(iter((item.render(self._request),)), item)
        within.element = item
        self._stack.append(within)

    def _coroutine(self, frame: _Frame, item: Any) -> None:
        self._deferred(frame, Deferred.fromCoroutine(item))

    def _awaitable(self, frame: _Frame, item: Awaitable[Any]) -> None:
        self._deferred(frame, Deferred.fromCoroutine(_awaited(item)))

    def _deferred(self, frame: _Frame, item: Deferred[Any]) -> None:
        self._awaited = item
        item.addCallbacks(self._have, self._have_failure)

    def _have(self, result: Any) -> Any:
        """Go on with what a Deferred gave."""
        self._awaited = None
        self._stack.append(self._stack[-1].within(iter((result,)), self._item))
        if not self._running:
            self.run()
        return result

    def _have_failure(self, reason: Failure) -> None:
        self._awaited = None
        error = reason.value
        if self._running:
            # The Deferred had failed already; the loop that met it is still there to hear of it.
            self._stack.append(self._stack[-1].within(_raising(error), self._item))
            self._item = None
            return
        self._item, item = None, self._item
        self._stack.append(self._stack[-1].within(iter(()), item))
        self._fail(error, reason.getTracebackObject())

    # Tags

    def _tag(self, frame: _Frame, tag: Tag) -> None:
        if tag.pattern is not None:
            return
        if tag.data is not None and type(tag.data) is directive:
            self._stack.append(frame.within(iter((tag.data.applied(tag, frame, self._request),)), tag))
            return
        if tag.slotData is not None:
            slots: _Slots = (tag.slotData, frame.slots)
        else:
            slots = frame.slots
        data = frame.data if tag.data is None else tag.data
        if tag.render is not None:
            self._render(frame, tag, slots, data)
            return
        name = tag.tagName
        if not name:
            within = _Frame(iter(tag.children), tag, b"", frame.text, frame.outer, slots, frame.element, data)
            self._stack.append(within)
            return
        wire = check_name(name)
        opening = b"<" + wire
        for attribute, value in tag.attributes.items():
            kind = type(value)
            if kind is str:
                value = value.encode("utf-8")  # noqa: PLW2901 (the same value, on the wire)
            elif kind is not bytes:
                # Something in it may have to wait, so the whole goes step by step.
                content = self._parts(tag, wire)
                within = _Frame(content, tag, b"", escape_text, frame.outer, slots, frame.element, data)
                self._stack.append(within)
                return
            opening += b' %b="%b"' % (check_name(attribute), escape_attribute(value))
        if tag.children or _name_text(name) not in _VOID:
            self._put(frame.outer, opening + b">")
            closing = b"</%b>" % wire
            within = _Frame(
                iter(tag.children), tag, closing, escape_text, frame.outer, slots, frame.element, data
            )
            self._stack.append(within)
        else:
            self._put(frame.outer, opening + b" />")

    def _parts(self, tag: Tag, wire: bytes) -> Iterator[Any]:
        yield _Markup(b"<" + wire)
        for attribute, value in tag.attributes.items():
            yield _Markup(b' %b="' % check_name(attribute))
            yield _Value(value)
            yield _Markup(b'"')
        if tag.children or _name_text(tag.tagName) not in _VOID:
            yield _Markup(b">")
            yield tag.children
            yield _Markup(b"</%b>" % wire)
        else:
            yield _Markup(b" />")

    def _render(self, frame: _Frame, tag: Tag, slots: _Slots, data: Any) -> None:
        """Have a tag rendered by the method that its directive names."""
        name = tag.render
        if frame.element is None:
            raise ValueError(
                f'Tag wants to be rendered by method "{name}" but is not contained in any IRenderable'
            )
        method = frame.element.lookupRenderMethod(name)
        # A template is rendered many times: methods are given a copy to change.
        given = tag.clone()
        given.render = None
        given.slotData = None if tag.slotData is None else dict(tag.slotData)
        if data is not None:
            given.data = data
        within = _Frame(
            iter((method(self._request, given),)),
            tag,
            b"",
            frame.text,
            frame.outer,
            slots,
            frame.element,
            data,
        )
        self._stack.append(within)


def _name_text(name: str | bytes) -> str:
    return name.decode("utf-8") if isinstance(name, bytes) else name


def _composed(outer: _Escape) -> _Escape:
    return lambda data: outer(escape_attribute(data))


def _raising(error: BaseException) -> Iterator[Any]:
    yield _thrown(error)


def _thrown(error: BaseException) -> Any:
    raise error


def _close(items: Iterator[Any]) -> None:
    """Let a generator that will not be asked again go through its ``finally``."""
    close = getattr(items, "close", None)
    if close is not None:
        close()


async def _awaited(item: Awaitable[Any]) -> Any:
    return await item


def _pulled(items: AsyncIterator[Any]) -> Iterator[Any]:
    """Yield a coroutine for each item of an async generator."""
    ended = False

    async def next_item() -> Any:
        nonlocal ended
        try:
            return await anext(items)
        except StopAsyncIteration:
            ended = True
            return ()

    while not ended:
        yield next_item()


_Handler = Callable[[_Flattening, _Frame, Any], None]
_handlers: dict[type, _Handler] = {
    bytes: _Flattening._bytes,
    _Markup: _Flattening._markup,
    _Value: _Flattening._value,
    Tag: _Flattening._tag,
    list: _Flattening._sequence,
    tuple: _Flattening._sequence,
    slot: _Flattening._slot,
    CDATA: _Flattening._cdata,
    Comment: _Flattening._comment,
    CharRef: _Flattening._char_ref,
    GeneratorType: _Flattening._sequence,
    AsyncGeneratorType: _Flattening._async_generator,
    Deferred: _Flattening._deferred,
    CoroutineType: _Flattening._coroutine,
}
_of_subclasses: tuple[tuple[type, _Handler], ...] = (
    (str, _Flattening._str),
    *[(kind, handler) for kind, handler in _handlers.items() if kind not in (_Markup, _Value)],
)


def _handler(item: Any) -> _Handler:
    """Return what writes an item whose type is none of those that are known.

    Raises:
        UnsupportedType: If nothing does.
    """
    for kind, handler in _of_subclasses:
        if isinstance(item, kind):
            return handler
    if IRenderable.providedBy(item):
        return _Flattening._renderable
    if isinstance(item, Awaitable):
        return _Flattening._awaitable
    raise UnsupportedType(item)


def flatten(
    request: Any, root: Any, write: Callable[[bytes], object], *, max_depth: int = MAX_DEPTH
) -> Deferred[None]:
    """Write a document out.

    Args:
        request: What renderers are called with.
        root: The document.
        write: Called with octets, in order; before waiting for a Deferred, with all until there.
        max_depth: How deep the document may be nested.

    Returns:
        A Deferred that fires with None when all is written, or errbacks with `FlattenerError`.  Cancelling it
        cancels what the document waits for.
    """
    flattening = _Flattening(request, root, write, max_depth)
    flattening.run()
    return flattening.done


def flattenString(request: Any, root: Any) -> Deferred[bytes]:
    """Write a document out into a string.

    Args:
        request: What renderers are called with.
        root: The document.

    Returns:
        A Deferred that fires with the octets, or errbacks with `FlattenerError`.
    """
    pieces: list[bytes] = []
    done: Deferred[Any] = flatten(request, root, pieces.append)
    done.addCallback(lambda _: b"".join(pieces))
    return done
