"""Loaders: where templates come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zope.interface import implementer

from sennit.web.interfaces import ITemplateLoader
from sennit.web.template.xml_reader import read_template

__all__ = ["TagLoader", "XMLFile", "XMLString"]


@implementer(ITemplateLoader)
class TagLoader:
    """A template made of tags.

    Args:
        tag: What to load.
    """

    def __init__(self, tag: Any) -> None:
        self.tag = tag

    def load(self) -> list[Any]:
        """Return the template."""
        return [self.tag]


@implementer(ITemplateLoader)
class XMLString:
    """A template in XML, given as text.

    Args:
        s: The XML document.

    Raises:
        xml.sax.SAXParseException: If it is not well-formed.
    """

    def __init__(self, s: str | bytes) -> None:
        self._loaded = read_template(s.encode("utf-8") if isinstance(s, str) else s)

    def load(self) -> list[Any]:
        """Return the template."""
        return self._loaded


@implementer(ITemplateLoader)
class XMLFile:
    """A template in XML, in a file that is read when it is first used.

    Args:
        path: The file's path (text, `pathlib.Path` or FilePath), or the open file itself.
    """

    def __init__(self, path: Any) -> None:
        self._path = path
        self._loaded: list[Any] | None = None

    def __repr__(self) -> str:
        return f"<XMLFile of {self._path!r}>"

    def load(self) -> list[Any]:
        """Return the template.

        Raises:
            OSError: If the file cannot be read.
            xml.sax.SAXParseException: If it is not well-formed.
        """
        if self._loaded is None:
            self._loaded = self._read()
        return self._loaded

    def _read(self) -> list[Any]:
        path = self._path
        if hasattr(path, "read"):
            text = path.read()
            data = text.encode("utf-8") if isinstance(text, str) else text
            return read_template(data, getattr(path, "name", None))
        if hasattr(path, "getContent"):
            return read_template(path.getContent(), path.path)
        return read_template(Path(path).read_bytes(), str(path))
