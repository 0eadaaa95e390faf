"""What can be received in an HTTP/1 conversation, as a client sees it; bodies as in `sennit.http.events`."""

from __future__ import annotations

from dataclasses import dataclass

from sennit.http.events import BodyData, EndOfMessage

__all__ = ["BodyData", "EndOfMessage", "ResponseEvent", "ResponseHead"]


@dataclass(slots=True, eq=False)
class ResponseHead:
    """A status line and its fields; nobody changes it once it is received.

    Attributes:
        version: The version: 10 for HTTP/1.0, 11 for HTTP/1.1.
        code: The status code, 100 to 999.
        reason: The reason phrase, which may be empty.
        headers: The fields, in order, values without surrounding white space.
        keep_alive: Whether the connection may go on after this response.
        length: The body's length; None if only its end tells.
        until_close: Whether the body ends with the connection.
        upgrade: Whether what follows is another protocol's (101, and 2xx to CONNECT).
    """

    version: int
    code: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]
    keep_alive: bool
    length: int | None
    until_close: bool
    upgrade: bool

    @property
    def informational(self) -> bool:
        """Whether the final response is still to come."""
        return self.code < 200 and not self.upgrade


ResponseEvent = ResponseHead | BodyData | EndOfMessage
