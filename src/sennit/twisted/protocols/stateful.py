"""A protocol as a chain of handlers, each for a number of bytes known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.protocol import Protocol

__all__ = ["StatefulProtocol"]

_State = tuple[Callable[[bytes], Any], int]


class StatefulProtocol(Protocol):
    """Calls a handler with as many bytes as it asked for; the handler names the next.

    A handler returns the next handler and how many bytes it wants, or None to stay the same.
    """

    def makeConnection(self, transport: Any) -> None:
        """Begin with the initial state."""
        self._buffer = bytearray()
        self._state: _State = self.getInitialState()
        super().makeConnection(transport)

    def getInitialState(self) -> _State:
        """Return the first handler and how many bytes it wants; subclasses must say.

        Raises:
            TypeError: If the subclass does not.
        """
        raise TypeError(f"{type(self).__name__} must say in getInitialState() what it begins with.")

    def dataReceived(self, data: bytes) -> None:
        """Call handlers as long as there is enough for them."""
        self._buffer += data
        handler, wanted = self._state
        while len(self._buffer) >= wanted:
            taken = bytes(self._buffer[:wanted])
            del self._buffer[:wanted]
            following = handler(taken)
            if following is not None:
                handler, wanted = self._state = following
