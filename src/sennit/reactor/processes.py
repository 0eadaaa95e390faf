"""Child processes: the reactor's way to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sennit.core.interfaces import IProcessProtocol, IProcessTransport
from sennit.reactor.base import ReactorBase

__all__ = ["Processes"]


class Processes(ReactorBase):
    """IReactorProcess."""

    def spawnProcess(
        self,
        processProtocol: IProcessProtocol,
        executable: Any,
        args: Sequence[Any] = (),
        env: Mapping[Any, Any] | None = {},
        path: Any = None,
        uid: int | None = None,
        gid: int | None = None,
        usePTY: bool | tuple[int, int, str | bytes] = False,
        childFDs: Mapping[int, int | Literal["r", "w"]] | None = None,
        *,
        process_group: int | None = None,
    ) -> IProcessTransport:
        """Start a process (`sennit.process.Process`), or one on a terminal (`sennit.process.PTYProcess`).

        Args:
            processProtocol: What converses with it.
            executable: The program.  Without a slash it is looked for where PATH says.
            args: Its arguments, from ``argv[0]`` on.
            env: Its whole environment, by default empty; None for ours.
            path: Its working folder; None for ours.
            uid: The number of its user; None for ours.  The groups become that user's.
            gid: The number of its main group; None for the user's, or ours.
            usePTY: Whether to give it a terminal; a tuple ``(master, slave, name)`` gives that one.
            childFDs: What each of its descriptors is: ``"w"`` a pipe that we write to, ``"r"`` a pipe that we
                read from, a number that descriptor of ours.  None for ``{0: "w", 1: "r", 2: "r"}``.
            process_group: The group of processes to put it in, 0 for a new one; None for ours.

        Raises:
            OSError: If there can be no process, or the program cannot be run.
            TypeError: If an argument is neither text, bytes nor a path.
            ValueError: If the arguments make no sense together.
        """
        spawn: Any = getattr(self.loop, "spawn_process", None)
        if spawn is not None:
            # A loop with processes of its own: a simulation's.
            simulated: IProcessTransport = spawn(processProtocol, executable, args)
            return simulated
        # Loaded by the first who needs it: most programs start no process.
        from sennit.process import Process, PTYProcess

        if not usePTY:
            return Process(
                self,
                executable,
                args,
                env,
                path,
                processProtocol,
                uid,
                gid,
                childFDs,
                process_group=process_group,
            )
        if childFDs is not None:
            raise ValueError(
                "A process on a terminal has no childFDs: its descriptors 0, 1 and 2 are the terminal."
            )
        if process_group is not None:
            raise ValueError("A process on a terminal has a session of its own, and with it a process group.")
        return PTYProcess(self, executable, args, env, path, processProtocol, uid, gid, usePTY)
