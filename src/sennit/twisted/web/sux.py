"""``twisted.web.sux``: a parser for XML, and for what people write instead of it.

It goes through a document character by character.  In each state ``do_STATE(character)`` says which comes
next (None to stay); ``begin_STATE`` is called with the character that led to a state, and ``end_STATE``
when it is left.  What is found goes to the methods whose names begin with ``got``.

A lenient parser takes attributes without quotes or values, ``&`` that stands for itself, and scripts as
they are.
"""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sennit.core.failure import Failure
from sennit.protocol import Protocol, connectionDone

__all__ = [
    "BEGIN_HANDLER",
    "DO_HANDLER",
    "END_HANDLER",
    "ParseError",
    "XMLParser",
    "identChars",
    "lenientIdentChars",
    "nop",
    "prefixedMethodClassDict",
    "prefixedMethodObjDict",
    "unionlist",
    "zipfndict",
]

identChars = ".-_:"
"""What a name may hold beside letters and digits."""

lenientIdentChars = identChars + ";+#/%~"
"""What it may hold for a lenient parser."""

BEGIN_HANDLER = 0
DO_HANDLER = 1
END_HANDLER = 2

_LONGEST_TOKEN = 1 << 20
_SPACE = " \t\r\n"


def nop(*args: Any, **kw: Any) -> None:
    """Do nothing."""


def unionlist(*args: Iterable[Any]) -> Any:
    """Return all that is in any of some iterables, once each."""
    return dict.fromkeys(item for each in args for item in each).keys()


def zipfndict(*args: Mapping[Any, Any], **kw: Any) -> dict[Any, tuple[Any, ...]]:
    """Return the values that some dicts have for each key of any.

    Args:
        *args: The dicts.
        **kw: ``default`` stands for what a dict lacks; `nop` if it is not given.
    """
    default = kw.get("default", nop)
    return {key: tuple(each.get(key, default) for each in args) for key in unionlist(*args)}


def prefixedMethodClassDict(clazz: type, prefix: str) -> dict[str, Any]:
    """Return a class's methods whose names begin with a prefix, by the rest of their names."""
    return {name[len(prefix) :]: getattr(clazz, name) for name in dir(clazz) if name.startswith(prefix)}


def prefixedMethodObjDict(obj: object, prefix: str) -> dict[str, Any]:
    """Return an object's methods whose names begin with a prefix, by the rest of their names."""
    return {name[len(prefix) :]: getattr(obj, name) for name in dir(obj) if name.startswith(prefix)}


class ParseError(Exception):
    """A document is not what it should be.

    Attributes:
        filename: What the document is called.
        line: Where: the line, from 1.
        col: And the column.
        message: What is wrong.
    """

    def __init__(self, filename: str, line: int, col: int, message: str) -> None:
        super().__init__(filename, line, col, message)
        self.filename = filename
        self.line = line
        self.col = col
        self.message = message

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}:{self.col}: {self.message}"


