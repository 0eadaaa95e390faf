"""`Headers`: a message's fields, case-insensitive, in bytes or str as asked.

Names are kept in their canonical spelling (``Content-Type``, ``ETag``), values as bytes; str goes in and out
as ASCII names and UTF-8 values.  A name that is no token is refused; line ends inside a value become spaces,
so that nothing put here can begin another field (RFC 9110 sections 5.1 and 5.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, AnyStr, TypeVar, overload

from sennit.http.errors import InvalidHeaderName, InvalidHeaderValue

__all__ = ["TOKEN", "Headers", "InvalidHeaderName", "canonical_name", "clean_value", "fields_of", "put_field"]

_T = TypeVar("_T")

TOKEN = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""What a token is made of (RFC 9110 section 5.6.2)."""

_SPELLINGS = {
    spelling.lower(): spelling
    for spelling in (b"Content-MD5", b"DNT", b"ETag", b"P3P", b"TE", b"WWW-Authenticate", b"X-XSS-Protection")
}
# Looking for b"\n" in bytes costs five times what looking for 10 does: an integer is what is tried first.
_LF, _CR = b"\n\r"
_CACHE_ENTRIES = 1024
_CACHED_LENGTH = 64
_canonical: dict[bytes | str, bytes] = {}


def canonical_name(name: bytes | str) -> bytes:
    """Return a field name in the spelling that goes on the wire.

    Raises:
        InvalidHeaderName: If it is not a token.
    """
    found = _canonical.get(name)
    return found if found is not None else _make_canonical(name)


def _make_canonical(name: bytes | str) -> bytes:
    raw = name.encode("ascii", "replace") if isinstance(name, str) else name
    if not raw or raw.translate(None, TOKEN):
        raise InvalidHeaderName(name)
    lower = raw.lower()
    spelling = _SPELLINGS.get(lower) or b"-".join([word.capitalize() for word in lower.split(b"-")])
    # Bounded, because peers choose names; the usual ones are in long before anybody can fill it.
    if len(_canonical) < _CACHE_ENTRIES and len(raw) <= _CACHED_LENGTH:
        _canonical[name] = spelling
    return spelling


def clean_value(value: bytes | str) -> bytes:
    """Return a field value as it may go on the wire: its line ends become spaces.

    Raises:
        TypeError: If it is neither bytes nor str.
        InvalidHeaderValue: If it holds NUL.
    """
    if isinstance(value, bytes):
        raw = value
    elif isinstance(value, str):
        raw = value.encode("utf-8")
    else:
        raise TypeError(f"A header value is bytes or str, not {value!r}.")
    if _LF in raw or _CR in raw:
        raw = b" ".join(raw.splitlines())
    if 0 in raw:
        raise InvalidHeaderValue(f"A header value may not hold NUL: {value!r}")
    return raw


def put_field(fields: dict[bytes, list[bytes]], name: bytes | str, value: bytes | str) -> bytes:
    """Let a field be the only one of its name in a dict by canonical name.

    Returns:
        The canonical name.

    Raises:
        TypeError: If the value is neither bytes nor str.
        InvalidHeaderName: If the name is not a token.
        InvalidHeaderValue: If the value holds NUL.
    """
    if type(value) is not bytes or _LF in value or _CR in value or 0 in value:
        value = clean_value(value)
    canonical = _canonical.get(name) or _make_canonical(name)
    fields[canonical] = [value]
    return canonical


