"""Fields of a format: how ``{name.attribute[key].method()}`` finds its value in an event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any

__all__ = ["CallingFormatter", "look_up"]

_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\]]+)\]")
_FIRST = re.compile(r"[^.\[]*")


def look_up(field: str, event: Mapping[str, Any]) -> Any:
    """Return the value that `field` names in `event`.

    Raises:
        KeyError: If the event has no such key.
        ValueError: If `field` is not well formed.
        Exception: What reaching the value, or calling it, raises.
    """
    first = _FIRST.match(field)
    assert first is not None, "the pattern matches the empty string"
    name = first[0]
    value = event[name[:-2]]() if name.endswith("()") else event[name]
    at = first.end()
    while at < len(field):
        step = _STEP.match(field, at)
        if step is None:
            raise ValueError(f"This field is not well formed: {field!r}")
        at = step.end()
        attribute, key = step.groups()
        if attribute is None:
            value = value[int(key) if key.isdigit() else key]
        elif attribute.endswith("()"):
            value = getattr(value, attribute[:-2])()
        else:
            value = getattr(value, attribute)
    return value


class CallingFormatter(Formatter):
    """A formatter that knows calls in fields."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        """Return the value of a field, and the key it began with."""
        return look_up(field_name, kwargs), field_name
