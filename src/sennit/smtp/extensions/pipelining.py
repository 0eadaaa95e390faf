"""PIPELINING: commands may be sent before the last one is answered (RFC 2920)."""

from __future__ import annotations

from sennit.smtp.extension import Extension, register_extension

__all__ = ["Pipelining"]


@register_extension
class Pipelining(Extension):
    """PIPELINING, as a server offers it."""

    keyword = "PIPELINING"
