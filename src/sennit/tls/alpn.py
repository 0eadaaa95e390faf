"""The negotiation of what is spoken over TLS (ALPN, RFC 7301).

The server chooses, and prefers what stands first in its own list.  If the lists have nothing in common the
connection goes on without a choice, as Twisted's does, and the program decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Flag
from typing import Any

from sennit.tls.bridge import openssl_ssl

__all__ = ["ProtocolNegotiationSupport", "protocolNegotiationMechanisms", "set_acceptable_protocols"]


class ProtocolNegotiationSupport(Flag):
    """Ways in which the two sides of TLS agree on a protocol."""

    NOSUPPORT = 0
    NPN = 1
    ALPN = 2


def protocolNegotiationMechanisms() -> ProtocolNegotiationSupport:
    """Tell which ways there are: ALPN; its predecessor NPN is gone from TLS."""
    return ProtocolNegotiationSupport.ALPN


def set_acceptable_protocols(context: Any, acceptableProtocols: Sequence[bytes]) -> None:
    """Have a pyOpenSSL context offer and choose protocols.

    Args:
        context: The context, which no connection uses yet.
        acceptableProtocols: The protocols, the preferred first.
    """
    if not acceptableProtocols:
        return
    none = openssl_ssl().NO_OVERLAPPING_PROTOCOLS
    ours = list(acceptableProtocols)

    def choose(_connection: Any, theirs: list[bytes]) -> Any:
        return next((name for name in ours if name in theirs), none)

    context.set_alpn_select_callback(choose)
    context.set_alpn_protos(ours)
