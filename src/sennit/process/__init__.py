"""Child processes on pipes and terminals, and this process's own standard input and output."""

from __future__ import annotations

from sennit.process.calls import (
    UnexpectedErrorOutput,
    getProcessOutput,
    getProcessOutputAndValue,
    getProcessValue,
)
from sennit.process.piped import Process
from sennit.process.stdio import PipeAddress, StandardIO
from sennit.process.terminal import PTYProcess

__all__ = [
    "PTYProcess",
    "PipeAddress",
    "Process",
    "StandardIO",
    "UnexpectedErrorOutput",
    "getProcessOutput",
    "getProcessOutputAndValue",
    "getProcessValue",
]
