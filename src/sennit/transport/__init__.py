"""Transports: how bytes come in and go out.

`sennit.transport.tcp` and `sennit.transport.unix` listen and connect on a reactor, over the transports of
its asyncio loop; `sennit.transport.stream` is the connection that both share.
"""

from __future__ import annotations

from sennit.core.native import prefer_compiled

prefer_compiled(__path__, "transport")
