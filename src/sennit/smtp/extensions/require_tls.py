"""REQUIRETLS: a message is to go on under verified TLS or not at all (RFC 8689)."""

from __future__ import annotations

from types import MappingProxyType

from sennit.smtp.extension import Extension, register_extension
from sennit.smtp.extensions.utf8 import without_value

__all__ = ["RequireTLS"]


@register_extension
class RequireTLS(Extension):
    """REQUIRETLS, as a server offers it while there is TLS."""

    keyword = "REQUIRETLS"
    mail_parameters = MappingProxyType({"REQUIRETLS": without_value("REQUIRETLS")})
