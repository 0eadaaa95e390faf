"""HTTP/1.0 and HTTP/1.1, the server's side (RFC 9110, RFC 9112).

`RequestParser` and the serializer are sans-I/O: octets in, events out, and back.  `HTTPChannel`, `HTTPFactory` and
`Request` put them on a transport, by Twisted's names.
"""

from __future__ import annotations
