"""Put a hook before one method of a live object, once, and leave nothing behind.

An endpoint must know when the user's protocol has been given its transport, and a client service when
its connection is lost.  A wrapper around the protocol would tell both, and would then stand between
loop and program for every byte of the connection.  So the hook is an attribute of the protocol's
instance that shadows the class's method until it is called the first time; it removes itself before it
does anything else.  Every interface that the protocol provides stays visible, and no read costs more.

A protocol that takes no attributes of its own (``__slots__``, proxies) gets a `Forwarder` around it instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import directlyProvides, providedBy

__all__ = ["Forwarder", "interpose"]

_ABSENT = object()


class _Hook:
    """The shadow of ``target.name`` until its first call."""

    __slots__ = ("_hook", "_name", "_own", "_target")

    def __init__(self, target: Any, name: str, hook: Callable[..., Any]) -> None:
        self._target = target
        self._name = name
        self._hook = hook
        before = getattr(target, name)
        of_class = getattr(before, "__func__", None)
        inherited = of_class is not None and of_class is getattr(type(target), name, None)
        self._own = _ABSENT if inherited else before

    def __call__(self, *args: Any) -> Any:
        target, name = self._target, self._name
        if getattr(target, name, None) is self:
            delattr(target, name)
            if self._own is not _ABSENT:
                setattr(target, name, self._own)
        original = getattr(target, name) if self._own is _ABSENT else self._own
        return self._hook(original, *args)


class Forwarder:
    """A protocol that hands everything on to another one: the fallback of `interpose`.

    Args:
        protocol: The protocol that everything goes to.
    """

    def __init__(self, protocol: Any) -> None:
        self._wrappedProtocol = protocol
        directlyProvides(self, providedBy(protocol))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrappedProtocol, name)

    def makeConnection(self, transport: Any) -> None:
        """Give the protocol its transport."""
        self._wrappedProtocol.makeConnection(transport)

    def connectionLost(self, reason: Any) -> None:
        """Tell the protocol that its connection is gone."""
        self._wrappedProtocol.connectionLost(reason)


def interpose(protocol: Any, name: str, hook: Callable[..., Any]) -> Any:
    """Have the next call of ``protocol.name(*args)`` become ``hook(original, *args)``.

    Args:
        protocol: The object whose method is wanted: ``makeConnection`` or ``connectionLost``.
        name: The method's name.
        hook: Called once, with the method as it was before and the call's arguments.

    Returns:
        What is to be used in `protocol`'s place: `protocol` itself, or a `Forwarder` around it when it
        takes no attributes of its own.
    """
    # Never by way of __dict__: CPython keeps attributes inline until somebody asks for the dict, and every
    # access to the protocol's attributes is slower from then on.
    shadow = _Hook(protocol, name, hook)
    try:
        setattr(protocol, name, shadow)
    except (AttributeError, TypeError):
        forwarder = Forwarder(protocol)
        setattr(forwarder, name, _Hook(forwarder, name, hook))
        return forwarder
    return protocol
