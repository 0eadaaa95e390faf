"""Flattened events: what a format needs of an event, kept beside it when the event leaves the process.

Field values that cannot be persisted would be lost in a file; so each field of the format is kept twice: as
the text it formats to, under field, conversion and format specification, and as its value, under the
same key without a conversion letter.  Where a key comes again, a number is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter
from typing import Any, NamedTuple

from sennit.log.fields import CallingFormatter, look_up
from sennit.log.interfaces import LogEvent

__all__ = ["extractField", "flattenEvent", "format_flattened"]

_formatter = CallingFormatter()


class _Piece(NamedTuple):
    """A stretch of text in a format, and the field after it, if there is one."""

    text: str
    field: str | None
    text_key: str
    value_key: str
    conversion: str | None
    specification: str


def _pieces(format: str) -> Iterator[_Piece]:
    seen: dict[str, int] = {}

    def numbered(key: str) -> str:
        seen[key] = count = seen.get(key, 0) + 1
        return key if count == 1 else f"{key}/{count}"

    for text, field, specification, conversion in Formatter().parse(format):
        if field is None:
            yield _Piece(text, None, "", "", None, "")
            continue
        spec = specification or ""
        yield _Piece(
            text,
            field,
            numbered(f"{field}!{conversion or 's'}:{spec}"),
            numbered(f"{field}!:{spec}"),
            conversion,
            spec,
        )


def flattenEvent(event: LogEvent) -> None:
    """Put ``log_flattened`` into `event`: its format's fields, as text and as values.

    An event whose format has a conversion that there is not stays as it is.

    Raises:
        Exception: What finding or formatting a field raises.
    """
    format = event.get("log_format")
    if format is None or "log_flattened" in event:
        return
    flat: dict[str, Any] = {}
    for piece in _pieces(format):
        if piece.field is None:
            continue
        if piece.conversion not in (None, "a", "r", "s"):
            return
        value = look_up(piece.field, event)
        converted = _formatter.convert_field(value, piece.conversion) if piece.conversion else value
        specification = piece.specification
        if "{" in specification:
            specification = _formatter.vformat(specification, (), event)
        flat[piece.text_key] = _formatter.format_field(converted, specification)
        flat[piece.value_key] = value
    if flat:
        event["log_flattened"] = flat


def extractField(field: str, event: LogEvent) -> Any:
    """Return the value of a format's field, from an event or from what was read of one out of a file.

    Args:
        field: The field as a format names it, without its braces.
        event: The event.

    Raises:
        KeyError: If there is no such field.
    """
    for piece in _pieces("{" + field + "}"):
        if piece.field is not None:
            if "log_flattened" in event:
                return event["log_flattened"][piece.text_key if piece.conversion else piece.value_key]
            value = look_up(piece.field, event)
            return _formatter.convert_field(value, piece.conversion) if piece.conversion else value
    raise KeyError(field)


def format_flattened(event: LogEvent) -> str:
    """Return the text of a flattened event."""
    flat = event["log_flattened"]
    return "".join(
        piece.text if piece.field is None else piece.text + str(flat[piece.text_key])
        for piece in _pieces(event["log_format"])
    )
