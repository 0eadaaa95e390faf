"""What is told of files: lines of LIST, facts of MLST and MLSD (RFC 3659 section 7), times, quoted names."""

from __future__ import annotations

import stat
import time
from collections.abc import Sequence
from typing import Any

from sennit.ftp.serializer import printable

__all__ = [
    "FACTS",
    "FACT_KEYS",
    "LIST_KEYS",
    "list_line",
    "machine_line",
    "parsePWDResponse",
    "quoted",
    "timestamp",
]

LIST_KEYS = ("size", "directory", "permissions", "hardlinks", "modified", "owner", "group")
"""What a shell is asked about a file for its line in LIST."""
FACT_KEYS = ("size", "directory", "permissions", "modified")
"""What a shell is asked about a file for its facts."""
FACTS = ("type", "size", "modify", "UNIX.mode")
_SIX_MONTHS = 182 * 86400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def timestamp(modified: float) -> str:
    """Write a time as MDTM and facts do (RFC 3659 section 2.3): in UTC, to the second."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(modified))


def quoted(name: str) -> str:
    """Write a name for a 257 reply: quotes in it are doubled (RFC 959 appendix II)."""
    return printable(name).replace('"', '""')


def parsePWDResponse(response: str) -> str | None:
    """Return the path in a reply to PWD, or None if there is none."""
    start = response.find('"')
    end = response.rfind('"')
    return response[start + 1 : end] if 0 <= start < end else None


def _shorthand(permissions: Any) -> str:
    return stat.filemode(permissions)[1:] if isinstance(permissions, int) else str(permissions.shorthand())


def _mode(permissions: Any) -> int:
    if isinstance(permissions, int):
        return stat.S_IMODE(permissions)
    bits = [letter != "-" for letter in permissions.shorthand()]
    return int("".join("01"[bit] for bit in bits), 2)


def list_line(name: str, values: Sequence[Any], now: float) -> str:
    """Write a file's line in LIST, as ``ls -l`` does.

    Args:
        name: The file's name.
        values: What the shell says, in the order of `LIST_KEYS`.
        now: The time: what is older than half a year has its year in the place of the time of day.
    """
    size, directory, permissions, hardlinks, modified, owner, group = values
    when = time.gmtime(modified)
    recent = now - _SIX_MONTHS < modified <= now + 86400
    tail = f"{when.tm_hour:02}:{when.tm_min:02}" if recent else f"{when.tm_year:5}"
    kind = "d" if directory else "-"
    date = f"{_MONTHS[when.tm_mon - 1]} {when.tm_mday:02} {tail}"
    text = f"{kind}{_shorthand(permissions)}{hardlinks:4} {owner!s:<9} {group!s:<9} {size:>15} {date} "
    return text + printable(name)


def machine_line(name: str, values: Sequence[Any], wanted: Sequence[str] = FACTS, kind: str = "") -> str:
    """Write a file's facts and its name (RFC 3659 section 7.2).

    Args:
        name: The file's name.
        values: What the shell says, in the order of `FACT_KEYS`.
        wanted: Which facts.
        kind: Its type, if it is not ``file`` or ``dir``.
    """
    size, directory, permissions, modified = values
    facts = {
        "type": kind or ("dir" if directory else "file"),
        "size": str(size),
        "modify": timestamp(modified),
        "UNIX.mode": f"{_mode(permissions):04o}",
    }
    if directory:
        del facts["size"]
    return "".join(f"{fact}={facts[fact]};" for fact in wanted if fact in facts) + f" {printable(name)}"
