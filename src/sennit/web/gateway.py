"""What CGI and WSGI tell a program about a request: meta-variables (RFC 3875 section 4.1).

A header field becomes a variable by a name in which case and the difference of ``-`` and ``_`` are lost.  Two
kinds of fields are therefore left out: ``Proxy``, whose variable HTTP_PROXY programs take for a setting of
their own (CVE-2016-1000111), and every name that holds an underscore, which could pass for another field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["field_variables", "script_name", "server_port"]

_OWN = (b"content-length", b"content-type", b"proxy")


def field_variables(request: Any) -> Iterator[tuple[str, bytes]]:
    """Yield the ``HTTP_*`` variables of a request, and their values.

    Args:
        request: The request.
    """
    for name, values in request.requestHeaders.getAllRawHeaders():
        if name.lower() in _OWN or b"_" in name:
            continue
        variable = name.decode("latin-1").upper().replace("-", "_")
        # Cookies are divided by another sign than all else (RFC 9113 section 8.2.3).
        yield f"HTTP_{variable}", (b"; " if variable == "COOKIE" else b",").join(values)


def script_name(request: Any) -> bytes:
    """Return the path that led to the program, decoded."""
    return b"/" + b"/".join(request.prepath) if request.prepath else b""


def server_port(request: Any) -> str:
    """Return the port that the client connected to; 80 where there are no ports."""
    return str(getattr(request.getHost(), "port", 80))
