"""HTTP/1.0 and HTTP/1.1, the server's side (RFC 9110, RFC 9112).

`RequestParser` and the serializer are sans-I/O: octets in, events out, and back.  `HTTPChannel`,
`HTTPFactory` and `Request` put them on a transport, by Twisted's names; `Limits` says what one client may
take up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sennit.lazy import loaded_when_asked

if TYPE_CHECKING:
    from sennit.http.access_log import IAccessLogFormatter, combinedLogFormatter, proxiedLogFormatter
    from sennit.http.codes import NO_BODY_CODES, RESPONSES
    from sennit.http.dates import datetimeToLogString, datetimeToString, stringToDatetime, timegm
    from sennit.http.errors import (
        InvalidHeaderName,
        InvalidHeaderValue,
        LocalProtocolError,
        ProtocolError,
        RemoteProtocolError,
    )
    from sennit.http.events import BodyData, EndOfMessage, Event, RequestHead
    from sennit.http.factory import HTTPFactory
    from sennit.http.forms import parse_qs, urlparse
    from sennit.http.headers import Headers
    from sennit.http.limits import DEFAULT_LIMITS, Limits
    from sennit.http.parser import RequestParser
    from sennit.http.ranges import parseContentRange
    from sennit.http.request import CACHED, Request
    from sennit.http.serializer import fromChunk, response_head, status_line, toChunk
    from sennit.http.server import HTTPChannel
    from sennit.http.state import State

H2_ENABLED = False
"""Whether a channel may turn to HTTP/2."""

__all__ = [
    "CACHED",
    "DEFAULT_LIMITS",
    "H2_ENABLED",
    "NO_BODY_CODES",
    "RESPONSES",
    "BodyData",
    "EndOfMessage",
    "Event",
    "HTTPChannel",
    "HTTPFactory",
    "Headers",
    "IAccessLogFormatter",
    "InvalidHeaderName",
    "InvalidHeaderValue",
    "Limits",
    "LocalProtocolError",
    "ProtocolError",
    "RemoteProtocolError",
    "Request",
    "RequestHead",
    "RequestParser",
    "State",
    "combinedLogFormatter",
    "datetimeToLogString",
    "datetimeToString",
    "fromChunk",
    "parseContentRange",
    "parse_qs",
    "proxiedLogFormatter",
    "response_head",
    "status_line",
    "stringToDatetime",
    "timegm",
    "toChunk",
    "urlparse",
]

_HOMES = {
    "BodyData": "sennit.http.events",
    "CACHED": "sennit.http.request",
    "DEFAULT_LIMITS": "sennit.http.limits",
    "EndOfMessage": "sennit.http.events",
    "Event": "sennit.http.events",
    "HTTPChannel": "sennit.http.server",
    "HTTPFactory": "sennit.http.factory",
    "Headers": "sennit.http.headers",
    "IAccessLogFormatter": "sennit.http.access_log",
    "InvalidHeaderName": "sennit.http.errors",
    "InvalidHeaderValue": "sennit.http.errors",
    "Limits": "sennit.http.limits",
    "LocalProtocolError": "sennit.http.errors",
    "NO_BODY_CODES": "sennit.http.codes",
    "ProtocolError": "sennit.http.errors",
    "RESPONSES": "sennit.http.codes",
    "RemoteProtocolError": "sennit.http.errors",
    "Request": "sennit.http.request",
    "RequestHead": "sennit.http.events",
    "RequestParser": "sennit.http.parser",
    "State": "sennit.http.state",
    "combinedLogFormatter": "sennit.http.access_log",
    "datetimeToLogString": "sennit.http.dates",
    "datetimeToString": "sennit.http.dates",
    "fromChunk": "sennit.http.serializer",
    "parseContentRange": "sennit.http.ranges",
    "parse_qs": "sennit.http.forms",
    "proxiedLogFormatter": "sennit.http.access_log",
    "response_head": "sennit.http.serializer",
    "status_line": "sennit.http.serializer",
    "stringToDatetime": "sennit.http.dates",
    "timegm": "sennit.http.dates",
    "toChunk": "sennit.http.serializer",
    "urlparse": "sennit.http.forms",
}

__getattr__, __dir__ = loaded_when_asked(__name__, _HOMES, __all__)
