"""What one response may take up, and how long a request may take: every limit of the client's side."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_CLIENT_LIMITS", "NO_TIMEOUTS", "ClientLimits", "Timeouts"]


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Limits of one response.

    Attributes:
        header_count: Fields in a head, and in trailers.
        header_size: Octets of a head, and of trailers.
        body_size: Octets of a body as sent; None for no limit.
        chunk_overhead: Octets of chunk-size lines and extensions that a body may waste beyond a fair share
            of 16 octets a chunk and 2 per octet of data.
        informational: Responses of the 1xx kind before the final one.
    """

    header_count: int = 500
    header_size: int = 131072
    body_size: int | None = None
    chunk_overhead: int = 65536
    informational: int = 32


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How many seconds the phases of a request may take; None for no limit.

    Attributes:
        connect: From the beginning to a connection, name resolution, proxies and TLS included.
        tls: The TLS handshake by itself.
        first_byte: From the request's last octet to the response's first.
        between_bytes: Without any octet of a response that has begun.
        total: All of it, from the request to the end of the response's body.
    """

    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    between_bytes: float | None = None
    total: float | None = None


DEFAULT_CLIENT_LIMITS = ClientLimits()
NO_TIMEOUTS = Timeouts()
