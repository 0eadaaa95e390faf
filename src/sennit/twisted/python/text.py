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
    """Return the lines of at most `width` characters that a text fills.

    Where a line of the text is blank, a paragraph ends; each of several paragraphs is followed by an empty
    line.

    Args:
        inString: The text; its own line ends are spaces, except where a line is blank.
        width: The length of a line.  A longer word stands alone.
    """
    lines: list[str] = []
    paragraphs = inString.split("\n\n")
    for paragraph in paragraphs:
        words = " ".join(paragraph.split())
        lines += textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False)
        if len(paragraphs) > 1:
            lines.append("")
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
    """Return an object as text: what is in lists, tuples and dictionaries on lines of its own.

    Args:
        object: The object.
        indentation: What to put before each line.

    Returns:
        The text; it ends in a newline if it is of more than one line.
    """
    inner = indentation + " "
    if isinstance(object, dict):
        brackets = "{}"
        parts = [_pair(inner, key, value) for key, value in object.items()]
    elif isinstance(object, list | tuple):
        brackets = "()" if isinstance(object, tuple) else "[]"
        parts = [stringyString(value, inner).removesuffix("\n") + "," for value in object]
    else:
        lines = str(object).split("\n")
        return "\n".join(indentation + line for line in lines) + ("\n" if len(lines) > 1 else "")
    # The bracket stands where the first line is one further in than it.
    text = indentation + brackets[0] + "\n".join(parts)[len(inner) :] + brackets[1]
    return text + "\n" if "\n" in text else text


def _pair(indentation: str, key: object, value: object) -> str:
    text = stringyString(value)
    if "\n" not in text:
        return f"{indentation}{key}: {text}"
    return f"{indentation}{key}:\n{stringyString(value, indentation + '  ')}".removesuffix("\n")
