"""Python source as HTML: a ``span`` for each token, its class named for the kind of token.

White space and everything else between tokens is written as it stands, so what a reader copies from the page
is the program.
"""

from __future__ import annotations

import html
import sys
import tokenize
from collections.abc import Callable
from io import BytesIO
from typing import IO, ClassVar, Final

__all__ = ["HTMLWriter", "SmallerHTMLWriter", "TokenPrinter", "filter", "main"]

_Place = tuple[int, int]
_NAMED_AFTER: Final = (b"def", b"class")


class TokenPrinter:
    """Follows tokens through their source and says of each what it is.

    Args:
        writer: Called with the bytes of a token and its kind, and with the bytes between tokens alone.
    """

    currentCol: int = 0
    currentLine: int = 1
    lastIdentifier: int = 0
    parameters: int = 0
    encoding: str = "utf-8"

    def __init__(self, writer: Callable[..., object]) -> None:
        self.writer = writer

    def printtoken(
        self, type: int, token: str | bytes, sCoordinates: _Place, eCoordinates: _Place, line: str | bytes
    ) -> None:
        """Write a token, and before it what stands between it and the last one.

        Args:
            type: The token's type, one of `tokenize`'s numbers.
            token: The token.
            sCoordinates: The line and column where it begins.
            eCoordinates: The line and column where it ends.
            line: The whole line.
        """
        if type == tokenize.ENCODING:
            self.encoding = token if isinstance(token, str) else token.decode("ascii")
            return
        text, whole = self._encoded(token), self._encoded(line)
        begins, column = sCoordinates
        if self.currentLine < begins:
            self.writer(b"\n")
            self.currentCol = 0
        self.writer(whole[self.currentCol : column])
        self.currentLine, self.currentCol = eCoordinates
        if type in (tokenize.NEWLINE, tokenize.NL):
            self.currentLine, self.currentCol = self.currentLine + 1, 0
        self.writer(text, self._kind(type, text))

    def _encoded(self, text: str | bytes) -> bytes:
        return text if isinstance(text, bytes) else text.encode(self.encoding)

    def _kind(self, type: int, text: bytes) -> str:
        """Name the token's kind; of names, whether they are being defined, are parameters, or are used."""
        kind = tokenize.tok_name[type].lower()
        if kind == "name":
            if self.lastIdentifier:
                self.lastIdentifier, self.parameters = 0, 1
                return "identifier"
            if self.parameters:
                return "parameter"
            self.lastIdentifier = int(text in _NAMED_AFTER)
            return "variable"
        if text == b":":
            self.parameters = 0
        return kind


class HTMLWriter:
    """Writes tokens as HTML.

    Args:
        writer: Called with the bytes to write.

    Attributes:
        noSpan: The kinds of token that are written bare.
    """

    noSpan: ClassVar[list[str]] = []

    def __init__(self, writer: Callable[[bytes], object]) -> None:
        self.writer = writer

    def write(self, token: bytes, type: str | None = None) -> None:
        """Write a token.

        Args:
            token: Its bytes.
            type: Its kind; None for what stands between tokens.
        """
        # Every encoding that Python source may have leaves ASCII as it is.
        escaped = html.escape(token.decode("latin-1")).encode("latin-1")
        if type is not None and type not in self.noSpan:
            escaped = b'<span class="py-src-%s">%s</span>' % (type.encode("ascii"), escaped)
        self.writer(escaped)


class SmallerHTMLWriter(HTMLWriter):
    """Writes less: white space and operators without spans."""

    noSpan: ClassVar[list[str]] = ["endmarker", "indent", "dedent", "op", "newline", "nl"]


def filter(inp: IO[bytes], out: IO[bytes], writer: type[HTMLWriter] = HTMLWriter) -> None:
    """Write a program as a ``pre`` element.

    Args:
        inp: Where its source is read from.
        out: Where the HTML goes.
        writer: The class that makes it.

    Raises:
        tokenize.TokenError: If the source ends inside a bracket or a string.
        SyntaxError: If its encoding is none that Python knows.
    """
    out.write(b"<pre>")
    printer = TokenPrinter(writer(out.write).write)
    for token in tokenize.tokenize(BytesIO(inp.read()).readline):
        printer.printtoken(*token)
    out.write(b"</pre>\n")


def main() -> None:
    """Write the program that the command line names as HTML to standard output."""
    with open(sys.argv[1], "rb") as source:  # noqa: PTH123 (a name as the user gave it)
        filter(source, sys.stdout.buffer)
