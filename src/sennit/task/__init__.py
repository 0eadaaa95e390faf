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
from sennit.task.deadlines import Deadline, deadline, deadline_at, shield
from sennit.task.group import Child, TaskGroup
from sennit.task.later import deferLater
from sennit.task.looping import LoopingCall
from sennit.task.program import react

__all__ = [
    "Child",
    "Clock",
    "CooperativeTask",
    "Cooperator",
    "Deadline",
    "LoopingCall",
    "NotPaused",
    "SchedulerError",
    "SchedulerStopped",
    "TaskDone",
    "TaskFailed",
    "TaskFinished",
    "TaskGroup",
    "TaskStopped",
    "coiterate",
    "cooperate",
    "deadline",
    "deadline_at",
    "deferLater",
    "react",
    "shield",
]
