"""DSN: of what becomes of a message who is to be told, and how much (RFC 3461)."""

from __future__ import annotations

import re
from types import MappingProxyType

from sennit.smtp.commands import syntax_error
from sennit.smtp.extension import Extension, register_extension
from sennit.smtp.extensions.eight_bit import one_of

__all__ = ["DSN"]

_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+")
_EVENTS = {"SUCCESS", "FAILURE", "DELAY"}
_LONGEST_ID = 100
_LONGEST_RECIPIENT = 500


def _check_envelope_id(value: str | None) -> None:
    if not value or len(value) > _LONGEST_ID or not _XTEXT.fullmatch(value):
        raise syntax_error("ENVID is up to 100 characters of xtext.")


def _check_notify(value: str | None) -> None:
    events = (value or "").upper().split(",")
    if events != ["NEVER"] and (not _EVENTS.issuperset(events) or len(set(events)) != len(events)):
        raise syntax_error("NOTIFY is NEVER, or some of SUCCESS, FAILURE and DELAY.")


def _check_original(value: str | None) -> None:
    kind, _, address = (value or "").partition(";")
    if not kind or len(address) > _LONGEST_RECIPIENT or not address.isprintable() or not address:
        raise syntax_error("ORCPT is a type and an address, as in rfc822;user@example.org.")


@register_extension
class DSN(Extension):
    """DSN, as a server offers it that keeps the wishes with the message."""

    keyword = "DSN"
    mail_parameters = MappingProxyType({"RET": one_of("RET", ("FULL", "HDRS")), "ENVID": _check_envelope_id})
    rcpt_parameters = MappingProxyType({"NOTIFY": _check_notify, "ORCPT": _check_original})
