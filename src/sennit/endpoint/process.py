"""A child process as a connection: its standard input and output are the stream."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from zope.interface import implementer

from sennit.core.addresses import ProcessAddress
from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.errors import ConnectionDone, NoProtocol, ProcessDone
from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IConsumer,
    IProcessTransport,
    IProtocol,
    IPushProducer,
    IStreamClientEndpoint,
    ITransport,
)
from sennit.log import Logger
from sennit.protocol import ProcessProtocol

__all__ = ["ProcessEndpoint", "StandardErrorBehavior"]

_log = Logger()
_STDOUT, _STDERR = 1, 2


class StandardErrorBehavior(enum.Enum):
    """What `ProcessEndpoint` does with what the child writes to its standard error."""

    LOG = "log"
    DROP = "drop"

    def __repr__(self) -> str:
        return f"<StandardErrorBehavior={self.name}>"


@implementer(ITransport, IProcessTransport, IConsumer, IPushProducer)
class ProcessEndpointTransport:
    """The transport that the protocol sees: the process's own, with addresses.

    Args:
        process: The `IProcessTransport`.
    """

    disconnecting = False

    def __init__(self, process: Any) -> None:
        self._process = process

    def __getattr__(self, name: str) -> Any:
        return getattr(self._process, name)

    def getHost(self) -> ProcessAddress:
        """Return an address that says no more than that this is a process."""
        return ProcessAddress()

    def getPeer(self) -> ProcessAddress:
        """Return an address that says no more than that this is a process."""
        return ProcessAddress()

    def loseConnection(self) -> None:
        """Close the child's pipes, after all that was written has been sent."""
        self.disconnecting = True
        self._process.loseConnection()


class _Child(ProcessProtocol):
    """Tells a stream protocol what a child process does.

    Args:
        protocol: The user's protocol.
        executable: The program, for the log.
        error_behaviour: What becomes of standard error.
    """

    def __init__(self, protocol: Any, executable: object, error_behaviour: StandardErrorBehavior) -> None:
        self.protocol = protocol
        self.executable = executable
        self.errFlag = error_behaviour
        # What the protocol raised, which ended the connection.
        self.failure: Failure | None = None

    def makeConnection(self, transport: Any) -> None:
        """Give the protocol a transport around the process's."""
        self.transport = transport
        try:
            self.protocol.makeConnection(ProcessEndpointTransport(transport))
        except BaseException:
            self._failed("makeConnection")

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """Standard output is the stream; standard error is logged or dropped."""
        if childFD == _STDOUT:
            if self.failure is None:
                try:
                    self.protocol.dataReceived(data)
                except BaseException:
                    self._failed("dataReceived")
        elif childFD == _STDERR and self.errFlag is StandardErrorBehavior.LOG:
            _log.info(
                "Process {executable!r} wrote to standard error: {data!r}",
                executable=self.executable,
                data=data,
                protocol=self.protocol,
            )

    def processEnded(self, reason: Failure) -> None:
        """End the connection: cleanly when the exit status was 0, else with the process's own reason.

        What the protocol raised before goes before both.
        """
        if self.failure is not None:
            reason = self.failure
        elif reason.check(ProcessDone):
            reason = Failure(ConnectionDone())
        self.protocol.connectionLost(reason)

    def _failed(self, method: str) -> None:
        """Log the exception being handled, and close the child's pipes."""
        self.failure = Failure()
        _log.failure(f"Error in {method} of {{culprit!r}}", self.failure, culprit=self.protocol)
        self.transport.loseConnection()


@implementer(IStreamClientEndpoint)
class ProcessEndpoint:
    """Starts a program and connects to its standard input and output.

    Args:
        reactor: An `IReactorProcess`.
        executable: The program's path.
        args: Its arguments; the first is the name it is called by.
        env: Its environment; None for this process's.
        path: The directory it runs in.
        uid: The user it runs as.
        gid: The group it runs as.
        usePTY: Whether to run it on a pseudo-terminal.
        childFDs: Its descriptors, as for ``spawnProcess``.
        errFlag: What becomes of what it writes to standard error.
    """

    def __init__(
        self,
        reactor: Any,
        executable: Any,
        args: Sequence[Any] = (),
        env: Mapping[Any, Any] | None = {},
        path: Any = None,
        uid: int | None = None,
        gid: int | None = None,
        usePTY: Any = 0,
        childFDs: Mapping[int, Any] | None = None,
        errFlag: StandardErrorBehavior = StandardErrorBehavior.LOG,
    ) -> None:
        self._reactor = reactor
        self._executable = executable
        self._args = args
        self._env = env
        self._path = path
        self._uid = uid
        self._gid = gid
        self._usePTY = usePTY
        self._childFDs = childFDs
        self._errFlag = errFlag
        self._spawnProcess = reactor.spawnProcess

    def connect(self, protocolFactory: Any) -> Deferred[IProtocol]:
        """Start the program.

        Args:
            protocolFactory: An `IProtocolFactory`.

        Returns:
            A Deferred that fires with the protocol, or fails with what ``spawnProcess`` or the protocol's
            ``makeConnection`` raised.
        """
        try:
            protocol = protocolFactory.buildProtocol(ProcessAddress())
            if protocol is None:
                raise NoProtocol
            child = _Child(protocol, self._executable, self._errFlag)
            self._spawnProcess(
                child,
                self._executable,
                self._args,
                self._env,
                self._path,
                self._uid,
                self._gid,
                self._usePTY,
                self._childFDs,
            )
        except Exception:
            return fail(Failure())
        return succeed(protocol) if child.failure is None else fail(child.failure)
