"""Wrapping, splitting and trimming of text."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable
from typing import IO, Any

__all__ = [
    "endsInNewline",
    "greedyWrap",
    "isMultiline",
    "removeLeadingBlanks",
    "removeLeadingTrailingBlanks",
    "splitQuoted",
    "strFile",
    "stringyString",
    "wordWrap",
]


def isMultiline(s: str) -> bool:
    """Return whether there is a newline in `s`."""
    return "\n" in s


def endsInNewline(s: str) -> bool:
    """Return whether `s` ends in a newline."""
    return s.endswith("\n")


def greedyWrap(inString: str, width: int = 80) -> list[str]:
    """Return the lines of at most `width` characters that a text fills; blank lines stay.

    Args:
        inString: The text; its own line ends are spaces, except where a line is blank.
        width: The length of a line.  A longer word stands alone.
    """
    lines: list[str] = []
    for paragraph in inString.expandtabs().strip().split("\n\n"):
        if lines:
            lines.append("")
        lines += textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False)
    return lines


wordWrap = greedyWrap


def removeLeadingBlanks(lines: Iterable[str]) -> list[str]:
    """Return the lines from the first that is not blank."""
    kept: list[str] = []
    for line in lines:
        if kept or line.strip():
            kept.append(line)
    return kept


def removeLeadingTrailingBlanks(s: str) -> str:
    """Return `s` without blank lines at its beginning and end, ending in a newline."""
    lines = removeLeadingBlanks(s.split("\n"))
    lines.reverse()
    lines = removeLeadingBlanks(lines)
    lines.reverse()
    return "\n".join(lines) + "\n"


def splitQuoted(s: str) -> list[str]:
    """Return the words in `s`; what is in quotes is one word.

    Raises:
        ValueError: If a quote is not closed.
    """
    return shlex.split(s)


def strFile(p: str, f: IO[str], caseSensitive: bool = True) -> bool:
    """Return whether the text `p` is in the open file `f`.

    Args:
        p: The text.
        f: The file, which is read to its end, a piece at a time.
        caseSensitive: Whether case matters.
    """
    wanted = p if caseSensitive else p.lower()
    window = ""
    while piece := f.read(65536):
        window += piece if caseSensitive else piece.lower()
        if wanted in window:
            return True
        window = window[max(0, len(window) - len(wanted) + 1) :]
    return not wanted


def stringyString(object: Any, indentation: str = "") -> str:
    """Return an object as indented text: a line for each element of a list or pair of a dictionary.

    Args:
        object: The object.
        indentation: What to put before each line.
    """
    if isinstance(object, dict):
        parts = [(f"{key!r}: ", value) for key, value in object.items()]
    elif isinstance(object, list | tuple):
        parts = [("", value) for value in object]
    else:
        return "".join(f"{indentation}{line}\n" for line in str(object).split("\n"))
    text = ""
    for label, value in parts:
        inner = stringyString(value, indentation + "  ")
        one_line = "\n" not in inner.rstrip("\n") and not isinstance(value, dict | list | tuple)
        text += f"{indentation}  {label}{inner.strip()}\n" if one_line else f"{indentation}  {label}\n{inner}"
    return text
