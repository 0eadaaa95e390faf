"""Stand-ins for what is not known yet while objects that refer to each other in circles are put together.

Whoever gets a `NotKnown` for a value puts it where the value belongs and names that place with
`addDependant`; when the value is known, `resolveDependants` puts it there.
"""

from __future__ import annotations

from types import MethodType
from typing import Any, NoReturn

from sennit.core.deferred import Deferred

__all__ = ["NotKnown"]


class NotKnown:
    """A value that is not known yet.

    Attributes:
        dependants: The containers that wait for it, each with the key there.
        resolved: Whether it is known.
        resolvedObject: The value, once it is known.
    """

    resolvedObject: Any = None

    def __init__(self) -> None:
        self.dependants: list[tuple[Any, Any]] = []
        self.resolved = 0

    def __hash__(self) -> NoReturn:
        raise AssertionError("A value that is not known yet cannot be a key.")

    def addDependant(self, mutableObject: Any, key: Any) -> None:
        """Put the value into a container as soon as it is known.

        Args:
            mutableObject: What it is put into, by ``[key] = value``.
            key: The key.

        Raises:
            AssertionError: If the value is known already.
        """
        if self.resolved:
            raise AssertionError("The value is known: nothing needs to wait for it.")
        self.dependants.append((mutableObject, key))

    def resolveDependants(self, newObject: Any) -> None:
        """Make the value known, and put it everywhere that waits for it."""
        self.resolved = 1
        self.resolvedObject = newObject
        for container, key in self.dependants:
            container[key] = newObject


class _Container(NotKnown):
    """A container that cannot be changed once it is made, some of whose elements are not known yet.

    Args:
        elements: Its elements, a list that is changed as they become known.
        containerType: Called with the list when all are.
    """

    def __init__(self, elements: list[Any], containerType: Any) -> None:
        super().__init__()
        self.elements = elements
        self.containerType = containerType
        unknown = [(at, each) for at, each in enumerate(elements) if isinstance(each, NotKnown)]
        self._missing = {at for at, _ in unknown}
        for at, each in unknown:
            each.addDependant(self, at)
        if not unknown:
            self.resolveDependants(containerType(elements))

    def __setitem__(self, at: int, value: Any) -> None:
        self.elements[at] = value
        if isinstance(value, NotKnown):
            value.addDependant(self, at)
            return
        self._missing.discard(at)
        if not self._missing and not self.resolved:
            self.resolveDependants(self.containerType(self.elements))


class _Tuple(_Container):
    """A tuple some of whose elements are not known yet."""

    def __init__(self, elements: list[Any]) -> None:
        super().__init__(elements, tuple)


class _InstanceMethod(NotKnown):
    """A bound method whose object is not known yet.

    Args:
        im_name: The method's name.
        im_self: The object's stand-in.
        im_class: The class that the method is of.
    """

    def __init__(self, im_name: str, im_self: NotKnown, im_class: type) -> None:
        super().__init__()
        self.my_class = im_class
        self.name = im_name
        im_self.addDependant(self, 0)

    def __call__(self, *args: Any, **kw: Any) -> NoReturn:
        raise AssertionError(f"The object of the method {self.name} is not known yet.")

    def __setitem__(self, at: int, value: Any) -> None:
        if at != 0:
            raise AssertionError(f"A method waits for its object alone, not for {at}.")
        self.resolveDependants(_constructMethod(self.my_class, self.name, value))


class _DictKeyAndValue:
    """An entry of a dict, put there when both its key, at 0, and its value, at 1, are known."""

    def __init__(self, dict: dict[Any, Any]) -> None:
        self.dict = dict
        self._known: list[Any] = []
        self._key: Any = None
        self._value: Any = None

    def __setitem__(self, at: int, value: Any) -> None:
        if at not in (0, 1):
            raise RuntimeError(f"An entry has a key, at 0, and a value, at 1, but nothing at {at}.")
        if at == 0:
            self._key = value
        else:
            self._value = value
        if not isinstance(value, NotKnown):
            self._known.append(at)
        if len(self._known) == 2:
            self.dict[self._key] = self._value


class _Dereference(NotKnown):
    """A reference to an object that comes later.

    Args:
        id: What it is referred to by.
    """

    def __init__(self, id: Any) -> None:
        super().__init__()
        self.id = id


class _Defer(Deferred[Any], NotKnown):
    """A value that is not known yet, as a Deferred that fires when it is; for [0] = value."""

    def __init__(self) -> None:
        Deferred.__init__(self)
        NotKnown.__init__(self)
        self._done = False

    __hash__ = Deferred.__hash__  # type: ignore[assignment]  # this one is known by itself, not by its value

    def __setitem__(self, at: int, value: Any) -> None:
        if self._done:
            raise RuntimeError(f"The value is known already; it cannot become {value!r}.")
        if isinstance(value, NotKnown):
            value.addDependant(self, at)
            return
        self._done = True
        self.callback(value)


def _constructMethod(cls: type, name: str, self: Any) -> MethodType:
    """Return the method of that name of a class, bound to an object."""
    function = cls.__dict__.get(name) or getattr(cls, name)
    return MethodType(function, self)
