"""``twisted.web.vhost``: virtual hosts, also as a collection of entities."""

from __future__ import annotations

from typing import Any

from sennit.twisted.python.roots import Homogenous
from sennit.web.resource import Resource
from sennit.web.vhost import NameVirtualHost, VHostMonsterResource

__all__ = ["NameVirtualHost", "VHostMonsterResource", "VirtualHostCollection"]


class VirtualHostCollection(Homogenous):
    """The hosts of a `NameVirtualHost`, as entities.

    Args:
        nvh: The `NameVirtualHost`.
    """

    entityType = Resource

    def __init__(self, nvh: NameVirtualHost) -> None:
        super().__init__()
        self.nvh = nvh

    def listStaticEntities(self) -> Any:
        """Return the hosts, as (name, resource)."""
        return self.nvh.listStaticEntities()

    def getStaticEntity(self, name: Any) -> Any:
        """Return the host of a name, None if there is none."""
        return self.nvh.getStaticEntity(name)

    def reallyPutEntity(self, name: Any, entity: Any) -> None:
        """Add a host."""
        self.nvh.addHost(name, entity)

    def delEntity(self, name: Any) -> None:
        """Remove a host."""
        self.nvh.removeHost(name)
