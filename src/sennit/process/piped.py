"""Child processes on pipes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, IProcessTransport, IPushProducer
from sennit.process.child import Child, ChildReader, ChildWriter
from sennit.process.failing import failed_in_child, say_why
from sennit.process.starting import Argument, start

__all__ = ["Process"]

_STANDARD: Mapping[int, int | Literal["r", "w"]] = {0: "w", 1: "r", 2: "r"}


@implementer(IProcessTransport, IConsumer, IPushProducer)
class Process(Child):
    """A child process whose descriptors are pipes to us, or descriptors of ours.

    Args:
        reactor: The reactor.
        executable: The program.
        args: Its arguments, ``argv[0]`` first.
        environment: Its environment; None for ours.
        path: Its working folder; None for ours.
        proto: The `IProcessProtocol`.
        uid: The number of its user; None for ours.
        gid: The number of its main group; None for the user's, or ours.
        childFDs: What each of its descriptors is: ``"w"`` a pipe that we write to, ``"r"`` a pipe that we
            read from, a number that descriptor of ours.  None for ``{0: "w", 1: "r", 2: "r"}``.
        process_group: The group of processes to put it in, 0 for a new one; None for ours.

    Raises:
        OSError: If there can be no process, or the program cannot be run.  When `path`, `uid` or `gid` is
            given, a program that cannot be run is a process that ends with exit code 1 instead, having said
            why on its standard error.
        TypeError: If an argument is neither text, bytes nor a path.
        ValueError: If there is no ``argv[0]``, an argument has a NUL in it, or `childFDs` makes no sense.
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
        childFDs: Mapping[int, int | Literal["r", "w"]] | None = None,
        *,
        process_group: int | None = None,
    ) -> None:
        super().__init__(reactor, proto)
        kinds: dict[int, type[ChildReader | ChildWriter]] = {}
        mine: dict[int, int] = {}
        descriptors: dict[int, int] = {}
        pid: int | None = None
        try:
            for name, kind in (_STANDARD if childFDs is None else childFDs).items():
                if not isinstance(name, int) or name < 0:
                    raise ValueError(f"A key of childFDs must be a descriptor's number, not {name!r}.")
                if kind == "r":
                    mine[name], descriptors[name] = os.pipe()
                    kinds[name] = ChildReader
                elif kind == "w":
                    descriptors[name], mine[name] = os.pipe()
                    kinds[name] = ChildWriter
                elif isinstance(kind, int) and kind >= 0:
                    descriptors[name] = kind
                else:
                    raise ValueError(
                        f"childFDs[{name}] must be 'r', 'w' or the number of a descriptor, not {kind!r}."
                    )
            try:
                pid = start(
                    executable, args, environment, path, uid, gid, descriptors, process_group=process_group
                )
            except OSError as error:
                if (path is None and uid is None and gid is None) or not failed_in_child(error):
                    raise
                if 2 in mine:
                    say_why(descriptors[2], executable, error)
        except BaseException:
            for descriptor in mine.values():
                os.close(descriptor)
            raise
        finally:
            for name in mine:
                os.close(descriptors[name])
        for name, kind_of_pipe in kinds.items():
            self.pipes[name] = kind_of_pipe(self, name, mine[name])
        self._begin(pid)

    def childConnectionLost(self, childFD: int, reason: Failure) -> None:
        """Tell the protocol that one of the child's descriptors is closed."""
        self.pipes.pop(childFD, None)
        if self.proto is not None:
            self._tell(self.proto.childConnectionLost, childFD)
        self.maybeCallProcessEnded()
