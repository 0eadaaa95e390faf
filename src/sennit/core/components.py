"""Components: objects that are given new interfaces from outside, by adapters.

An adapter is a callable that takes an object and gives one that provides another interface.  Once it is
registered, calling the interface finds it: ``IConsumer(protocol)``.  A `Componentized` object remembers its
adapters, so that they can hold state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import implementedBy, implementer, providedBy
from zope.interface.adapter import AdapterRegistry
from zope.interface.interface import InterfaceClass, adapter_hooks

__all__ = [
    "ALLOW_DUPLICATES",
    "Adapter",
    "CannotAdapt",
    "Componentized",
    "ReprableComponentized",
    "getAdapterFactory",
    "getRegistry",
    "globalRegistry",
    "proxyForInterface",
    "registerAdapter",
]

ALLOW_DUPLICATES = 0
"""Set to 1 to let an adapter replace one that is registered."""

CannotAdapt = TypeError
"""What calling an interface raises when there is no adapter."""

globalRegistry: Any = AdapterRegistry()


def _adapt(interface: InterfaceClass, candidate: object) -> Any:
    """Find the adapter when `interface(candidate)` asks."""
    factory = globalRegistry.lookup1(providedBy(candidate), interface)
    return None if factory is None else factory(candidate)


adapter_hooks.append(_adapt)


def _specification(origin: Any) -> Any:
    """Give what an adapter is registered from: the interface, or what a class implements."""
    return origin if isinstance(origin, InterfaceClass) else implementedBy(origin)  # type: ignore[no-untyped-call]


def _key(interface: Any) -> str:
    return f"{interface.__module__}.{interface.__name__}"


def registerAdapter(adapterFactory: Callable[[Any], Any], origInterface: Any, *interfaceClasses: Any) -> None:
    """Register an adapter.

    Args:
        adapterFactory: Takes an object, and gives one that provides the interfaces; None if it cannot.
        origInterface: What the object provides, or its class.
        *interfaceClasses: The interfaces it is adapted to, at least one.

    Raises:
        ValueError: If there is such an adapter already, and `ALLOW_DUPLICATES` is not set.
    """
    assert interfaceClasses, "Name at least one interface to adapt to."
    origin = _specification(origInterface)
    if not ALLOW_DUPLICATES:
        for interface in interfaceClasses:
            registered = globalRegistry.registered([origin], interface)
            if registered is not None:
                raise ValueError(f"An adapter to {interface!r} is registered already: {registered!r}.")
    for interface in interfaceClasses:
        globalRegistry.register([origin], interface, "", adapterFactory)


def getAdapterFactory(fromInterface: Any, toInterface: Any, default: Any) -> Any:
    """Find an adapter.

    Args:
        fromInterface: An interface, or a class.
        toInterface: The interface to adapt to.
        default: What to return if there is none.
    """
    found = globalRegistry.lookup1(_specification(fromInterface), toInterface)
    return default if found is None else found


def getRegistry() -> Any:
    """Give the registry that `registerAdapter` fills."""
    return globalRegistry


class Adapter:
    """A base for adapters.

    Args:
        original: What is adapted.

    Attributes:
        temporaryAdapter: Set it true to have a `Componentized` make a new adapter each time it is asked.
        multiComponent: Set it false to have a `Componentized` keep the adapter for the one interface it was
            asked for, not for all that it provides.
    """

    temporaryAdapter: int = 0
    multiComponent: int = 1

    def __init__(self, original: Any) -> None:
        self.original = original

    def __conform__(self, interface: Any) -> Any:
        """Adapt what is adapted when another interface is asked for."""
        conform = getattr(self.original, "__conform__", None)
        return None if conform is None else conform(interface)

    def isuper(self, iface: Any, adapter: Any) -> Any:
        """Ask what is adapted for the next component that provides `iface`."""
        return self.original.isuper(iface, adapter)


class Componentized:
    """An object that keeps its adapters, one for each interface."""

    persistenceVersion: int = 1

    def __init__(self) -> None:
        self._adapterCache: dict[str, Any] = {}

    def locateAdapterClass(self, klass: Any, interfaceClass: Any, default: Any) -> Any:
        """Find an adapter, as `getAdapterFactory`."""
        return getAdapterFactory(klass, interfaceClass, default)

    def setAdapter(self, interfaceClass: Any, adapterClass: Callable[[Any], Any]) -> None:
        """Make an adapter of this object and keep it for one interface."""
        self.setComponent(interfaceClass, adapterClass(self))

    def addAdapter(self, adapterClass: Callable[[Any], Any], ignoreClass: int = 0) -> Any:
        """Make an adapter of this object and keep it, as `addComponent`.

        Returns:
            The adapter.
        """
        adapter = adapterClass(self)
        self.addComponent(adapter, ignoreClass)
        return adapter

    def setComponent(self, interfaceClass: Any, component: Any) -> None:
        """Keep a component for one interface."""
        self._adapterCache[_key(interfaceClass)] = component

    def addComponent(self, component: Any, ignoreClass: int = 0) -> None:
        """Keep a component for the interfaces it provides.

        Args:
            component: The component.
            ignoreClass: Whether to keep it for all of them; else it is kept for those to which its class is
                the registered adapter.
        """
        for interface in providedBy(component):
            if ignoreClass or self.locateAdapterClass(self.__class__, interface, None) is component.__class__:
                self._adapterCache[_key(interface)] = component

    def unsetComponent(self, interfaceClass: Any) -> None:
        """Forget the component for an interface.

        Raises:
            KeyError: If there is none.
        """
        del self._adapterCache[_key(interfaceClass)]

    def removeComponent(self, component: Any) -> list[str]:
        """Forget a component.

        Returns:
            The full names of the interfaces it was kept for.
        """
        names = [name for name, kept in self._adapterCache.items() if kept is component]
        for name in names:
            del self._adapterCache[name]
        return names

    def getComponent(self, interface: Any, default: Any = None) -> Any:
        """Find the component for an interface, or make it by the registered adapter and keep it.

        Args:
            interface: The interface.
            default: What to return if there is none.
        """
        key = _key(interface)
        if key in self._adapterCache:
            return self._adapterCache[key]
        factory = self.locateAdapterClass(self.__class__, interface, None)
        if factory is None:
            return default
        component = factory(self)
        if component is None:
            return default
        if not getattr(component, "temporaryAdapter", False):
            self._adapterCache[key] = component
            if getattr(component, "multiComponent", False):
                self.addComponent(component)
        return component

    def __conform__(self, interface: Any) -> Any:
        """Answer when an interface is called with this object."""
        return self.getComponent(interface)


class ReprableComponentized(Componentized):
    """A `Componentized` whose `repr` shows its components."""

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} {self._adapterCache!r}>"


class _Proxied:
    """An attribute that is another object's.

    Args:
        name: The attribute's name, here and there.
        original: The name of the attribute that holds the other object.
    """

    __slots__ = ("name", "original")

    def __init__(self, name: str, original: str) -> None:
        self.name = name
        self.original = original

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return _Unbound(self.name, self.original)
        return getattr(getattr(instance, self.original), self.name)

    def __set__(self, instance: Any, value: Any) -> None:
        setattr(getattr(instance, self.original), self.name, value)

    def __delete__(self, instance: Any) -> None:
        delattr(getattr(instance, self.original), self.name)


class _Unbound:
    """A proxied method as the class has it: ``Proxy.method(proxy, ...)``."""

    __slots__ = ("name", "original")

    def __init__(self, name: str, original: str) -> None:
        self.name = name
        self.original = original

    def __call__(self, instance: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(getattr(instance, self.original), self.name)(*args, **kwargs)


def proxyForInterface(iface: InterfaceClass, originalAttribute: str = "original") -> Any:
    """Make a class whose objects provide an interface by handing everything on to another object.

    Args:
        iface: The interface.
        originalAttribute: The name of the attribute that holds the other object; it is the constructor's one
            argument.

    Returns:
        The class, to be subclassed by those who want to change some of it.
    """

    def __init__(self: Any, original: Any) -> None:  # noqa: N807 -- it becomes a method below
        setattr(self, originalAttribute, original)

    contents: dict[str, Any] = {name: _Proxied(name, originalAttribute) for name in iface.names(all=True)}
    contents["__init__"] = __init__
    contents["__doc__"] = f"Provides `{iface.__name__}` through the attribute `{originalAttribute}`."
    return implementer(iface)(type(f"(Proxy for {_key(iface)})", (), contents))
