"""This process's standard input and output as an endpoint."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.errors import NoProtocol
from sennit.core.failure import Failure
from sennit.core.interfaces import IStreamServerEndpoint
from sennit.process.stdio import PipeAddress, StandardIO

__all__ = ["StandardIOEndpoint"]


@implementer(IStreamServerEndpoint)
class StandardIOEndpoint:
    """The one connection that this process was started with.

    Args:
        reactor: The reactor whose loop watches the descriptors.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def listen(self, stdioProtocolFactory: Any) -> Deferred[Any]:
        """Connect a protocol to standard input and output.

        Args:
            stdioProtocolFactory: An `IProtocolFactory`.

        Returns:
            A Deferred that fires with the transport.
        """
        try:
            protocol = stdioProtocolFactory.buildProtocol(PipeAddress())
            if protocol is None:
                raise NoProtocol
            return succeed(StandardIO(protocol, reactor=self._reactor))
        except Exception:
            return fail(Failure())
