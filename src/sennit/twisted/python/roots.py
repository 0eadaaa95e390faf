"""Trees of objects under names: containers that may be asked for what does not lie in them yet.

A `Collection` has static entities, which were put there, and may make others when asked, for a request.
"""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, Sequence
from typing import Any

__all__ = [
    "Collection",
    "Constrained",
    "ConstraintViolation",
    "Entity",
    "Homogenous",
    "Locked",
    "NotSupportedError",
    "Request",
]


class NotSupportedError(NotImplementedError):
    """A collection cannot do what was asked of it."""


class ConstraintViolation(Exception):
    """A collection does not take that name, or that entity."""


class Request:
    """What asks for an entity, and what an answer is written to.

    Attributes:
        wireProtocol: The name of the protocol that it came by.
    """

    wireProtocol: str | None = None

    def write(self, data: bytes) -> None:
        """Write a part of the answer; subclasses do.

        Raises:
            NotSupportedError: Unless a subclass does.
        """
        raise NotSupportedError(_name(self, "write"))

    def finish(self) -> None:
        """End the answer; subclasses do.

        Raises:
            NotSupportedError: Unless a subclass does.
        """
        raise NotSupportedError(_name(self, "finish"))


class Entity:
    """What can be shown to whoever asks for it."""

    def render(self, request: Any) -> Any:
        """Answer a request; subclasses do.

        Args:
            request: What asks.

        Raises:
            NotSupportedError: Unless a subclass does.
        """
        raise NotSupportedError(_name(self, "render"))


class Collection:
    """Entities under names.

    Args:
        entities: The static ones to begin with, a dict that is used as it is.
    """

    def __init__(self, entities: dict[Any, Any] | None = None) -> None:
        self.entities: dict[Any, Any] = {} if entities is None else entities

    def getStaticEntity(self, name: Any) -> Any:
        """Return the entity that was put under a name; None if there is none."""
        return self.entities.get(name)

    def getDynamicEntity(self, name: Any, request: Any) -> Any:
        """Return the entity that is made for a name and a request; none here."""
        return None

    def getEntity(self, name: Any, request: Any) -> Any:
        """Return the entity under a name, be it static or made for the request; None if there is none."""
        static = self.getStaticEntity(name)
        return self.getDynamicEntity(name, request) if static is None else static

    def putEntity(self, name: Any, entity: Any) -> None:
        """Put a static entity under a name."""
        self.entities[name] = entity

    def delEntity(self, name: Any) -> None:
        """Remove a static entity.

        Raises:
            KeyError: If there is none under that name.
        """
        del self.entities[name]

    def storeEntity(self, name: Any, request: Any) -> Any:
        """Make an entity of a request and keep it; subclasses do.

        Raises:
            NotSupportedError: Unless a subclass does.
        """
        raise NotSupportedError(_name(self, "storeEntity"))

    def removeEntity(self, name: Any, request: Any) -> Any:
        """Remove an entity as a request asks; subclasses do.

        Raises:
            NotSupportedError: Unless a subclass does.
        """
        raise NotSupportedError(_name(self, "removeEntity"))

    def listStaticNames(self) -> KeysView[Any]:
        """Return the static entities' names."""
        return self.entities.keys()

    def listStaticEntities(self) -> ItemsView[Any, Any]:
        """Return the static entities with their names."""
        return self.entities.items()

    def listDynamicNames(self) -> Sequence[Any]:
        """Return the names of the entities that can be made; none here."""
        return []

    def listDynamicEntities(self, request: Any) -> Sequence[tuple[Any, Any]]:
        """Return the entities that can be made for a request, with their names; none here."""
        return []

    def listNames(self, request: Any) -> list[Any]:
        """Return all names."""
        return [*self.listStaticNames(), *self.listDynamicNames()]

    def listEntities(self, request: Any) -> list[tuple[Any, Any]]:
        """Return all entities with their names."""
        return [*self.listStaticEntities(), *self.listDynamicEntities(request)]


class Constrained(Collection):
    """A collection that takes not every name or entity."""

    def nameConstraint(self, name: Any) -> Any:
        """Return whether a name is taken; a subclass may raise ConstraintViolation to say why not."""
        return 1

    def entityConstraint(self, entity: Any) -> Any:
        """Return whether an entity is taken; a subclass may raise ConstraintViolation to say why not."""
        return 1

    def reallyPutEntity(self, name: Any, entity: Any) -> None:
        """Put a static entity under a name without asking."""
        super().putEntity(name, entity)

    def putEntity(self, name: Any, entity: Any) -> None:
        """Put a static entity under a name.

        Raises:
            ConstraintViolation: If one of the two is not taken.
        """
        if not self.nameConstraint(name):
            raise ConstraintViolation(f"The name {name!r} is not taken here.")
        if not self.entityConstraint(entity):
            raise ConstraintViolation(f"The entity {entity!r} is not taken here.")
        self.reallyPutEntity(name, entity)


class Locked(Constrained):
    """A collection that takes nothing more once it is locked."""

    locked: int = 0

    def lock(self) -> None:
        """Take nothing from now on."""
        self.locked = 1

    def entityConstraint(self, entity: Any) -> bool:
        """Return whether it is open."""
        return not self.locked


class Homogenous(Constrained):
    """A collection of entities of one type.

    Attributes:
        entityType: The type.
    """

    entityType: type = object

    def entityConstraint(self, entity: Any) -> int:
        """Return 1 if an entity is of the type.

        Raises:
            ConstraintViolation: If it is not.
        """
        if isinstance(entity, self.entityType):
            return 1
        raise ConstraintViolation(f"{entity} of incorrect type ({self.entityType})")

    def getNameType(self) -> str:
        """Return what its names are, for people."""
        return "Name"

    def getEntityType(self) -> str:
        """Return what its entities are, for people."""
        return self.entityType.__name__


def _name(thing: object, method: str) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}.{method} is not supported"
