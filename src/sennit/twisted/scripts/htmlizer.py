"""The command ``pyhtmlizer``: a Python program as an HTML page beside it."""

from __future__ import annotations

import html
import os
import sys
from typing import ClassVar

from sennit.twisted import copyright
from sennit.twisted.python import htmlizer, usage

__all__ = ["Options", "alternateLink", "footer", "header", "run", "styleLink"]

header = """<html><head>
<title>%(title)s</title>
<meta name="Generator" content="%(generator)s" />
%(alternate)s
%(stylesheet)s
</head>
<body>
"""
footer = """</body>"""
styleLink = """<link rel="stylesheet" href="%s" type="text/css" />"""
alternateLink = """<link rel="alternate" href="%(source)s" type="text/x-python" />"""


class Options(usage.Options):
    """What the command takes: a file's name, and a style sheet's address for the page."""

    synopsis = f"{os.path.basename(sys.argv[0])} [options] source.py\n    "  # noqa: PTH119
    optParameters: ClassVar = [("stylesheet", "s", None, "URL of stylesheet to link to.")]
    compData = usage.Completions(extraActions=[usage.CompleteFiles("*.py", descr="source python file")])

    def parseArgs(self, filename: str) -> None:  # type: ignore[override]  # its arguments are its contract
        """Take the one argument.

        Args:
            filename: The program.
        """
        self["filename"] = filename


def run() -> None:
    """Write ``source.py.html`` for the command line's ``source.py``; leave with 1 if it makes no sense."""
    options = Options()
    try:
        options.parseOptions()
    except usage.UsageError as error:
        sys.stdout.write(f"{error}\n")
        raise SystemExit(1) from None
    filename = options["filename"]
    stylesheet = options["stylesheet"]
    page = header % {
        "title": html.escape(filename),
        "generator": f"htmlizer/{copyright.longversion.splitlines()[0]}",
        "alternate": alternateLink % {"source": html.escape(filename)},
        "stylesheet": "" if stylesheet is None else styleLink % html.escape(stylesheet),
    }
    with open(filename, "rb") as source, open(f"{filename}.html", "wb") as out:  # noqa: PTH123
        out.write(page.encode())
        htmlizer.filter(source, out, htmlizer.SmallerHTMLWriter)
        out.write(footer.encode())
