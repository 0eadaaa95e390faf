"""``twisted.runner.procmon``: the process monitor, with what it once was called by."""

from __future__ import annotations

from typing import Any

from sennit.app import procmon
from sennit.log import Logger
from sennit.twisted.python.deprecate import deprecated, deprecatedProperty
from sennit.twisted.python.versions import Version

__all__ = ["ProcessMonitor"]

_SINCE = Version("Twisted", 18, 7, 0)
_ROOM = "twisted.runner.procmon"


class _Process(procmon.Program):
    """A program, which can be had as a tuple."""

    def toTuple(self) -> Any:
        """(Deprecated.) Return the arguments, user, group and environment."""
        return (self.args, self.uid, self.gid, self.env)


_Process.toTuple.__qualname__ = "_Process.toTuple"
_Process.toTuple.__module__ = _ROOM
_Process.toTuple = deprecated(_SINCE)(_Process.toTuple)  # type: ignore[method-assign]


class ProcessMonitor(procmon.ProcessMonitor):
    """Keeps programs running while it runs.

    Args:
        reactor: The reactor; None for the current one.
    """

    __module__ = _ROOM
    log = Logger()
    program_class = _Process
    _processes: dict[str, Any]

    def _as_tuples(self) -> dict[str, Any]:
        """(Deprecated.) Return the programs as tuples, by name."""
        return {name: program.toTuple() for name, program in self._processes.items()}

    _as_tuples.__qualname__ = "ProcessMonitor.processes"
    _as_tuples.__module__ = _ROOM
    processes = deprecatedProperty(_SINCE)(_as_tuples)

    def _state(self) -> dict[str, Any]:
        """(Deprecated.) Return what is saved."""
        state = super().__getstate__()
        del state["_reactor"]
        state["processes"] = self.processes
        del state["_processes"]
        return state

    _state.__qualname__ = "ProcessMonitor.__getstate__"
    _state.__module__ = _ROOM
    __getstate__ = deprecated(_SINCE)(_state)
