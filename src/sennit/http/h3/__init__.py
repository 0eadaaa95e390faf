"""HTTP/3 (RFC 9114), the server's side, on the state machines of aioquic.

`listen_http3` has a factory answer over QUIC what it answers over TCP: requests, resources and streamed
bodies are the same.  Extra: ``http3``.
"""

from __future__ import annotations

from sennit.http.h3.listening import Http3Port, listen_http3

__all__ = ["Http3Port", "listen_http3"]
