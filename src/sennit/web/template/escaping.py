"""Escaping, by where in a document a value stands.

Every value of a program passes through exactly one of these on its way out; markup that a `Tag` stands for
is the only thing that does not.  Names of tags and attributes cannot be escaped, so they are checked.
"""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = [
    "check_name",
    "escape_attribute",
    "escape_cdata",
    "escape_comment",
    "escape_text",
    "script_json",
]

_BAD_IN_NAME = re.compile(r"[\x00-\x20\x7f-\x9f\"'<>/=`\\]")
_MOST_NAMES = 4096
_names: dict[str, bytes] = {}


def escape_text(data: bytes) -> bytes:
    """Return text for between tags."""
    return data.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def escape_attribute(data: bytes) -> bytes:
    """Return text for between the double quotes of an attribute."""
    return escape_text(data).replace(b'"', b"&quot;")


def escape_comment(data: bytes) -> bytes:
    """Return text for inside a comment: nothing in it ends the comment (HTML, section "Comments")."""
    if data.startswith((b">", b"->")):
        data = data.replace(b">", b"&gt;", 1)
    data = data.replace(b"-->", b"--&gt;").replace(b"--!>", b"--!&gt;")
    # What would join the comment's own end is kept apart from it.
    return data + b" " if data.endswith((b"-", b"<!", b"--!")) else data


def escape_cdata(data: bytes) -> bytes:
    """Return text for inside a CDATA section: its end mark is cut in two."""
    return data.replace(b"]]>", b"]]]]><![CDATA[>")


def check_name(name: str | bytes) -> bytes:
    """Return the name of a tag or an attribute for the wire.

    Raises:
        ValueError: If it holds what would end it, or anything but ASCII.
    """
    text = name.decode("utf-8") if isinstance(name, bytes) else name
    wire = _names.get(text)
    if wire is None:
        if not text or _BAD_IN_NAME.search(text):
            raise ValueError(f"{name!r} cannot be the name of a tag or an attribute.")
        wire = text.encode("ascii")
        # Bounded: a program may make names of data.
        if len(_names) < _MOST_NAMES:
            _names[text] = wire
    return wire


_IN_SCRIPT = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def script_json(value: Any) -> str:
    """Return a value as JSON that may stand inside a ``<script>`` element.

    A browser does not decode ``&lt;`` there, and ends the element at ``</script`` wherever it stands; so
    the characters that could mean markup are written as JSON's own escapes.

    Args:
        value: What `json.dumps` takes.
    """
    return json.dumps(value).translate(_IN_SCRIPT)
