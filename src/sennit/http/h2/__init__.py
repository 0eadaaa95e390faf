"""HTTP/2 (RFC 9113) on the state machine of h2, for servers and clients.

`Connection` is the core of both, without I/O: it adds to h2 the sending by priority (RFC 9218), the budgets
against floods, and the going away that lets open streams come to their end.
"""

from __future__ import annotations

from sennit.http.h2.connection import Connection, ErrorCodes
from sennit.http.h2.limits import DEFAULT_HTTP2_LIMITS, Http2Limits
from sennit.http.h2.priority import DEFAULT_PRIORITY, Priority, parse_priority

__all__ = [
    "DEFAULT_HTTP2_LIMITS",
    "DEFAULT_PRIORITY",
    "Connection",
    "ErrorCodes",
    "Http2Limits",
    "Priority",
    "parse_priority",
]
