"""Frames as a client sends them."""

from __future__ import annotations

__all__ = ["MASK", "frame"]

MASK = b"\x37\xfa\x21\x3d"


def frame(head, payload=b"", mask=MASK):
    """Return a frame: its first octet, and its payload."""
    length = len(payload)
    if length < 126:
        size = bytes([0x80 | length])
    elif length < 65536:
        size = b"\xfe" + length.to_bytes(2, "big")
    else:
        size = b"\xff" + length.to_bytes(8, "big")
    key = (mask * (length // 4 + 1))[:length]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
    return bytes([head]) + size + mask + masked
