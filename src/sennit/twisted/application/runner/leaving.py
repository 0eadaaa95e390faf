"""Leaving the interpreter with a status that says why, after ``sysexits.h``."""

from __future__ import annotations

import os
from enum import IntEnum
from sys import exit as sysexit
from sys import stderr, stdout
from typing import NoReturn

__all__ = ["ExitStatus", "exit"]


class ExitStatus(IntEnum):
    """The statuses that the system gives names to."""

    EX_OK = os.EX_OK
    EX_USAGE = os.EX_USAGE
    EX_DATAERR = os.EX_DATAERR
    EX_NOINPUT = os.EX_NOINPUT
    EX_NOUSER = os.EX_NOUSER
    EX_NOHOST = os.EX_NOHOST
    EX_UNAVAILABLE = os.EX_UNAVAILABLE
    EX_SOFTWARE = os.EX_SOFTWARE
    EX_OSERR = os.EX_OSERR
    EX_OSFILE = os.EX_OSFILE
    EX_CANTCREAT = os.EX_CANTCREAT
    EX_IOERR = os.EX_IOERR
    EX_TEMPFAIL = os.EX_TEMPFAIL
    EX_PROTOCOL = os.EX_PROTOCOL
    EX_NOPERM = os.EX_NOPERM
    EX_CONFIG = os.EX_CONFIG


def exit(status: int | ExitStatus, message: str = "") -> NoReturn:
    """Leave the interpreter.

    Args:
        status: The exit status.
        message: What to say first: to standard output if all is well, else to standard error.

    Raises:
        SystemExit: Always.
    """
    if message:
        stream = stdout if status == ExitStatus.EX_OK else stderr
        stream.write(f"{message}\n")
        stream.flush()
    sysexit(status)
