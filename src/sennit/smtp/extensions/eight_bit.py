"""8BITMIME: a body may have octets above 127 (RFC 6152)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from sennit.smtp.commands import syntax_error
from sennit.smtp.extension import Extension, ParameterCheck, register_extension

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["EightBit", "one_of"]


def one_of(keyword: str, values: Collection[str]) -> ParameterCheck:
    """Make a check that a parameter has one of some values, in either case."""

    def check(value: str | None) -> None:
        if (value or "").upper() not in values:
            raise syntax_error(f"{keyword} is one of {', '.join(values)}.")

    return check


@register_extension
class EightBit(Extension):
    """8BITMIME, as a server offers it."""

    keyword = "8BITMIME"
    mail_parameters = MappingProxyType({"BODY": one_of("BODY", ("7BIT", "8BITMIME"))})
