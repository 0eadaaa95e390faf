"""The access log: one line a request, in the combined log format.

Everything in a line that a client chose is escaped, so that no request can forge a line or reach a terminal.
"""

from __future__ import annotations

from typing import Any

from zope.interface import Interface, provider

__all__ = ["IAccessLogFormatter", "combinedLogFormatter", "proxiedLogFormatter"]

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 256))}
_ESCAPES[ord('"')] = '\\"'
_ESCAPES[ord("\\")] = "\\\\"


class IAccessLogFormatter(Interface):
    """What makes a line of the access log."""

    def __call__(timestamp: str, request: Any) -> str:  # noqa: N805 (zope interfaces have no self)
        """Return the line for a request, without line end.

        Args:
            timestamp: When it was answered, as the log writes it.
            request: The request.
        """


def _escape(value: bytes | None) -> str:
    return "-" if value is None else value.decode("latin-1").translate(_ESCAPES)


def _line(address: str, timestamp: str, request: Any) -> str:
    referrer = _escape(request.getHeader(b"referer"))
    agent = _escape(request.getHeader(b"user-agent"))
    what = f"{_escape(request.method)} {_escape(request.uri)} {_escape(request.clientproto)}"
    result = f"{request.code} {request.sentLength or '-'}"
    return f'"{address}" - - {timestamp} "{what}" {result} "{referrer}" "{agent}"'


def _host(request: Any) -> str:
    host: object = getattr(request.getClientAddress(), "host", None)
    return "-" if host is None else _escape(host) if isinstance(host, bytes) else str(host)


@provider(IAccessLogFormatter)
def combinedLogFormatter(timestamp: str, request: Any) -> str:
    """Return a request's line in the combined log format.

    Args:
        timestamp: When it was answered, as the log writes it.
        request: The request.
    """
    return _line(_host(request), timestamp, request)


@provider(IAccessLogFormatter)
def proxiedLogFormatter(timestamp: str, request: Any) -> str:
    """Return a request's line with the client's address taken from ``X-Forwarded-For``.

    Only for servers that nobody reaches but by a proxy that sets the field: anybody can send it.

    Args:
        timestamp: When it was answered, as the log writes it.
        request: The request.
    """
    forwarded = request.getHeader(b"x-forwarded-for")
    if forwarded is None:
        return _line(_host(request), timestamp, request)
    first = forwarded.partition(b",")[0].strip(b" \t")
    return _line(_escape(first) or "-", timestamp, request)
