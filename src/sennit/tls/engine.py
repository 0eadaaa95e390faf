"""What the TLS layer asks of whatever does the cryptography: one end of a connection, without I/O.

Ciphertext goes in with `feed` and comes out with `take`; plaintext comes out with `read` and goes in with
`encrypt`.  These four are attributes, bound once for each connection to the library's own functions, because
they are called for every message.  What needs more from the other side before it can go on raises one of the
exceptions in `want`; anything else that is raised is the end of the connection.

This module is compiled where it can be (`sennit.core.native`), as are `sennit.tls.standard`,
`sennit.tls.sending` and `sennit.tls.layer`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["RECORD", "Engine"]

RECORD = 16384
"""The most plaintext that fits into one record (RFC 8446, section 5.1)."""


class Engine:
    """One end of a TLS connection.

    Attributes:
        feed: Takes bytes that were received.
        read: Gives at most so many bytes of plaintext; none after the other side's close_notify.
        encrypt: Takes bytes, or a part of them, and returns how many.
        take: Gives the bytes to be sent; there may be none.
        want: The exceptions that mean: not before more is received.
        end: The exceptions that mean the same as reading nothing.
        server: Whether this is the server's end, which does not begin.
    """

    __slots__ = ("encrypt", "end", "feed", "read", "server", "take", "want")

    feed: Callable[[bytes], Any]
    read: Callable[[int], bytes]
    encrypt: Callable[[Any], int]
    take: Callable[[], bytes]
    want: tuple[type[BaseException], ...]
    end: tuple[type[BaseException], ...]
    server: bool

    def handshake(self) -> None:
        """Take the handshake as far as it goes; returns when it is complete."""
        raise AssertionError(self)

    def more(self) -> bool:
        """Tell whether `read` may have more; False only if it is sure to have none."""
        raise AssertionError(self)

    def shutdown(self) -> None:
        """Put a close_notify among the bytes to be sent (RFC 8446, section 6.1)."""
        raise AssertionError(self)

    def failure(self, error: BaseException) -> BaseException:
        """Turn what the library raised into what the program is told."""
        raise AssertionError(self)

    def half_closes(self) -> bool:
        """Tell whether one direction may stay open without the other: from TLS 1.3 on."""
        raise AssertionError(self)

    def peer_certificate(self) -> bytes | None:
        """Give the other side's certificate (DER)."""
        raise AssertionError(self)

    def negotiated_protocol(self) -> bytes | None:
        """Give the protocol that ALPN chose (RFC 7301)."""
        raise AssertionError(self)

    def handle(self) -> Any:
        """Give the library's own object, or what stands for it."""
        raise AssertionError(self)

    def finished(self) -> None:
        """Keep what may be of use to the next connection; called when this one is over."""
        raise AssertionError(self)
