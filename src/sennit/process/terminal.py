"""Child processes on a terminal of their own."""

from __future__ import annotations

import os
import termios
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, IProcessTransport, IPushProducer
from sennit.process.child import Child, ChildReader, ChildWriter
from sennit.process.failing import failed_in_child, say_why
from sennit.process.starting import Argument, start

__all__ = ["PTYProcess"]

_IN, _OUT = 0, 1


@implementer(IProcessTransport, IConsumer, IPushProducer)
class PTYProcess(Child):
    """A child process on a pseudo-terminal, which is its controlling terminal in a session of its own.

    What it writes to its standard output or error comes as output.  The two directions end together, and
    the protocol hears nothing of that but `processEnded`.

    Args:
        reactor: The reactor.
        executable: The program.
        args: Its arguments, ``argv[0]`` first.
        environment: Its environment; None for ours.
        path: Its working folder; None for ours.
        proto: The `IProcessProtocol`.
        uid: The number of its user; None for ours.
        gid: The number of its main group; None for the user's, or ours.
        usePTY: True for a new terminal; or the tuple ``(master, slave, name)`` of one that is open, of which
            both descriptors are taken over.

    Raises:
        OSError: If there can be no terminal or process.  A program that cannot be run is a process that ends
            with exit code 1, having said why.
        TypeError: If an argument is neither text, bytes nor a path.
        ValueError: If there is no ``argv[0]``, or an argument has a NUL in it.
    """

    def __init__(
        self,
        reactor: Any,
        executable: Argument,
        args: Sequence[Argument],
        environment: Mapping[Any, Any] | None,
        path: Argument | None,
        proto: Any,
        uid: int | None = None,
        gid: int | None = None,
        usePTY: Any = None,
    ) -> None:
        super().__init__(reactor, proto)
        master, slave = usePTY[:2] if isinstance(usePTY, (tuple, list)) else os.openpty()
        pid: int | None = None
        with ExitStack() as if_failed, ExitStack() as theirs:
            if_failed.callback(os.close, master)
            theirs.callback(os.close, slave)
            writing = os.dup(master)
            if_failed.callback(os.close, writing)
            try:
                pid = start(
                    executable,
                    args,
                    environment,
                    path,
                    uid,
                    gid,
                    {0: slave, 1: slave, 2: slave},
                    terminal=True,
                )
            except OSError as error:
                if not failed_in_child(error):
                    raise
                say_why(slave, executable, error)
            if_failed.pop_all()
        self.pipes[_OUT] = ChildReader(self, _OUT, master)
        self.pipes[_IN] = ChildWriter(self, _IN, writing)
        self._begin(pid)

    def fileno(self) -> int:
        """Return the number of our side of the terminal; -1 when it is closed."""
        pipe = self.pipes.get(_OUT)
        return pipe.fileno() if isinstance(pipe, ChildReader) else -1

    def set_window_size(self, rows: int, columns: int) -> None:
        """Tell the terminal how large its window is; the processes in its foreground get SIGWINCH.

        Args:
            rows: Lines of text.
            columns: Characters in a line.
        """
        termios.tcsetwinsize(self.fileno(), (rows, columns))

    def closeChildFD(self, childFD: int) -> None:
        """Do nothing: a terminal's directions do not close one by one."""

    def loseConnection(self) -> None:
        """Hang up when all is written; the child's session gets SIGHUP."""
        pipe = self.pipes.get(_IN)
        if pipe is not None:
            pipe.loseConnection()

    def childConnectionLost(self, childFD: int, reason: Failure) -> None:
        """End the other direction too."""
        self.pipes.pop(childFD, None)
        for pipe in self.pipes.values():
            pipe.close_now()
        self.maybeCallProcessEnded()
