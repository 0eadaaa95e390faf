"""The codec ``xtext``: any text in the printable characters of ASCII (RFC 3461 section 4)."""

from __future__ import annotations

import codecs
import re
from typing import Any

__all__ = ["xtextStreamReader", "xtextStreamWriter", "xtext_codec", "xtext_decode", "xtext_encode"]

_UNSAFE = re.compile(rb"[^!-*,-<>-~]")
_HEX = re.compile(rb"\+([0-9A-Fa-f]{2})")


def xtext_encode(s: str, errors: str | None = None) -> tuple[bytes, int]:
    """Encode a text.

    Returns:
        The octets, and how many characters they are of.
    """
    encoded = s.encode("utf-8", errors or "strict")
    return _UNSAFE.sub(lambda match: b"+%02X" % match[0][0], encoded), len(s)


def xtext_decode(s: bytes | memoryview, errors: str | None = None) -> tuple[str, int]:
    """Decode octets.

    Returns:
        The text, and of how many octets it is.
    """
    octets = bytes(s)
    decoded = _HEX.sub(lambda match: bytes((int(match[1], 16),)), octets)
    return decoded.decode("utf-8", errors or "strict"), len(octets)


class xtextStreamReader(codecs.StreamReader):  # noqa: N801 - the name is the public face's
    """Reads text from a stream of octets."""

    def decode(self, s: bytes, errors: str = "strict") -> tuple[str, int]:
        """Decode octets."""
        return xtext_decode(s, errors)


class xtextStreamWriter(codecs.StreamWriter):  # noqa: N801 - as above
    """Writes text to a stream of octets."""

    def encode(self, s: str, errors: str = "strict") -> tuple[bytes, int]:
        """Encode a text."""
        return xtext_encode(s, errors)

    def decode(self, s: bytes, errors: str = "strict") -> tuple[str, int]:
        """Decode octets."""
        return xtext_decode(s, errors)


def xtext_codec(name: str) -> Any:
    """Find the codec by its name, for `codecs.register`."""
    if name == "xtext":
        decode: Any = xtext_decode
        encode: Any = xtext_encode
        return codecs.CodecInfo(encode, decode, xtextStreamReader, xtextStreamWriter, name="xtext")
    return None


codecs.register(xtext_codec)
