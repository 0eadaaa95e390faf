"""HTTP/1.0 and HTTP/1.1, the server's side (RFC 9110, RFC 9112).

`RequestParser` and the serializer are sans-I/O: octets in, events out, and back.  `HTTPChannel`,
`HTTPFactory` and `Request` put them on a transport, by Twisted's names; `Limits` says what one client may
take up.
"""

from __future__ import annotations

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
