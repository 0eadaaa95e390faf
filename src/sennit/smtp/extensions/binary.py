"""BINARYMIME: a body may be any octets, lines or not, if it comes in chunks (RFC 3030 section 3)."""

from __future__ import annotations

from types import MappingProxyType

from sennit.smtp.extension import Extension, register_extension
from sennit.smtp.extensions.eight_bit import one_of

__all__ = ["Binary"]


@register_extension
class Binary(Extension):
    """BINARYMIME, as a server offers it; it goes with CHUNKING and 8BITMIME."""

    keyword = "BINARYMIME"
    mail_parameters = MappingProxyType({"BODY": one_of("BODY", ("7BIT", "8BITMIME", "BINARYMIME"))})
