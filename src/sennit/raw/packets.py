"""What the layers share: the error for a packet that is none, the Internet checksum, and who gets what."""

from __future__ import annotations

import struct
from typing import Any

from sennit.log import Logger

__all__ = ["PacketError", "Receivers", "checksum"]

_log = Logger()


class PacketError(ValueError):
    """The bytes are no packet: they end too early, or contradict themselves."""


def checksum(data: bytes) -> int:
    """Give the Internet checksum of `data` (RFC 1071); 0 for data that contains its own."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


class Receivers(dict[int, list[Any]]):
    """Who gets what, by the number that a header has for it.

    Args:
        bits: How many bits the number has.
    """

    def __init__(self, bits: int) -> None:
        super().__init__()
        self._bits = bits

    def put(self, number: int, receiver: Any) -> None:
        """Add a receiver.

        Raises:
            TypeError: If the number does not fit.
        """
        if number < 0:
            raise TypeError(f"A protocol's number is 0 or more, not {number}.")
        if number >= 1 << self._bits:
            raise TypeError(f"A protocol's number fits into {self._bits} bits, which {number} does not.")
        self.setdefault(number, []).append(receiver)

    def for_each(self, number: int, method: str, /, *args: Any, **kwargs: Any) -> None:
        """Call a method of each receiver; what one raises is logged, and the others are called."""
        for receiver in self.get(number, ()):
            try:
                getattr(receiver, method)(*args, **kwargs)
            except BaseException:
                _log.failure("Error in {method} of {receiver!r}", method=method, receiver=receiver)
