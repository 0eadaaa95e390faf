"""What a header is, and what parses one."""

# ruff: noqa: N805 (zope interfaces have no self)

from __future__ import annotations

from zope.interface import Attribute, Interface

__all__ = ["IProxyInfo", "IProxyParser"]


class IProxyInfo(Interface):
    """What a header says."""

    header = Attribute("The header as it was received.")
    source = Attribute("The `IAddress` of the client; None if the header does not tell.")
    destination = Attribute("The `IAddress` that the client connected to, or None.")


class IProxyParser(Interface):
    """A parser of one version of the header."""

    def feed(data: bytes) -> tuple[IProxyInfo, bytes] | tuple[None, None]:
        """Take bytes.

        Returns:
            The header and what came after it; two times None while there is not enough.

        Raises:
            InvalidProxyHeader: If this is no header.
        """

    def parse(line: bytes) -> IProxyInfo:
        """Parse a whole header.

        Raises:
            InvalidProxyHeader: If this is no header.
        """
