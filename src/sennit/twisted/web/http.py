"""What ``twisted.web.http`` has for programs that once used it: a transport that keeps what it is given."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

__all__ = ["StringTransport"]


class StringTransport:
    """A stand-in for a transport, to write octets to.

    Attributes:
        s: What was written, a file; its methods are this object's too.
    """

    def __init__(self) -> None:
        self.s = BytesIO()

    def writeSequence(self, seq: Iterable[bytes]) -> None:
        """Keep octets, given in pieces."""
        self.s.write(b"".join(seq))

    def __getattr__(self, attr: str) -> Any:
        return getattr(self.s, attr)
