from __future__ import annotations

import itertools

import pytest
from zope.interface import Attribute, Interface, implementer

from sennit.core import components
from sennit.core.components import (
    Adapter,
    Componentized,
    ReprableComponentized,
    getAdapterFactory,
    getRegistry,
    proxyForInterface,
    registerAdapter,
)

numbers = itertools.count()


def fresh_interfaces(count=2):
    """Interfaces that no other test has registered anything for; they are told apart by name."""
    return [Interface.__class__(f"IFresh{next(numbers)}", (Interface,)) for _ in range(count)]


def test_calling_an_interface_finds_the_registered_adapter():
    IFrom, ITo = fresh_interfaces()
    thing = implementer(IFrom)(type("Thing", (), {}))()
    registerAdapter(Adapter, IFrom, ITo)
    adapter = ITo(thing)
    assert type(adapter) is Adapter
    assert adapter.original is thing


def test_an_adapter_is_registered_from_a_class_as_well():
    (ITo,) = fresh_interfaces(1)
    kind = type("Thing", (), {})
    registerAdapter(Adapter, kind, ITo)
    assert isinstance(ITo(kind()), Adapter)
    assert getAdapterFactory(kind, ITo, None) is Adapter


def test_what_has_no_adapter_cannot_be_adapted():
    IFrom, ITo = fresh_interfaces()
    with pytest.raises(components.CannotAdapt):
        ITo(object())
    assert ITo(object(), None) is None
    assert getAdapterFactory(IFrom, ITo, "default") == "default"


def test_a_second_adapter_is_refused_unless_duplicates_are_allowed(monkeypatch):
    IFrom, ITo = fresh_interfaces()
    registerAdapter(Adapter, IFrom, ITo)
    other = type("Other", (Adapter,), {})
    with pytest.raises(ValueError, match="registered already"):
        registerAdapter(other, IFrom, ITo)
    monkeypatch.setattr(components, "ALLOW_DUPLICATES", 1)
    registerAdapter(other, IFrom, ITo)
    assert getAdapterFactory(IFrom, ITo, None) is other


def test_an_adapter_needs_an_interface_to_adapt_to():
    with pytest.raises(AssertionError):
        registerAdapter(Adapter, Interface)


def test_the_registry_is_the_one_that_is_filled():
    IFrom, ITo = fresh_interfaces()
    registerAdapter(Adapter, IFrom, ITo)
    assert getRegistry().registered([IFrom], ITo) is Adapter


def test_an_adapter_asks_what_it_adapts_for_other_interfaces():
    (IOther,) = fresh_interfaces(1)
    whole = Componentized()
    whole.setComponent(IOther, "component")
    assert IOther(Adapter(whole)) == "component"


def test_a_componentized_keeps_the_adapter_it_makes():
    (ITo,) = fresh_interfaces(1)
    kind = type("Whole", (Componentized,), {})
    part = implementer(ITo)(type("Part", (Adapter,), {}))
    registerAdapter(part, kind, ITo)
    whole = kind()
    assert whole.getComponent(ITo) is whole.getComponent(ITo)
    assert ITo(whole) is whole.getComponent(ITo)


def test_a_temporary_adapter_is_made_each_time():
    (ITo,) = fresh_interfaces(1)
    kind = type("Whole", (Componentized,), {})
    registerAdapter(type("Part", (Adapter,), {"temporaryAdapter": 1}), kind, ITo)
    whole = kind()
    assert whole.getComponent(ITo) is not whole.getComponent(ITo)


def test_a_multi_component_is_kept_for_all_that_it_is_registered_for():
    IOne, IOther = fresh_interfaces()
    kind = type("Whole", (Componentized,), {})
    part = implementer(IOne, IOther)(type("Part", (Adapter,), {}))
    registerAdapter(part, kind, IOne, IOther)
    whole = kind()
    assert whole.getComponent(IOne) is whole.getComponent(IOther)


def test_an_adapter_that_gives_none_gives_the_default():
    (ITo,) = fresh_interfaces(1)
    kind = type("Whole", (Componentized,), {})
    registerAdapter(lambda _: None, kind, ITo)
    assert kind().getComponent(ITo, "default") == "default"


def test_a_componentized_keeps_and_forgets_components():
    IOne, IOther = fresh_interfaces()
    part = implementer(IOne, IOther)(type("Part", (Adapter,), {}))
    whole = Componentized()
    adapter = whole.addAdapter(part, True)
    assert whole.getComponent(IOne) is whole.getComponent(IOther) is adapter
    assert set(whole.removeComponent(adapter)) == {IOne.__identifier__, IOther.__identifier__}
    assert whole.getComponent(IOne) is None
    whole.setAdapter(IOne, part)
    assert isinstance(whole.getComponent(IOne), part)
    whole.unsetComponent(IOne)
    assert whole.getComponent(IOne, 3) == 3
    with pytest.raises(KeyError):
        whole.unsetComponent(IOne)


def test_a_component_that_is_not_registered_is_not_added_by_itself():
    (IOne,) = fresh_interfaces(1)
    part = implementer(IOne)(type("Part", (Adapter,), {}))
    whole = Componentized()
    whole.addComponent(part(whole))
    assert whole.getComponent(IOne) is None


def test_a_reprable_componentized_shows_its_components():
    (IOne,) = fresh_interfaces(1)
    whole = ReprableComponentized()
    whole.setComponent(IOne, "part")
    assert "'part'" in repr(whole)


class IShape(Interface):
    size = Attribute("size")

    def grow(by, times=1): ...  # noqa: N805 -- zope interfaces have no self


class Shape:
    size = 1

    def grow(self, by, times=1):
        self.size += by * times
        return self.size


def test_a_proxy_hands_everything_on():
    proxy = proxyForInterface(IShape)(shape := Shape())
    assert IShape.providedBy(proxy)
    assert proxy.original is shape
    assert proxy.grow(2, times=3) == 7
    proxy.size = 0
    assert shape.size == 0
    del proxy.size
    assert proxy.size == 1


def test_a_proxy_subclass_changes_some_of_it():
    base = proxyForInterface(IShape, "shape")

    class Twice(base):
        def grow(self, by, times=1):
            return super().grow(2 * by, times)

    twice = Twice(Shape())
    assert twice.grow(1) == 3
    assert base.grow(twice, 1) == 4
    assert isinstance(twice.shape, Shape)
