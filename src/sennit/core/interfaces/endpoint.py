"""Interfaces of endpoints: places to connect to or to listen at, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

from sennit.core.interfaces.protocol import IProtocol, IProtocolFactory
from sennit.core.interfaces.transport import IListeningPort

if TYPE_CHECKING:
    from sennit.core.deferred import Deferred

__all__ = [
    "IStreamClientEndpoint",
    "IStreamClientEndpointStringParserWithReactor",
    "IStreamServerEndpoint",
    "IStreamServerEndpointStringParser",
]


class IStreamClientEndpoint(Interface):
    """A place to connect to."""

    def connect(protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect.

        Args:
            protocolFactory: Builds the protocol.

        Returns:
            A Deferred that fires with the protocol when it is connected, or fails with a
            `sennit.core.errors.ConnectError`.  To cancel it gives up the attempt.
        """


class IStreamServerEndpoint(Interface):
    """A place to listen at."""

    def listen(protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """Listen.

        Args:
            protocolFactory: Builds a protocol for each connection.

        Returns:
            A Deferred that fires with the port, or fails with `sennit.core.errors.CannotListenError`.
        """


class IStreamServerEndpointStringParser(Interface):
    """A plugin that makes server endpoints from description strings."""

    prefix: str = Attribute("The word before the first colon of the descriptions it reads.")

    def parseStreamServer(reactor: Any, *args: Any, **kwargs: Any) -> IStreamServerEndpoint:
        """Make the endpoint.

        Args:
            reactor: The reactor it shall use.
            *args: The positional parts of the description, as text.
            **kwargs: Its ``name=value`` parts, as text.
        """


class IStreamClientEndpointStringParserWithReactor(Interface):
    """A plugin that makes client endpoints from description strings."""

    prefix: str = Attribute("The word before the first colon of the descriptions it reads.")

    def parseStreamClient(reactor: Any, *args: Any, **kwargs: Any) -> IStreamClientEndpoint:
        """Make the endpoint.

        Args:
            reactor: The reactor it shall use.
            *args: The positional parts of the description, as text.
            **kwargs: Its ``name=value`` parts, as text.
        """