class Headers:
    """A multi-valued map of header fields.

    Args:
        rawHeaders: Fields to begin with: name to a sequence of values.
    """

    __slots__ = ("_fields",)

    _fields: dict[bytes, list[bytes]]

    def __init__(self, rawHeaders: Mapping[AnyStr, Sequence[AnyStr]] | None = None) -> None:
        self._fields = {}
        if rawHeaders is not None:
            for name, values in rawHeaders.items():
                self.setRawHeaders(name, values)

    @classmethod
    def from_wire(cls, pairs: Iterable[tuple[bytes, bytes]]) -> Headers:
        """Make headers of what a strict parser has already checked."""
        headers = cls.__new__(cls)
        fields: dict[bytes, list[bytes]] = {}
        cached = _canonical.get
        for name, value in pairs:
            canonical = cached(name) or _make_canonical(name)
            if canonical in fields:
                fields[canonical].append(value)
            else:
                fields[canonical] = [value]
        headers._fields = fields
        return headers

    @classmethod
    def around(cls, fields: dict[bytes, list[bytes]]) -> Headers:
        """Make headers whose fields are those of a dict, by canonical name, now and whenever it changes."""
        headers = cls.__new__(cls)
        headers._fields = fields
        return headers

    @classmethod
    def from_fields(cls, fields: Iterable[tuple[bytes, Sequence[bytes]]]) -> Headers:
        """Make headers of what `getAllRawHeaders` gave."""
        headers = cls()
        headers._fields = {name: list(values) for name, values in fields}
        return headers

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._fields!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Headers):
            return self._fields == other._fields
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def copy(self) -> Headers:
        """Return an independent copy."""
        return self.from_fields(self._fields.items())

    def hasHeader(self, name: AnyStr) -> bool:
        """Tell whether a field of that name is here."""
        return canonical_name(name) in self._fields

    def removeHeader(self, name: AnyStr) -> None:
        """Drop every field of that name; do nothing if there is none."""
        self._fields.pop(canonical_name(name), None)

    def setRawHeaders(self, name: str | bytes, values: Sequence[str | bytes]) -> None:
        """Replace all fields of a name.

        Args:
            name: The field name.
            values: A list of values, one a field line.

        Raises:
            TypeError: If `values` is a single string, or holds something that is none.
            InvalidHeaderName: If `name` is not a token.
            InvalidHeaderValue: If a value holds NUL.
        """
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise TypeError(f"Header {name!r} needs a list of values, not {values!r}: write [{values!r}].")
        cleaned = []
        for value in values:
            if not isinstance(value, str | bytes):
                raise TypeError(f"Header {name!r} has a value that is neither bytes nor str: {value!r}")
            cleaned.append(clean_value(value))
        self._fields[canonical_name(name)] = cleaned

    def addRawHeader(self, name: str | bytes, value: str | bytes) -> None:
        """Add one field line after those of the same name.

        Raises:
            TypeError: If name or value is neither bytes nor str.
            InvalidHeaderName: If `name` is not a token.
            InvalidHeaderValue: If the value holds NUL.
        """
        if not isinstance(name, str | bytes):
            raise TypeError(f"A header name is bytes or str, not {name!r}.")
        if not isinstance(value, str | bytes):
            raise TypeError(f"Header {name!r} needs bytes or str, not {value!r}.")
        self._fields.setdefault(canonical_name(name), []).append(clean_value(value))

    @overload
    def getRawHeaders(self, name: AnyStr) -> Sequence[AnyStr] | None: ...

    @overload
    def getRawHeaders(self, name: AnyStr, default: _T) -> Sequence[AnyStr] | _T: ...

    def getRawHeaders(self, name: bytes | str, default: Any = None) -> Any:
        """Return the values of a name, as bytes for a bytes name and as str for a str name.

        Args:
            name: The field name, in any case.
            default: What to return when there is no such field.
        """
        values = self._fields.get(_canonical.get(name) or canonical_name(name))
        if values is None:
            return default
        if isinstance(name, str):
            return [value.decode("utf-8", "replace") for value in values]
        return values

    def getAllRawHeaders(self) -> Iterator[tuple[bytes, Sequence[bytes]]]:
        """Iterate over (canonical name, values)."""
        return iter(self._fields.items())


def fields_of(headers: Headers | Iterable[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
    """Return the values of each name, to be changed as one likes."""
    if isinstance(headers, Headers):
        return {name: list(values) for name, values in headers.getAllRawHeaders()}
    fields: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        fields.setdefault(name, []).append(value)
    return fields
