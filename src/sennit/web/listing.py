"""`DirectoryLister`: a page that lists a directory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote, unquote

from sennit.web.mime import getTypeAndEncoding, loadMimeTypes
from sennit.web.resource import Resource

__all__ = ["DirectoryLister", "formatFileSize"]

_TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%(header)s</title>
<style>
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; font-weight: 600; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%%; }
th, td { text-align: left; padding: .2rem 1.5rem .2rem 0; border-bottom: 1px solid #8883; }
td:nth-child(n+2) { white-space: nowrap; color: #777; font-variant-numeric: tabular-nums; }
a { text-decoration: none; } a:hover { text-decoration: underline; }
</style>
</head>
<body>
<h1>%(header)s</h1>
<table>
<thead><tr><th>Name</th><th>Size</th><th>Changed</th><th>Type</th></tr></thead>
<tbody>
%(tableContent)s</tbody>
</table>
</body>
</html>
"""
_LINE = (
    '<tr class="%(class)s"><td><a href="%(href)s">%(text)s</a></td>'
    "<td>%(size)s</td><td>%(date)s</td><td>%(type)s%(encoding)s</td></tr>\n"
)


def formatFileSize(size: float) -> str:
    """Return a size in octets as a short text: ``10B``, ``4K``, ``5M``, ``2G``."""
    if size < 1024:
        return f"{int(size)}B"
    for unit, factor in (("K", 1024), ("M", 1024**2)):
        if size < factor * 1024:
            return f"{int(size / factor)}{unit}"
    return f"{int(size / 1024**3)}G"


class DirectoryLister(Resource):
    """Lists a directory: directories first, then files, by name, with sizes and dates.

    Args:
        pathname: The directory.
        dirs: The names to list; all of them if None.
        contentTypes: Media types by extension; the usual ones if None.
        contentEncodings: Content codings by extension.
        defaultType: The media type of files with unknown extensions.

    Attributes:
        template: The page, with places for ``header`` and ``tableContent``.
        linePattern: One row, with places for ``class``, ``href``, ``text``, ``size``, ``date``, ``type`` and
            ``encoding``.
        shows: Tells of a path whether it is to be listed.
    """

    template = _TEMPLATE
    linePattern = _LINE

    def __init__(
        self,
        pathname: str,
        dirs: Sequence[str] | None = None,
        contentTypes: Mapping[str, str] | None = None,
        contentEncodings: Mapping[str, str] | None = None,
        defaultType: str = "text/html",
    ) -> None:
        super().__init__()
        self.path = pathname
        self.dirs = dirs
        self.contentTypes = loadMimeTypes() if contentTypes is None else contentTypes
        self.contentEncodings = (
            {".gz": "gzip", ".bz2": "bzip2"} if contentEncodings is None else contentEncodings
        )
        self.defaultType = defaultType
        self.shows: Callable[[str], bool] = os.path.exists

    def __repr__(self) -> str:
        return f"<DirectoryLister of {self.path!r}>"

    def render(self, request: Any) -> bytes:
        """Answer with the page."""
        request.setHeader(b"content-type", b"text/html; charset=utf-8")
        path = unquote(request.uri.partition(b"?")[0].decode("ascii", "replace"), errors="replace")
        rows = self._rows()
        if path.strip("/"):
            rows.insert(0, self._row("odd-dir", "../", "Parent directory", "", "", "", ""))
        header = f"Directory listing for {escape(path)}"
        page = self.template % {"header": header, "tableContent": "".join(rows)}
        return page.encode("utf-8", "replace")

    def _row(self, kind: str, href: str, text: str, size: str, date: str, type_: str, encoding: str) -> str:
        return self.linePattern % {
            "class": kind,
            "href": href,
            "text": escape(text),
            "size": size,
            "date": date,
            "type": escape(type_),
            "encoding": escape(encoding),
        }

    def _rows(self) -> list[str]:
        directories, files = [], []
        for name in os.listdir(self.path) if self.dirs is None else self.dirs:
            path = os.path.join(self.path, name)
            if not self.shows(path):
                continue
            try:
                status = os.stat(path)
            except OSError:
                # Gone meanwhile, or a link to nowhere.
                continue
            date = time.strftime("%Y-%m-%d %H:%M", time.gmtime(status.st_mtime))
            href = quote(os.fsencode(name), safe="")
            text = os.fsencode(name).decode("utf-8", "replace")
            if os.path.isdir(path):
                directories.append((name, href + "/", text + "/", "", date, "", ""))
            else:
                type_, encoding = getTypeAndEncoding(
                    name, self.contentTypes, self.contentEncodings, self.defaultType
                )
                size = formatFileSize(status.st_size)
                files.append((name, href, text, size, date, type_, f" ({encoding})" if encoding else ""))
        rows: list[str] = []
        for suffix, entries in (("-dir", sorted(directories)), ("", sorted(files))):
            for _, *cells in entries:
                rows.append(self._row(("even" if len(rows) % 2 else "odd") + suffix, *cells))
        return rows
