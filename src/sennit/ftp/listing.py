"""What a server lists: lines as ``ls -l`` writes them, and facts (RFC 3659 section 7).

LIST is for people and has no grammar.  Its most common form is read; a line of another form is handed on.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sennit.framing.basic import LineReceiver
from sennit.framing.numbers import NumberError, parse_decimal

__all__ = ["Entry", "FTPFileListProtocol", "children", "parse_machine_line", "parse_timestamp"]

_LARGEST = (1 << 63) - 1
_TIMESTAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,6})\d*)?", re.ASCII)


class FTPFileListProtocol(LineReceiver):
    """Reads a list for people: the answer to LIST.

    Attributes:
        files: What it read, a dictionary for each file, with the keys ``filetype`` (``d`` for a directory),
            ``perms``, ``nlinks``, ``owner``, ``group``, ``size`` (in octets), ``date``, ``filename`` and
            ``linktarget`` (None unless it is a link).
        fileLinePattern: Reads a line, by groups of those names.
        encoding: How names are written.
        limit: How many files are read; what comes behind them is dropped with the connection.
    """

    fileLinePattern = re.compile(
        r"(?P<filetype>[-\w])(?P<perms>[-\w]{9})[+.@]?\s++"
        r"(?P<nlinks>\d*+)\s*+(?P<owner>\S++)\s++(?P<group>\S++)\s++(?P<size>\d++)\s++"
        r"(?P<date>\S{3}\s++\d{1,2}\s++[\d:]{4,5}|\d{4}-\d\d-\d\d\s++[\d:]{5,8})\s++"
        r"(?P<filename>.+?)(?: -> (?P<linktarget>.*+))?\Z",
        re.ASCII | re.DOTALL,
    )
    delimiter = b"\n"
    encoding: str = "latin-1"
    limit: int = 1_000_000

    def __init__(self) -> None:
        self.files: list[dict[str, Any]] = []

    def lineReceived(self, line: bytes) -> None:
        """Read a line."""
        text = line.decode(self.encoding, "surrogateescape")
        info = self.parseDirectoryLine(text)
        if info is None:
            self.unknownLine(text)
        elif len(self.files) >= self.limit:
            self.transport.loseConnection()
        else:
            self.addFile(info)

    def parseDirectoryLine(self, line: str) -> dict[str, Any] | None:
        """Read a line; may be overridden for another form.

        Returns:
            What it says of a file, as `files` has it, or None if it is of another form.
        """
        match = self.fileLinePattern.match(line.removesuffix("\r"))
        if match is None:
            return None
        info: dict[str, Any] = match.groupdict()
        try:
            info["size"] = parse_decimal(info["size"], _LARGEST)
            info["nlinks"] = parse_decimal(info["nlinks"] or "0", _LARGEST)
        except NumberError:
            return None
        info["filename"] = info["filename"].replace("\\ ", " ")
        if info["linktarget"]:
            info["linktarget"] = info["linktarget"].replace("\\ ", " ")
        return info

    def addFile(self, info: dict[str, Any]) -> None:
        """Take what a line says of a file; may be overridden.

        Args:
            info: As `files` has it.
        """
        self.files.append(info)

    def unknownLine(self, line: str) -> None:
        """Take a line of another form; may be overridden."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What MLSD or MLST says of a file.

    Attributes:
        name: Its name; of MLST, its path.
        facts: What is said, by the fact's name in lower case.
    """

    name: str
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its type: ``file``, ``dir``, or another; ``cdir`` is the directory itself, ``pdir`` that above."""
        return self.facts.get("type", "").lower()

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.kind in {"dir", "cdir", "pdir"}

    @property
    def size(self) -> int | None:
        """Its size in octets, or None if that is not said."""
        try:
            return parse_decimal(self.facts.get("size", ""), _LARGEST)
        except NumberError:
            return None

    @property
    def modified(self) -> dt.datetime | None:
        """When it was changed, or None if that is not said."""
        try:
            return parse_timestamp(self.facts.get("modify", ""))
        except ValueError:
            return None


def parse_machine_line(line: str) -> Entry:
    """Read a line of MLSD or MLST (RFC 3659 section 7.2).

    Raises:
        ValueError: If it is none.
    """
    written, space, name = line.partition(" ")
    if not space or not name:
        raise ValueError(f"A line of facts is facts, a space and a name, not {line[:80]!r}.")
    facts = {}
    for each in written.split(";"):
        fact, equals, value = each.partition("=")
        if fact and equals:
            facts[fact.lower()] = value
    return Entry(name, facts)


def children(entries: Iterable[Entry]) -> list[Entry]:
    """Return what is in a directory, the directory itself and that above left out.

    Raises:
        ValueError: If a name leads elsewhere: who makes a file of that name here is not to be led out of
            his folder.
    """
    found = []
    for entry in entries:
        if entry.kind in {"cdir", "pdir"} or entry.name in {".", ".."}:
            continue
        if "/" in entry.name or "\0" in entry.name:
            raise ValueError(f"The name of a file leads elsewhere: {entry.name[:80]!r}.")
        found.append(entry)
    return found


def parse_timestamp(text: str) -> dt.datetime:
    """Read a time as MDTM and facts write it (RFC 3659 section 2.3); it is UTC.

    Raises:
        ValueError: If it is none.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError(f"A time is YYYYMMDDHHMMSS, not {text[:40]!r}.")
    year, month, day, hour, minute, second = (int(number) for number in match.groups()[:6])
    fraction = int((match[7] or "0").ljust(6, "0"))
    # A leap second has no place in a datetime.
    return dt.datetime(year, month, day, hour, minute, min(second, 59), fraction, tzinfo=dt.UTC)
