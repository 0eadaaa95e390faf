"""Child processes that exist in memory only: a test plays the child."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from zope.interface import implementer

from sennit.core.errors import ProcessDone, ProcessExitedAlready, ProcessTerminated
from sennit.core.failure import Failure
from sennit.core.interfaces import IProcessTransport
from sennit.process.standard import StandardStreams

__all__ = ["MemoryProcess"]

_STANDARD: Mapping[int, int | Literal["r", "w"]] = {0: "w", 1: "r", 2: "r"}


@implementer(IProcessTransport)
class MemoryProcess(StandardStreams):
    """A child process that does what a test tells it, as the transport of its protocol.

    The protocol is called from within the ``child_`` methods and `settle` only, never from within what it
    calls itself, as with a real child.

    Args:
        proto: The `IProcessProtocol`.
        executable: The program that was asked for; the other arguments likewise.
        args: Its arguments.
        env: Its environment.
        path: Its working folder.
        uid: Its user.
        gid: Its group.
        usePTY: Whether it was to have a terminal.
        childFDs: What its descriptors are; None for ``{0: "w", 1: "r", 2: "r"}``.

    Attributes:
        written: What was written to each descriptor.
        closed: The descriptors that are closed, by either side.
        signals: What was sent with `signalProcess`, as given; to end by it is the test's to do.
        status: The status it ended with; -1 as long as it runs.
        paused: Whether the protocol wants no data.
    """

    def __init__(
        self,
        proto: Any,
        executable: Any = "program",
        args: Sequence[Any] = ("program",),
        env: Mapping[Any, Any] | None = None,
        path: Any = None,
        uid: int | None = None,
        gid: int | None = None,
        usePTY: Any = False,
        childFDs: Mapping[int, int | Literal["r", "w"]] | None = None,
    ) -> None:
        self.proto = proto
        self.executable = executable
        self.args = args
        self.env = env
        self.path = path
        self.uid = uid
        self.gid = gid
        self.usePTY = usePTY
        self.childFDs = dict(_STANDARD if childFDs is None else childFDs)
        self.pid: int | None = 4242
        self.status = -1
        self.written: dict[int, bytes] = {name: b"" for name, kind in self.childFDs.items() if kind == "w"}
        self.closed: set[int] = set()
        self.signals: list[str | int] = []
        self.paused = False
        self._told: set[int] = set()
        self._held: list[tuple[int, bytes]] = []
        proto.makeConnection(self)

    # What the test does as the child.

    def child_writes(self, data: bytes, descriptor: int = 1) -> None:
        """Write to the protocol; it waits while that is paused.

        Args:
            data: What to write.
            descriptor: To which descriptor.

        Raises:
            BrokenPipeError: If the descriptor is closed, or none to write to.
        """
        if self.childFDs.get(descriptor) != "r" or descriptor in self.closed:
            raise BrokenPipeError(f"The child's descriptor {descriptor} is closed, or was none to write to.")
        self._held.append((descriptor, data))
        self.settle()

    def child_closes(self, descriptor: int) -> None:
        """Close a descriptor in the child."""
        self.closed.add(descriptor)
        self.settle()

    def child_exits(self, exitCode: int = 0, signal: int | None = None) -> None:
        """End: all descriptors are closed, and the protocol is told of the exit and of the end.

        Args:
            exitCode: The exit code.
            signal: The number of the signal that ends it, instead.
        """
        self.status = exitCode << 8 if signal is None else signal
        self.pid = None
        reason: ProcessDone | ProcessTerminated
        if signal is not None:
            reason = ProcessTerminated(signal=signal, status=self.status)
        else:
            reason = ProcessTerminated(exitCode, status=self.status) if exitCode else ProcessDone(self.status)
        self.proto.processExited(Failure(reason))
        self.paused = False
        self.closed.update(self.written, (name for name, kind in self.childFDs.items() if kind == "r"))
        self.settle()
        self.proto.processEnded(Failure(reason))

    def settle(self) -> None:
        """Tell the protocol what it does not know yet: data held back, descriptors that it closed."""
        while self._held and not self.paused:
            descriptor, data = self._held.pop(0)
            if descriptor not in self._told:
                self.proto.childDataReceived(descriptor, data)
        for descriptor in sorted(self.closed - self._told):
            if not any(held == descriptor for held, _data in self._held):
                self._told.add(descriptor)
                self.proto.childConnectionLost(descriptor)

    # What the protocol does.

    def write(self, data: bytes) -> None:
        """Keep what goes to the child's standard input; dropped when that is closed."""
        if 0 in self.written and 0 not in self.closed:
            self.writeToChild(0, data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Keep several byte strings as if joined."""
        self.write(b"".join(data))

    def writeToChild(self, childFD: int, data: bytes) -> None:
        """Keep what goes to one of the child's descriptors.

        Raises:
            KeyError: If it is closed, or none to write to.
        """
        if childFD in self.closed:
            raise KeyError(childFD)
        self.written[childFD] += data

    def closeChildFD(self, childFD: int) -> None:
        """Close one of the child's descriptors, if it has it."""
        if childFD in self.childFDs:
            self.closed.add(childFD)

    def signalProcess(self, signalID: str | int) -> None:
        """Note a signal.

        Raises:
            ProcessExitedAlready: If the child has exited.
        """
        if self.pid is None:
            raise ProcessExitedAlready
        self.signals.append(signalID)

    def pauseProducing(self) -> None:
        """Hold back what the child writes."""
        self.paused = True

    def resumeProducing(self) -> None:
        """Hold back no more; what was held back comes with the next step of the child."""
        self.paused = False