class XMLParser(Protocol):
    """Parses a document that is received.

    Attributes:
        state: The state's name.
        beExtremelyLenient: Whether what is not quite XML is taken.
        filename: What the document is called in messages.
        attrname: The attribute being read.
        attrval: Its value so far.
        encodings: What may be at the beginning, and which encoding it tells of.
    """

    state: str | None = None
    attrname = ""
    attrval = ""
    filename = "<xml />"
    beExtremelyLenient: bool | int = 0
    encodings: ClassVar[Mapping[bytes, str]] = {BOM_UTF16_LE: "utf-16", BOM_UTF16_BE: "utf-16"}

    lineno = 1
    colno = 0
    mark: tuple[int, int] = (1, 0)

    tagName = ""
    tagAttributes: dict[str, str]
    endtag: bool | int = 0
    termtag: bool | int = 0

    _decoder: Any = None
    _table: dict[str, tuple[Any, Any, Any]]

    # Receiving

    def connectionMade(self) -> None:
        """Begin a document."""
        self.lineno = 1
        self.colno = 0
        self.state = "begin"
        self._decoder = None
        self._table = zipfndict(
            prefixedMethodObjDict(self, "begin_"),
            prefixedMethodObjDict(self, "do_"),
            prefixedMethodObjDict(self, "end_"),
        )

    def saveMark(self) -> tuple[int, int]:
        """Return where the parser is: line and column."""
        return self.lineno, self.colno

    def dataReceived(self, data: bytes | str) -> None:
        """Take a piece of the document."""
        if self._decoder is None and isinstance(data, bytes):
            encoding = next((name for mark, name in self.encodings.items() if data.startswith(mark)), "utf-8")
            self._decoder = getincrementaldecoder(encoding)("replace")
        table = self._table
        for byte in data if isinstance(data, str) else self._decoder.decode(data):
            if byte == "\n":
                self.lineno += 1
                self.colno = 0
            else:
                self.colno += 1
            state = self.state or "begin"
            new = table[state][DO_HANDLER](byte)
            if new is not None and new != state:
                table[state][END_HANDLER]()
                self.state = new
                table[new][BEGIN_HANDLER](byte)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the document: text that is left is told of."""
        end = self._table[self.state or "begin"][END_HANDLER]
        end()

    def _parseError(self, message: str) -> ParseError:
        return ParseError(self.filename, self.lineno, self.colno, message)

    def _grown(self, text: str, more: str) -> str:
        if len(text) >= _LONGEST_TOKEN:
            raise self._parseError("A name, value or comment is too long.")
        return text + more

    def _is_name(self, byte: str) -> bool:
        return byte.isalnum() or byte in (lenientIdentChars if self.beExtremelyLenient else identChars)

    # The document's beginning

    def do_begin(self, byte: str) -> str | None:
        """Wait for the first tag."""
        if byte in _SPACE or byte == "\ufeff":
            return None
        if byte == "<":
            return "tagstart"
        if not self.beExtremelyLenient:
            raise self._parseError(f"First char of document [{byte!r}] wasn't <")
        return "bodydata"

    # Text

    def begin_bodydata(self, byte: str) -> None:
        """Begin a piece of text."""
        first = byte if self._after_text else ""
        self._after_text = False
        self._text = [first] if first else []

    _after_text = True
    _text: list[str]

    def do_bodydata(self, byte: str) -> str | None:
        """Gather text."""
        if byte == "<":
            return "tagstart"
        if byte == "&":
            return "entityref"
        self._text.append(byte)
        return None

    def end_bodydata(self) -> None:
        """Tell of a piece of text."""
        self.gotText("".join(self._text))
        self._text = []

    def begin_spacebodydata(self, byte: str) -> None:
        """Begin a piece of text that may be nothing but white space."""
        self._text = [self._text_after] if self._text_after else []
        self._text_after = ""

    def do_spacebodydata(self, byte: str) -> str | None:
        """Gather white space."""
        if byte in _SPACE:
            self._text.append(byte)
            return None
        if byte == "<":
            return "tagstart"
        if byte == "&":
            return "entityref"
        self._text.append(byte)
        return None

    def end_spacebodydata(self) -> None:
        """Tell of a piece of text."""
        self.end_bodydata()

    # Tags

    def maybeBodyData(self) -> str:
        """Return the state that follows a tag: a script's text is taken as it is."""
        if self.endtag:
            return "bodydata"
        # What is fetched from elsewhere has no text of its own.
        if self.tagName == "script" and "src" not in self.tagAttributes and self.beExtremelyLenient:
            self._script = ""
            return "waitforendscript"
        return "bodydata"

    def begin_tagstart(self, byte: str) -> None:
        """Begin a tag."""
        self.tagName = ""
        self.tagAttributes = {}
        self.termtag = 0
        self.endtag = 0
        self._after_text = False

    def do_tagstart(self, byte: str) -> str | None:
        """Gather a tag's name."""
        if self._is_name(byte) and byte != "/":
            self.tagName = self._grown(self.tagName, byte)
            return "comment" if self.tagName == "!--" else None
        if byte in _SPACE:
            if self.tagName:
                if self.endtag:
                    return "waitforgt"
                return "doctype" if self.tagName in ("!DOCTYPE", "!doctype") else "attrs"
            raise self._parseError("Whitespace before tag-name")
        if byte == ">":
            return self._tag_ends()
        if byte == "/":
            if self.tagName:
                return "afterslash"
            self.endtag = 1
            return None
        if byte in "!?":
            if not self.tagName:
                self.tagName = byte
                self.termtag = 1
            elif not self.beExtremelyLenient:
                raise self._parseError("Invalid character in tag-name")
            return None
        if byte == "[":
            if self.tagName == "!":
                return "expectcdata"
            raise self._parseError("Invalid '[' in tag-name")
        if not self.beExtremelyLenient:
            raise self._parseError(f"Invalid tag character: {byte!r}")
        # It was no tag after all.
        return "unentity"

    def _tag_ends(self) -> str:
        if self.endtag:
            self.gotTagEnd(self.tagName)
            return "bodydata"
        self.gotTagStart(self.tagName, self.tagAttributes)
        return self.maybeBodyData()

    def begin_unentity(self, byte: str) -> None:
        """Take what looked like markup for text."""
        if self.tagName or self.endtag:
            self.gotText("<" + ("/" if self.endtag else "") + self.tagName + byte)
        elif byte:
            self.gotText("<" + byte)
        self.tagName = ""
        self.endtag = 0

    def do_unentity(self, byte: str) -> str | None:
        """Go on with text."""
        self._after_text = True
        return self._go_on_with(byte)

    def _go_on_with(self, byte: str) -> str:
        if byte == "<":
            self._after_text = False
            return "tagstart"
        if byte == "&":
            self._after_text = False
            return "entityref"
        return "bodydata"

    def end_unentity(self) -> None:
        """Do nothing: it has been told of."""

    def do_waitforgt(self, byte: str) -> str | None:
        """Wait for the end of a tag."""
        if byte == ">":
            if self.endtag:
                self.gotTagEnd(self.tagName)
            return "bodydata"
        return None

    # Attributes

    def do_attrs(self, byte: str) -> str | None:
        """Wait for an attribute, or the tag's end."""
        if self._is_name(byte) and byte != "/":
            return "attrname"
        if byte in _SPACE:
            return None
        if byte == ">":
            if self.termtag:
                return "bodydata"
            return self._tag_ends()
        if byte == "/":
            return "afterslash"
        if byte == "?" and self.termtag:
            return None
        if self.beExtremelyLenient:
            return None
        raise self._parseError(f"Unexpected character: {byte!r}")

    def begin_attrname(self, byte: str) -> None:
        """Begin an attribute's name."""
        self.attrname = byte

    def do_attrname(self, byte: str) -> str | None:
        """Gather an attribute's name."""
        if self._is_name(byte) and byte != "/":
            self.attrname = self._grown(self.attrname, byte)
            return None
        if byte == "=":
            return "beforeattrval"
        if byte in _SPACE:
            return "beforeeq"
        if self.beExtremelyLenient:
            if byte in "\"'":
                return "attrval"
            if byte == ">":
                return self._without_value(byte)
            if byte == "/":
                self.tagAttributes[self.attrname] = "True"
                return "afterslash"
            return None
        raise self._parseError(f"Invalid attribute name: {self.attrname!r} {byte!r}")

    def _without_value(self, byte: str) -> str:
        self.tagAttributes[self.attrname] = "True"
        if byte == ">":
            return self._tag_ends()
        return "attrname"

    def begin_beforeeq(self, byte: str) -> None:
        """Begin to wait for an equals sign."""

    def do_beforeeq(self, byte: str) -> str | None:
        """Wait for an equals sign."""
        if byte == "=":
            return "beforeattrval"
        if byte in _SPACE:
            return None
        if self.beExtremelyLenient:
            if byte == ">" or (self._is_name(byte) and byte != "/"):
                return self._without_value(byte)
            if byte == "/":
                self.tagAttributes[self.attrname] = "True"
                return "afterslash"
            return None
        raise self._parseError("Invalid attribute")

    def do_beforeattrval(self, byte: str) -> str | None:
        """Wait for an attribute's value."""
        if byte in "\"'":
            return "attrval"
        if byte in _SPACE:
            return None
        if self.beExtremelyLenient:
            if byte == ">":
                return self._without_value(byte)
            if byte == "\\":
                return None
            if self._is_name(byte):
                return "messyattr"
            return None
        raise self._parseError(f"Invalid initial attribute value: {byte!r}; Attribute values must be quoted.")

    def begin_attrval(self, byte: str) -> None:
        """Begin a value in quotes."""
        self._quote = byte
        self.attrval = ""

    _quote = '"'

    def do_attrval(self, byte: str) -> str | None:
        """Gather a value in quotes."""
        if byte == self._quote:
            return "attrs"
        self.attrval = self._grown(self.attrval, byte)
        return None

    def end_attrval(self) -> None:
        """Note an attribute."""
        self.tagAttributes[self.attrname] = self.attrval
        self.attrname = self.attrval = ""

    def begin_messyattr(self, byte: str) -> None:
        """Begin a value without quotes."""
        self.attrval = byte

    def do_messyattr(self, byte: str) -> str | None:
        """Gather a value without quotes."""
        if byte in _SPACE:
            return "attrs"
        if byte == ">":
            # A slash just before belongs to the tag.
            closes = self.attrval.endswith("/")
            self.attrval = self.attrval.removesuffix("/")
            self.tagAttributes[self.attrname] = self.attrval
            self.gotTagStart(self.tagName, self.tagAttributes)
            if closes:
                self.gotTagEnd(self.tagName)
                return "bodydata"
            return self.maybeBodyData()
        self.attrval = self._grown(self.attrval, byte)
        return None

    def end_messyattr(self) -> None:
        """Note an attribute."""
        if self.attrval:
            self.tagAttributes[self.attrname] = self.attrval

    def begin_afterslash(self, byte: str) -> None:
        """Begin the end of an element without content."""
        self._after_slash = True

    _after_slash = False

    def do_afterslash(self, byte: str) -> str | None:
        """Wait for the end of an element without content."""
        if self._after_slash:
            self._after_slash = False
            if byte != ">":
                if self.beExtremelyLenient:
                    return None
                raise self._parseError("No data allowed after '/'")
        elif byte != ">":
            return None
        self.gotTagStart(self.tagName, self.tagAttributes)
        self.gotTagEnd(self.tagName)
        return "bodydata"

    # Comments and the like

    def begin_comment(self, byte: str) -> None:
        """Begin a comment."""
        self._gathered = ""

    _gathered = ""

    def do_comment(self, byte: str) -> str | None:
        """Gather a comment."""
        self._gathered = self._grown(self._gathered, byte)
        if self._gathered.endswith("-->"):
            self.gotComment(self._gathered[:-3])
            return "bodydata"
        return None

    def begin_expectcdata(self, byte: str) -> None:
        """Begin what has to be a CDATA section."""
        self._gathered = byte

    def do_expectcdata(self, byte: str) -> str | None:
        """Gather the mark of a CDATA section."""
        self._gathered += byte
        mark = "[CDATA["
        if not mark.startswith(self._gathered):
            raise self._parseError(f"Mal-formed CDATA header: {self._gathered!r}")
        if self._gathered == mark:
            self._gathered = ""
            return "cdata"
        return None

    def do_cdata(self, byte: str) -> str | None:
        """Gather a CDATA section."""
        self._gathered = self._grown(self._gathered, byte)
        if self._gathered.endswith("]]>"):
            self._gathered = self._gathered[:-3]
            return "bodydata"
        return None

    def end_cdata(self) -> None:
        """Tell of a CDATA section."""
        self.gotCData(self._gathered)
        self._gathered = ""

    def begin_doctype(self, byte: str) -> None:
        """Begin a document type."""
        self._gathered = ""

    def do_doctype(self, byte: str) -> str | None:
        """Gather a document type."""
        if byte == ">":
            return "bodydata"
        self._gathered = self._grown(self._gathered, byte)
        return None

    def end_doctype(self) -> None:
        """Tell of a document type."""
        self.gotDoctype(self._gathered)
        self._gathered = ""

    # References

    def begin_entityref(self, byte: str) -> None:
        """Begin a reference."""
        self._reference = ""
        self._after_text = False

    _reference = ""

    def do_entityref(self, byte: str) -> str | None:
        """Gather a reference's name."""
        if byte.isspace() or byte == "<":
            if not self.beExtremelyLenient:
                raise self._parseError("Bad entity reference")
            # The sign stood for itself.
            text, self._reference = self._reference, "amp"
            if byte == "<":
                self._text_after = text
                return "tagstart"
            self._text_after = text + byte
            return "spacebodydata"
        if byte == ";":
            return "bodydata"
        self._reference = self._grown(self._reference, byte)
        return None

    _text_after = ""

    def end_entityref(self) -> None:
        """Tell of a reference."""
        self.gotEntityReference(self._reference)
        if self._text_after and not self._text_after[-1].isspace():
            text, self._text_after = self._text_after, ""
            self.gotText(text)

    # Scripts

    _script = ""

    def do_waitforendscript(self, byte: str) -> str | None:
        """Gather a script's text."""
        if byte == "<":
            return "waitscriptendtag"
        self._script = self._grown(self._script, byte)
        return None

    def begin_waitscriptendtag(self, byte: str) -> None:
        """Begin what may be a script's end."""
        self._end_tag = "<"

    _end_tag = ""

    def do_waitscriptendtag(self, byte: str) -> str | None:
        """Gather what may be a script's end."""
        self._end_tag += byte
        mark = "</script"
        given = self._end_tag.lower()
        if given.startswith(mark) and (byte == ">"):
            if self._script:
                self.gotText(self._script)
            self._script = ""
            self.gotTagEnd("script")
            return "bodydata"
        if mark.startswith(given) or (given.startswith(mark) and not given[len(mark) :].strip(_SPACE)):
            return None
        self._script += self._end_tag[:-1] if byte == "<" else self._end_tag
        if byte == "<":
            self._end_tag = "<"
            return None
        return "waitforendscript"

    # For subclasses

    def gotTagStart(self, name: str, attributes: dict[str, str]) -> None:
        """Take a start tag; override this.

        Args:
            name: The tag's name.
            attributes: Its attributes.
        """

    def gotText(self, data: str) -> None:
        """Take a piece of text; override this."""

    def gotEntityReference(self, entityRef: str) -> None:
        """Take a reference, without its signs; override this."""

    def gotComment(self, comment: str) -> None:
        """Take a comment; override this."""

    def gotCData(self, cdata: str) -> None:
        """Take a CDATA section; override this."""

    def gotDoctype(self, doctype: str) -> None:
        """Take a document type; override this."""

    def gotTagEnd(self, name: str) -> None:
        """Take an end tag; override this."""
