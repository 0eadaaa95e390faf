"""`Element`: a piece of a page, made of a template and of methods that render parts of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from zope.interface import implementer

from sennit.web.errors import MissingRenderMethod, MissingTemplateLoader, UnexposedMethodError
from sennit.web.interfaces import IRenderable

__all__ = ["Element", "Expose", "renderer"]

_F = TypeVar("_F", bound=Callable[..., Any])
_REQUIRED = object()


class Expose:
    """A decorator that marks methods as callable by name from outside, and finds the marked ones.

    An override is found only if it is marked too.
    """

    def __call__(self, f: _F, /, *funcObjs: Callable[..., Any]) -> _F:
        """Mark functions.

        Returns:
            The first.
        """
        for function in (f, *funcObjs):
            exposed = function.__dict__.setdefault("exposedThrough", [])
            exposed.append(self)
        return f

    def get(self, instance: object, methodName: str, default: Any = _REQUIRED) -> Any:
        """Return a marked method.

        Args:
            instance: Whose method.
            methodName: Its name.
            default: What to return if there is none.

        Raises:
            UnexposedMethodError: If there is none, or it is not marked, and there is no default.
        """
        method = getattr(instance, methodName, None)
        if self not in getattr(method, "exposedThrough", ()):
            if default is _REQUIRED:
                raise UnexposedMethodError(self, methodName)
            return default
        return method


renderer = Expose()
"""Marks a method as a renderer: ``def name(self, request, tag)`` returns what stands for the tag."""


@implementer(IRenderable)
class Element:
    """A piece of a page.

    Args:
        loader: The template; the class's own if None.

    Attributes:
        loader: The template (`ITemplateLoader`).
    """

    loader: Any = None

    def __init__(self, loader: Any = None) -> None:
        if loader is not None:
            self.loader = loader

    def lookupRenderMethod(self, name: str) -> Callable[[Any, Any], Any]:
        """Return the renderer of a name.

        Raises:
            MissingRenderMethod: If there is none; methods are renderers when `renderer` marks them.
        """
        method = renderer.get(self, name, None)
        if method is None:
            raise MissingRenderMethod(self, name)
        found: Callable[[Any, Any], Any] = method
        return found

    def render(self, request: Any) -> Any:
        """Return the template, whose directives are rendered by this element's methods.

        Raises:
            MissingTemplateLoader: If there is none.
        """
        loader = self.loader
        if loader is None:
            raise MissingTemplateLoader(self)
        return loader.load()
