"""Work in time: loops, turns, delays, deadlines and groups of tasks.

Up to `react` the names are those of ``twisted.internet.task``.
"""

from __future__ import annotations

from sennit.task.clock import Clock
from sennit.task.cooperation import (
    CooperativeTask,
    Cooperator,
    NotPaused,
    SchedulerError,
    SchedulerStopped,
    TaskDone,
    TaskFailed,
    TaskFinished,
    TaskStopped,
    coiterate,
    cooperate,
)
from sennit.task.later import deferLater
from sennit.task.looping import LoopingCall
from sennit.task.program import react

__all__ = [
    "Clock",
    "CooperativeTask",
    "Cooperator",
    "LoopingCall",
    "NotPaused",
    "SchedulerError",
    "SchedulerStopped",
    "TaskDone",
    "TaskFailed",
    "TaskFinished",
    "TaskStopped",
    "coiterate",
    "cooperate",
    "deferLater",
    "react",
]
