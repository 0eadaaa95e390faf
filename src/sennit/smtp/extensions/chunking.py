"""CHUNKING: a body may come in counted chunks, by BDAT (RFC 3030 section 2)."""

from __future__ import annotations

from sennit.smtp.extension import Extension, register_extension

__all__ = ["Chunking"]


@register_extension
class Chunking(Extension):
    """CHUNKING, as a server offers it."""

    keyword = "CHUNKING"
