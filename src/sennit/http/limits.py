"""What one client may take up: every limit of the server side, in one place."""

from __future__ import annotations

from sennit.values import Settings

__all__ = ["DEFAULT_LIMITS", "Limits"]

_BODY_PAUSE = 60.0


class Limits(Settings):
    """Limits of one connection.

    Attributes:
        request_line: Octets of a request target (414 past it).
        header_count: Fields in a head, and in trailers (431).
        header_size: Octets of names and values in a head, and in trailers (431).
        body_size: Octets of a request body (413); None for no limit.
        memory_body: Octets of a body kept in memory in any case.
        spool_body: Octets of a larger body that are kept in memory while `spool_room` has room for them;
            else it goes to a temporary file.
        spool_room: Octets that the larger bodies of all connections of a factory may keep in memory together.
        body_buffer: Octets of a streamed body that may wait to be taken, before reading stops.
        body_discard: Octets of a body that are still received, and thrown away, when its request is answered
            already; past that the connection is closed.
        chunk_overhead: Octets of chunk-size lines and extensions that a body may waste beyond a fair share
            of 16 octets a chunk and 2 per octet of data (400).
        form_fields: Fields of a form (413).
        form_memory: Octets of form arguments (413).
        pipeline_buffer: Octets read ahead while a request is being answered, before reading stops.
        header_timeout: Seconds from the first octet of a head to its last (408).
        body_timeout: Seconds without any octet of a body (408); None for as many as the connection may be
            idle, or 60 if that has no limit.
        body_rate: Octets a second that a body must bring on the average, once it took so long (408).
    """

    request_line: int = 16384
    header_count: int = 500
    header_size: int = 16384
    body_size: int | None = 1 << 30
    memory_body: int = 100_000
    spool_body: int = 4 << 20
    spool_room: int = 64 << 20
    body_buffer: int = 65536
    body_discard: int = 262_144
    chunk_overhead: int = 16384
    form_fields: int = 1000
    form_memory: int = 16 << 20
    pipeline_buffer: int = 65536
    header_timeout: float = 30.0
    body_timeout: float | None = None
    body_rate: float = 100.0

    def body_pause(self, idle: float | None) -> float:
        """Return how many seconds may pass without any octet of a body.

        Args:
            idle: How many the connection may be idle; None for no limit.
        """
        if self.body_timeout is not None:
            return self.body_timeout
        return _BODY_PAUSE if idle is None else idle


DEFAULT_LIMITS = Limits()
