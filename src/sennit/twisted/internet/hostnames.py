"""Host names between people's and the DNS's writing, for programs that ask Twisted's own functions for it.

Both are strict (IDNA 2008, RFC 5891): what it forbids, an underscore or an emoji say, raises `UnicodeError`.
Sennit's endpoints and TLS do not call them, and take such names where they are in ASCII.
"""

from __future__ import annotations

import idna

__all__ = ["idna_bytes", "idna_text"]


def idna_bytes(text: str) -> bytes:
    """Return a host name as the DNS writes it.

    Args:
        text: The name as people write it, or in ASCII already.

    Raises:
        UnicodeError: If it is no host name by IDNA 2008.
    """
    return idna.encode(text)


def idna_text(octets: bytes) -> str:
    """Return a host name as people read it.

    Args:
        octets: The name in ASCII.

    Raises:
        UnicodeError: If it is no host name by IDNA 2008.
    """
    return idna.decode(octets)
