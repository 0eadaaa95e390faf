"""Reading XML templates into tags, by expat.

Prefixes and namespace declarations are kept as they were written; the template languages' own are left
out.  A document type may declare no entities: those of HTML are known without, and others are what bombs are
made of.
"""

from __future__ import annotations

from html.entities import html5
from typing import Any
from xml.parsers import expat
from xml.sax import SAXParseException
from xml.sax.xmlreader import Locator

from sennit.web.template.nevow import NEVOW_NAMESPACE, directive
from sennit.web.template.stan import CDATA, Comment, Tag, slot

__all__ = ["TEMPLATE_NAMESPACE", "TemplateError", "read_template"]

TEMPLATE_NAMESPACE = "http://twistedmatrix.com/ns/twisted.web.template/0.1"
"""The XML namespace of ``t:render``, ``t:slot``, ``t:attr`` and ``t:transparent``."""

_XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
_UNWRITTEN = (
    (TEMPLATE_NAMESPACE, "transparent"),
    (NEVOW_NAMESPACE, "invisible"),
    (NEVOW_NAMESPACE, "nevow"),
)
_LANGUAGES = (TEMPLATE_NAMESPACE, NEVOW_NAMESPACE)
_SEPARATOR = "\x1f"
"""What expat puts between a namespace, a local name and a prefix; XML forbids it everywhere."""


class TemplateError(SAXParseException, AssertionError):
    """A document is well-formed, and uses the template language wrongly."""


class _Place(Locator):
    """Where in a template something is wrong."""

    def __init__(self, filename: str | None, line: int, column: int) -> None:
        self._filename, self._line, self._column = filename, line, column

    def getSystemId(self) -> Any:
        return self._filename

    def getLineNumber(self) -> int:
        return self._line

    def getColumnNumber(self) -> int:
        return self._column


class _Reader:
    """Builds tags from what the parser finds.

    Attributes:
        document: What stands at the top.
    """

    def __init__(self, filename: str | None) -> None:
        self.document: list[Any] = []
        self._filename = filename
        self._open: list[Any] = []
        self._current = self.document
        self._declared: list[tuple[str | None, str]] = []
        self._in_cdata = False
        self._text: list[str] = []
        self._parser = parser = expat.ParserCreate(None, _SEPARATOR)
        parser.namespace_prefixes = True
        parser.ordered_attributes = True
        parser.buffer_text = False
        # Asks for the document type's declarations, so that HTML's entities come to `_skipped`.
        parser.UseForeignDTD(True)
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartNamespaceDeclHandler = self._declare
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = self._comment
        parser.StartCdataSectionHandler = self._start_cdata
        parser.EndCdataSectionHandler = self._end_cdata
        parser.EntityDeclHandler = self._entity_declared
        parser.SkippedEntityHandler = self._skipped

    def read(self, data: bytes) -> list[Any]:
        """Read a whole document.

        Raises:
            SAXParseException: If it is not well-formed, or is no template.
        """
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            place = _Place(self._filename, error.lineno, error.offset)
            raise SAXParseException(expat.ErrorString(error.code), error, place) from None
        except (LookupError, ValueError) as error:
            raise SAXParseException(str(error), error, _Place(self._filename, *self._position())) from None
        return self.document

    def _refuse(self, why: str) -> SAXParseException:
        return TemplateError(why, None, _Place(self._filename, *self._position()))

    def _position(self) -> tuple[int, int]:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber

    # Names

    @staticmethod
    def _split(name: str) -> tuple[str, str, str]:
        """Return a name's namespace, its local part, and its prefix."""
        parts = name.split(_SEPARATOR)
        if len(parts) == 1:
            return "", name, ""
        if parts[0] == _XML_NAMESPACE:
            return parts[0], parts[1], "xml"
        return parts[0], parts[1], parts[2] if len(parts) > 2 else ""

    # What the parser finds

    def _declare(self, prefix: str | None, uri: str) -> None:
        if uri not in _LANGUAGES:
            self._declared.append((prefix, uri))

    def _start(self, name: str, attributes: list[str]) -> None:
        uri, local, prefix = self._split(name)
        given = [
            (*self._split(key), value) for key, value in zip(attributes[::2], attributes[1::2], strict=True)
        ]
        declared, self._declared = self._declared, []
        if uri in _LANGUAGES and local in ("slot", "attr"):
            self._start_word(local, {key: value for _, key, _, value in given})
            return
        line, column = self._position()
        if (uri, local) in _UNWRITTEN:
            tag_name = ""
        else:
            tag_name = f"{prefix}:{local}" if prefix and uri not in _LANGUAGES else local
        tag = Tag(tag_name, filename=self._filename, lineNumber=line, columnNumber=column)
        for space, key, key_prefix, value in given:
            if space == TEMPLATE_NAMESPACE and key == "render":
                tag.render = value
            elif space == NEVOW_NAMESPACE and key in ("render", "data", "pattern"):
                setattr(tag, key, directive(value) if key == "data" else value)
            else:
                tag.attributes[f"{key_prefix}:{key}" if key_prefix else key] = value
        for declared_prefix, declared_uri in declared:
            tag.attributes[f"xmlns:{declared_prefix}" if declared_prefix else "xmlns"] = declared_uri
        self._current.append(tag)
        self._enter(tag, tag.children)

    def _start_word(self, local: str, given: dict[str, str]) -> None:
        if "name" not in given:
            raise self._refuse(f"<{local}> needs a name attribute.")
        name = given["name"]
        line, column = self._position()
        if local == "attr":
            if not self._open or not isinstance(self._open[-1][0], Tag):
                raise self._refuse("<attr> sets an attribute of the element around it, and there is none.")
            value: list[Any] = []
            self._open[-1][0].attributes[name] = value
            self._enter(None, value)
            return
        made = slot(name, given.get("default"), self._filename, line, column)
        self._current.append(made)
        self._enter(made, made.children)

    def _enter(self, what: Any, content: list[Any]) -> None:
        self._open.append((what, self._current))
        self._current = content

    def _end(self, name: str) -> None:
        _, self._current = self._open.pop()

    def _characters(self, data: str) -> None:
        if self._in_cdata:
            self._text.append(data)
        else:
            self._current.append(data)

    def _start_cdata(self) -> None:
        self._in_cdata = True

    def _end_cdata(self) -> None:
        self._in_cdata = False
        self._current.append(CDATA("".join(self._text)))
        self._text = []

    def _comment(self, data: str) -> None:
        self._current.append(Comment(data))

    def _entity_declared(self, name: str, *declaration: Any) -> None:
        raise self._refuse(f"The document declares an entity, {name!r}; templates may not.")

    def _skipped(self, name: str, is_parameter: bool) -> None:
        text = None if is_parameter else html5.get(name + ";")
        if text is None:
            raise self._refuse(f"undefined entity &{name};")
        self._characters(text)


def read_template(data: bytes, filename: str | None = None) -> list[Any]:
    """Read an XML template.

    Args:
        data: The document.
        filename: Where it is from, for messages.

    Returns:
        What stands at its top: comments and one tag.

    Raises:
        xml.sax.SAXParseException: If it is not well-formed; a `TemplateError` if it declares entities, or
            uses the template language wrongly.
    """
    return _Reader(filename).read(data)
