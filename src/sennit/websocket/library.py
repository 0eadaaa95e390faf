"""The sans-I/O core this room stands on: the package `websockets`, of which nothing else is used.

Its frame codec has compiled masking, and its ``permessage-deflate`` bounds what it decompresses.  The room
imports it here, so that its absence says what to install.
"""

from __future__ import annotations

from sennit.core.extras import missing_extra

try:
    from websockets.exceptions import InvalidHeader, NegotiationError
    from websockets.extensions import Extension
    from websockets.extensions.permessage_deflate import (
        ClientPerMessageDeflateFactory,
        ServerPerMessageDeflateFactory,
    )
    from websockets.frames import (  # type: ignore[attr-defined]  # the function that it chose, compiled or not
        Close,
        Opcode,
        apply_mask,
    )
    from websockets.headers import build_extension, parse_extension
    from websockets.protocol import CLIENT, SERVER, State
    from websockets.protocol import Protocol as Core
except ImportError:
    raise missing_extra("The WebSocket room", "websocket") from None

__all__ = [
    "CLIENT",
    "SERVER",
    "ClientPerMessageDeflateFactory",
    "Close",
    "Core",
    "Extension",
    "InvalidHeader",
    "NegotiationError",
    "Opcode",
    "ServerPerMessageDeflateFactory",
    "State",
    "apply_mask",
    "build_extension",
    "parse_extension",
]
