"""Blocking work beside the loop: thread pools, and calls between threads and Deferreds."""

from __future__ import annotations

from sennit.threads.calls import (
    blockingCallFromThread,
    callMultipleInThread,
    deferToThread,
    deferToThreadPool,
)
from sennit.threads.pool import ThreadPool, ThreadPoolStopped, WorkerStop

__all__ = [
    "ThreadPool",
    "ThreadPoolStopped",
    "WorkerStop",
    "blockingCallFromThread",
    "callMultipleInThread",
    "deferToThread",
    "deferToThreadPool",
]
