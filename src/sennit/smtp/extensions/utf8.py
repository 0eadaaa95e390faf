"""SMTPUTF8: addresses and headers may be in UTF-8 (RFC 6531)."""

from __future__ import annotations

from types import MappingProxyType

from sennit.smtp.commands import syntax_error
from sennit.smtp.extension import Extension, ParameterCheck, register_extension

__all__ = ["UTF8", "without_value"]


def without_value(keyword: str) -> ParameterCheck:
    """Make a check that a parameter has no value."""

    def check(value: str | None) -> None:
        if value is not None:
            raise syntax_error(f"{keyword} has no value.")

    return check


@register_extension
class UTF8(Extension):
    """SMTPUTF8, as a server offers it."""

    keyword = "SMTPUTF8"
    mail_parameters = MappingProxyType({"SMTPUTF8": without_value("SMTPUTF8")})
