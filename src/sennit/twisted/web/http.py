"""What ``twisted.web.http`` has for programs that once used it: a transport that keeps what it is given."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["StringTransport"]


class StringTransport:
    """A stand-in for a transport, to write octets to.

    Attributes:
        s: What was written.
    """

    def __init__(self) -> None:
        self.s = b""

    def writeSequence(self, seq: Iterable[bytes]) -> None:
        """Keep octets, given in pieces."""
        self.s += b"".join(seq)

    def __getattr__(self, attr: str) -> object:
        return getattr(self.s, attr)
