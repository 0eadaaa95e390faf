"""The interface of network addresses."""

from __future__ import annotations

from zope.interface import Interface

__all__ = ["IAddress"]


class IAddress(Interface):
    """One end of a conversation.

    The classes that provide it are in `sennit.core.addresses`; a consumer tells them apart by class.
    Addresses are hashable and can be compared for equality.
    """
