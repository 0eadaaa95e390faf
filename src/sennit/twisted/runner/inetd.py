"""``twisted.runner.inetd``: runs a program for each connection, which is its standard input and output."""

from __future__ import annotations

import os
from typing import Any

from sennit.core.current import current_reactor
from sennit.log import Logger
from sennit.protocol import ProcessProtocol, Protocol, ServerFactory
from sennit.twisted.protocols import wire
from sennit.twisted.python.util import gidFromString, uidFromString

__all__ = ["InetdFactory", "InetdProtocol", "internalProtocols"]

_log = Logger()

internalProtocols: dict[str, Any] = {
    "echo": wire.Echo,
    "chargen": wire.Chargen,
    "discard": wire.Discard,
    "daytime": wire.Daytime,
    "time": wire.Time,
}
"""The services that need no program, by name."""


class InetdProtocol(Protocol):
    """Hands a connection to the service's program, and has no part in it after that."""

    factory: Any

    def connectionMade(self) -> None:
        """Run the program."""
        transport: Any = self.transport
        # The program reads from the first octet on; none may come here.
        transport.pauseProducing()
        connection = os.dup(transport.fileno())
        try:
            # Programs do not expect what a loop needs; nothing here uses the connection any more.
            os.set_blocking(connection, True)
            self._run(connection)
        except OSError as error:
            program = self.factory.service.program
            _log.error("Cannot run {program}: {error}", program=program, error=str(error))
        finally:
            os.close(connection)
            # Closes this process's descriptor before the loop reads; the connection goes on in the program.
            transport._carrier.abort()

    def _run(self, connection: int) -> None:
        service = self.factory.service
        uid = gid = None
        if os.geteuid() == 0 and service.user:
            import pwd

            uid = uidFromString(service.user)
            gid = gidFromString(service.group) if service.group else pwd.getpwuid(uid).pw_gid
        errors = self.factory.stderrFile
        current_reactor().spawnProcess(
            ProcessProtocol(),
            service.program,
            list(service.programArgs) or [service.program],
            env=None,
            uid=uid,
            gid=gid,
            childFDs={0: connection, 1: connection, 2: connection if errors is None else errors.fileno()},
        )


class InetdFactory(ServerFactory):
    """Runs a service's program for each connection.

    Args:
        service: The `InetdService`.

    Attributes:
        stderrFile: The file for the programs' standard error; None for the connection.
    """

    protocol: Any = InetdProtocol
    stderrFile: Any = None

    def __init__(self, service: Any) -> None:
        self.service = service
