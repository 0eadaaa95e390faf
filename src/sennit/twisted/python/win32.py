"""What ``twisted.python.win32`` has that means something elsewhere: command lines quoted for Windows.

There a run of backslashes before a double quote, or at the end of a quoted argument, is read as half as many.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from sennit.twisted.python.deprecate import deprecatedModuleAttribute
from sennit.twisted.python.versions import Version

__all__ = [
    "ERROR_DIRECTORY",
    "ERROR_FILE_NOT_FOUND",
    "ERROR_INVALID_NAME",
    "ERROR_PATH_NOT_FOUND",
    "O_BINARY",
    "cmdLineQuote",
    "formatError",
    "quoteArguments",
]

ERROR_FILE_NOT_FOUND = 2
ERROR_PATH_NOT_FOUND = 3
ERROR_INVALID_NAME = 123
ERROR_DIRECTORY = 267

O_BINARY: int = getattr(os, "O_BINARY", 0)

_BEFORE_A_QUOTE = re.compile(r'(\\*)"')
_AT_THE_END = re.compile(r"(\\+)\Z")
_SPACE = re.compile(r"\s")


class FakeWindowsError(OSError):
    """Stands for `WindowsError` where there is none."""


WindowsError = FakeWindowsError if os.name != "nt" else OSError

for _name in ("FakeWindowsError", "WindowsError"):
    deprecatedModuleAttribute(
        Version("Twisted", 21, 2, 0),
        "Catch OSError and check presence of 'winerror' attribute.",
        __name__,
        _name,
    )


def cmdLineQuote(s: str) -> str:
    """Quote one argument of a command line."""
    s = _BEFORE_A_QUOTE.sub(r'\1\1\\"', s)
    s = _AT_THE_END.sub(r"\1\1", s)
    return f'"{s}"' if not s or _SPACE.search(s) else s


def quoteArguments(arguments: Iterable[str]) -> str:
    """Return the command line for several arguments."""
    return " ".join(map(cmdLineQuote, arguments))


def formatError(errorcode: int) -> str:
    """Return the system's text for an error's number."""
    return os.strerror(errorcode)
