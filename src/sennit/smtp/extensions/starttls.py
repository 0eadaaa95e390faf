"""STARTTLS: the conversation goes on under TLS, from its beginning (RFC 3207)."""

from __future__ import annotations

from sennit.smtp.extension import Extension, register_extension

__all__ = ["StartTLS"]


@register_extension
class StartTLS(Extension):
    """STARTTLS, as a server offers it while there is no TLS."""

    keyword = "STARTTLS"
    verbs = frozenset({b"STARTTLS"})
