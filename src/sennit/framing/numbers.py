"""The strict number parser: how every protocol reads a number that the other side wrote in text.

Digits and nothing else: no sign, no prefix, no underscore, no white space, no digit outside of ASCII; all of
these `int` would take, and two programs that read one message differently are a way in.  The maximum is
checked by the count of digits first, so that a long number costs nothing to refuse.
"""

from __future__ import annotations

__all__ = ["NumberError", "parse_decimal", "parse_hexadecimal"]

_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")


class NumberError(ValueError):
    """What should be a number is none, or is too large."""


def parse_decimal(text: bytes | str, maximum: int) -> int:
    """Read a number in decimal.

    Args:
        text: One or more of the digits ``0`` to ``9``.
        maximum: The largest number taken.

    Raises:
        NumberError: If there is anything else in it, or nothing, or it is larger.
    """
    if not (text.isdigit() and text.isascii()):
        raise NumberError("A number has a character that is no decimal digit, or has none at all.")
    return _within(text, 10, maximum, len(str(maximum)))


def parse_hexadecimal(text: bytes | str, maximum: int) -> int:
    """Read a number in hexadecimal.

    Args:
        text: One or more of the digits ``0`` to ``9``, ``a`` to ``f`` and ``A`` to ``F``.
        maximum: The largest number taken.

    Raises:
        NumberError: If there is anything else in it, or nothing, or it is larger.
    """
    if isinstance(text, str):
        # What is not ASCII becomes a question mark, which is no digit.
        text = text.encode("ascii", "replace")
    if not text or not _HEXADECIMAL.issuperset(text):
        raise NumberError("A number has a character that is no hexadecimal digit, or has none at all.")
    return _within(text, 16, maximum, len(f"{maximum:x}"))


def _within(text: bytes | str, base: int, maximum: int, most_digits: int) -> int:
    digits = len(text)
    if digits > most_digits:
        text = text.lstrip("0") if isinstance(text, str) else text.lstrip(b"0")
        digits = len(text)
    if digits > most_digits or (number := int(text or b"0", base)) > maximum:
        raise NumberError(f"A number is larger than {maximum}.")
    return number
