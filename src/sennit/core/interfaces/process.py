"""Interfaces of child processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from zope.interface import Attribute, Interface

from sennit.core.interfaces.transport import ITransport

if TYPE_CHECKING:
    from sennit.core.failure import Failure

__all__ = ["IProcessProtocol", "IProcessTransport", "IReactorProcess"]


class IProcessProtocol(Interface):
    """Converses with a child process."""

    def makeConnection(process: IProcessTransport) -> None:
        """Take the transport and begin."""

    def childDataReceived(childFD: int, data: bytes) -> None:
        """Take bytes that the child wrote.

        Args:
            childFD: The descriptor in the child that it wrote to.
            data: What it wrote.
        """

    def childConnectionLost(childFD: int) -> None:
        """Learn that one of the child's descriptors is closed."""

    def processExited(reason: Failure) -> None:
        """Learn that the child has exited; its output may not all have come yet.

        Args:
            reason: A `sennit.core.errors.ProcessDone` or `sennit.core.errors.ProcessTerminated` in a Failure.
        """

    def processEnded(reason: Failure) -> None:
        """Learn that the child has exited and all its descriptors are closed; the last call.

        Args:
            reason: As for `processExited`.
        """


class IProcessTransport(ITransport):
    """A child process as its protocol sees it."""

    pid: int | None = Attribute("The process's number; None before it has started and when it has ended.")

    def closeStdin() -> None:
        """Close the child's standard input, when what is written is sent."""

    def closeStdout() -> None:
        """Close our end of the child's standard output."""

    def closeStderr() -> None:
        """Close our end of the child's standard error."""

    def closeChildFD(descriptor: int) -> None:
        """Close our end of one of the child's descriptors, by its number in the child."""

    def writeToChild(childFD: int, data: bytes) -> None:
        """Write to one of the child's descriptors.

        Args:
            childFD: Its number in the child.
            data: What to write.

        Raises:
            KeyError: If the child has no such descriptor, or not any more.
        """

    def loseConnection() -> None:
        """Close the child's standard streams."""

    def signalProcess(signalID: str | int) -> None:
        """Send a signal.

        Args:
            signalID: Its number, its name without ``SIG``, or ``"HUP"``, ``"STOP"``, ``"INT"``, ``"KILL"``,
                ``"TERM"``.

        Raises:
            sennit.core.errors.ProcessExitedAlready: If the child has ended.
        """


class IReactorProcess(Interface):
    """A reactor that starts processes."""

    def spawnProcess(
        processProtocol: IProcessProtocol,
        executable: bytes | str,
        args: Sequence[bytes | str],
        env: Mapping[str, str] | Mapping[bytes, bytes] | None = None,
        path: bytes | str | None = None,
        uid: int | None = None,
        gid: int | None = None,
        usePTY: bool | tuple[int, int, str | bytes] = False,
        childFDs: Mapping[int, int | Literal["r", "w"]] | None = None,
    ) -> IProcessTransport:
        """Start a process.

        Args:
            processProtocol: What converses with it.
            executable: The program's path.
            args: Its arguments, from ``argv[0]`` on.
            env: Its whole environment; None for ours.
            path: Its working directory; None for ours.
            uid: The user to run as; None for ours.
            gid: The group to run as; None for ours.
            usePTY: Whether to give it a pseudo-terminal; a tuple ``(master, slave, name)`` gives that one.
            childFDs: What each of its descriptors is: ``"w"`` a pipe that we write, ``"r"`` a pipe that we
                read, a number that descriptor of ours.  None for ``{0: "w", 1: "r", 2: "r"}``.

        Raises:
            OSError: If the process cannot be made.
        """
