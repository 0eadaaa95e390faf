"""ENHANCEDSTATUSCODES: replies carry a code that says what is wrong with what (RFC 2034)."""

from __future__ import annotations

from sennit.smtp.extension import Extension, register_extension

__all__ = ["EnhancedCodes"]


@register_extension
class EnhancedCodes(Extension):
    """ENHANCEDSTATUSCODES, as a server offers it."""

    keyword = "ENHANCEDSTATUSCODES"
