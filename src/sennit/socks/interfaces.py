"""What a program implements to say who may connect to what."""

# ruff: noqa: N805 - the methods of an interface have no self
from __future__ import annotations

from typing import Any

from zope.interface import Interface

from sennit.socks.events import Request

__all__ = ["IProxyUser"]


class IProxyUser(Interface):
    """The avatar of somebody who uses a SOCKS server."""

    def may(request: Request) -> Any:
        """Tell whether a request may be tried.

        Args:
            request: What is wanted: a command, a host by its name or address, a port.

        Returns:
            A bool, or a Deferred that fires with one.
        """
