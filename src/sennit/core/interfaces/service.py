"""The interface of things that hold services by name."""

from __future__ import annotations

from typing import Any

from zope.interface import Interface

__all__ = ["IServiceCollection"]


class IServiceCollection(Interface):
    """Holds services."""

    def getServiceNamed(serviceName: str) -> Any:
        """Give the service of that name.

        Raises:
            KeyError: If there is none.
        """

    def addService(service: Any) -> None:
        """Take a service in."""

    def removeService(service: Any) -> None:
        """Let a service go."""
