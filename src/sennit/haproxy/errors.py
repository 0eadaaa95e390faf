"""What can be wrong with a header.  There is no answer to a bad one: the connection is closed."""

from __future__ import annotations

__all__ = ["InvalidNetworkProtocol", "InvalidProxyHeader", "MissingAddressData"]


class InvalidProxyHeader(Exception):
    """What the other side sent is no PROXY header."""


class InvalidNetworkProtocol(InvalidProxyHeader):
    """The header names a kind of address that there is none of."""


class MissingAddressData(InvalidProxyHeader):
    """The header has less of the addresses than it should."""
